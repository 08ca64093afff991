/**
 * Functions and graphs as protocol buffers: what `read_graph.ts` reads, written.
 *
 * Source: `tensorflow/core/framework/function.proto`, `node_def.proto`.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {
  FunctionDef,
  FunctionDef_ArgAttrs,
  makeMessage,
  NodeDef,
  OpDefProto,
  OpDefProto_ArgDef,
} from '../proto/index.js';
import type {Attr, Attrs} from './attrs.js';
import {statefulNodes} from './effects.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  type FunctionGraph,
  type FunctionPort,
  type Graph,
  type GraphNode,
} from './graph.js';
import {identifier, uniqueName} from './names.js';
import {argLength} from './node_types.js';
import {opDef} from './op_defs.js';
import {attr, attrProto, dataType, encodedAttr, shapeProto} from './to_proto.js';

/** What to write of a parameter besides its name and dtype. */
export interface ParameterInfo {
  /** The name that the user gave it, which need not be an identifier. */
  readonly userName?: string;
  readonly shape?: PartialShape;
  /** Of a variable's handle: what the variable holds. */
  readonly handle?: {readonly dtype: DType; readonly shape: PartialShape};
}

/** How a function is written. */
export interface WriteFunctionOptions {
  /** Its name in the library; default the graph's own. */
  readonly name?: string;
  /** By the number of the parameter. */
  readonly parameters?: readonly ParameterInfo[];
  /** The name in the library of a function that the graph names. */
  readonly rename?: (name: string) => string;
  /** Names of a called function's outputs, for nodes whose op is a function's name. */
  readonly outputsOf?: (name: string) => readonly string[] | undefined;
}

/** The nodes of a graph that is no function. Edges are written `node`, `node:1` and `^node`. */
export function writeNodes(graph: Graph): NodeDef[] {
  const edge = ({node, output}: Endpoint): string => {
    const {name} = graph.nodes[node]!;
    return output === 0 ? name : `${name}:${output}`;
  };
  return graph.nodes.map((node) => nodeDef(graph, node, edge, unchanged));
}

/**
 * A function graph as a function of the library. Edges are written `parameter`, `node:output_name:index` and `^node`.
 *
 * @throws SaveError for an edge from an output that its op does not have.
 */
export function writeFunction(graph: FunctionGraph, options: WriteFunctionOptions = {}): FunctionDef {
  const {name = graph.name, rename = unchanged} = options;
  const nodes = graph.nodes.slice(graph.parameters.length);
  const inputs = namedParameters(graph, options.parameters);
  const edge = ({node, output}: Endpoint): string => {
    const parameter = inputs[node];
    if (parameter !== undefined) return parameter.name;
    const source = graph.nodes[node]!;
    return `${source.name}:${outputName(source, output, graph.label, options)}`;
  };
  const taken = new Set<string>();
  const outputs = graph.results.map((result) => ({
    ...result,
    name: uniqueName(identifier(result.name), taken),
    source: edge(result.source),
  }));
  const controlOutput = graph.controlResults.flatMap((control) => nodeName(graph, control) ?? []);
  return makeMessage(FunctionDef, {
    signature: makeMessage(OpDefProto, {
      name,
      inputArg: inputs.map((each) => argDef(each.name, each.dtype, each.handle)),
      outputArg: outputs.map((each) => argDef(each.name, each.dtype, each.handle)),
      isStateful: isWrittenStateful(graph),
      controlOutput,
    }),
    nodeDef: nodes.map((node) => nodeDef(graph, node, edge, rename)),
    ret: new Map(outputs.map((each) => [each.name, each.source])),
    attr: new Map([...functionAttrs(graph, inputs, rename)].map(([key, value]) => [key, attrProto(value)])),
    controlRet: new Map(controlOutput.map((node) => [node, node])),
    argAttr: new Map(inputs.map((each, i) => [i, argumentAttrs(each)])),
  });
}

/**
 * Whether a function is written as stateful: when a node is, or when it has parameters, because `_Arg` is stateful by its
 * definition. TensorFlow takes the mark as leave to run the function once for each call.
 */
export function isWrittenStateful(graph: FunctionGraph): boolean {
  return graph.parameters.length > 0 || statefulNodes(graph).length > 0;
}

function unchanged(name: string): string {
  return name;
}

type NamedParameter = FunctionPort & ParameterInfo;

/** The parameters, by names that they may have and no node has. */
function namedParameters(
  {nodes, parameters}: FunctionGraph,
  infos: readonly ParameterInfo[] = [],
): NamedParameter[] {
  const taken = new Set(nodes.slice(parameters.length).map(({name}) => name));
  return parameters.map((port, i) => ({
    ...port,
    userName: port.name,
    ...infos[i],
    name: uniqueName(identifier(port.name), taken),
  }));
}

/** The name of a node to wait for. Parameters are there before anything runs. */
function nodeName({nodes}: Graph, index: number): string | undefined {
  const {name, op} = nodes[index]!;
  return op === ARGUMENT_OP ? undefined : name;
}

/** A node. Attributes are in the order of their names, as TensorFlow writes them. */
function nodeDef(
  graph: Graph,
  {name, op, inputs, controls, attrs, device = ''}: GraphNode,
  edge: (source: Endpoint) => string,
  rename: (name: string) => string,
): NodeDef {
  const waitsFor = controls.flatMap((control) => nodeName(graph, control) ?? []);
  return makeMessage(NodeDef, {
    name,
    op: opDef(op) === undefined ? rename(op) : op,
    input: [...inputs.map(edge), ...waitsFor.map((each) => `^${each}`)],
    device,
    attr: new Map(
      sortedByName(attrsSet(op, attrs)).map(([key, each]) => [key, encodedAttr(renamed(each, rename))]),
    ),
  });
}

/** A parameter or result in the signature of a function. */
function argDef(name: string, dtype: DType, handle?: ParameterInfo['handle']): OpDefProto_ArgDef {
  return makeMessage(OpDefProto_ArgDef, {
    name,
    type: dataType(dtype),
    handleData:
      handle === undefined ? [] : [{dtype: dataType(handle.dtype), shape: shapeProto(handle.shape)}],
  });
}

/** What TensorFlow's placeholders in the function have: Python's loader gives them back to it. */
function argumentAttrs({name, dtype, userName, shape}: NamedParameter): FunctionDef_ArgAttrs {
  const entries: [string, Attr][] = [];
  if (dtype !== 'resource') entries.push(['_output_shapes', attr.shapes([shape ?? null])]);
  entries.push(['_user_specified_name', attr.string(userName ?? name)]);
  return makeMessage(FunctionDef_ArgAttrs, {
    attr: new Map(entries.map(([key, value]) => [key, attrProto(value)])),
  });
}

/** Attributes of functions that TensorFlow acts on. */
const FUNCTION_ATTRS = [
  '_noinline',
  'api_implements',
  'api_preferred_device',
  'backward_function_name',
  'forward_function_name',
  'go_backwards',
  'time_major',
] as const;

/** Those of the graph, and what TensorFlow notes of a function that was traced. */
function functionAttrs(
  {attrs}: FunctionGraph,
  inputs: readonly NamedParameter[],
  rename: (name: string) => string,
): [string, Attr][] {
  const shapes = inputs.map(({dtype, shape}) => (dtype === 'resource' ? [] : (shape ?? null)));
  const notes: [string, Attr][] = [
    ['_construction_context', attr.string('kEagerRuntime')],
    ['_input_shapes', attr.shapes(shapes)],
  ];
  const own = FUNCTION_ATTRS.flatMap((key): [string, Attr][] => {
    const value = attrs.raw(key);
    return value === undefined ? [] : [[key, renamed(value, rename)]];
  });
  return sortedByName([...notes, ...own]);
}

/**
 * Attributes that ops have although their definitions do not list them: what changes how a node is computed or
 * differentiated, and the shapes that loaders by session are told. The other ones are TensorFlow's notes to itself.
 */
const UNDEFINED_ATTRS = [
  '_gradient_op_type',
  '_lower_using_switch_merge',
  '_num_original_outputs',
  '_output_shapes',
  '_stateful_parallelism',
] as const;

/** What a node sets: attributes that are what the definition has as default are left out, as TensorFlow does. */
function attrsSet(op: string, attrs: Attrs): [string, Attr][] {
  const defined = opDef(op)?.attrs ?? [];
  const defaults = new Map(defined.map((each) => [each.name, each.default]));
  return [...defaults.keys(), ...UNDEFINED_ATTRS].flatMap((key): [string, Attr][] => {
    const [value, usual] = [attrs.raw(key), defaults.get(key)];
    const isSet = value !== undefined && (usual === undefined || !sameAttr(value, usual));
    return isSet ? [[key, value]] : [];
  });
}

function sortedByName(entries: readonly [string, Attr][]): [string, Attr][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

function sameAttr(a: Attr, b: Attr): boolean {
  if (a.type !== b.type) return false;
  const [left, right] = [encodedAttr(a), encodedAttr(b)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** The attribute with every function it names renamed. */
function renamed(value: Attr, rename: (name: string) => string): Attr {
  if (value.type === 'list') return {type: 'list', value: value.value.map((each) => renamed(each, rename))};
  if (value.type !== 'func') return value;
  const attrs = [...value.value.attrs].map(([key, each]) => [key, renamed(each, rename)] as const);
  return {type: 'func', value: {name: rename(value.value.name), attrs: new Map(attrs)}};
}

/** `output_name:index` of a flat output number. */
function outputName(
  node: GraphNode,
  output: number,
  label: string,
  {outputsOf}: WriteFunctionOptions,
): string {
  const definition = opDef(node.op);
  if (definition === undefined) {
    const name = outputsOf?.(node.op)?.[output];
    if (name !== undefined) return `${name}:0`;
  }
  let first = 0;
  for (const arg of definition?.outputs ?? []) {
    const length = argLength(arg, node.attrs);
    if (output < first + length) return `${arg.name}:${output - first}`;
    first += length;
  }
  throw new SaveError(`'${node.name}' (${node.op}) of ${label} has no output number ${output}`);
}
