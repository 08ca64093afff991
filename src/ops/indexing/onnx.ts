/**
 * Gathering and scattering as ops of ONNX, which counts indices below 0 from the back where TensorFlow refuses them.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {elementOf} from '../../graph/known.js';
import {dtypeInfo} from '../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../onnx/builder.js';
import {notLowered} from '../../onnx/not_lowered.js';
import {
  asTensor,
  type Dimension,
  dimensionOf,
  dimensionsOf,
  joined,
  productOf,
  reshapedTo,
} from '../array/onnx/sizes.js';
import {unwrapped} from '../array/onnx/unwrapped.js';
import {asInt64, forAll, rankOf} from '../lower_rules.js';
import type {Lower, LowerTable} from '../lowering.js';
import {resolveAxis} from '../node.js';

/** Indices in a dtype that ONNX has for them. */
const asIndices = (indices: OnnxTensor, to: OnnxBuilder): OnnxTensor =>
  indices.dtype === 'int64' ? indices : to.cast(indices, 'int32');

/** Slices of `params` along an axis; the first `batchDims` dimensions of both are a batch. */
export function gathered(
  params: OnnxTensor,
  indices: OnnxTensor,
  axis: number,
  batchDims: number,
  node: OpNode,
  to: OnnxBuilder,
): OnnxTensor {
  const places = unwrapped(asIndices(indices, to), to);
  if (batchDims === 0) {
    const at = axis < 0 && params.shape !== null ? axis + params.shape.length : axis;
    return to.op('Gather', [params, places], {axis: at});
  }
  const [rank, count] = [rankOf(params), rankOf(indices)];
  const at = resolveAxis(axis, rank, node);
  const shared = batchDims < 0 ? batchDims + count : batchDims;
  // GatherND has the axis right after the batch.
  const between = Array.from({length: at - shared}, (_, i) => shared + i);
  const order = [...axes(0, shared), at, ...between, ...axes(at + 1, rank)];
  const coordinates = to.unsqueeze(asInt64(places, to), [count]);
  const picked = to.op('GatherND', [to.transpose(params, order), coordinates], {batch_dims: shared});
  const own = count - shared;
  const back = [
    ...axes(0, shared),
    ...between.map((_, i) => shared + own + i),
    ...axes(shared, shared + own),
    ...axes(at + own, rank - 1 + own),
  ];
  return to.transpose(picked, back);
}

/** The axes from one up to another. */
const axes = (from: number, end: number): number[] => Array.from({length: end - from}, (_, i) => from + i);

const gather: Lower = ([params, indices], node, to) => gathered(params!, indices!, 0, 0, node, to);

const gatherV2: Lower = ([params, indices, axis], node, to) => {
  const at = elementOf(axis) ?? notLowered('the axis is not known');
  return gathered(params!, indices!, at, node.attrs.int('batch_dims'), node, to);
};

/** Slices that the innermost dimension of `indices` addresses. */
export function gatheredNd(
  params: OnnxTensor,
  indices: OnnxTensor,
  {attrs}: OpNode,
  to: OnnxBuilder,
): OnnxTensor {
  refuseIgnoring({attrs});
  const depth = indices.shape?.at(-1) ?? notLowered('it is not known how many axes are addressed');
  if (depth === 0) notLowered('no axis is addressed');
  return to.op('GatherND', [params, unwrapped(asInt64(indices, to), to)]);
}

function refuseIgnoring({attrs}: Pick<OpNode, 'attrs'>): void {
  const isIgnoring = attrs.has('bad_indices_policy') && attrs.string('bad_indices_policy') === 'IGNORE';
  if (isIgnoring) notLowered('indices out of range are passed over');
}

const gatherNd: Lower = ([params, indices], node, to) => gatheredNd(params!, indices!, node, to);

/** Rows of a tensor, and those that updates belong to. */
interface RowUpdates {
  /** The tensor as rows of the slices that are addressed. */
  readonly rows: OnnxTensor;
  /** For each element of {@link RowUpdates.updates} the row that it belongs to. */
  readonly places: OnnxTensor;
  readonly updates: OnnxTensor;
}

/**
 * How updates lie in a tensor of these sizes. ScatterND writes several rows at a time, so that it is left to chance which of those for
 * one place is the last, and sums lose some; ScatterElements goes one by one.
 */
function rowUpdates(
  x: OnnxTensor,
  sizes: readonly Dimension[],
  indices: OnnxTensor,
  updates: OnnxTensor,
  to: OnnxBuilder,
): RowUpdates {
  const depth = indices.shape?.at(-1) ?? notLowered('it is not known how many axes are addressed');
  if (depth === 0) notLowered('no axis is addressed');
  const lead = sizes.slice(0, depth);
  const width = productOf(sizes.slice(depth), to);
  const flat = flatIndices(indices, lead, depth, to);
  const rows = reshapedTo(x, [productOf(lead, to), width], to);
  const count = to.reshape(flat, [-1, 1]);
  // Updates of another shape have no place here.
  const shape = [...dimensionsOf(indices, to).slice(0, -1), ...sizes.slice(depth)];
  const checked = ofShape(updates, shape, to);
  const length = to.op('Shape', [count], {start: 0, end: 1}, {dtype: 'int64', shape: [1]});
  const rowsOfUpdates = to.op('Reshape', [checked, joined([length, width], to)], {allowzero: 1});
  const places = width === 1 ? count : to.op('Expand', [count, joined([1, width], to)]);
  return {rows, places, updates: rowsOfUpdates};
}

/** `x`, which must have this shape: where that is not known, the session fails unless it has. */
export function ofShape(x: OnnxTensor, sizes: readonly Dimension[], to: OnnxBuilder): OnnxTensor {
  if (rankOf(x) !== sizes.length) notLowered('TensorFlow refuses this shape');
  if (sizes.every((size, i) => size === x.shape![i])) return x;
  const shape = joined(sizes, to);
  const isSame = to.op('Equal', [to.shapeOf(x), shape], {}, {dtype: 'bool'});
  // There is no element to pick for a size that differs.
  const nothing = to.op('Gather', [to.ints([0]), to.cast(to.op('Not', [isSame]), 'int64')], {axis: 0});
  return to.op('Reshape', [x, to.op('Add', [shape, nothing])], {allowzero: 1});
}

/** The numbers of the rows that coordinates lead to; beyond all rows for coordinates out of range. */
function flatIndices(
  indices: OnnxTensor,
  lead: readonly Dimension[],
  depth: number,
  to: OnnxBuilder,
): OnnxTensor {
  const coordinates = asInt64(indices, to);
  if (depth === 1) return unwrapped(coordinates, to);
  const strides = lead.map((_, k) => productOf(lead.slice(k + 1), to));
  const isBefore = to.op('Less', [coordinates, to.scalar('int64', 0)], {}, {dtype: 'bool'});
  const isInside = to.op('Less', [coordinates, joined(lead, to)], {}, {dtype: 'bool'});
  const isBad = to.op('Or', [isBefore, to.op('Not', [isInside])]);
  // So far that the sum with the other coordinates is beyond all rows, too.
  const beyond = to.scalar('int64', 2 ** 60);
  const parts = to.op('Mul', [coordinates, joined(strides, to)]);
  const checked = to.op('Where', [isBad, beyond, parts]);
  return to.op('ReduceSum', [checked, to.ints([-1])], {keepdims: 0});
}

const scattered = (
  x: OnnxTensor,
  sizes: readonly Dimension[],
  [indices, updates]: readonly [OnnxTensor, OnnxTensor],
  reduction: string,
  to: OnnxBuilder,
): OnnxTensor => {
  if (x.dtype === 'bool' && reduction !== 'none') notLowered('it is computed in bool');
  const given = rowUpdates(x, sizes, indices, updates, to);
  const rows = to.op('ScatterElements', [given.rows, given.places, given.updates], {axis: 0, reduction});
  return reshapedTo(rows, sizes, to);
};

/** Half floats are sums of half floats: float32 would round less often. */
function refuseHalves({dtype}: OnnxTensor): void {
  if (dtype === 'float16') notLowered('sums of float16 are rounded at each step');
}

const scatterNd: Lower = ([indices, updates, shape], node, to) => {
  refuseIgnoring(node);
  refuseHalves(updates!);
  const known = to.results[0]!.shape ?? notLowered('the rank of the shape is not known');
  const sizes = asInt64(shape!, to);
  const zeros = to.op('Expand', [to.cast(to.scalar('int32', 0), updates!.dtype), sizes], {}, {shape: known});
  const all = known.map((size, k) => size ?? to.op('Gather', [sizes, to.ints([k])], {axis: 0}, {shape: [1]}));
  return scattered(zeros, all, [indices!, updates!], 'add', to);
};

const tensorScatter =
  (
    reduction: string,
    change: (updates: OnnxTensor, to: OnnxBuilder) => OnnxTensor = (updates) => updates,
  ): Lower =>
  ([x, indices, updates], node, to) => {
    refuseIgnoring(node);
    if (reduction !== 'none') refuseHalves(x!);
    const isExtreme = reduction === 'max' || reduction === 'min';
    if (isExtreme && ['float32', 'float64'].includes(x!.dtype)) notLowered('NaN is not passed on');
    const sizes = dimensionsOf(x!, to);
    return scattered(x!, sizes, [indices!, change(updates!, to)], reduction, to);
  };

/** The ops named Inplace... address rows. */
const rowScatter =
  (rule: Lower): Lower =>
  ([x, index, updates], node, to) => {
    const column = to.unsqueeze(index!, [-1]);
    return rule([x!, {...column, shape: index!.shape && [...index!.shape, 1]}, updates!], node, to);
  };

/** Unsigned numbers wrap. */
function negative(x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const isSigned = dtypeInfo(x.dtype).kind !== 'uint';
  const {shape} = x;
  return isSigned ? to.op('Neg', [x], {}, {shape}) : to.op('Sub', [to.scalar(x.dtype, 0), x], {}, {shape});
}

/** Rows dealt out by number. A number out of range picks one that is not there. */
const dynamicPartition: Lower = ([data, partitions], {attrs}, to) => {
  const count = attrs.int('num_partitions');
  const rank = rankOf(partitions!);
  if (rank !== 1) notLowered('the partitions are no vector');
  rankOf(data!);
  const known = to.vector('int32', axes(0, count));
  const checked = to.op('Gather', [known, unwrapped(partitions!, to)], {axis: 0});
  const rows = dimensionOf(data!, 0, to);
  const numbers =
    typeof rows === 'number' && rows === partitions!.shape![0]
      ? checked
      : to.op('Reshape', [checked, asTensor(rows, to)], {allowzero: 1});
  return axes(0, count).map((partition) => {
    const isIn = to.op('Equal', [numbers, to.scalar('int32', partition)], {}, {dtype: 'bool'});
    return to.op('Compress', [data, isIn], {axis: 0});
  });
};

/** Rows put where indices say, one after another, so that the last one for a place is what is there. */
const dynamicStitch: Lower = (inputs, _node, to) => {
  const half = inputs.length / 2;
  const [indices, data] = [inputs.slice(0, half), inputs.slice(half)];
  const rank = rankOf(indices[0]!);
  const rest = dimensionsOf(data[0]!, to).slice(rank);
  const width = productOf(rest, to);
  const rows = data.map((each, i) => {
    const sizes = dimensionsOf(each, to);
    const isSame = sizes.slice(rankOf(indices[i]!)).every((size, k) => size === rest[k]);
    if (!isSame && half > 1) notLowered('the size of the rows is not known');
    const lead = dimensionsOf(indices[i]!, to);
    return to.op('Reshape', [each, joined([productOf(lead, to), width], to)], {allowzero: 1});
  });
  const places = indices.map((each) => to.reshape(each, [-1]));
  const all = places.length === 1 ? places[0]! : to.op('Concat', places, {axis: 0});
  const last = to.op('ReduceMax', [all, to.ints([0])], {keepdims: 1}, {shape: [1]});
  const count = to.cast(to.op('Add', [last, to.vector('int32', [1])], {}, {shape: [1]}), 'int64');
  const {dtype} = data[0]!;
  const blank = to.op('Expand', [to.cast(to.scalar('int32', 0), dtype), joined([count, width], to)]);
  const column = to.unsqueeze(unwrapped(all, to), [1]);
  const at = width === 1 ? column : to.op('Expand', [column, joined([1, width], to)]);
  const values = rows.length === 1 ? rows[0]! : to.op('Concat', rows, {axis: 0});
  const stitched = to.op('ScatterElements', [blank, at, values], {axis: 0});
  return reshapedTo(stitched, [count, ...rest], to);
};

export const onnx: LowerTable = {
  Gather: gather,
  GatherV2: gatherV2,
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  ScatterNdNonAliasingAdd: tensorScatter('add'),
  TensorScatterUpdate: tensorScatter('none'),
  TensorScatterAdd: tensorScatter('add'),
  TensorScatterSub: tensorScatter('add', negative),
  TensorScatterMax: tensorScatter('max'),
  TensorScatterMin: tensorScatter('min'),
  InplaceUpdate: rowScatter(tensorScatter('none')),
  InplaceAdd: rowScatter(tensorScatter('add')),
  InplaceSub: rowScatter(tensorScatter('add', negative)),
  DynamicPartition: dynamicPartition,
  ...forAll(dynamicStitch, ['DynamicStitch', 'ParallelDynamicStitch']),
};
