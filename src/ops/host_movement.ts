/**
 * Moving the elements of host values of any dtype: views by strides, copied only where they are not in one piece.
 *
 * @module
 */

import {lanes} from '../graph/dtypes.js';
import {stridesOf} from '../graph/shape.js';
import {sizeOf} from '../graph/tensor.js';
import {allocateHost, copyRegion, type MutableHostData, partOf, type Region} from './strided_copy.js';
import {Value} from './value.js';

/** Rows of fewer elements are copied one by one: setting up a block copy costs more. */
const BLOCK_COPY = 16;

/** Zeros, empty strings, or nothing for dtypes without a zero when the shape is empty. */
export function zeros(dtype: Value['dtype'], shape: readonly number[]): Value {
  return Value.host(dtype, shape, allocateHost(dtype, sizeOf(shape)));
}

/** Axis `k` of the result is axis `perm[k]` of `x`. */
export function transpose(x: Value, perm: readonly number[]): Value {
  const strides = stridesOf(x.shape);
  return view(
    x,
    perm.map((axis) => x.shape[axis]!),
    {offset: 0, strides: perm.map((axis) => strides[axis]!)},
  );
}

/** `size` elements along each axis, from `begin` on in steps that may be negative. */
export function stridedSlice(
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  steps?: readonly number[],
): Value {
  const strides = stridesOf(x.shape);
  return view(x, size, {offset: dot(begin, strides), strides: stretched(strides, steps)});
}

/** Zeros of `shape`, or the scalar `fill`, with the elements of `x` where {@link stridedSlice} takes them from. */
export function stridedUnslice(
  x: Value,
  shape: readonly number[],
  begin: readonly number[],
  steps?: readonly number[],
  fill?: Value,
): Value {
  const strides = stridesOf(shape);
  const out = fill ? filledData(fill, sizeOf(shape)) : allocateHost(x.dtype, sizeOf(shape));
  write(x, out, {offset: dot(begin, strides), strides: stretched(strides, steps)});
  return Value.host(x.dtype, shape, out);
}

function stretched(strides: readonly number[], steps: readonly number[] | undefined): readonly number[] {
  return steps === undefined ? strides : strides.map((stride, k) => stride * steps[k]!);
}

/** Reverses the axes whose flag is set. */
export function reverse(x: Value, flags: readonly boolean[]): Value {
  const begin = x.shape.map((dim, k) => (flags[k] ? dim - 1 : 0));
  const steps = flags.map((flag) => (flag ? -1 : 1));
  return stridedSlice(x, begin, x.shape, steps);
}

/** Values joined along `axis`, as a value of `shape`. */
export function concat(values: readonly Value[], axis: number, shape: readonly number[]): Value {
  const {dtype} = values[0]!;
  const out = allocateHost(dtype, sizeOf(shape));
  const strides = stridesOf(shape);
  let at = 0;
  for (const value of values) {
    write(value, out, {offset: at * strides[axis]!, strides});
    at += value.shape[axis]!;
  }
  return Value.host(dtype, shape, out);
}

/** Repeats the whole of each axis `repeats[k]` times. */
export function tile(x: Value, repeats: readonly number[]): Value {
  const strides = stridesOf(x.shape);
  const copies = view(
    x,
    x.shape.flatMap((dim, k) => [repeats[k]!, dim]),
    {offset: 0, strides: strides.flatMap((stride) => [0, stride])},
  );
  return copies.reshape(x.shape.map((dim, k) => dim * repeats[k]!));
}

/** Stretches axes of one element to `shape`, which has as many axes as `x`. */
export function stretch(x: Value, shape: readonly number[]): Value {
  const strides = stridesOf(x.shape).map((stride, k) => (x.shape[k] === 1 ? 0 : stride));
  return view(x, shape, {offset: 0, strides});
}

/** Rows `index[i]` of `x` seen as a matrix of rows of `width` elements, as a value of `shape`; negative: zeros. */
export function takeRows(x: Value, width: number, index: Int32Array, shape: readonly number[]): Value {
  const {dtype} = x;
  const source = x.hostData();
  const out = allocateHost(dtype, sizeOf(shape));
  const run = width * lanes(dtype);
  if (ArrayBuffer.isView(source) && run >= BLOCK_COPY) {
    index.forEach((row, i) => {
      if (row < 0) return;
      (out as Float32Array).set(
        partOf(source, dtype, row * width, (row + 1) * width) as Float32Array,
        i * run,
      );
    });
  } else {
    index.forEach((row, i) => {
      if (row < 0) return;
      for (let k = 0; k < run; k++) out[i * run + k] = source[row * run + k] as never;
    });
  }
  return Value.host(dtype, shape, out);
}

/** Storage for `size` elements, all equal to the scalar `fill`. */
export function filledData(fill: Value, size: number): MutableHostData {
  const {dtype} = fill;
  const out = allocateHost(dtype, size);
  if (lanes(dtype) === 1) return out.fill((fill.hostData() as readonly unknown[])[0] as never);
  const [real, imaginary] = fill.numeric();
  for (let i = 0; i < out.length; i += 2) {
    out[i] = real as never;
    out[i + 1] = imaginary as never;
  }
  return out;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}

/** The elements of a region of `x`, as a value of `shape`. Those in one piece are not copied. */
function view(x: Value, shape: readonly number[], region: Region): Value {
  const size = sizeOf(shape);
  const data = x.hostData();
  const strides = stridesOf(shape);
  const inOnePiece = region.strides.every((stride, k) => stride === strides[k] || shape[k] === 1);
  if (inOnePiece) {
    return Value.host(x.dtype, shape, partOf(data, x.dtype, region.offset, region.offset + size));
  }
  const out = allocateHost(x.dtype, size);
  copyRegion(x.dtype, shape, data, region, out, {offset: 0, strides});
  return Value.host(x.dtype, shape, out);
}

/** Writes all elements of `x` to a region of `out`. */
function write(x: Value, out: MutableHostData, region: Region): void {
  copyRegion(x.dtype, x.shape, x.hostData(), {offset: 0, strides: stridesOf(x.shape)}, out, region);
}
