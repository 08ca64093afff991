/**
 * Checks a graph against the definitions of its ops, as TensorFlow does when it imports one: attributes are there, of their types and
 * among the values allowed; inputs are as many as the op takes, and of its dtypes. Ops that nobody has defined are passed over, so
 * that the rest of their graph stays usable.
 *
 * Source: `ValidateNodeDef` and `ValidateAttrValue` in `tensorflow/core/framework`, `graph_constructor.cc`.
 *
 * @module
 */

import {decodeUtf8} from '../algorithms/utf8.js';
import {FormatError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {Attr} from './attrs.js';
import {ARGUMENT_OP, type Endpoint, type FunctionGraph, type Graph, type GraphNode} from './graph.js';
import {dtypeAt, tensorCount} from './node_types.js';
import {type AttrDef, type OpDef, opDef} from './op_defs.js';

/**
 * Checks every node of a graph.
 *
 * @throws FormatError that names the node and says what is wrong with it.
 */
export function verifyGraph(graph: Graph): void {
  for (const node of graph.nodes) {
    if (node.op === ARGUMENT_OP) continue;
    checkName(node, graph);
    const definition = opDef(node.op);
    if (definition === undefined || isGeneric(node, definition)) continue;
    for (const attr of definition.attrs) checkAttr(node, attr, graph);
    checkInputs(node, definition, graph);
  }
}

/** `NodeDef.name` in a graph that users may import. */
const NODE_NAME = /^[A-Za-z0-9.][\w.\\/>-]*$/;

function checkName({name}: GraphNode, {label}: Graph): void {
  if (!NODE_NAME.test(name)) throw new FormatError(`${label} has a node with the invalid name '${name}'`);
}

/** In a function that is instantiated with attributes, nodes refer to these: what they are is known at a call. */
function isGeneric({attrs}: GraphNode, {attrs: defs}: OpDef): boolean {
  return defs.some(({name}) => attrs.kind(name) === 'placeholder');
}

function checkAttr(node: GraphNode, def: AttrDef, graph: Graph): void {
  const {name, type} = def;
  const {attrs} = node;
  const kind = attrs.kind(name);
  if (kind === undefined) throw missing(node, graph, name);
  const element = /^list\((\w+)\)$/.exec(type)?.[1];
  if (kind !== (element === undefined ? type : 'list')) throw wrongType(node, graph, def, kind);
  // Weights are among the attributes that nothing more is asked of.
  if (element === undefined && def.allowed === undefined && def.minimum === undefined) return;
  const attr = attrs.raw(name);
  if (attr === undefined) throw missing(node, graph, name);
  const items = attr.type === 'list' ? attr.value : [attr];
  const stray = items.find((item) => element !== undefined && item.type !== element);
  if (stray !== undefined) throw wrongType(node, graph, def, `list(${stray.type})`);
  const refused = items.find((item) => !isAllowed(item, def));
  if (refused !== undefined) {
    const allowed = def.allowed!.join(', ');
    throw wrong(
      node,
      graph,
      `has ${textOf(refused)} as the attribute '${name}', which may be one of ${allowed}`,
    );
  }
  checkMinimum(node, def, attr, graph);
}

function isAllowed(item: Attr, {allowed}: AttrDef): boolean {
  return allowed === undefined || allowed.includes(textOf(item));
}

function textOf({value}: Attr): string {
  return value instanceof Uint8Array ? decodeUtf8(value) : String(value);
}

function checkMinimum(node: GraphNode, {name, minimum}: AttrDef, attr: Attr, graph: Graph): void {
  if (minimum === undefined) return;
  const size = attr.type === 'list' ? attr.value.length : Number(attr.value);
  if (size >= minimum) return;
  const what = attr.type === 'list' ? `${size} elements in` : `${size} as`;
  throw wrong(node, graph, `has ${what} the attribute '${name}', which must be at least ${minimum}`);
}

function checkInputs(node: GraphNode, {inputs: args}: OpDef, graph: Graph): void {
  const {inputs, attrs} = node;
  const expected = tensorCount(args, attrs);
  if (inputs.length !== expected) {
    throw wrong(node, graph, `takes ${expected} inputs and has ${inputs.length}`);
  }
  for (const [i, endpoint] of inputs.entries()) {
    checkEdge(node, i, dtypeAt(args, attrs, i)!, endpoint, graph);
  }
}

function checkEdge(node: GraphNode, input: number, dtype: DType, from: Endpoint, graph: Graph): void {
  const producer = graph.nodes[from.node]!;
  const given = outputDType(from, graph);
  // What an op that nobody has defined gives is unknown.
  if (given === dtype || given === 'unknown') return;
  throw wrong(
    node,
    graph,
    given === undefined
      ? `reads output ${from.output} of '${producer.name}' (${producer.op}), which has fewer outputs`
      : `takes ${dtype} as input ${input} and is given ${given} by '${producer.name}' (${producer.op})`,
  );
}

/** The dtype of an output; undefined where the node has no such output. */
function outputDType({node: index, output}: Endpoint, graph: Graph): DType | 'unknown' | undefined {
  const node = graph.nodes[index]!;
  if (node.op === ARGUMENT_OP) {
    const parameters = 'parameters' in graph ? (graph as FunctionGraph).parameters : [];
    return output === 0 ? parameters[index]?.dtype : undefined;
  }
  const definition = opDef(node.op);
  if (definition === undefined || isGeneric(node, definition)) return 'unknown';
  for (const {name, type} of definition.attrs) {
    // Said better when the node itself is looked at.
    if (node.attrs.kind(name) !== (type.startsWith('list(') ? 'list' : type)) return 'unknown';
  }
  return dtypeAt(definition.outputs, node.attrs, output);
}

function missing(node: GraphNode, graph: Graph, name: string): FormatError {
  return wrong(node, graph, `has no attribute '${name}'`);
}

function wrongType({name, op}: GraphNode, {label}: Graph, def: AttrDef, type: string): FormatError {
  return new FormatError(
    `attribute '${def.name}' of node '${name}' (${op}) of ${label} is a ${type}, not a ${def.type}`,
  );
}

function wrong({name, op}: GraphNode, {label}: Graph, what: string): FormatError {
  return new FormatError(`node '${name}' (${op}) of ${label} ${what}`);
}
