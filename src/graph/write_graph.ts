/**
 * Functions and nodes as protocol buffers: what `read_graph.ts` reads, written.
 *
 * Source: `tensorflow/core/framework/function.proto`, `node_def.proto`.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {
  AttrValue,
  encodeMessage,
  FunctionDef,
  FunctionDef_ArgAttrs,
  makeMessage,
  NodeDef,
  OpDefProto,
  OpDefProto_ArgDef,
} from '../proto/index.js';
import type {Attr, Attrs} from './attrs.js';
import type {Endpoint, FunctionGraph, FunctionPort, GraphNode} from './graph.js';
import {type ArgDef, opDef} from './op_defs.js';
import {attr, attrProto, dataType, shapeProto} from './to_proto.js';

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

/** A node before it is a message. */
export interface NodeParts {
  readonly name: string;
  readonly op: string;
  /** As messages write them: `node:output:0` in functions, `node:1` in graphs, `^node` for control edges. */
  readonly inputs?: readonly string[];
  readonly attrs?: Readonly<Record<string, Attr>>;
  /** Attributes that are messages already. */
  readonly encodedAttrs?: Readonly<Record<string, Uint8Array>>;
  readonly device?: string;
}

/**
 * Attributes that ops have although their definitions do not list them, and that change what is computed or how it is
 * differentiated. The other ones are TensorFlow's notes to itself.
 */
const UNDEFINED_ATTRS = [
  '_gradient_op_type',
  '_lower_using_switch_merge',
  '_num_original_outputs',
  '_stateful_parallelism',
] as const;

/** A node. Attributes are in the order of their names, as TensorFlow writes them. */
export function nodeDef({
  name,
  op,
  inputs = [],
  attrs = {},
  encodedAttrs = {},
  device = '',
}: NodeParts): NodeDef {
  const encoded = Object.entries(attrs).map(
    ([key, attr]) => [key, encodeMessage(AttrValue, attrProto(attr))] as const,
  );
  const all = [...encoded, ...Object.entries(encodedAttrs)];
  return makeMessage(NodeDef, {
    name,
    op,
    input: [...inputs],
    device,
    attr: new Map(all.sort(([a], [b]) => (a < b ? -1 : 1))),
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

/** A function before it is a message. */
export interface FunctionParts {
  readonly name: string;
  readonly inputs: readonly (FunctionPort & ParameterInfo)[];
  /** Results; `source` is `node:output:0` or the name of a parameter. */
  readonly outputs: readonly (FunctionPort & {readonly source: string})[];
  readonly nodes: readonly NodeDef[];
  /** Nodes that run whether a result needs them or not. */
  readonly controlOutputs: readonly string[];
  readonly stateful: boolean;
  readonly attrs?: Readonly<Record<string, Attr>>;
}

/** A function of the library. */
export function functionDef(parts: FunctionParts): FunctionDef {
  const {name, inputs, outputs, nodes, controlOutputs, stateful} = parts;
  const attrs: Record<string, Attr> = {
    _construction_context: attr.string('kEagerRuntime'),
    _input_shapes: attr.shapes(inputs.map(({dtype, shape}) => (dtype === 'resource' ? [] : (shape ?? null)))),
    ...parts.attrs,
  };
  return makeMessage(FunctionDef, {
    signature: makeMessage(OpDefProto, {
      name,
      inputArg: inputs.map((each) => argDef(each.name, each.dtype, each.handle)),
      outputArg: outputs.map((each) => argDef(each.name, each.dtype)),
      isStateful: stateful,
      controlOutput: [...controlOutputs],
    }),
    nodeDef: [...nodes],
    ret: new Map(outputs.map((each) => [each.name, each.source])),
    attr: new Map(
      Object.keys(attrs)
        .sort()
        .map((key) => [key, attrProto(attrs[key]!)]),
    ),
    controlRet: new Map(controlOutputs.map((node) => [node, node])),
    argAttr: new Map(inputs.map((each, i) => [i, argumentAttrs(each)])),
  });
}

/** What TensorFlow's placeholders in the function have: Python's loader gives them back to it. */
function argumentAttrs({name, dtype, userName, shape}: FunctionPort & ParameterInfo): FunctionDef_ArgAttrs {
  const entries: [string, Attr][] = [];
  if (dtype !== 'resource') entries.push(['_output_shapes', attr.shapes([shape ?? null])]);
  entries.push(['_user_specified_name', attr.string(userName ?? name)]);
  return makeMessage(FunctionDef_ArgAttrs, {
    attr: new Map(entries.map(([key, value]) => [key, attrProto(value)])),
  });
}

/**
 * A function graph as a function of the library.
 *
 * @throws SaveError for an edge from an output that its op does not have.
 */
export function writeFunction(graph: FunctionGraph, options: WriteFunctionOptions = {}): FunctionDef {
  const rename = options.rename ?? ((name: string) => name);
  const taken = new Set(graph.nodes.slice(graph.parameters.length).map(({name}) => name));
  const inputs = graph.parameters.map((parameter, i) => ({
    ...parameter,
    userName: parameter.name,
    ...options.parameters?.[i],
    name: uniqueName(identifier(parameter.name), taken),
  }));
  const outputNames = new Set<string>();
  const edge = ({node, output}: Endpoint): string => {
    const parameter = inputs[node];
    if (parameter !== undefined) return parameter.name;
    return `${graph.nodes[node]!.name}:${outputName(graph.nodes[node]!, output, graph.label, options)}`;
  };
  const nodes = graph.nodes.slice(inputs.length).map((node) =>
    nodeDef({
      name: node.name,
      op: opDef(node.op) === undefined ? rename(node.op) : node.op,
      inputs: [
        ...node.inputs.map(edge),
        ...node.controls
          .filter((control) => control >= inputs.length)
          .map((control) => `^${graph.nodes[control]!.name}`),
      ],
      attrs: attrsOf(node, rename),
    }),
  );
  return functionDef({
    name: options.name ?? graph.name,
    inputs,
    outputs: graph.results.map((result) => ({
      name: uniqueName(identifier(result.name), outputNames),
      dtype: result.dtype,
      source: edge(result.source),
    })),
    nodes,
    controlOutputs: graph.controlResults
      .filter((node) => node >= inputs.length)
      .map((node) => graph.nodes[node]!.name),
    stateful: graph.nodes.some(({op}) => opDef(op)?.stateful ?? false),
    attrs: functionAttrs(graph.attrs, rename),
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

function functionAttrs(attrs: Attrs, rename: (name: string) => string): Record<string, Attr> {
  return Object.fromEntries(
    FUNCTION_ATTRS.flatMap((key) => {
      const value = attrs.raw(key);
      return value === undefined ? [] : [[key, renamed(value, rename)]];
    }),
  );
}

/** What a node sets: attributes that are what the definition has as default are left out, as TensorFlow does. */
function attrsOf({op, attrs}: GraphNode, rename: (name: string) => string): Record<string, Attr> {
  const set: Record<string, Attr> = {};
  const definition = opDef(op);
  for (const each of definition?.attrs ?? []) {
    const value = attrs.raw(each.name);
    if (value === undefined || (each.default !== undefined && sameAttr(value, each.default))) continue;
    set[each.name] = renamed(value, rename);
  }
  for (const key of UNDEFINED_ATTRS) {
    const value = attrs.raw(key);
    if (value !== undefined) set[key] = value;
  }
  return set;
}

function sameAttr(a: Attr, b: Attr): boolean {
  if (a.type !== b.type) return false;
  const [left, right] = [a, b].map((each) => encodeMessage(AttrValue, attrProto(each)));
  return left!.length === right!.length && left!.every((byte, i) => byte === right![i]);
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

/** How many tensors an output is. */
function argLength(arg: ArgDef, attrs: Attrs): number {
  switch (arg.kind) {
    case 'single':
      return 1;
    case 'repeated':
      return attrs.int(arg.numberAttr);
    case 'list':
      return attrs.dtypes(arg.typeListAttr).length;
  }
}

/** A name of a parameter or result as TensorFlow writes them: lower case, digits and underscores. */
export function identifier(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
  return /^[a-z]/.test(plain) ? plain : `arg_${plain.replace(/^_+/, '')}`;
}

/** The name, or the name with the first number that makes it another than those taken; it is taken then. */
export function uniqueName(name: string, taken: Set<string>): string {
  let next = NEXT_NUMBERS.get(taken);
  if (next === undefined) NEXT_NUMBERS.set(taken, (next = new Map()));
  let unique = name;
  let number = next.get(name) ?? 1;
  for (; taken.has(unique); number++) unique = `${name}_${number}`;
  next.set(name, number);
  taken.add(unique);
  return unique;
}

/** The number to go on with, by the names taken and the name asked for: thousands of nodes have one name. */
const NEXT_NUMBERS = new WeakMap<Set<string>, Map<string, number>>();
