/**
 * Segment ops: rows that share a segment id become one row.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {mul as multiplyComplex} from '../../algorithms/complex.js';
import {type DType, dtypeInfo, isBigInt, isFloating, lanes, type NumericArray} from '../../host/dtypes.js';
import {roundToDType} from '../../host/rounding.js';
import {formatShape} from '../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../host/tensor.js';
import {withGradient} from '../../tensors/differentiable.js';
import {fromTensor} from '../../tensors/from_tensor.js';
import {around, mapTensor, movesOnHost} from '../../tensors/movement.js';
import {addRows, addTensorRows, NO_ROW, takeRows, takeTensorRows} from '../../tensors/rows.js';
import {Value} from '../../tensors/value.js';
import {numberedRest} from '../indexing/plan.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {largerBigInt, smallerBigInt} from '../math/kernels/binary.js';
import {invalid} from '../node.js';

/** Which segment each row of some data belongs to. */
export interface Segments {
  /** Segment of each row; NO_ROW for one that belongs to none. */
  readonly ids: Int32Array;
  readonly count: number;
}

/** Ids that do not decrease, as many as there are rows; `total` segments, or up to the last id. */
function sortedSegments(ids: Value, ctx: KernelContext, total?: number): Segments {
  if (ids.rank !== 1) throw invalid(ctx, `segment ids must be a vector, not ${formatShape(ids.shape)}`);
  const numbers = Int32Array.from(ids.indices());
  numbers.forEach((id, i) => {
    if (id < (numbers[i - 1] ?? 0)) throw invalid(ctx, 'segment ids are negative or not increasing');
  });
  const used = (numbers.at(-1) ?? -1) + 1;
  if (used >= 2 ** 31) throw invalid(ctx, `segment id ${used - 1} leaves no number for the segments`);
  if (total !== undefined && used > total) {
    throw invalid(ctx, `segment id ${used - 1} is out of range [0, ${total})`);
  }
  return {ids: numbers, count: total ?? used};
}

/** Ids in any order; negative ones belong to no segment. */
function unsortedSegments(ids: Value, total: Value, ctx: KernelContext): Segments {
  const count = total.number();
  if (count < 0) throw invalid(ctx, `the number of segments must not be negative: ${count}`);
  const numbers = ids.indices();
  const checked = int32Array(numbers.length, (i) => {
    const id = numbers[i]!;
    if (id >= count) throw invalid(ctx, `segment id ${id} is out of range [0, ${count})`);
    return id < 0 ? NO_ROW : id;
  });
  return {ids: checked, count};
}

/** What becomes of the rows of each segment. `width` elements are a row. */
export type Combine = (data: Value, segments: Segments, width: number, shape: readonly number[]) => Value;

const segmented =
  (combine: Combine): Kernel =>
  ([data, ids], ctx) => {
    const segments = sortedSegments(ids!, ctx);
    if (data!.shape[0] !== segments.ids.length) {
      throw invalid(
        ctx,
        `there are ${segments.ids.length} segment ids for data of ${formatShape(data!.shape)}`,
      );
    }
    return combine(data!, segments, around(data!.shape, 0)[1], data!.shape.with(0, segments.count));
  };

const unsorted =
  (combine: Combine): Kernel =>
  ([data, ids, total], ctx) => {
    const rest = numberedRest(data!.shape, ids!.shape, 'ids', ctx);
    const segments = unsortedSegments(ids!, total!, ctx);
    return combine(data!, segments, sizeOf(rest), [segments.count, ...rest]);
  };

/** Segments of rows picked from `data`: what an embedding lookup with several ids per example is. */
const sparse =
  (combine: Combine): Kernel =>
  ([data, indices, ids, total], ctx) => {
    const segments = sortedSegments(ids!, ctx, total?.number());
    const picked = rowIndices(indices!, data!.shape[0] ?? 0, ctx);
    if (picked.length !== segments.ids.length) {
      throw invalid(ctx, `there are ${segments.ids.length} segment ids for ${picked.length} indices`);
    }
    const width = around(data!.shape, 0)[1];
    const rows = takeRows(data!, width, picked, data!.shape.with(0, picked.length));
    return combine(rows, segments, width, data!.shape.with(0, segments.count));
  };

function rowIndices(indices: Value, limit: number, ctx: KernelContext): Int32Array {
  if (indices.rank !== 1) throw invalid(ctx, `indices must be a vector, not ${formatShape(indices.shape)}`);
  return Int32Array.from(indices.indices(), (index) => {
    if (index < 0 || index >= limit) throw invalid(ctx, `index ${index} is not in [0, ${limit})`);
    return index;
  });
}

/** The sum of each segment. */
export const sum: Combine = (data, {ids}, width, shape) => addRows(data, width, ids, shape);

/** The sum, divided by a function of the number of rows. */
const averaged =
  (divisor: (count: number) => number): Combine =>
  (data, segments, width, shape) =>
    divideRows(sum(data, segments, width, shape), width, divisorsOf(segments, divisor));

function divisorsOf({ids, count}: Segments, divisor: (count: number) => number): Float64Array {
  const sizes = allocate('float64', count) as Float64Array;
  for (const id of ids) if (id >= 0) sizes[id]!++;
  return sizes.map((size) => (size === 0 ? 1 : divisor(size)));
}

const mean = averaged((count) => count);
const sqrtN = averaged(Math.sqrt);

/** Divides row `i` by `divisors[i]`. */
function divideRows(x: Value, width: number, divisors: Float64Array): Value {
  if (x.size === 0) return x;
  if (movesOnHost(x)) return divideRowsOnHost(x, width, divisors);
  const column = Float32Array.from(divisors);
  const quotients = mapTensor(x, (part) => {
    const rows = tf.reshape(part, [column.length, width]);
    return tf.reshape(tf.div(rows, tf.tensor2d(column, [column.length, 1])), x.shape as number[]);
  });
  return lanes(x.dtype) === 2 ? quotients : fromTensor(quotients.tensor(), x.dtype);
}

function divideRowsOnHost(x: Value, width: number, divisors: Float64Array): Value {
  const {dtype} = x;
  const source = x.numeric();
  const out = allocate(dtype, x.size);
  const run = width * lanes(dtype);
  for (let i = 0; i < source.length; i++) {
    const divisor = divisors[Math.floor(i / run)]!;
    out[i] = (
      isBigInt(dtype)
        ? (source[i] as bigint) / BigInt(divisor)
        : roundToDType((source[i] as number) / divisor, dtype)
    ) as never;
  }
  return Value.host(dtype, x.shape, out);
}

/** A fold of the rows of each segment, element by element. */
interface Fold {
  readonly start: (dtype: DType) => number | bigint;
  readonly number: (a: number, b: number) => number;
  readonly bigint: (a: bigint, b: bigint) => bigint;
  readonly complex?: typeof multiplyComplex;
  /** The gradient of rows `x` from that of their folds `y`. */
  readonly gradient: (dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, segments: Segments) => tf.Tensor;
}

/** Elements equal to the extreme share its gradient. */
function extremeGradient(dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, {ids, count}: Segments): tf.Tensor {
  const chosen = tf.equal(x, takeTensorRows(y, ids));
  const share = tf.div(dy, addTensorRows(tf.cast(chosen, 'float32'), ids, count));
  return tf.where(chosen, takeTensorRows(share, ids), tf.zerosLike(x));
}

/** An element's derivative is the product of all others: without dividing by it where it is 0. */
function productGradient(dy: tf.Tensor, x: tf.Tensor, _: tf.Tensor, segments: Segments): tf.Tensor {
  const {ids, count} = segments;
  const isZero = tf.equal(x, tf.scalar(0));
  const zeros = tf.cast(isZero, 'float32');
  const rest = tf.where(isZero, tf.onesLike(x), x);
  const others = tf.div(takeTensorRows(foldTensor(rest, segments, PRODUCT, 1), ids), rest);
  const zerosInOthers = tf.sub(takeTensorRows(addTensorRows(zeros, ids, count), ids), zeros);
  const derivative = tf.where(tf.equal(zerosInOthers, tf.scalar(0)), others, tf.zerosLike(x));
  return tf.mul(takeTensorRows(dy, ids), derivative);
}

const MAX: Fold = {
  start: (dtype) => rangeOf(dtype)[0],
  number: Math.max,
  bigint: largerBigInt,
  gradient: extremeGradient,
};

const MIN: Fold = {
  start: (dtype) => rangeOf(dtype)[1],
  number: Math.min,
  bigint: smallerBigInt,
  gradient: extremeGradient,
};

const PRODUCT: Fold = {
  start: () => 1,
  number: (a, b) => a * b,
  bigint: (a, b) => a * b,
  complex: multiplyComplex,
  gradient: productGradient,
};

/** Largest finite numbers of the floating point dtypes. */
const LARGEST: Partial<Record<DType, number>> = {
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
};

/** The lowest and the highest finite number of a dtype. */
function rangeOf(dtype: DType): readonly [lowest: number | bigint, highest: number | bigint] {
  const {kind, bytes} = dtypeInfo(dtype);
  if (isBigInt(dtype)) return kind === 'int' ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  if (isFloating(dtype)) return [-LARGEST[dtype]!, LARGEST[dtype]!];
  return kind === 'int' ? [-(2 ** (8 * bytes - 1)), 2 ** (8 * bytes - 1) - 1] : [0, 2 ** (8 * bytes) - 1];
}

/** Folds the rows of each segment. Segments without rows hold `empty`, or what the fold starts from. */
const folded =
  (fold: Fold, empty?: number): Combine =>
  (data, segments, width, shape) => {
    const blank = empty ?? fold.start(data.dtype);
    if (movesOnHost(data) || !isFloating(data.dtype) || data.size === 0) {
      return Value.host(
        data.dtype,
        shape,
        foldData(data.numeric(), data.dtype, segments, width, fold, blank),
      );
    }
    const rows = tf.reshape(data.tensor(), [segments.ids.length, width]);
    return fromTensor(
      tf.reshape(foldTensor(rows, segments, fold, Number(blank)), shape as number[]),
      data.dtype,
    );
  };

/** The largest row of each segment, 0 for a segment without rows. */
export const maximum = folded(MAX, 0);

function foldTensor(rows: tf.Tensor, segments: Segments, fold: Fold, blank: number): tf.Tensor {
  const width = rows.shape[1]!;
  return withGradient(
    [rows],
    (x) => {
      const data = foldData(x.dataSync() as Float32Array, 'float32', segments, width, fold, blank);
      return tf.tensor(data as Float32Array, [segments.count, width]);
    },
    (dy, [x], y) => [fold.gradient(dy, x!, y, segments)],
  );
}

function foldData(
  source: NumericArray,
  dtype: DType,
  {ids, count}: Segments,
  width: number,
  fold: Fold,
  blank: number | bigint,
): NumericArray {
  if (lanes(dtype) > 1) return foldComplex(source as Float32Array, dtype, {ids, count}, width, fold);
  const out = allocate(dtype, count * width).fill((isBigInt(dtype) ? BigInt(blank) : blank) as never);
  const seen = allocate('bool', count);
  const combine = (isBigInt(dtype) ? fold.bigint : fold.number) as (a: unknown, b: unknown) => number;
  ids.forEach((id, i) => {
    if (id === NO_ROW) return;
    for (let k = 0; k < width; k++) {
      const element = source[i * width + k]!;
      const at = id * width + k;
      out[at] = (seen[id] ? combine(out[at], element) : element) as never;
    }
    seen[id] = 1;
  });
  return isFloating(dtype) ? (out as Float32Array).map((x) => roundToDType(x, dtype)) : out;
}

function foldComplex(
  source: Float32Array,
  dtype: DType,
  {ids, count}: Segments,
  width: number,
  fold: Fold,
): NumericArray {
  const out = allocate(dtype, count * width) as Float32Array;
  for (let i = 0; i < out.length; i += 2) out[i] = Number(fold.start(dtype));
  ids.forEach((id, i) => {
    if (id === NO_ROW) return;
    for (let k = 0; k < width; k++) {
      const [from, to] = [2 * (i * width + k), 2 * (id * width + k)];
      out.set(fold.complex!([out[to]!, out[to + 1]!], [source[from]!, source[from + 1]!]), to);
    }
  });
  return out;
}

/** The gradient of a sparse segment op with respect to its table: each row of the gradient goes to the rows picked. */
const sparseGradient =
  (divisor: (count: number) => number): Kernel =>
  ([dy, indices, ids, rowCount], ctx) => {
    const count = rowCount!.number();
    const {rows, width} = pickedGradient(dy!, indices!, ids!, count, divisor, ctx);
    return addRows(rows, width, rowIndices(indices!, count, ctx), dy!.shape.with(0, count));
  };

/** As {@link sparseGradient}, but only the rows that were picked, and which they are. */
const compactSparseGradient =
  (divisor: (count: number) => number): Kernel =>
  ([dy, indices, ids, rowCount], ctx) => {
    const {rows, width} = pickedGradient(dy!, indices!, ids!, rowCount!.number(), divisor, ctx);
    const picked = indices!.numbers();
    const unique = [...new Set(picked)].sort((a, b) => a - b);
    const places = new Map(unique.map((index, place) => [index, place]));
    const index = Int32Array.from(picked, (each) => places.get(each)!);
    const output = addRows(rows, width, index, dy!.shape.with(0, unique.length));
    return [output, Value.vector(indices!.dtype, unique)];
  };

function pickedGradient(
  dy: Value,
  indices: Value,
  ids: Value,
  rowCount: number,
  divisor: (count: number) => number,
  ctx: KernelContext,
) {
  const segments = sortedSegments(ids, ctx, dy.shape[0]);
  const picked = rowIndices(indices, rowCount, ctx);
  if (picked.length !== segments.ids.length) {
    throw invalid(ctx, `there are ${segments.ids.length} segment ids for ${picked.length} indices`);
  }
  const width = around(dy.shape, 0)[1];
  const shares = divideRows(dy, width, divisorsOf(segments, divisor));
  return {rows: takeRows(shares, width, segments.ids, dy.shape.with(0, picked.length)), width};
}

const one = () => 1;
const identity = (count: number) => count;

/** Segment ops. */
export const segment: OpFamily = {
  SegmentSum: {kernel: segmented(sum)},
  SegmentMean: {kernel: segmented(mean)},
  SegmentMax: {kernel: segmented(maximum)},
  SegmentMin: {kernel: segmented(folded(MIN, 0))},
  SegmentProd: {kernel: segmented(folded(PRODUCT))},
  UnsortedSegmentSum: {kernel: unsorted(sum)},
  UnsortedSegmentMax: {kernel: unsorted(folded(MAX))},
  UnsortedSegmentMin: {kernel: unsorted(folded(MIN))},
  UnsortedSegmentProd: {kernel: unsorted(folded(PRODUCT))},
  SparseSegmentSum: {kernel: sparse(sum)},
  SparseSegmentMean: {kernel: sparse(mean)},
  SparseSegmentSqrtN: {kernel: sparse(sqrtN)},
  SparseSegmentSumWithNumSegments: {kernel: sparse(sum)},
  SparseSegmentMeanWithNumSegments: {kernel: sparse(mean)},
  SparseSegmentSqrtNWithNumSegments: {kernel: sparse(sqrtN)},
  SparseSegmentSumGrad: {kernel: sparseGradient(one)},
  SparseSegmentMeanGrad: {kernel: sparseGradient(identity)},
  SparseSegmentSqrtNGrad: {kernel: sparseGradient(Math.sqrt)},
  SparseSegmentSumGradV2: {kernel: compactSparseGradient(one)},
  SparseSegmentMeanGradV2: {kernel: compactSparseGradient(identity)},
  SparseSegmentSqrtNGradV2: {kernel: compactSparseGradient(Math.sqrt)},
};
