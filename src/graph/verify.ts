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
import {argLength, dtypeAt, dtypeOf, tensorCount} from './node_types.js';
import {type AttrDef, elementType, type OpDef, opDef} from './op_defs.js';

/**
 * Checks every node of a graph.
 *
 * @throws FormatError that names the node and says what is wrong with it.
 */
export function verifyGraph(graph: Graph): void {
  const definitions = graph.nodes.map((node) => {
    if (node.op === ARGUMENT_OP) return undefined;
    checkName(node, graph);
    const definition = opDef(node.op);
    return definition && checkAttrs(node, definition, graph) ? definition : undefined;
  });
  // What a node gives is known once its attributes are right.
  const first = graph.nodes.map((_, node) => outputDType({node, output: 0}, {definitions}, graph));
  for (const [index, definition] of definitions.entries()) {
    if (definition !== undefined) checkInputs(graph.nodes[index]!, definition, {definitions, first}, graph);
  }
}

/** What is known of the outputs of each node. */
interface KnownOutputs {
  /** Of those nodes whose outputs follow from it. */
  readonly definitions: readonly (OpDef | undefined)[];
  /** The dtype of the first output, which nearly all edges come from; undefined where there is none. */
  readonly first: readonly (DType | 'unknown' | undefined)[];
}

/** `NodeDef.name` in a graph that users may import. */
const NODE_NAME = /^[A-Za-z0-9.][\w.\\/>-]*$/;

function checkName({name}: GraphNode, {label}: Graph): void {
  if (!NODE_NAME.test(name)) throw new FormatError(`${label} has a node with the invalid name '${name}'`);
}

/** Checks what a node sets. False where it refers to attributes that its function is instantiated with, known at a call. */
function checkAttrs(node: GraphNode, {attrs: defs}: OpDef, graph: Graph): boolean {
  let isConcrete = true;
  for (const def of defs) {
    const kind = node.attrs.kindSet(def.name);
    if (kind === 'placeholder') isConcrete = false;
    else if (kind !== undefined) checkAttr(node, def, kind, graph);
    else if (def.default === undefined) throw missing(node, graph, def.name);
  }
  return isConcrete;
}

function checkAttr(node: GraphNode, def: AttrDef, kind: Attr['type'], graph: Graph): void {
  const {name, type} = def;
  const element = elementType(type);
  if (kind !== (element === undefined ? type : 'list')) throw wrongType(node, graph, def, kind);
  // Weights are among the attributes that nothing more is asked of.
  if (element === undefined && def.allowed === undefined && def.minimum === undefined) return;
  const attr = node.attrs.raw(name);
  if (attr === undefined) throw missing(node, graph, name);
  if (attr.type === 'list') {
    const stray = attr.value.find((item) => item.type !== element);
    if (stray !== undefined) throw wrongType(node, graph, def, `list(${stray.type})`);
    for (const item of attr.value) checkAllowed(node, def, item, graph);
  } else {
    checkAllowed(node, def, attr, graph);
  }
  checkMinimum(node, def, attr, graph);
}

function checkAllowed(node: GraphNode, {name, allowed}: AttrDef, item: Attr, graph: Graph): void {
  if (allowed === undefined || allowed.includes(textOf(item))) return;
  throw wrong(
    node,
    graph,
    `has ${textOf(item)} as the attribute '${name}', which may be one of ${allowed.join(', ')}`,
  );
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

function checkInputs(node: GraphNode, {inputs: args}: OpDef, known: KnownOutputs, graph: Graph): void {
  const {inputs, attrs} = node;
  const expected = tensorCount(args, attrs);
  if (inputs.length !== expected) {
    throw wrong(node, graph, `takes ${expected} inputs and has ${inputs.length}`);
  }
  let input = 0;
  for (const arg of args) {
    const listed = arg.kind === 'list' ? attrs.dtypes(arg.typeListAttr) : undefined;
    const dtype = arg.kind === 'list' ? undefined : dtypeOf(arg.type, attrs);
    for (let i = argLength(arg, attrs); i > 0; i--) {
      checkEdge(node, input, listed?.[listed.length - i] ?? dtype!, known, graph);
      input++;
    }
  }
}

function checkEdge(node: GraphNode, input: number, dtype: DType, known: KnownOutputs, graph: Graph): void {
  const from = node.inputs[input]!;
  const given = from.output === 0 ? known.first[from.node] : outputDType(from, known, graph);
  // What an op that nobody has defined gives is unknown.
  if (given === dtype || given === 'unknown') return;
  const {name, op} = graph.nodes[from.node]!;
  const what =
    given === undefined
      ? `reads output ${from.output} of '${name}' (${op}), which has fewer outputs`
      : `takes ${dtype} as input ${input} and is given ${given} by '${name}' (${op})`;
  throw wrong(node, graph, what);
}

/** The dtype of an output; undefined where the node has no such output. */
function outputDType(
  {node: index, output}: Endpoint,
  {definitions}: Pick<KnownOutputs, 'definitions'>,
  graph: Graph,
): DType | 'unknown' | undefined {
  const {op, attrs} = graph.nodes[index]!;
  if (op === ARGUMENT_OP) {
    const parameters = 'parameters' in graph ? (graph as FunctionGraph).parameters : [];
    return output === 0 ? parameters[index]?.dtype : undefined;
  }
  const definition = definitions[index];
  return definition === undefined ? 'unknown' : dtypeAt(definition.outputs, attrs, output);
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
