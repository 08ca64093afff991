/**
 * Elementwise computation on host data: any dtype, NumPy broadcasting. Used for what a tfjs backend cannot hold
 * (int64, float64, uint8, ...) and for small values that no gradient hangs on (shapes, indices).
 *
 * @module
 */

import {isSmallFloat, roundInPlace} from '../algorithms/small_floats.js';
import {CallError} from '../errors.js';
import {type DType, dtypeInfo, isBigInt, lanes, type NumericArray} from '../host/dtypes.js';
import {wordsOf} from '../host/int64.js';
import {storeOf} from '../host/rounding.js';
import {broadcastShapes, formatShape, sameShape, stridesOf} from '../host/shape.js';
import {allocate, sizeOf} from '../host/tensor.js';
import {Value} from './value.js';
import type {UnaryWordRun, WordRun} from './word_runs.js';

/** A function of two elements of a dtype, per class of element: JavaScript numbers, and bigints for int64 and uint64. */
export interface BinaryScalar {
  readonly number: (a: number, b: number, dtype: DType) => number | boolean;
  readonly bigint?: (a: bigint, b: bigint) => bigint | number | boolean;
}

/** A function of one element of a dtype, per class of element. */
export interface UnaryScalar {
  readonly number: (a: number, dtype: DType) => number | boolean;
  readonly bigint?: (a: bigint) => bigint | number | boolean;
}

/** Applies `f` to each element of a real numeric value. `dtype` is the result's, the operand's when absent. */
export function mapUnary(x: Value, f: UnaryScalar, dtype: DType = x.dtype): Value {
  const source = x.numeric();
  const scalar = resultOf(pick(f, x.dtype), x.dtype, dtype) as UnaryElement;
  const out = allocate(dtype, source.length);
  for (let i = 0; i < source.length; i++) out[i] = scalar(source[i]!, x.dtype) as never;
  return Value.host(dtype, x.shape, rounded(out, dtype));
}

/** Applies `f` to each pair of elements of two broadcast real numeric values of one dtype. */
export function mapBinary(x: Value, y: Value, f: BinaryScalar, dtype: DType = x.dtype): Value {
  const shape = broadcastOrThrow(x.shape, y.shape);
  const scalar = resultOf(pick(f, x.dtype), x.dtype, dtype) as BinaryElement;
  const [a, b] = [x.numeric(), y.numeric()];
  const out = allocate(dtype, sizeOf(shape));
  // The cases that most operands come in need no bookkeeping per element.
  if (b.length === 1 && a.length === out.length) {
    const right = b[0]!;
    for (let i = 0; i < out.length; i++) out[i] = scalar(a[i]!, right, x.dtype) as never;
  } else if (a.length === 1 && b.length === out.length) {
    const left = a[0]!;
    for (let i = 0; i < out.length; i++) out[i] = scalar(left, b[i]!, x.dtype) as never;
  } else if (sameShape(x.shape, y.shape)) {
    for (let i = 0; i < out.length; i++) out[i] = scalar(a[i]!, b[i]!, x.dtype) as never;
  } else {
    forEachBroadcast([x.shape, y.shape], shape, (i, [ia, ib]) => {
      out[i] = scalar(a[ia!]!, b[ib!]!, x.dtype) as never;
    });
  }
  return Value.host(dtype, shape, rounded(out, dtype));
}

/** Applies `run` to each pair of elements of two broadcast int64 or uint64 values. `dtype` is the result's. */
export function mapWords<Out extends Int32Array | Uint8Array>(
  x: Value,
  y: Value,
  run: WordRun<Out>,
  dtype: DType = x.dtype,
): Value {
  const shape = broadcastOrThrow(x.shape, y.shape);
  const [a, b] = [x, y].map((each) => wordsOf(each.numeric() as BigInt64Array)) as [Int32Array, Int32Array];
  const out = allocate(dtype, sizeOf(shape));
  const perElement = isBigInt(dtype) ? 2 : 1;
  const target = (isBigIntArray(out) ? wordsOf(out) : out) as Out;
  forEachRun([x.shape, y.shape], shape, (to, [aAt, bAt], [aStep, bStep], count) => {
    const [o, end] = [perElement * to, perElement * (to + count)];
    run(a, 2 * aAt!, aStep === 1 ? 2 : 0, b, 2 * bAt!, bStep === 1 ? 2 : 0, target, o, end);
  });
  return Value.host(dtype, shape, out);
}

/** Applies `run` to the elements of an int64 or uint64 value. */
export function mapUnaryWords(x: Value, run: UnaryWordRun): Value {
  const out = allocate(x.dtype, x.size);
  run(wordsOf(x.numeric() as BigInt64Array), wordsOf(out as BigInt64Array));
  return Value.host(x.dtype, x.shape, out);
}

/** The shape both broadcast to; a CallError where they do not. */
export function broadcastOrThrow(a: readonly number[], b: readonly number[]): number[] {
  const shape = broadcastShapes(a, b);
  if (shape === undefined) {
    throw new CallError(`incompatible shapes: ${formatShape(a)} vs. ${formatShape(b)}`);
  }
  return shape;
}

/**
 * Visits the elements of `shape` in row-major order: `visit(i, offsets)` with the flat index of the result and of
 * each operand. `offsets` is reused between visits.
 */
export function forEachBroadcast(
  shapes: readonly (readonly number[])[],
  shape: readonly number[],
  visit: (index: number, offsets: readonly number[]) => void,
): void {
  const size = sizeOf(shape);
  const count = shapes.length;
  const offsets = new Array<number>(count).fill(0);
  const steps = shapes.map((each) => flatStep(each, size));
  if (!steps.includes(undefined)) {
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < count; k++) offsets[k] = i * steps[k]!;
      visit(i, offsets);
    }
    return;
  }
  const rank = shape.length;
  const length = shape[rank - 1]!;
  const strides = shapes.map((each) => broadcastStrides(each, rank));
  const along = strides.map((each) => each[rank - 1]!);
  const position = new Array<number>(rank).fill(0);
  for (let i = 0; i < size; ) {
    for (const end = i + length; i < end; i++) {
      visit(i, offsets);
      for (let k = 0; k < count; k++) offsets[k]! += along[k]!;
    }
    for (let k = 0; k < count; k++) offsets[k]! -= along[k]! * length;
    for (let axis = rank - 2; axis >= 0; axis--) {
      position[axis]!++;
      for (let k = 0; k < count; k++) offsets[k]! += strides[k]![axis]!;
      if (position[axis]! < shape[axis]!) break;
      for (let k = 0; k < count; k++) offsets[k]! -= strides[k]![axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
}

/**
 * Visits the elements of `shape`, to which `shapes` broadcast, in rows as long as can be: `visit(to, starts, steps, count)`
 * with the flat index of the first one of `count` and that of each operand, which rises by its step. `starts` and
 * `steps` are reused between visits.
 */
export function forEachRun(
  shapes: readonly (readonly number[])[],
  shape: readonly number[],
  visit: (to: number, starts: readonly number[], steps: readonly (0 | 1)[], count: number) => void,
): void {
  const size = sizeOf(shape);
  if (size === 0) return;
  const flat = shapes.map((each) => flatStep(each, size));
  if (!flat.includes(undefined)) {
    visit(0, new Array<number>(shapes.length).fill(0), flat as (0 | 1)[], size);
    return;
  }
  const count = shape.at(-1)!;
  const steps = shapes.map((each) => ((each.at(-1) ?? 1) === count ? 1 : 0) as 0 | 1);
  const starts = new Array<number>(shapes.length);
  const rows = shapes.map((each) => each.slice(0, -1));
  forEachBroadcast(rows, shape.slice(0, -1), (row, places) => {
    // An operand that is one element per row has as many as rows.
    for (let k = 0; k < starts.length; k++) starts[k] = steps[k] === 1 ? places[k]! * count : places[k]!;
    visit(row * count, starts, steps, count);
  });
}

/** The step through all elements of an operand whose result has `size` elements; undefined where there is no one step. */
function flatStep(shape: readonly number[], size: number): 0 | 1 | undefined {
  const own = sizeOf(shape);
  return own === size ? 1 : own === 1 ? 0 : undefined;
}

/** Strides of `shape` seen at `rank` dimensions: 0 along axes that are broadcast. */
function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const own = stridesOf(shape);
  const lead = rank - shape.length;
  return Array.from({length: rank}, (_, axis) => {
    const at = axis - lead;
    return at < 0 || shape[at] === 1 ? 0 : own[at]!;
  });
}

/**
 * Elements of dtype `from` converted as `tf.cast` does. Complex numbers give their real parts, except to one another; see
 * {@link convertNumbers} for all others.
 */
export function convertElements(source: NumericArray, from: DType, to: DType): NumericArray {
  if (lanes(from) === 1) return convertNumbers(source, to);
  if (lanes(to) === 2) {
    const out = allocate(to, source.length / 2);
    out.set(source as never);
    return out;
  }
  const real = (source as Float64Array).filter((_, i) => i % 2 === 0);
  return convertNumbers(real, to);
}

/**
 * Elements converted as `tf.cast` does: floats to integers truncate, integers wrap, anything but 0 is true. The
 * imaginary parts of a complex target are 0. `source` is real.
 */
export function convertNumbers(source: NumericArray, dtype: DType): NumericArray {
  const {kind} = dtypeInfo(dtype);
  const out = allocate(dtype, source.length);
  if (kind === 'complex') {
    const real = convertNumbers(source, dtype === 'complex64' ? 'float32' : 'float64');
    for (let i = 0; i < real.length; i++) out[2 * i] = real[i]!;
    return out;
  }
  if (
    isBigIntArray(source) === isBigIntArray(out) &&
    kind !== 'bool' &&
    (kind === 'float' || !isFloatArray(source))
  ) {
    // Copying to another array rounds floats and wraps integers by itself.
    out.set(source as never);
  } else if (isBigIntArray(source)) {
    narrowWords(source, out, kind);
  } else if (isBigIntArray(out)) {
    widenToWords(source, out);
  } else {
    const convert = numberConverter(dtype);
    for (let i = 0; i < source.length; i++) out[i] = convert(source[i] as number) as never;
  }
  return rounded(out, dtype);
}

const isFloatArray = (array: NumericArray): boolean =>
  array instanceof Float32Array || array instanceof Float64Array;

const isBigIntArray = (array: NumericArray): array is BigInt64Array | BigUint64Array =>
  array instanceof BigInt64Array || array instanceof BigUint64Array;

/** A float that has no integer of the target's width gives the number that x86 does, as in TensorFlow. */
const INT32_INDEFINITE = -(2 ** 31);

/** 64-bit integers to elements of an array of anything else; such an array keeps the low bits of what it is given. */
function narrowWords(source: BigInt64Array | BigUint64Array, out: NumericArray, kind: string): void {
  const words = wordsOf(source);
  if (kind === 'bool') {
    for (let i = 0; i < out.length; i++) out[i] = (words[2 * i]! | words[2 * i + 1]!) === 0 ? 0 : 1;
  } else if (kind !== 'float') {
    for (let i = 0; i < out.length; i++) out[i] = words[2 * i]!;
  } else {
    const isSigned = source instanceof BigInt64Array;
    const isSingle = out instanceof Float32Array;
    for (let i = 0; i < out.length; i++) {
      const high = isSigned ? words[2 * i + 1]! : words[2 * i + 1]! >>> 0;
      let low = words[2 * i]!;
      // More than 53 bits are to be rounded once. Of those that are too low to decide how, one tells whether there are any.
      if (isSingle && (high >= 2 ** 20 || high < -(2 ** 20)))
        low = (low & ~0xfff) | (low & 0xfff ? 0x800 : 0);
      out[i] = high * 2 ** 32 + (low >>> 0);
    }
  }
}

/** Anything else to 64-bit integers. */
function widenToWords(source: NumericArray, out: BigInt64Array | BigUint64Array): void {
  const words = wordsOf(out);
  if (!isFloatArray(source)) {
    const isSigned = !(source instanceof Uint32Array);
    for (let i = 0; i < source.length; i++) {
      const low = source[i] as number;
      words[2 * i] = low;
      words[2 * i + 1] = isSigned && low < 0 ? -1 : 0;
    }
    return;
  }
  const limit = out instanceof BigUint64Array ? 2 ** 64 : 2 ** 63;
  for (let i = 0; i < source.length; i++) {
    const x = source[i] as number;
    if (x >= -(2 ** 63) && x < limit) {
      const whole = Math.trunc(x);
      words[2 * i] = whole;
      words[2 * i + 1] = Math.floor(whole / 2 ** 32);
    } else {
      words[2 * i + 1] = INT32_INDEFINITE;
    }
  }
}

/** To an element of an array of numbers of at most 32 bits, which truncates and wraps what it is given. */
function numberConverter(dtype: DType): (x: number) => number {
  const {kind} = dtypeInfo(dtype);
  if (kind === 'bool') return (x) => (x === 0 ? 0 : 1);
  if (kind === 'float') return (x) => x;
  // TensorFlow converts a float to 32 bits first, for uint32 to 64 bits, and keeps the low ones.
  const limit = dtype === 'uint32' ? 2 ** 63 : 2 ** 31;
  const indefinite = dtype === 'uint32' ? 0 : INT32_INDEFINITE;
  return (x) => (x > -limit - 1 && x < limit ? x : indefinite);
}

type Element = number | bigint;
type UnaryElement = (a: Element, dtype: DType) => Element | boolean;
type BinaryElement = (a: Element, b: Element, dtype: DType) => Element | boolean;
type Scalar = (...operands: never[]) => Element | boolean;

function pick(f: UnaryScalar | BinaryScalar, dtype: DType): Scalar {
  const scalar = isBigInt(dtype) ? f.bigint : f.number;
  if (scalar === undefined) throw new CallError(`this operation is not defined for ${dtype}`);
  return scalar as Scalar;
}

/** `f` with results that an array of `dtype` takes: an array of numbers takes booleans too, one of bigints only bigints. */
function resultOf(f: Scalar, from: DType, dtype: DType): Scalar {
  if (isBigInt(from) === isBigInt(dtype)) return f;
  return isBigInt(dtype) ? (...operands) => BigInt(f(...operands)) : (...operands) => Number(f(...operands));
}

/** Rounds or wraps elements whose dtype is narrower than their array, in place. */
function rounded(elements: NumericArray, dtype: DType): NumericArray {
  if (isSmallFloat(dtype)) return roundInPlace(dtype, elements as Float32Array);
  const store = storeOf(dtype);
  if (store !== undefined)
    for (let i = 0; i < elements.length; i++) elements[i] = store(elements[i] as number);
  return elements;
}
