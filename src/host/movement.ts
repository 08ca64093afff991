/**
 * Moving the elements of host values of any dtype: views by strides, copied only where they are not in one piece.
 *
 * @module
 */

import {type DType, isBigInt, lanes, type NumericArray} from './dtypes.js';
import {stridesOf} from './shape.js';
import {
  allocateHost,
  copyRegion,
  inWords,
  lanesOfWords,
  type MutableHostData,
  partOf,
  type Region,
} from './strided_copy.js';
import {overOneArray, PackedStrings} from './strings.js';
import {allocate, type HostData, type HostTensor, sizeOf} from './tensor.js';

/** Rows of fewer elements are copied one by one: setting up a block copy costs more. */
const BLOCK_COPY = 16;

/** Zeros, empty strings, or nothing for dtypes without a zero when the shape is empty. */
export function zeros(dtype: DType, shape: readonly number[]): HostTensor {
  const size = sizeOf(shape);
  return {dtype, shape, data: dtype === 'string' ? PackedStrings.empty(size) : allocateHost(dtype, size)};
}

/** Strings moved as the integers are that say where they lie: in place of a zero, there is an empty string. */
function moved(
  tensors: readonly HostTensor[],
  move: (places: readonly HostTensor[]) => HostTensor,
): HostTensor {
  const strings = overOneArray(tensors.map(({data}) => data as PackedStrings));
  const [starts, ends] = (['starts', 'ends'] as const).map((which) =>
    move(tensors.map(({shape}, i) => ({dtype: 'int32', shape, data: strings[i]![which]}))),
  ) as [HostTensor, HostTensor];
  const bytes = strings.find(({length}) => length > 0)?.bytes ?? NO_BYTES;
  const data = new PackedStrings(bytes, starts.data as Int32Array, ends.data as Int32Array);
  return {dtype: 'string', shape: starts.shape, data};
}

const NO_BYTES = new Uint8Array(0);

/** A scalar of a numeric dtype. */
export function scalar(dtype: DType, value: number): HostTensor {
  const data = allocate(dtype, 1);
  data[0] = (isBigInt(dtype) ? BigInt(value) : value) as never;
  return {dtype, shape: [], data};
}

/** Axis `k` of the result is axis `perm[k]` of `x`. */
export function transpose(x: HostTensor, perm: readonly number[]): HostTensor {
  const strides = stridesOf(x.shape);
  return view(
    x,
    perm.map((axis) => x.shape[axis]!),
    {offset: 0, strides: perm.map((axis) => strides[axis]!)},
  );
}

/** `size` elements along each axis, from `begin` on in steps that may be negative. */
export function stridedSlice(
  x: HostTensor,
  begin: readonly number[],
  size: readonly number[],
  steps?: readonly number[],
): HostTensor {
  const strides = stridesOf(x.shape);
  return view(x, size, {offset: dot(begin, strides), strides: stretched(strides, steps)});
}

/** Zeros of `shape`, or the scalar `fill`, with the elements of `x` where {@link stridedSlice} takes them from. */
export function stridedUnslice(
  x: HostTensor,
  shape: readonly number[],
  begin: readonly number[],
  steps?: readonly number[],
  fill?: HostTensor,
): HostTensor {
  if (x.dtype === 'string') {
    return moved(fill ? [x, fill] : [x], ([places, one]) =>
      stridedUnslice(places!, shape, begin, steps, one),
    );
  }
  const strides = stridesOf(shape);
  const out = fill ? filledNumbers(fill, sizeOf(shape)) : allocateHost(x.dtype, sizeOf(shape));
  write(x, out, {offset: dot(begin, strides), strides: stretched(strides, steps)});
  return {dtype: x.dtype, shape, data: out};
}

function stretched(strides: readonly number[], steps: readonly number[] | undefined): readonly number[] {
  return steps === undefined ? strides : strides.map((stride, k) => stride * steps[k]!);
}

/** Reverses the axes whose flag is set. */
export function reverse(x: HostTensor, flags: readonly boolean[]): HostTensor {
  const begin = x.shape.map((dim, k) => (flags[k] ? dim - 1 : 0));
  const steps = flags.map((flag) => (flag ? -1 : 1));
  return stridedSlice(x, begin, x.shape, steps);
}

/** Values joined along `axis`, as a value of `shape`. */
export function concat(values: readonly HostTensor[], axis: number, shape: readonly number[]): HostTensor {
  const {dtype} = values[0]!;
  if (dtype === 'string') return moved(values, (places) => concat(places, axis, shape));
  const out = allocateHost(dtype, sizeOf(shape));
  const strides = stridesOf(shape);
  let at = 0;
  for (const value of values) {
    write(value, out, {offset: at * strides[axis]!, strides});
    at += value.shape[axis]!;
  }
  return {dtype, shape, data: out};
}

/** Repeats the whole of each axis `repeats[k]` times. */
export function tile(x: HostTensor, repeats: readonly number[]): HostTensor {
  const strides = stridesOf(x.shape);
  const copies = view(
    x,
    x.shape.flatMap((dim, k) => [repeats[k]!, dim]),
    {offset: 0, strides: strides.flatMap((stride) => [0, stride])},
  );
  return {...copies, shape: x.shape.map((dim, k) => dim * repeats[k]!)};
}

/** Stretches axes of one element to `shape`, which has as many axes as `x`. */
export function stretch(x: HostTensor, shape: readonly number[]): HostTensor {
  const strides = stridesOf(x.shape).map((stride, k) => (x.shape[k] === 1 ? 0 : stride));
  return view(x, shape, {offset: 0, strides});
}

/** Rows `index[i]` of `x` seen as a matrix of rows of `width` elements, as a value of `shape`; negative: zeros. */
export function takeRows(
  x: HostTensor,
  width: number,
  index: Int32Array,
  shape: readonly number[],
): HostTensor {
  const {dtype} = x;
  if (dtype === 'string') return moved([x], ([places]) => takeRows(places!, width, index, shape));
  const data = allocateHost(dtype, sizeOf(shape));
  copyRows(inWords(x.data as MutableHostData), inWords(data), width * lanesOfWords(dtype), index);
  return {dtype, shape, data};
}

/** Where rows go that follow one another. */
export interface Stretches {
  /** How many rows each stretch has. */
  readonly lengths: ArrayLike<number>;
  /** Where the first row of each goes, the others behind it; nowhere where that is negative. */
  readonly places: Int32Array;
  /** So many rows of each go anywhere. */
  readonly most: number;
}

/** Rows of `width` elements of `x` in other places, as a value of `shape`. Where none is, there is the row `blank`. */
export function putRows(
  x: HostTensor,
  width: number,
  stretches: Stretches,
  shape: readonly number[],
  blank: HostTensor,
): HostTensor {
  const {dtype} = x;
  if (dtype === 'string') {
    return moved([x, blank], ([rows, row]) => putRows(rows!, width, stretches, shape, row!));
  }
  const data = allocateHost(dtype, sizeOf(shape));
  const run = width * lanesOfWords(dtype);
  const [source, row, out] = [x.data, blank.data, data].map((each) => inWords(each as MutableHostData)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  // What is allocated is zero.
  if (!ArrayBuffer.isView(row) || row.some((each) => !Object.is(each, 0))) {
    for (let i = 0; i < out.length; i++) out[i] = row[i % run]!;
  }
  const {lengths, places, most} = stretches;
  let from = 0;
  for (let i = 0; i < lengths.length; i++) {
    const end = from + run * lengths[i]!;
    if (places[i]! >= 0) {
      const last = Math.min(end, from + run * most);
      for (let at = from, to = run * places[i]!; at < last; at++, to++) out[to] = source[at]!;
    }
    from = end;
  }
  return {dtype, shape, data};
}

/** Makes row `i` of `out` row `index[i]` of `source`, where that is one; rows have `run` elements. */
function copyRows(source: MutableHostData, out: MutableHostData, run: number, index: Int32Array): void {
  const isBlock = ArrayBuffer.isView(source) && run >= BLOCK_COPY;
  for (let i = 0; i < index.length; i++) {
    const from = index[i]! * run;
    if (from < 0) continue;
    if (isBlock) (out as Float32Array).set(source.subarray(from, from + run) as Float32Array, i * run);
    else for (let k = 0; k < run; k++) out[i * run + k] = source[from + k] as never;
  }
}

/** `size` elements, all equal to the scalar `fill`. */
export function filledData(fill: HostTensor, size: number): HostData {
  if (fill.dtype !== 'string') return filledNumbers(fill, size);
  return moved([fill], ([place]) => ({dtype: 'int32', shape: [size], data: filledNumbers(place!, size)}))
    .data;
}

/** The same for any dtype but strings. */
export function filledNumbers(fill: HostTensor, size: number): MutableHostData {
  const {dtype} = fill;
  const out = allocateHost(dtype, size);
  if (lanes(dtype) === 1) return out.fill((fill.data as MutableHostData)[0] as never);
  const [real, imaginary] = fill.data as NumericArray;
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
function view(x: HostTensor, shape: readonly number[], region: Region): HostTensor {
  if (x.dtype === 'string') return moved([x], ([places]) => view(places!, shape, region));
  const size = sizeOf(shape);
  const data = x.data as MutableHostData;
  const strides = stridesOf(shape);
  const inOnePiece = region.strides.every((stride, k) => stride === strides[k] || shape[k] === 1);
  if (inOnePiece) {
    return {dtype: x.dtype, shape, data: partOf(data, x.dtype, region.offset, region.offset + size)};
  }
  const out = allocateHost(x.dtype, size);
  copyRegion(x.dtype, shape, data, region, out, {offset: 0, strides});
  return {dtype: x.dtype, shape, data: out};
}

/** Writes all elements of `x` to a region of `out`. */
function write(x: HostTensor, out: MutableHostData, region: Region): void {
  copyRegion(
    x.dtype,
    x.shape,
    x.data as MutableHostData,
    {offset: 0, strides: stridesOf(x.shape)},
    out,
    region,
  );
}
