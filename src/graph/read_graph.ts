/**
 * Graphs and function libraries from their protocol buffers: names become indices, and every edge and node is checked.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {dtypeFromEnum} from '../host/dtypes.js';
import {
  AttrValue,
  decodeMessage,
  FunctionDef,
  type FunctionDefLibrary,
  type GraphDef,
  type NodeDef,
  type OpDefProto,
} from '../proto/index.js';
import {BinaryReader} from '../proto/wire.js';
import {type Attr, Attrs, type AttrTable} from './attrs.js';
import {attrOf, dtypeOf, shapeOf} from './from_proto.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  type FunctionGraph,
  type FunctionLibrary,
  type FunctionPort,
  type Graph,
  type GraphNode,
} from './graph.js';
import {type ArgDef, attrDefault, opDef} from './op_defs.js';
import {verifyGraph} from './verify.js';

/** Finds a function's signature where a node uses the function's name as its op. */
type SignatureLookup = (name: string) => OpDefProto | undefined;

/** The main graph of a model. Edges are written `node`, `node:2` and `^node`. */
export function readGraph(def: GraphDef): Graph {
  const label = 'the main graph';
  const names = indexNames(def.node, 0, label);
  const nodes = def.node.map((node) =>
    readNode(node, names, label, (text) => {
      const {name, rest} = splitName(text);
      return {node: lookUp(names, name, node, label), output: rest === '' ? 0 : parsePort(rest, node, label)};
    }),
  );
  const graph = {label, nodes, find: (name: string) => names.get(name)};
  verifyGraph(graph);
  return graph;
}

/** The functions of a model; each is decoded and checked when it is first asked for. */
export function readLibrary(def: FunctionDefLibrary | undefined): FunctionLibrary {
  const bytes = new Map<string, Uint8Array>();
  for (const each of def?.function ?? []) bytes.set(functionName(each), each);
  const gradients = new Map((def?.gradient ?? []).map((each) => [each.functionName, each.gradientFunc]));
  const decoded = new Map<string, FunctionDef>();
  const graphs = new Map<string, FunctionGraph>();
  const decode = (name: string): FunctionDef | undefined => {
    const encoded = bytes.get(name);
    let found = decoded.get(name);
    if (found === undefined && encoded !== undefined) {
      found = decodeMessage(FunctionDef, encoded, `function '${name}'`);
      decoded.set(name, found);
    }
    return found;
  };
  return {
    names: () => bytes.keys(),
    gradientOf: (name) => gradients.get(name),
    get(name) {
      let graph = graphs.get(name);
      if (graph === undefined) {
        const found = decode(name);
        if (found === undefined) return undefined;
        graph = readFunction(found, (callee) => decode(callee)?.signature);
        graphs.set(name, graph);
        decoded.delete(name);
      }
      return graph;
    },
  };
}

/** Name of an encoded FunctionDef (field 1, the signature; its field 1), read without decoding the rest. */
export function functionName(encoded: Uint8Array): string {
  const what = 'a function of the library';
  const first = (bytes: Uint8Array): Uint8Array => {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 1 && wireType === 2) return reader.bytes();
      reader.skip(wireType, field);
    }
    throw new FormatError(`${what} has no name`);
  };
  try {
    return new TextDecoder().decode(first(first(encoded)));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${what} is not the protocol buffer it should be: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * One function. Edges are written `argument`, `node:output_name:index` and `^node`; an output's name is that of the
 * op's definition, so its flat number follows from the definition and the node's attributes.
 */
function readFunction(def: FunctionDef, signatureOf: SignatureLookup): FunctionGraph {
  const signature = def.signature;
  if (signature === undefined) throw new FormatError('a function of the library has no signature');
  const {name} = signature;
  const label = `function '${name}'`;
  const parameters = signature.inputArg.map((arg, index) => port(arg, label, def.argAttr.get(index)?.attr));
  const names = indexNames(def.nodeDef, parameters.length, label);
  const argumentIndex = new Map(parameters.map((parameter, index) => [parameter.name, index]));
  const outputs = new OutputNumbers(def, parameters.length, signatureOf, label);
  const resolve = (text: string, user: {readonly name: string}): Endpoint => {
    const {name: producer, rest} = splitName(text);
    const node = names.get(producer);
    if (node === undefined) return {node: lookUp(argumentIndex, producer, user, label), output: 0};
    return {node, output: outputs.of(node, rest, user)};
  };
  const nodes = [
    ...parameters.map((parameter): GraphNode => argumentNode(parameter)),
    ...def.nodeDef.map((node) => readNode(node, names, label, (text) => resolve(text, node), argumentIndex)),
  ];
  const graph: FunctionGraph = {
    name,
    label,
    nodes,
    find: (wanted) => names.get(wanted) ?? argumentIndex.get(wanted),
    parameters,
    results: signature.outputArg.map((arg) => {
      const source = def.ret.get(arg.name);
      if (source === undefined)
        throw new FormatError(`${label} says nowhere what its result '${arg.name}' is`);
      return {...port(arg, label), source: resolve(source, {name: `the result '${arg.name}'`})};
    }),
    controlResults: [...def.controlRet.values()].map((node) =>
      lookUp(names, node, {name: 'a control result'}, label),
    ),
    attrs: new Attrs((attr) => {
      const value = def.attr.get(attr);
      return value && attrOf(value, label);
    }, label),
  };
  verifyGraph(graph);
  return graph;
}

/** @param attrs - the attributes of a parameter; TensorFlow leaves what it inferred in `_output_shapes` */
function port(
  arg: OpDefProto['inputArg'][number],
  label: string,
  attrs?: ReadonlyMap<string, AttrValue>,
): FunctionPort {
  const {name, handleData} = arg;
  const what = `'${name}' of ${label}`;
  const inferred = attrs?.get('_output_shapes')?.value;
  const target = handleData[0] && dtypeFromEnum(handleData[0].dtype);
  return {
    name,
    dtype: dtypeOf(arg.type, what),
    ...(inferred?.$case === 'list' && {shape: shapeOf(inferred.value.shape[0])}),
    ...(target && {handle: {dtype: target, shape: shapeOf(handleData[0]!.shape)}}),
  };
}

function argumentNode({name}: FunctionPort): GraphNode {
  return {
    name,
    op: ARGUMENT_OP,
    inputs: [],
    controls: [],
    attrs: new Attrs(() => undefined, `argument '${name}'`),
  };
}

const NO_PARAMETERS: ReadonlyMap<string, number> = new Map();

function readNode(
  def: NodeDef,
  names: ReadonlyMap<string, number>,
  label: string,
  resolve: (input: string) => Endpoint,
  parameters: ReadonlyMap<string, number> = NO_PARAMETERS,
): GraphNode {
  const inputs: Endpoint[] = [];
  const controls: number[] = [];
  for (const input of def.input) {
    if (!input.startsWith('^')) {
      if (input !== def.input[inputs.length]) {
        throw new FormatError(`${describe(def, label)} has an input after a control input`);
      }
      inputs.push(resolve(input));
    } else {
      const name = input.slice(1);
      // A control edge from a parameter orders nothing: parameters are there before anything runs.
      if (names.has(name) || !parameters.has(name)) controls.push(lookUp(names, name, def, label));
    }
  }
  // The rest of the message is not kept.
  const {name, op, attr} = def;
  return {name, op, inputs, controls, attrs: new Attrs(new EncodedAttrs(name, op, label, attr))};
}

/** An attribute of a node, decoded: a graph has many that nobody reads. */
function attrValue(
  encoded: ReadonlyMap<string, Uint8Array>,
  name: string,
  owner: string,
): AttrValue | undefined {
  const bytes = encoded.get(name);
  return bytes && decodeMessage(AttrValue, bytes, `attribute '${name}' of ${owner}`);
}

function describe({name, op}: Pick<NodeDef, 'name' | 'op'>, label: string): string {
  return `node '${name}' (${op}) of ${label}`;
}

/** Attributes of a node, converted when first read; those that it leaves out are what the op's definition says. */
class EncodedAttrs implements AttrTable {
  readonly #name: string;
  readonly #op: string;
  readonly #label: string;
  readonly #encoded: ReadonlyMap<string, Uint8Array>;
  #converted: Map<string, Attr | undefined> | undefined;

  constructor(name: string, op: string, label: string, encoded: ReadonlyMap<string, Uint8Array>) {
    this.#name = name;
    this.#op = op;
    this.#label = label;
    this.#encoded = encoded;
  }

  get owner(): string {
    return describe({name: this.#name, op: this.#op}, this.#label);
  }

  kindSet(name: string): Attr['type'] | undefined {
    return kindOf(this.#encoded.get(name));
  }

  get(name: string): Attr | undefined {
    const dtype = dtypeAttrOf(this.#encoded.get(name));
    if (dtype !== undefined) return dtype;
    this.#converted ??= new Map();
    if (!this.#converted.has(name)) {
      const attr = this.#convert(name);
      // A constant's value is kept by the node that makes it; a second copy here would double large weights.
      if (attr?.type === 'tensor') return attr;
      this.#converted.set(name, attr);
    }
    return this.#converted.get(name);
  }

  #convert(name: string): Attr | undefined {
    const {owner} = this;
    const value = attrValue(this.#encoded, name, owner);
    if (value !== undefined) return attrOf(value, owner);
    return attrDefault(opDef(this.#op), name);
  }
}

/** Types of attribute values by the tag that their message begins with. */
const KINDS: readonly (Attr['type'] | undefined)[] = [
  undefined,
  'list',
  'string',
  'int',
  'float',
  'bool',
  'type',
  'shape',
  'tensor',
  'placeholder',
  'func',
];

/** The type of an encoded attribute value, read without the value. */
function kindOf(encoded: Uint8Array | undefined): Attr['type'] | undefined {
  // The number of the field is all but the last three bits of its tag.
  return encoded?.[0] === undefined ? undefined : KINDS[encoded[0] >> 3];
}

/** Tag of the field `type`. */
const TYPE_TAG = (6 << 3) | 0;

/** An attribute that is a dtype, as nearly all of a graph's are, from its two bytes; undefined for any other. */
function dtypeAttrOf(encoded: Uint8Array | undefined): Attr | undefined {
  return encoded?.length === 2 && encoded[0] === TYPE_TAG ? DTYPE_ATTRS[encoded[1]!] : undefined;
}

/** By the number of the dtype: one attribute serves all nodes. */
const DTYPE_ATTRS: readonly (Attr | undefined)[] = Array.from({length: 128}, (_, number) => {
  const value = dtypeFromEnum(number);
  return value && {type: 'type', value};
});

function indexNames(nodes: readonly NodeDef[], offset: number, label: string): Map<string, number> {
  const names = new Map<string, number>();
  nodes.forEach(({name}, index) => {
    if (names.has(name)) throw new FormatError(`${label} has two nodes of the name '${name}'`);
    names.set(name, index + offset);
  });
  return names;
}

function lookUp(
  names: ReadonlyMap<string, number>,
  name: string,
  user: {readonly name: string},
  label: string,
): number {
  const index = names.get(name);
  if (index === undefined) {
    throw new FormatError(`node '${user.name}' of ${label} reads '${name}', which does not exist`);
  }
  return index;
}

function splitName(text: string): {name: string; rest: string} {
  const colon = text.indexOf(':');
  return colon < 0 ? {name: text, rest: ''} : {name: text.slice(0, colon), rest: text.slice(colon + 1)};
}

function parsePort(text: string, user: {readonly name: string}, label: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    throw new FormatError(`node '${user.name}' of ${label} reads the output '${text}', which is no number`);
  }
  return port;
}

/** More outputs than any op has, few enough to allocate. */
const MAX_PORT = 1_000_000;

/** Flat numbers of named outputs. */
class OutputNumbers {
  readonly #def: FunctionDef;
  readonly #offset: number;
  readonly #signatureOf: SignatureLookup;
  readonly #label: string;
  /** Lengths of list outputs, by node and output: what a node's attributes say, decoded once. */
  readonly #lengths = new Map<string, number>();

  constructor(def: FunctionDef, offset: number, signatureOf: SignatureLookup, label: string) {
    this.#def = def;
    this.#offset = offset;
    this.#signatureOf = signatureOf;
    this.#label = label;
  }

  /** @param rest - `output_name:index`, what follows the node's name in an edge */
  of(index: number, rest: string, user: {readonly name: string}): number {
    const {name, rest: port} = splitName(rest);
    return this.#first(index, name, user) + (port === '' ? 0 : parsePort(port, user, this.#label));
  }

  #first(index: number, output: string, user: {readonly name: string}): number {
    const node = this.#def.nodeDef[index - this.#offset]!;
    const definition = opDef(node.op);
    if (definition === undefined) return this.#firstOfCall(node, output, user);
    let number = 0;
    for (const arg of definition.outputs) {
      if (arg.name === output) return number;
      number += arg.kind === 'single' ? 1 : this.#length(index, node, arg);
    }
    throw this.#noOutput(node, output, user);
  }

  /** A node whose op is the name of a function. */
  #firstOfCall(node: NodeDef, output: string, user: {readonly name: string}): number {
    const outputs = this.#signatureOf(node.op)?.outputArg;
    // An op of a library we have no definition of: its outputs can still be told apart when it has only one.
    if (outputs === undefined) return 0;
    const number = outputs.findIndex(({name}) => name === output);
    if (number < 0) throw this.#noOutput(node, output, user);
    return number;
  }

  #length(index: number, node: NodeDef, arg: ArgDef): number {
    const key = `${index}:${arg.name}`;
    let length = this.#lengths.get(key);
    if (length === undefined) {
      length = listLength(arg, node, this.#label);
      this.#lengths.set(key, length);
    }
    return length;
  }

  #noOutput(node: NodeDef, output: string, user: {readonly name: string}): FormatError {
    return new FormatError(
      `node '${user.name}' of ${this.#label} reads the output '${output}' of '${node.name}', and ${node.op} has none`,
    );
  }
}

/** How many tensors a list output is, by the node's attributes. */
function listLength(arg: ArgDef, node: NodeDef, label: string): number {
  if (arg.kind === 'single') return 1;
  const name = arg.kind === 'repeated' ? arg.numberAttr : arg.typeListAttr;
  const value = attrValue(node.attr, name, describe(node, label))?.value;
  if (value?.$case === 'list') return value.value.type.length;
  const length = value?.$case === 'i' ? Number(value.value) : 0;
  if (length < 0 || length > MAX_PORT) {
    throw new FormatError(`${describe(node, label)} claims to have ${length} outputs '${arg.name}'`);
  }
  return length;
}
