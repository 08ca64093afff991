/**
 * What TensorFlow's registry says of each op: inputs, outputs, attributes and their defaults. The definitions are
 * generated text (`scripts/generate_op_defs.py` describes it), one line per op, parsed when the op is first asked for.
 *
 * @module
 */

import {encodeUtf8} from '../algorithms/utf8.js';
import {type DType, dtypeFromEnum, isBigInt} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {allocate, type HostTensor} from '../host/tensor.js';
import type {AttrValue, OpDefProto, OpDefProto_ArgDef} from '../proto/index.js';
import type {Attr} from './attrs.js';
import {NEWER_OP_DEFS} from './generated/newer_op_defs.js';
import {OP_DEFS} from './generated/op_defs.js';
import {TEXT_OP_DEFS} from './generated/text_op_defs.js';

/** The dtype of an argument: fixed, or what an attribute of type `type` says. */
export type ArgType = {readonly dtype: DType} | {readonly typeAttr: string};

/**
 * An input or output of an op: one tensor (`single`), as many of one dtype as attribute `numberAttr` says (`repeated`), or
 * one for each dtype in attribute `typeListAttr` (`list`).
 */
export type ArgDef = {readonly name: string; readonly isRef: boolean} & (
  | {readonly kind: 'single'; readonly type: ArgType}
  | {readonly kind: 'repeated'; readonly type: ArgType; readonly numberAttr: string}
  | {readonly kind: 'list'; readonly typeListAttr: string}
);

type ScalarAttrType = 'string' | 'int' | 'float' | 'bool' | 'type' | 'shape' | 'tensor' | 'func';

/** The declared type of an attribute, spelled as TensorFlow does. */
export type AttrDefType = ScalarAttrType | `list(${ScalarAttrType})`;

/** The type of the elements, for a type of lists. */
export function elementType(type: AttrDefType): ScalarAttrType | undefined {
  return ELEMENT_TYPES.get(type);
}

const ELEMENT_TYPES: ReadonlyMap<AttrDefType, ScalarAttrType> = new Map(
  (['string', 'int', 'float', 'bool', 'type', 'shape', 'tensor', 'func'] as const).map((type) => [
    `list(${type})`,
    type,
  ]),
);

/** An attribute of an op. */
export interface AttrDef {
  readonly name: string;
  readonly type: AttrDefType;
  /** What the attribute is where a node does not set it; without one, a node has to set it. */
  readonly default?: Attr;
  /** The dtypes or strings it may be; of a list, its elements. Absent where any will do. */
  readonly allowed?: readonly string[];
  /** The least an int may be, or the least length of a list. */
  readonly minimum?: number;
}

/** The definition of an op. */
export interface OpDef {
  readonly name: string;
  readonly inputs: readonly ArgDef[];
  readonly outputs: readonly ArgDef[];
  readonly attrs: readonly AttrDef[];
  /** Whether it does or sees more than its inputs and outputs: two such nodes are never merged into one. */
  readonly stateful: boolean;
}

type Line = [inputs: string[], outputs: string[], attrs: (string | [string, unknown])[], stateful?: 1];

/** An op's definition, or its line as long as nobody has asked for it. */
let registry: Map<string, OpDef | string> | undefined;

function ops(): Map<string, OpDef | string> {
  if (registry === undefined) {
    registry = new Map();
    for (const text of [OP_DEFS, NEWER_OP_DEFS, TEXT_OP_DEFS]) {
      for (const line of text.split('\n')) {
        const space = line.indexOf(' ');
        registry.set(line.slice(0, space), line.slice(space + 1));
      }
    }
  }
  return registry;
}

/** The definition of the op of this name; undefined where TensorFlow 2.15, the newest release and TF Text have none. */
export function opDef(name: string): OpDef | undefined {
  const found = ops().get(name);
  if (typeof found !== 'string') return found;
  const definition = parseLine(name, JSON.parse(found) as Line);
  ops().set(name, definition);
  return definition;
}

/** What an attribute is where a node does not set it; undefined where the op has no such attribute, or no default for it. */
export function attrDefault(definition: OpDef | undefined, name: string): Attr | undefined {
  return definition?.attrs.find((each) => each.name === name)?.default;
}

/** The names of all ops defined, sorted by release (2.15, then newer ones) and name. */
export function opNames(): Iterable<string> {
  return ops().keys();
}

/**
 * The definition that a model carries of an op (`MetaInfoDef.stripped_op_list`), for ops of other libraries.
 *
 * @param toAttr - decodes an attribute value
 */
export function opDefFromProto(proto: OpDefProto, toAttr: (value: AttrValue) => Attr): OpDef {
  return {
    name: proto.name,
    inputs: proto.inputArg.map(argFromProto),
    outputs: proto.outputArg.map(argFromProto),
    attrs: proto.attr.map(({name, type, defaultValue}) => ({
      name,
      type: type as AttrDefType,
      ...(defaultValue === undefined ? {} : {default: toAttr(defaultValue)}),
    })),
    stateful: proto.isStateful,
  };
}

function argFromProto(arg: OpDefProto_ArgDef): ArgDef {
  const {name, isRef} = arg;
  if (arg.typeListAttr !== '') return {name, isRef, kind: 'list', typeListAttr: arg.typeListAttr};
  const dtype = dtypeFromEnum(arg.type);
  const type: ArgType = dtype === undefined ? {typeAttr: arg.typeAttr} : {dtype};
  return arg.numberAttr === ''
    ? {name, isRef, kind: 'single', type}
    : {name, isRef, kind: 'repeated', type, numberAttr: arg.numberAttr};
}

function parseLine(name: string, [inputs, outputs, attrs, stateful]: Line): OpDef {
  return {
    name,
    inputs: inputs.map(parseArg),
    outputs: outputs.map(parseArg),
    attrs: attrs.map(parseAttr),
    stateful: stateful === 1,
  };
}

/** `&` (reference), name, `=` before a dtype or `:` before an attribute, and `N*` before either (repeated). */
const ARG = /^(&?)(\w+)([=:])(?:(\w*)(\*))?(\w+)$/;

function parseArg(text: string): ArgDef {
  const [, ref, name, sign, count, star, source] = ARG.exec(text) as unknown as [string, ...string[]];
  const head = {name: name!, isRef: ref === '&'};
  if (star !== undefined && count === '') return {...head, kind: 'list', typeListAttr: source!};
  const type: ArgType = sign === '=' ? {dtype: source as DType} : {typeAttr: source!};
  return star === undefined
    ? {...head, kind: 'single', type}
    : {...head, kind: 'repeated', type, numberAttr: count!};
}

/** Name, type, what is allowed, and the minimum. */
const ATTR = /^(\w+):([\w()]+)(?: in ([^>]+))?(?:>=(-?\d+))?$/;

function parseAttr(entry: string | [string, unknown]): AttrDef {
  const head = typeof entry === 'string' ? entry : entry[0];
  const [, name, type, allowed, minimum] = ATTR.exec(head) as unknown as [
    string,
    string,
    AttrDefType,
    ...string[],
  ];
  return {
    name,
    type,
    ...(typeof entry === 'string' ? {} : {default: parseDefault(type, entry[1])}),
    ...(allowed === undefined ? {} : {allowed: allowed.split('|')}),
    ...(minimum === undefined ? {} : {minimum: Number(minimum)}),
  };
}

/** JSON has neither infinities nor NaN: `float(...)` of Python's spelling. */
const FLOAT_NAMES: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
};

const DEFAULTS: Readonly<Record<ScalarAttrType, (json: unknown) => Attr>> = {
  string: (json) => ({type: 'string', value: encodeUtf8(json as string)}),
  int: (json) => ({type: 'int', value: json as number}),
  float: (json) => ({
    type: 'float',
    value: typeof json === 'string' ? FLOAT_NAMES[json]! : (json as number),
  }),
  bool: (json) => ({type: 'bool', value: json as boolean}),
  type: (json) => ({type: 'type', value: json as DType}),
  shape: (json) => ({type: 'shape', value: json as PartialShape}),
  tensor: (json) => ({type: 'tensor', value: tensorFromJson(json as HostTensor & {data: number[]})}),
  func: (json) => ({type: 'func', value: {name: json as string, attrs: new Map()}}),
};

function parseDefault(type: AttrDefType, json: unknown): Attr {
  const element = elementType(type);
  if (element === undefined) return DEFAULTS[type as ScalarAttrType](json);
  return {type: 'list', value: (json as unknown[]).map(DEFAULTS[element])};
}

function tensorFromJson({
  dtype,
  shape,
  data,
}: {
  dtype: DType;
  shape: readonly number[];
  data: number[];
}): HostTensor {
  const storage = allocate(dtype, data.length);
  for (const [i, value] of data.entries()) storage[i] = isBigInt(dtype) ? BigInt(value) : value;
  return {dtype, shape, data: storage};
}
