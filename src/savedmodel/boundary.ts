/**
 * The border between a model and its user: JavaScript values go in as TensorFlow values, results come out as tfjs
 * tensors. dtypes narrow here and nowhere else, and never silently.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {encodeUtf8} from '../algorithms/utf8.js';
import {CallError} from '../errors.js';
import type {TensorStructure} from '../graph/nest.js';
import {DTYPES, type DType, dtypeInfo, isBigInt, lanes, type NumericArray} from '../host/dtypes.js';
import {fitsShape, formatShape} from '../host/shape.js';
import {PackedStrings} from '../host/strings.js';
import {allocate, type HostData, type HostTensor, sizeOf} from '../host/tensor.js';
import {currentObserver, unobserved} from '../runtime/observer.js';
import {fromTensor} from '../tensors/from_tensor.js';
import {convertElements, convertNumbers} from '../tensors/host.js';
import {stringValue} from '../tensors/strings.js';
import {Value} from '../tensors/value.js';
import {wideTensor, wideValueOf} from '../tensors/wide_tensor.js';
import {stringTensor} from '../tfjs/string_tensors.js';
import {isTaping} from '../tfjs/tape.js';

/** A tensor in TensorFlow's own dtype: what `{exact: true}` gives, and what can be given where a tensor is expected. */
export interface ExactTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** A typed array (complex: real and imaginary parts in turn); byte strings for `string`, in either form where they are given. */
  readonly data: ExactData;
}

/** The elements of an {@link ExactTensor}. A result of strings is an array of them, made when it is first read. */
export type ExactData = HostData | readonly Uint8Array[];

/** Elements of a nested array. */
export type TensorElement = number | bigint | boolean | string | Uint8Array;

/** A nested array of elements: rows of equal length. */
export type NestedArray = readonly (TensorElement | NestedArray)[];

/** Typed arrays that stand for a rank-1 tensor (a `Uint8Array` also for one byte string). */
export type TypedArrayInput = NumericArray | Uint8ClampedArray;

/** What can be given where a function expects a tensor. */
export type TensorInput = tf.Tensor | ExactTensor | TypedArrayInput | TensorElement | NestedArray;

/** Results of a call: tfjs tensors, or exact ones where the caller asks for them. */
export type TensorOutput = tf.Tensor | ExactTensor;

/** The dtype that a typed array holds as it is. */
const ARRAY_DTYPES: readonly (readonly [new (length: number) => TypedArrayInput, DType])[] = [
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [Int8Array, 'int8'],
  [Int16Array, 'int16'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
  [Uint8Array, 'uint8'],
  [Uint8ClampedArray, 'uint8'],
  [Uint16Array, 'uint16'],
  [Uint32Array, 'uint32'],
  [BigUint64Array, 'uint64'],
];

/** dtypes a narrower kind of input widens to when conversion is allowed: a float stays a float. */
const CONVERTIBLE: Readonly<Record<string, readonly string[]>> = {
  float: ['float', 'complex'],
  int: ['int', 'uint', 'float', 'complex'],
  uint: ['int', 'uint', 'float', 'complex'],
  bool: ['bool'],
  complex: ['complex'],
  string: ['string'],
};

/**
 * The value of `input` for a tensor position, or undefined where it does not fit.
 *
 * @param convert - whether other dtypes than the expected one may be converted to it, and JavaScript values be made
 *   tensors; TensorFlow tries without first
 */
export function toValue(input: unknown, spec: TensorStructure, convert: boolean): Value | undefined {
  if (input instanceof tf.Tensor) {
    if (input.isDisposed) {
      throw new CallError(
        `a tensor of ${input.dtype} ${formatShape(input.shape)} was disposed of before it was passed: keep it, with tf.keep inside of tf.tidy`,
      );
    }
    const value = unobserved(() => fromTfjs(input, spec, convert));
    if (value !== undefined) currentObserver()?.madeOf(value, input);
    return value;
  }
  const exact = asExactTensor(input);
  // Who says `{dtype, shape, data}` means that dtype.
  if (exact !== undefined) return fromHost(exact, spec, convert && ArrayBuffer.isView(input));
  if (!convert) return undefined;
  const given = fromNested(input, spec.dtype);
  return given === undefined ? undefined : fromHost(given, spec, true);
}

/** tfjs shows int64, uint8, ... as int32 and the other floats as float32: these convert back. */
function fromTfjs(tensor: tf.Tensor, spec: TensorStructure, convert: boolean): Value | undefined {
  const wide = wideValueOf(tensor);
  if (wide !== undefined) {
    return fromHost({dtype: wide.dtype, shape: wide.shape, data: wide.hostData()}, spec, convert);
  }
  if (!fitsShape(tensor.shape, spec.shape)) return undefined;
  if (tensor.dtype === spec.dtype && tensor.dtype !== 'string') return Value.device(tensor).pin();
  const kind = dtypeInfo(tensor.dtype as DType).kind;
  const wanted = dtypeInfo(spec.dtype).kind;
  if (tensor.dtype === 'string') {
    return spec.dtype === 'string'
      ? Value.host('string', tensor.shape, Value.device(tensor).hostData())
      : undefined;
  }
  const same = kind === wanted || (kind === 'int' && wanted === 'uint');
  if (!convert || !same) return undefined;
  if (spec.dtype === 'float64' && isTaping()) return Value.device(tensor, 'float64').pin();
  if (wanted === 'float' && spec.dtype !== 'float64') return fromTensor(tensor, spec.dtype);
  const data = Value.device(tensor).numeric();
  return fromHost({dtype: tensor.dtype as DType, shape: tensor.shape, data}, spec, true);
}

/** A value that is a host tensor already, or a typed array. */
function asExactTensor(input: unknown): HostTensor | undefined {
  if (ArrayBuffer.isView(input)) {
    const array = input as TypedArrayInput;
    const dtype = ARRAY_DTYPES.find(([type]) => input instanceof type)?.[1];
    if (dtype === undefined) return undefined;
    const data = array instanceof Uint8ClampedArray ? new Uint8Array(array) : array;
    return {dtype, shape: [array.length], data};
  }
  if (typeof input !== 'object' || input === null) return undefined;
  const {dtype, shape, data} = input as Partial<ExactTensor>;
  if (
    typeof dtype !== 'string' ||
    !Array.isArray(shape) ||
    data === undefined ||
    !Object.hasOwn(DTYPES, dtype)
  )
    return undefined;
  if ((data as ArrayLike<unknown>).length !== sizeOf(shape) * lanes(dtype)) {
    throw new CallError(`a ${dtype} tensor of shape ${formatShape(shape)} needs ${sizeOf(shape)} elements`);
  }
  return hostTensorOf({dtype, shape, data});
}

/** A tensor as it goes into a model. */
export function hostTensorOf({dtype, shape, data}: ExactTensor): HostTensor {
  return {dtype, shape, data: dtype === 'string' ? packed(data) : (data as HostData)};
}

function packed(data: ExactData): PackedStrings {
  if (data instanceof PackedStrings) return data;
  const strings = data as readonly Uint8Array[];
  if (strings.every((each) => each instanceof Uint8Array)) return PackedStrings.of(strings);
  throw new CallError('the data of a string tensor are byte strings (Uint8Array)');
}

function fromHost(tensor: HostTensor, spec: TensorStructure, convert: boolean): Value | undefined {
  if (spec.dtype === 'string' && tensor.dtype === 'uint8' && fitsShape([], spec.shape) && convert) {
    return stringValue([], [tensor.data as Uint8Array]);
  }
  if (!fitsShape(tensor.shape, spec.shape)) return undefined;
  if (tensor.dtype === spec.dtype) return Value.of(tensor);
  if (!convert) return undefined;
  const from = dtypeInfo(tensor.dtype).kind;
  const to = dtypeInfo(spec.dtype).kind;
  const data = tensor.data as NumericArray;
  if (to === 'bool' && (from === 'int' || from === 'uint')) {
    return data.every((x: number | bigint) => Number(x) === 0 || Number(x) === 1)
      ? Value.host('bool', tensor.shape, convertNumbers(data, 'bool'))
      : undefined;
  }
  if (!CONVERTIBLE[from]?.includes(to)) return undefined;
  const converted = convertElements(data, tensor.dtype, spec.dtype);
  if ((to === 'int' || to === 'uint') && !sameNumbers(data, converted)) return undefined;
  return Value.host(spec.dtype, tensor.shape, converted);
}

function sameNumbers(a: NumericArray, b: NumericArray): boolean {
  for (let i = 0; i < a.length; i++) if (BigInt(a[i]!) !== BigInt(b[i]!)) return false;
  return true;
}

/** A number, string, boolean or nested array as a host tensor of the expected kind; undefined where it is none. */
function fromNested(input: unknown, dtype: DType): HostTensor | undefined {
  const shape: number[] = [];
  for (let level = input; Array.isArray(level); level = level[0]) shape.push(level.length);
  const elements = elementsOfNested(input, shape);
  if (elements === undefined) return undefined;
  const {kind} = dtypeInfo(dtype);
  const store = STORE_ELEMENT[kind];
  if (store === undefined) return undefined;
  if (kind === 'string') {
    if (elements.every((each) => typeof each === 'string')) {
      return {dtype, shape, data: PackedStrings.ofTexts(elements)};
    }
    const strings = elements.map(store);
    return strings.includes(undefined)
      ? undefined
      : {dtype, shape, data: PackedStrings.of(strings as Uint8Array[])};
  }
  const data = allocate(dtype, elements.length);
  for (let i = 0; i < elements.length; i++) {
    const element = store(elements[i]);
    if (element === undefined) return undefined;
    if (isBigInt(dtype)) {
      data[i] = BigInt(element as number) as never;
      if (data[i] !== BigInt(element as number)) return undefined;
    } else if (kind === 'complex') {
      data[2 * i] = Number(element) as never;
    } else {
      data[i] = Number(element) as never;
      if ((kind === 'int' || kind === 'uint') && data[i] !== Number(element)) return undefined;
    }
  }
  return {dtype, shape, data: kind === 'float' ? convertNumbers(data, dtype) : data};
}

/** How one JavaScript element becomes one of a dtype's kind; undefined for what does not. */
const STORE_ELEMENT: Readonly<Record<string, (element: unknown) => unknown>> = {
  float: (x) => (typeof x === 'number' || typeof x === 'bigint' ? x : undefined),
  complex: (x) => (typeof x === 'number' ? x : undefined),
  int: (x) => (typeof x === 'bigint' || (typeof x === 'number' && Number.isInteger(x)) ? x : undefined),
  uint: (x) => (typeof x === 'bigint' || (typeof x === 'number' && Number.isInteger(x)) ? x : undefined),
  bool: (x) => (typeof x === 'boolean' ? Number(x) : undefined),
  string: (x) => (typeof x === 'string' ? encodeUtf8(x) : x instanceof Uint8Array ? x : undefined),
};

/** Elements in row-major order; undefined where rows differ in length or depth. */
function elementsOfNested(input: unknown, shape: readonly number[]): readonly unknown[] | undefined {
  if (shape.length === 1) return (input as unknown[]).some(Array.isArray) ? undefined : (input as unknown[]);
  const elements: unknown[] = [];
  return collect(input, shape, 0, elements) ? elements : undefined;
}

function collect(input: unknown, shape: readonly number[], depth: number, out: unknown[]): boolean {
  if (depth === shape.length) {
    out.push(input);
    return !Array.isArray(input);
  }
  if (!Array.isArray(input) || input.length !== shape[depth]) return false;
  return input.every((item) => collect(item, shape, depth + 1, out));
}

/**
 * A result as the caller wants it. The tensor returned is the caller's; the value stays the model's.
 *
 * @param isMember - whether it is one of several results: then numbers that do not fit are an error when somebody reads them,
 *   not before; see {@link wideTensor}
 */
export function fromValue(value: Value, exact: boolean, what: string, isMember = false): TensorOutput {
  if (exact || value.dtype === 'resource' || value.dtype === 'variant') {
    return exactTensor(value);
  }
  if (value.dtype === 'complex128') {
    const data = Float32Array.from(value.numeric() as Float64Array);
    return Value.host('complex64', value.shape, data).tensor();
  }
  // Who traces has to see where a tensor comes from.
  const isObserved = currentObserver() !== undefined;
  if (value.dtype === 'string' && !isObserved) return stringTensor(value.strings(), value.shape);
  try {
    const own = isObserved ? undefined : value.giveAway();
    return own ?? tf.clone(value.tensor());
  } catch (error) {
    if (!(error instanceof CallError)) {
      throw new CallError(`${what} cannot be had as a tensor: ${error}`, {cause: error});
    }
    const why = `${what} is ${value.dtype} and ${error.message}, the widest integer of tfjs; ask for it with {exact: true}`;
    if (!isMember) throw new CallError(why, {cause: error});
    const {dtype, shape} = value;
    return wideTensor({dtype, shape, data: value.hostData()}, why);
  }
}

/** A tensor as the caller may keep and change it: constants and variables must not change with it. */
function exactTensor({dtype, shape, data}: HostTensor): ExactTensor {
  if (!(data instanceof PackedStrings)) return {dtype, shape, data: data.slice()};
  let strings: Uint8Array[] | undefined;
  return {
    dtype,
    shape,
    get data() {
      return (strings ??= data.toArray());
    },
  };
}

/** What an input is, for messages. */
export function describeInput(input: unknown): string {
  if (input instanceof tf.Tensor) return `${input.dtype} ${formatShape(input.shape)}`;
  if (ArrayBuffer.isView(input)) return input.constructor.name;
  if (typeof input === 'object' && input !== null && 'dtype' in input && 'shape' in input) {
    return `${String(input.dtype)} ${formatShape(input.shape as number[])}`;
  }
  const text =
    JSON.stringify(input, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)) ?? String(input);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
