/**
 * Elementwise computation on host data: any dtype, NumPy broadcasting. Used for what a tfjs backend cannot hold
 * (int64, float64, uint8, ...) and for small values that no gradient hangs on (shapes, indices).
 *
 * @module
 */

import {isSmallFloat, roundInPlace} from '../algorithms/small_floats.js';
import {CallError} from '../errors.js';
import {type DType, dtypeInfo, isBigInt, lanes, type NumericArray} from '../host/dtypes.js';
import {storeOf} from '../host/rounding.js';
import {broadcastShapes, formatShape, sameShape, stridesOf} from '../host/shape.js';
import {allocate, sizeOf} from '../host/tensor.js';
import {Value} from './value.js';

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
  const offsets = new Array<number>(shapes.length).fill(0);
  if (shapes.every((each) => sameShape(each, shape))) {
    for (let i = 0; i < size; i++) visit(i, offsets.fill(i));
    return;
  }
  const rank = shape.length;
  const strides = shapes.map((each) => broadcastStrides(each, rank));
  const position = new Array<number>(rank).fill(0);
  for (let i = 0; i < size; i++) {
    visit(i, offsets);
    for (let axis = rank - 1; axis >= 0; axis--) {
      position[axis]!++;
      for (let k = 0; k < offsets.length; k++) offsets[k]! += strides[k]![axis]!;
      if (position[axis]! < shape[axis]!) break;
      for (let k = 0; k < offsets.length; k++) offsets[k]! -= strides[k]![axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
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
    for (let i = 0; i < source.length; i++) out[2 * i] = Number(source[i]) as never;
    return out;
  }
  if (
    isBigIntArray(source) === isBigIntArray(out) &&
    kind !== 'bool' &&
    (kind === 'float' || !isFloatArray(source))
  ) {
    // Copying to another array rounds floats and wraps integers by itself.
    out.set(source as never);
  } else {
    const convert = isBigInt(dtype) ? bigIntConverter(source, dtype) : numberConverter(source, dtype);
    for (let i = 0; i < source.length; i++) out[i] = convert(source[i]!) as never;
  }
  return rounded(out, dtype);
}

const isFloatArray = (array: NumericArray): boolean =>
  array instanceof Float32Array || array instanceof Float64Array;

const isBigIntArray = (array: NumericArray): boolean =>
  array instanceof BigInt64Array || array instanceof BigUint64Array;

/** A float that has no integer of the target's width gives the number that x86 does, as in TensorFlow. */
const INT32_INDEFINITE = -(2 ** 31);
const INT64_INDEFINITE = -(2n ** 63n);

/** To an element of a bigint array, which wraps what it is given. */
function bigIntConverter(source: NumericArray, dtype: DType): (x: number | bigint) => bigint {
  if (!isFloatArray(source)) return BigInt;
  const limit = dtype === 'uint64' ? 2 ** 64 : 2 ** 63;
  return (x) =>
    (x as number) >= -(2 ** 63) && (x as number) < limit ? BigInt(Math.trunc(x as number)) : INT64_INDEFINITE;
}

/** To an element of any other array, which truncates and wraps what it is given. */
function numberConverter(source: NumericArray, dtype: DType): (x: number | bigint) => number {
  const {kind} = dtypeInfo(dtype);
  if (kind === 'bool') return (x) => (Number(x) === 0 ? 0 : 1);
  if (kind === 'float') return Number;
  if (isBigIntArray(source)) return (x) => Number(BigInt.asIntN(32, x as bigint));
  // TensorFlow converts a float to 32 bits first, for uint32 to 64 bits, and keeps the low ones.
  const limit = dtype === 'uint32' ? 2 ** 63 : 2 ** 31;
  const indefinite = dtype === 'uint32' ? 0 : INT32_INDEFINITE;
  return (x) => ((x as number) > -limit - 1 && (x as number) < limit ? (x as number) : indefinite);
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
