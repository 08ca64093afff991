/**
 * From the arguments of a raw op to what a node has: inputs in order, each with its dtype, and every attribute. Attributes
 * that follow from the inputs (dtypes, numbers of tensors) are inferred as TensorFlow does.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {decodeUtf8, encodeUtf8} from '../../algorithms/utf8.js';
import {CallError} from '../../errors.js';
import type {Attr} from '../../graph/attrs.js';
import type {ArgDef, ArgType, AttrDef, AttrDefType, OpDef} from '../../graph/op_defs.js';
import {DTYPES, type DType, dtypeInfo} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';
import {ARRAY_BYTES, allocateObjects} from '../../host/tensor.js';
import {Variable} from '../../ops/variable/variable.js';
import {meaningOf, meantValue} from '../../tensors/meaning.js';
import {Value} from '../../tensors/value.js';
import {describeInput, toValue} from '../boundary.js';
import {originOf} from '../load/object_graph.js';
import {isOpaque, RawTensor} from './tensor.js';

/** One tensor that an op is given. */
export interface BoundInput {
  /** What the caller passed. */
  readonly given: unknown;
  readonly dtype: DType;
  /** Of the argument in the op's definition. */
  readonly name: string;
  /** How to call it in messages. */
  readonly label: string;
}

/** An op with all it needs to be run, or to be a node. */
export interface BoundOp {
  readonly def: OpDef;
  /** In the order of the definition, list arguments spread out. */
  readonly inputs: readonly BoundInput[];
  /** All of them, defaults included. */
  readonly attrs: ReadonlyMap<string, Attr>;
}

type Named = Readonly<Record<string, unknown>>;

/** A tensor of an argument, before its dtype is known. */
interface Item {
  readonly given: unknown;
  readonly label: string;
}

const AXIS = {reduction_indices: 'axis', split_dim: 'axis', squeeze_dims: 'axis', dim: 'axis'};

/** Arguments that `tf.raw_ops` calls otherwise than the op's definition does. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...Object.fromEntries(
    ['All', 'Any', 'EuclideanNorm', 'Max', 'Mean', 'Min', 'Prod', 'Sum'].map((op) => [op, AXIS]),
  ),
  ...Object.fromEntries(['ExpandDims', 'Split', 'SplitV', 'Squeeze'].map((op) => [op, AXIS])),
  Select: {t: 'x', e: 'y'},
  Where: {input: 'condition'},
};

/** The name by which a raw op takes an input or an attribute of its definition. */
export function argumentName(op: string, name: string): string {
  return RENAMED[op]?.[name] ?? name;
}

/**
 * Binds arguments given by name.
 *
 * @throws CallError naming the op, the argument, and what is allowed
 */
export function bindOp(def: OpDef, inputs: Named, attrs: Named): BoundOp {
  checkNames(def, inputs, attrs);
  const items = def.inputs.map((arg) => itemsOf(def, arg, inputs));
  const bound = new Map<string, Attr>();
  for (const attr of def.attrs) {
    const value = attrs[argumentName(def.name, attr.name)];
    if (value !== undefined) bound.set(attr.name, toAttr(def, attr, value, attrs));
  }
  for (const attr of def.attrs) {
    const inferred = bound.has(attr.name) ? undefined : inferAttr(def, attr, items);
    const value = inferred ?? bound.get(attr.name) ?? attr.default;
    if (value === undefined)
      throw fail(def, `needs the attribute '${argumentName(def.name, attr.name)}' (${describeAttr(attr)})`);
    bound.set(attr.name, value);
  }
  checkCounts(def, items, bound);
  return {
    def,
    attrs: bound,
    inputs: def.inputs.flatMap((arg, i) =>
      items[i]!.map((item, at) => ({...item, name: arg.name, dtype: dtypeOf(arg, at, bound)})),
    ),
  };
}

/**
 * The value of an input as kernels take it. tfjs tensors stay the caller's.
 *
 * @throws CallError where it is none of its dtype
 */
export function inputValue(def: OpDef, {given, dtype, label}: BoundInput): Value {
  const handle = dtype === 'resource' ? handleOf(given) : undefined;
  if (handle !== undefined) return handle;
  const raw = given instanceof RawTensor ? RawTensor.valueOf(given) : undefined;
  if (raw?.dtype === dtype) return raw;
  if (isOpaque(dtype)) {
    const wanted =
      dtype === 'resource' ? 'a handle, a table or a tf.Variable' : 'a variant, which another raw op made';
    throw fail(def, `takes ${wanted} as ${label}, got ${describeInput(given)}`);
  }
  const meant = given instanceof tf.Tensor ? meantValue(given) : undefined;
  if (meant?.dtype === dtype) return meant;
  const value = toValue(given, {kind: 'tensor', name: label, dtype, shape: null}, true);
  if (value === undefined) throw fail(def, `takes ${dtype} as ${label}, got ${describeInput(given)}`);
  return value;
}

/** The handle of a variable, of a table of a loaded model, or of an object that has one. */
function handleOf(given: unknown): Value | undefined {
  if (given instanceof tf.Variable) return Value.object('resource', Variable.of(given));
  if ((typeof given !== 'object' && typeof given !== 'function') || given === null) return undefined;
  const {resourceHandle} = given as {resourceHandle?: unknown};
  if (resourceHandle instanceof RawTensor) return RawTensor.valueOf(resourceHandle);
  const origin = originOf(given);
  return origin?.objects.handle(origin.id);
}

/** An output of an op: how many tensors, of which dtypes. */
export interface BoundOutput {
  readonly name: string;
  /** A list argument, whose tensors are given as an array. */
  readonly isList: boolean;
  readonly dtypes: readonly DType[];
}

/** The outputs of an op in order. */
export function outputsOf({def, attrs}: BoundOp): BoundOutput[] {
  return def.outputs.map((arg) => {
    const {name} = arg;
    if (arg.kind === 'list') return {name, isList: true, dtypes: dtypeList(attrs, arg.typeListAttr)};
    const count = arg.kind === 'repeated' ? Number(attrs.get(arg.numberAttr)!.value) : 1;
    const dtypes = allocateObjects(count, dtypeOfType(arg.type, attrs), ARRAY_BYTES);
    return {name, isList: arg.kind === 'repeated', dtypes};
  });
}

/** An error about a raw op. */
export function fail({name}: OpDef, what: string): CallError {
  return new CallError(`${name} ${what}`);
}

function checkNames(def: OpDef, inputs: Named, attrs: Named): void {
  const names = (all: readonly {readonly name: string}[]) =>
    all.map(({name}) => argumentName(def.name, name));
  const check = (kind: string, given: Named, known: readonly string[]) => {
    const unknown = Object.keys(given).find((name) => !known.includes(name));
    if (unknown === undefined) return;
    const there = known.length === 0 ? `it has no ${kind}s` : `it has ${known.join(', ')}`;
    throw fail(def, `has no ${kind} '${unknown}': ${there}`);
  };
  check('input', inputs, names(def.inputs));
  check('attribute', attrs, names(def.attrs));
}

function itemsOf(def: OpDef, arg: ArgDef, inputs: Named): Item[] {
  const name = argumentName(def.name, arg.name);
  const given = inputs[name];
  const label = `'${name}'`;
  if (given === undefined || given === null) throw fail(def, `needs the input ${label}`);
  if (arg.kind === 'single') return [{given, label}];
  if (!Array.isArray(given))
    throw fail(def, `takes an array of tensors as ${label}, got ${describeInput(given)}`);
  const counter = arg.kind === 'repeated' ? arg.numberAttr : arg.typeListAttr;
  const minimum = def.attrs.find((attr) => attr.name === counter)?.minimum ?? 0;
  if (given.length < minimum) {
    throw fail(
      def,
      `takes at least ${minimum} tensor${minimum === 1 ? '' : 's'} as ${label}, got ${given.length}`,
    );
  }
  return given.map((each: unknown, i) => ({given: each, label: `${label}[${i}]`}));
}

/** The value of an attribute that follows from the inputs; undefined for one that does not. */
function inferAttr(def: OpDef, attr: AttrDef, items: readonly (readonly Item[])[]): Attr | undefined {
  const {name, type} = attr;
  if (type === 'int') {
    const at = def.inputs.findIndex((arg) => arg.kind === 'repeated' && arg.numberAttr === name);
    return at < 0 ? undefined : {type, value: items[at]!.length};
  }
  if (type === 'type') {
    const typed = items.flatMap((each, i) => (hasTypeAttr(def.inputs[i]!, name) ? each : []));
    return typed.length === 0 ? undefined : {type, value: inferDType(def, attr, typed)};
  }
  const at = def.inputs.findIndex((arg) => arg.kind === 'list' && arg.typeListAttr === name);
  if (at < 0) return undefined;
  const dtypes = items[at]!.map((item) => inferDType(def, attr, [item]));
  return {type: 'list', value: dtypes.map((value) => ({type: 'type', value}))};
}

function hasTypeAttr(arg: ArgDef, name: string): boolean {
  return arg.kind !== 'list' && 'typeAttr' in arg.type && arg.type.typeAttr === name;
}

/** How surely an input is of a dtype, most surely first. */
const CERTAINTY = {exact: 0, tensor: 1, literal: 2} as const;

interface Guess {
  readonly certainty: (typeof CERTAINTY)[keyof typeof CERTAINTY];
  /** Most likely first. */
  readonly dtypes: readonly DType[];
}

/**
 * The dtype that inputs share. Tensors that say their TensorFlow dtype decide, then tfjs tensors and typed arrays, then
 * the op's default, and only then JavaScript numbers, which are float32 where that is allowed.
 */
function inferDType(def: OpDef, attr: AttrDef, items: readonly Item[]): DType {
  const guesses = items.map(({given}) => guessDType(given));
  const surest = Math.min(...guesses.map(({certainty}) => certainty));
  const {dtypes} = guesses.find(({certainty}) => certainty === surest)!;
  const allowed = (dtype: DType) => attr.allowed?.includes(dtype) ?? true;
  const fits = (dtype: DType) =>
    surest < CERTAINTY.literal ||
    items.every(
      ({given}) => toValue(given, {kind: 'tensor', name: '', dtype, shape: null}, true) !== undefined,
    );
  const preferred = surest === CERTAINTY.literal && attr.default?.type === 'type' ? [attr.default.value] : [];
  const kin = (attr.allowed as readonly DType[] | undefined)?.filter((each) => isKin(each, dtypes[0]!)) ?? [];
  const chosen = [...preferred, ...dtypes, ...(surest === CERTAINTY.exact ? [] : kin)].find(
    (dtype) => allowed(dtype) && fits(dtype),
  );
  if (chosen !== undefined) return chosen;
  const labels = items.map(({label}) => label).join(', ');
  throw fail(
    def,
    `takes ${attr.allowed?.join(', ') ?? 'tensors'} as ${labels}, got ${items.map(({given}) => describeInput(given)).join(', ')}`,
  );
}

/** tfjs shows the dtypes of one kind as one: any float as float32, any integer as int32. */
function isKin(a: DType, b: DType): boolean {
  const kind = (dtype: DType) => dtypeInfo(dtype).kind.replace('uint', 'int');
  return kind(a) === kind(b);
}

function guessDType(given: unknown): Guess {
  if (given instanceof tf.Tensor) {
    const meaning = given instanceof tf.Variable ? (given.dtype as DType) : meaningOf(given);
    if (meaning !== given.dtype) return {certainty: CERTAINTY.exact, dtypes: [meaning, given.dtype as DType]};
    return {certainty: CERTAINTY.tensor, dtypes: [meaning]};
  }
  for (const {test, guess} of OTHERS) if (test(given)) return guess(given);
  return {certainty: CERTAINTY.literal, dtypes: LITERALS[typeof firstElement(given)] ?? []};
}

const OTHERS: readonly {test(given: unknown): boolean; guess(given: unknown): Guess}[] = [
  {
    test: (given) => ArrayBuffer.isView(given),
    guess: (given) => ({
      certainty: CERTAINTY.tensor,
      dtypes: [
        ...(Object.keys(DTYPES) as DType[]).filter((dtype) => holds(dtype, given)),
        ...(given instanceof Uint8Array ? (['string'] as const) : []),
      ],
    }),
  },
  {
    test: (given) => typeof given === 'object' && given !== null && 'dtype' in given && 'shape' in given,
    guess: (given) => ({certainty: CERTAINTY.exact, dtypes: [(given as {dtype: DType}).dtype]}),
  },
];

/** A typed array is of the first dtype that is kept in its kind of array. */
function holds(dtype: DType, given: unknown): boolean {
  const {array} = dtypeInfo(dtype);
  return array !== undefined && given instanceof array;
}

/** What JavaScript values may be, by their `typeof`. Bytes are strings. */
const LITERALS: Readonly<Record<string, readonly DType[]>> = {
  number: ['float32', 'int32', 'int64'],
  bigint: ['int64', 'uint64'],
  boolean: ['bool'],
  string: ['string'],
  object: ['string'],
  undefined: ['float32', 'int32', 'int64', 'string'],
};

function firstElement(given: unknown): unknown {
  let element = given;
  while (Array.isArray(element)) element = element[0];
  return element;
}

/** Lists that share a count are of one length, the one given where it is given. */
function checkCounts(
  def: OpDef,
  items: readonly (readonly Item[])[],
  attrs: ReadonlyMap<string, Attr>,
): void {
  def.inputs.forEach((arg, i) => {
    const {length} = items[i]!;
    if (arg.kind === 'repeated') {
      const count = Number(attrs.get(arg.numberAttr)!.value);
      if (length !== count) throw fail(def, `takes ${count} tensors as '${arg.name}', got ${length}`);
    }
    if (arg.kind === 'list') {
      const count = (attrs.get(arg.typeListAttr)!.value as readonly Attr[]).length;
      if (length !== count) throw fail(def, `takes ${count} tensors as '${arg.name}', got ${length}`);
    }
  });
}

function dtypeOf(arg: ArgDef, at: number, attrs: ReadonlyMap<string, Attr>): DType {
  return arg.kind === 'list' ? dtypeList(attrs, arg.typeListAttr)[at]! : dtypeOfType(arg.type, attrs);
}

function dtypeOfType(type: ArgType, attrs: ReadonlyMap<string, Attr>): DType {
  return 'dtype' in type ? type.dtype : (attrs.get(type.typeAttr)!.value as DType);
}

function dtypeList(attrs: ReadonlyMap<string, Attr>, name: string): DType[] {
  return (attrs.get(name)!.value as readonly Attr[]).map(({value}) => value as DType);
}

/** What an attribute is given as, by its type: how it is called, and the conversion (undefined where it is none). */
const ATTR_TYPES: Readonly<
  Record<string, {readonly name: string; convert(given: unknown, siblings: Named): Attr['value'] | undefined}>
> = {
  int: {
    name: 'an integer',
    convert: (given) =>
      typeof given === 'bigint' || Number.isSafeInteger(given) ? (given as number) : undefined,
  },
  float: {name: 'a number', convert: (given) => (typeof given === 'number' ? given : undefined)},
  bool: {name: 'a boolean', convert: (given) => (typeof given === 'boolean' ? given : undefined)},
  string: {
    name: 'a string',
    convert: (given) =>
      typeof given === 'string' ? encodeUtf8(given) : given instanceof Uint8Array ? given : undefined,
  },
  type: {
    name: 'a dtype',
    convert: (given) =>
      typeof given === 'string' && Object.hasOwn(DTYPES, given) ? (given as DType) : undefined,
  },
  shape: {
    name: 'a shape (an array of sizes, null for an unknown one)',
    convert: (given) => (isShape(given) ? given : undefined),
  },
  tensor: {
    name: 'a tensor',
    convert: (given, {dtype}) => {
      const [wanted] = typeof dtype === 'string' ? [dtype as DType] : guessDType(given).dtypes;
      if (wanted === undefined || !Object.hasOwn(DTYPES, wanted)) return undefined;
      const meant = given instanceof tf.Tensor ? meantValue(given) : undefined;
      const value =
        meant?.dtype === wanted
          ? meant
          : toValue(given, {kind: 'tensor', name: '', dtype: wanted, shape: null}, true);
      return value && {dtype: value.dtype, shape: value.shape, data: value.hostData().slice()};
    },
  },
};

function toAttr(def: OpDef, attr: AttrDef, given: unknown, siblings: Named): Attr {
  const refuse = () =>
    fail(
      def,
      `takes ${describeAttr(attr)} as '${argumentName(def.name, attr.name)}', got ${describeInput(given)}`,
    );
  const element = elementType(attr.type);
  const one = (value: unknown): Attr => {
    const type = (element ?? attr.type) as Exclude<AttrDefType, `list(${string})`>;
    const converted = ATTR_TYPES[type]?.convert(value, siblings);
    if (converted === undefined || !isAllowed(attr, type, converted)) throw refuse();
    return {type, value: converted} as Attr;
  };
  if (element === undefined) {
    if (attr.minimum !== undefined && (given as number) < attr.minimum) throw refuse();
    return one(given);
  }
  if (!Array.isArray(given) || given.length < (attr.minimum ?? 0)) throw refuse();
  return {type: 'list', value: given.map(one)};
}

function isAllowed({allowed}: AttrDef, type: string, value: Attr['value']): boolean {
  return (
    allowed === undefined ||
    allowed.includes(type === 'string' ? decodeUtf8(value as Uint8Array) : (value as DType))
  );
}

/** What an attribute may be. */
function describeAttr({type, allowed, minimum}: AttrDef): string {
  const element = elementType(type);
  const one = allowed
    ? `one of ${allowed.map((each) => `'${each}'`).join(', ')}`
    : ATTR_TYPES[element ?? type]?.name;
  if (element === undefined) return `${one}${minimum === undefined ? '' : ` of at least ${minimum}`}`;
  return `an array${minimum === undefined ? '' : ` of at least ${minimum}`}, each ${one}`;
}

function elementType(type: AttrDefType): string | undefined {
  return /^list\((\w+)\)$/.exec(type)?.[1];
}

function isShape(given: unknown): given is PartialShape {
  const isSize = (dim: unknown) => dim === null || (Number.isSafeInteger(dim) && (dim as number) >= 0);
  return given === null || (Array.isArray(given) && given.every(isSize));
}
