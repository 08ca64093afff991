/**
 * Segments as ops of ONNX: rows that are folded into those that their ids say.
 *
 * @module
 */

import {type DType, dtypeInfo, isBigInt, isFloating} from '../../host/dtypes.js';
import {allocate} from '../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../onnx/builder.js';
import {notLowered} from '../../onnx/not_lowered.js';
import {
  asTensor,
  type Dimension,
  dimensionOf,
  dimensionsOf,
  elementsAsDimensions,
  FARTHEST,
  joined,
  plus,
  productOf,
  reshapedTo,
} from '../array/onnx/sizes.js';
import {sliced} from '../array/onnx/slices.js';
import {unwrapped} from '../array/onnx/unwrapped.js';
import {ofShape} from '../indexing/onnx.js';
import {asInt64, rankOf} from '../lower_rules.js';
import type {Lower, LowerTable} from '../lowering.js';

/** Rows and the segments that they belong to. */
interface Segments {
  /** A vector of int64 in `[0, count)`, or the session fails. */
  readonly ids: OnnxTensor;
  readonly count: Dimension;
}

/** What becomes of the rows of a segment: what it starts from, and how the others come to that. */
interface Fold {
  readonly start: (dtype: DType) => number | bigint;
  readonly reduction: 'add' | 'mul' | 'max' | 'min';
}

const SUM: Fold = {start: () => 0, reduction: 'add'};
const PRODUCT: Fold = {start: () => 1, reduction: 'mul'};
// Of two numbers of which one is NaN, TensorFlow keeps the later one, as ONNX Runtime does.
const MAX: Fold = {start: (dtype) => rangeOf(dtype)[0], reduction: 'max'};
const MIN: Fold = {start: (dtype) => rangeOf(dtype)[1], reduction: 'min'};

/** The lowest and the highest finite number of a dtype. */
function rangeOf(dtype: DType): readonly [lowest: bigint | number, highest: bigint | number] {
  if (dtype === 'float32') return [-LARGEST_FLOAT32, LARGEST_FLOAT32];
  if (dtype === 'float64') return [-Number.MAX_VALUE, Number.MAX_VALUE];
  const {kind, bytes} = dtypeInfo(dtype);
  const bits = BigInt(8 * bytes);
  return kind === 'int' ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
}

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

function scalarOf(dtype: DType, element: number | bigint, to: OnnxBuilder): OnnxTensor {
  const data = allocate(dtype, 1);
  data[0] = (isBigInt(dtype) ? BigInt(element) : Number(element)) as never;
  return to.constant({dtype, shape: [], data});
}

/** Rows of `width` elements folded by segment. */
function folded(
  rows: OnnxTensor,
  {ids, count}: Segments,
  width: Dimension,
  {start, reduction}: Fold,
  to: OnnxBuilder,
): OnnxTensor {
  const {dtype} = rows;
  if (dtype === 'float16') notLowered('float16 is rounded at each step');
  const blank = to.op('Expand', [scalarOf(dtype, start(dtype), to), joined([count, width], to)]);
  const column = to.unsqueeze(ids, [1]);
  const places = width === 1 ? column : to.op('Expand', [column, joined([1, width], to)]);
  return to.op('ScatterElements', [blank, places, rows], {axis: 0, reduction});
}

/** Ids that do not decrease, from 0 on; what does picks an element that is not there. */
function sorted(given: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const ids = asInt64(given, to);
  const shifted = sliced(ids, [{axis: 0, from: 0, to: -1, step: 1}], to);
  const before = to.op('Concat', [to.ints([0]), shifted], {axis: 0});
  const isBad = to.op('Less', [ids, before], {}, {dtype: 'bool'});
  const nothing = to.op('Gather', [to.ints([0]), to.cast(isBad, 'int64')], {axis: 0});
  return to.op('Add', [ids, nothing], {}, {shape: given.shape});
}

/** The number of segments up to the last one that has a row. */
function countOf(ids: OnnxTensor, to: OnnxBuilder): Dimension {
  return plus(to.op('Gather', [ids, to.ints([-1])], {axis: 0}, {shape: [1]}), 1, to);
}

/** How the sum of a segment's rows is divided: by a function of their number. */
type Divisor = (count: OnnxTensor, to: OnnxBuilder) => OnnxTensor;

const byCount: Divisor = (count) => count;
const byRoot: Divisor = (count, to) => to.op('Sqrt', [count]);

function divided(sums: OnnxTensor, segments: Segments, divisor: Divisor, to: OnnxBuilder): OnnxTensor {
  const {dtype} = sums;
  if (!isFloating(dtype)) notLowered(`it is computed in ${dtype}`);
  const one = to.scalar(dtype, 1);
  const column = to.op('Shape', [to.unsqueeze(segments.ids, [1])], {}, {dtype: 'int64'});
  const counts = folded(to.op('Expand', [one, column]), segments, 1, SUM, to);
  // The sum of no rows is 0, by whatever it is divided.
  return to.op('Div', [sums, divisor(to.op('Max', [counts, one]), to)]);
}

/** Data as a row for each id, which must have the shape with which that of `data` starts. */
function rowsOf(
  data: OnnxTensor,
  ids: OnnxTensor,
  to: OnnxBuilder,
): {readonly rows: OnnxTensor; readonly ids: OnnxTensor; readonly rest: readonly Dimension[]} {
  const [sizes, rank] = [dimensionsOf(data, to), rankOf(ids)];
  if (sizes.length < rank) notLowered('TensorFlow refuses this shape');
  const lead = sizes.slice(0, rank);
  const rest = sizes.slice(rank);
  const flat = to.reshape(ofShape(ids, lead, to), [-1]);
  const rows = reshapedTo(data, [productOf(lead, to), productOf(rest, to)], to);
  return {rows, ids: {...flat, shape: rank === 1 ? ids.shape : [null]}, rest};
}

const segmented =
  (fold: Fold, divisor?: Divisor): Lower =>
  ([data, given], _node, to) => {
    if (rankOf(given!) !== 1) notLowered('TensorFlow refuses ids that are no vector');
    const {rows, ids: unchecked, rest} = rowsOf(data!, given!, to);
    const ids = sorted(unchecked, to);
    const segments = {ids, count: countOf(ids, to)};
    const made = folded(rows, segments, productOf(rest, to), fold, to);
    const result = divisor === undefined ? made : divided(made, segments, divisor, to);
    return reshapedTo(result, [segments.count, ...rest], to);
  };

/** Ids in any order. Those below 0 belong to no segment: they have one of their own, which is cut off. */
const unsorted =
  (fold: Fold): Lower =>
  ([data, given, total], _node, to) => {
    const [count] = elementsAsDimensions(to.reshape(total!, [1]), to) as [Dimension];
    const size = typeof total!.value === 'undefined' ? count : Number((total!.value.data as Int32Array)[0]);
    if (typeof size === 'number' && size < 1) notLowered('there are no segments');
    const {rows, ids, rest} = rowsOf(data!, given!, to);
    const numbers = asInt64(ids, to);
    const limit = asTensor(size, to);
    const isNone = to.op('Less', [numbers, to.ints([0])], {}, {dtype: 'bool'});
    const isInside = to.op('Less', [numbers, limit], {}, {dtype: 'bool'});
    const inside = to.op('Where', [isInside, numbers, to.ints([FARTHEST])]);
    const places = to.op('Where', [isNone, limit, inside]);
    const width = productOf(rest, to);
    const made = folded(rows, {ids: places, count: plus(size, 1, to)}, width, fold, to);
    const kept = sliced(made, [{axis: 0, from: 0, to: size, step: 1}], to);
    return reshapedTo(kept, [size, ...rest], to);
  };

/** Segments of rows that are picked from a table. */
const sparse =
  (divisor?: Divisor): Lower =>
  ([data, indices, given, total], _node, to) => {
    if (rankOf(given!) !== 1 || rankOf(indices!) !== 1) notLowered('TensorFlow refuses what is no vector');
    const rest = dimensionsOf(data!, to).slice(1);
    const width = productOf(rest, to);
    const table = reshapedTo(data!, [dimensionOf(data!, 0, to), width], to);
    const rows = to.op('Gather', [table, unwrapped(indices!, to)], {axis: 0});
    const ids = sorted(ofShape(given!, [dimensionOf(indices!, 0, to)], to), to);
    const count = total === undefined ? countOf(ids, to) : to.reshape(asInt64(total, to), [1]);
    const segments = {ids, count};
    const sums = folded(rows, segments, width, SUM, to);
    const result = divisor === undefined ? sums : divided(sums, segments, divisor, to);
    return reshapedTo(result, [count, ...rest], to);
  };

export const onnx: LowerTable = {
  SegmentSum: segmented(SUM),
  SegmentProd: segmented(PRODUCT),
  SegmentMean: segmented(SUM, byCount),
  UnsortedSegmentSum: unsorted(SUM),
  UnsortedSegmentProd: unsorted(PRODUCT),
  UnsortedSegmentMax: unsorted(MAX),
  UnsortedSegmentMin: unsorted(MIN),
  SparseSegmentSum: sparse(),
  SparseSegmentMean: sparse(byCount),
  SparseSegmentSqrtN: sparse(byRoot),
  SparseSegmentSumWithNumSegments: sparse(),
  SparseSegmentMeanWithNumSegments: sparse(byCount),
  SparseSegmentSqrtNWithNumSegments: sparse(byRoot),
};
