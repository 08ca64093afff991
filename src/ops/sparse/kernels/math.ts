/**
 * Arithmetic on sparse tensors: reductions, products, sums, softmax.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isInteger, lanes} from '../../../host/dtypes.js';
import {roundToDType} from '../../../host/rounding.js';
import {broadcastShapes, formatShape, sameShape, stridesOf} from '../../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../../host/tensor.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {concat, movesOnHost, transpose} from '../../../tensors/movement.js';
import {addRows, addTensorRows, NO_ROW, reorder, takeRows, takeTensorRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import {type Kernel, type KernelContext, type OpFamily, runWithin} from '../../kernel.js';
import {math} from '../../math/kernels.js';
import {invalid} from '../../node.js';
import {type Combine, maximum, sum} from '../../segment/kernels.js';
import {
  type Coordinates,
  checkValues,
  compareEntries,
  entryAt,
  flatPositions,
  type Groups,
  groupBy,
  indexMatrix,
  longs,
  readCoordinates,
  sortedOrder,
} from '../coordinates.js';
import {productShape, sparseReduction} from '../plan.js';

const matMul: Kernel = ([indices, values, shape, dense], ctx) => {
  const coordinates = readCoordinates(indices!, shape!, ctx);
  checkValues(values!, coordinates.count, ctx);
  if (coordinates.shape.length !== 2 || dense!.rank !== 2)
    throw invalid(ctx, 'both operands must be matrices');
  flatPositions(coordinates, ctx);
  const [adjointA, adjointB] = [ctx.attrs.bool('adjoint_a'), ctx.attrs.bool('adjoint_b')];
  const right = adjointB ? conjugate(transpose(dense!, [1, 0]), ctx) : dense!;
  const factors = adjointA ? conjugate(values!, ctx) : values!;
  const {inner, shape: outShape} = productShape(coordinates.shape, dense!.shape, ctx);
  const [rowCount, width] = outShape;
  if (inner[0] !== inner[1]) {
    throw invalid(ctx, `cannot multiply ${rowCount} x ${inner[0]} by ${inner[1]} x ${width}`);
  }
  const [row, column] = adjointA ? [1, 0] : [0, 1];
  const {count, flat} = coordinates;
  const along = (axis: number) => int32Array(count, (i) => flat[2 * i + axis]!);
  const rows = takeRows(right, width, along(column), [count, width]);
  const products = runWithin(ctx, math, 'Mul', [factors.reshape([count, 1]), rows]);
  return addRows(products, width, along(row), outShape);
};

function conjugate(x: Value, ctx: KernelContext): Value {
  return lanes(x.dtype) === 1 ? x : runWithin(ctx, math, 'Conj', [x]);
}

interface Reduction {
  readonly coordinates: Coordinates;
  /** Axes that stay. */
  readonly kept: readonly number[];
  /** The shape of the result, reduced axes left out or 1. */
  readonly shape: readonly number[];
}

function planReduction(
  indices: Value,
  values: Value,
  shape: Value,
  axes: Value,
  ctx: KernelContext,
): Reduction {
  const coordinates = readCoordinates(indices, shape, ctx);
  checkValues(values, coordinates.count, ctx);
  return {coordinates, ...sparseReduction(coordinates.shape, axes.numbers(), ctx)};
}

const reduceToDense =
  (combine: Combine): Kernel =>
  ([indices, values, denseShape, axes], ctx) => {
    const {coordinates, kept, shape} = planReduction(indices!, values!, denseShape!, axes!, ctx);
    const strides = stridesOf(kept.map((k) => coordinates.shape[k]!));
    flatPositions(coordinates, ctx);
    const ids = int32Array(coordinates.count, (i) => {
      const entry = entryAt(coordinates, i);
      return kept.reduce((position, axis, k) => position + entry[axis]! * strides[k]!, 0);
    });
    return combine(values!, {ids, count: sizeOf(shape)}, 1, shape);
  };

const reduceToSparse =
  (combine: Combine): Kernel =>
  ([indices, values, denseShape, axes], ctx) => {
    const {coordinates, kept, shape} = planReduction(indices!, values!, denseShape!, axes!, ctx);
    flatPositions(coordinates, ctx);
    const {ids, keys} = sortGroups(groupBy(coordinates, kept));
    const keepDims = shape.length > kept.length;
    const entries = keys.map((key) =>
      keepDims ? coordinates.shape.map((_, axis) => key[kept.indexOf(axis)] ?? 0) : key,
    );
    const out = combine(values!, {ids, count: keys.length}, 1, [keys.length]);
    return [indexMatrix(entries, shape.length), out, longs(shape, [shape.length])];
  };

/** The same groups in row-major order. */
function sortGroups({ids, keys}: Groups): Groups {
  const order = keys
    .map((_, i) => i)
    .sort((a, b) => {
      const at = keys[a]!.findIndex((coordinate, k) => coordinate !== keys[b]![k]);
      return at < 0 ? 0 : keys[a]![at]! - keys[b]![at]!;
    });
  const place = new Int32Array(order.length);
  order.forEach((group, i) => {
    place[group] = i;
  });
  return {ids: ids.map((id) => place[id]!), keys: order.map((group) => keys[group]!)};
}

/** Softmax over the entries that agree in all but the last coordinate. TensorFlow gives them in order, however they came. */
const softmax: Kernel = ([indices, values, shape], ctx) => {
  const coordinates = readCoordinates(indices!, shape!, ctx);
  checkValues(values!, coordinates.count, ctx);
  const rank = coordinates.shape.length;
  if (rank < 2)
    throw invalid(ctx, `at least 2 dimensions are expected, not ${formatShape(coordinates.shape)}`);
  flatPositions(coordinates, ctx);
  const groups = groupBy(coordinates, coordinates.shape.map((_, k) => k).slice(0, -1));
  if (values!.size === 0) return values!;
  const result = movesOnHost(values!) ? softmaxOnHost(values!, groups) : softmaxOnDevice(values!, groups);
  const order = sortedOrder(coordinates);
  return order.every((entry, i) => entry === i) ? result : reorder(result, order);
};

function groupMaxima(data: ArrayLike<number>, {ids, keys}: Groups): Float64Array {
  const maxima = new Float64Array(keys.length).fill(Number.NEGATIVE_INFINITY);
  ids.forEach((id, i) => {
    maxima[id] = Math.max(maxima[id]!, data[i]!);
  });
  return maxima;
}

function softmaxOnHost(values: Value, groups: Groups): Value {
  const data = values.numeric() as Float64Array;
  const maxima = groupMaxima(data, groups);
  const powers = Float64Array.from(data, (x, i) => Math.exp(x - maxima[groups.ids[i]!]!));
  const sums = new Float64Array(groups.keys.length);
  powers.forEach((power, i) => {
    sums[groups.ids[i]!]! += power;
  });
  const out = allocate(values.dtype, values.size);
  powers.forEach((power, i) => {
    out[i] = roundToDType(power / sums[groups.ids[i]!]!, values.dtype);
  });
  return Value.host(values.dtype, values.shape, out);
}

function softmaxOnDevice(values: Value, groups: Groups): Value {
  const tensor = tf.reshape(values.tensor(), [values.size, 1]);
  const maxima = groupMaxima(tensor.dataSync(), groups);
  // Shifting a group does not change its softmax, so that the maxima may be constants.
  const shift = tf.tensor2d(
    Float32Array.from(groups.ids, (id) => maxima[id]!),
    [values.size, 1],
  );
  const powers = tf.exp(tf.sub(tensor, shift));
  const sums = addTensorRows(powers, groups.ids, groups.keys.length);
  const out = tf.div(powers, takeTensorRows(sums, groups.ids));
  return fromTensor(tf.reshape(out, [values.size]), values.dtype);
}

/** For each entry of two sparse tensors together, its place in each of them, or NO_ROW. */
interface Merged {
  readonly entries: readonly (readonly number[])[];
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** Walks two sparse tensors in row-major order at once. */
function merge(a: Coordinates, b: Coordinates): Merged {
  const entries: number[][] = [];
  const left: number[] = [];
  const right: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.count || j < b.count) {
    const order = i === a.count ? 1 : j === b.count ? -1 : compareEntries(a, i, b, j);
    entries.push(order <= 0 ? entryAt(a, i) : entryAt(b, j));
    left.push(order <= 0 ? i++ : NO_ROW);
    right.push(order >= 0 ? j++ : NO_ROW);
  }
  return {entries, left: Int32Array.from(left), right: Int32Array.from(right)};
}

function readPair(inputs: readonly Value[], ctx: KernelContext): [Coordinates, Coordinates] {
  const a = readCoordinates(inputs[0]!, inputs[2]!, ctx);
  const b = readCoordinates(inputs[3]!, inputs[5]!, ctx);
  checkValues(inputs[1]!, a.count, ctx);
  checkValues(inputs[4]!, b.count, ctx);
  if (!sameShape(a.shape, b.shape)) {
    throw invalid(ctx, `shapes ${formatShape(a.shape)} and ${formatShape(b.shape)} are not the same`);
  }
  return [a, b];
}

const sparseAdd: Kernel = (inputs, ctx) => {
  const [a, b] = readPair(inputs, ctx);
  const {entries, left, right} = merge(a, b);
  const index = new Int32Array(a.count + b.count);
  left.forEach((entry, place) => {
    if (entry !== NO_ROW) index[entry] = place;
  });
  right.forEach((entry, place) => {
    if (entry !== NO_ROW) index[a.count + entry] = place;
  });
  const sums = addRows(concat([inputs[1]!, inputs[4]!], 0), 1, index, [entries.length]);
  const threshold = inputs[6]!.number();
  // An entry that only one operand has is kept, however small.
  const isAlone = (i: number) => left[i] === NO_ROW || right[i] === NO_ROW;
  const kept = magnitudes(sums).flatMap((size, i) => (threshold <= size || isAlone(i) ? [i] : []));
  return [
    indexMatrix(
      kept.map((i) => entries[i]!),
      a.shape.length,
    ),
    reorder(sums, kept),
    longs(a.shape, [a.shape.length]),
  ];
};

function magnitudes(x: Value): number[] {
  const data = x.numeric();
  if (lanes(x.dtype) === 1) return Array.from(data as Float64Array, (element) => Math.abs(Number(element)));
  return Array.from({length: x.size}, (_, i) => Math.hypot(Number(data[2 * i]), Number(data[2 * i + 1])));
}

/** Each operand's value gets the gradient of the sum at its place, 0 where the sum was left out. */
const sparseAddGrad: Kernel = ([dy, a, b, sums], ctx) => {
  checkValues(dy!, sums!.shape[0]!, ctx);
  if (a!.shape[1] !== sums!.shape[1] || b!.shape[1] !== sums!.shape[1]) {
    throw invalid(ctx, `indices have ${a!.shape[1]}, ${b!.shape[1]} and ${sums!.shape[1]} dimensions`);
  }
  // Nobody says what the dense shape is.
  const shape = Value.vector('int64', new Array<number>(sums!.shape[1]!).fill(0));
  const read = (indices: Value) => readCoordinates(indices, shape, ctx);
  return placesAmong([read(a!), read(b!)], read(sums!)).map((places) =>
    takeRows(dy!, 1, places, [places.length]),
  );
};

/**
 * Where among `sums` each entry of the operands stands, or nowhere: found by going through all of them once, in order. Entries
 * that are out of order are passed by, as TensorFlow does.
 */
function placesAmong(operands: readonly Coordinates[], sums: Coordinates): Int32Array[] {
  const places = operands.map(({count}) => int32Array(count, () => NO_ROW));
  const next = operands.map(() => 0);
  const isLeft = () => operands.some(({count}, k) => next[k]! < count);
  for (let place = 0; place < sums.count && isLeft(); ) {
    let isPassed = true;
    operands.forEach((operand, k) => {
      const entry = next[k]!;
      if (entry >= operand.count) return;
      const order = compareEntries(operand, entry, sums, place);
      if (order === 0) places[k]![entry] = place;
      if (order <= 0) next[k] = entry + 1;
      if (order < 0) isPassed = false;
    });
    if (isPassed) place++;
  }
  return places;
}

/** Combines two sparse tensors where either has an entry; the other one counts as 0 there. */
const combineAll =
  (op: string): Kernel =>
  (inputs, ctx) => {
    const [a, b] = readPair(inputs, ctx);
    for (const each of [a, b]) flatPositions(each, ctx);
    const {entries, left, right} = merge(a, b);
    const aligned = [
      takeRows(inputs[1]!, 1, left, [entries.length]),
      takeRows(inputs[4]!, 1, right, [entries.length]),
    ];
    return [indexMatrix(entries, a.shape.length), runWithin(ctx, math, op, aligned)];
  };

const addToDense: Kernel = ([indices, values, shape, dense], ctx) => {
  const coordinates = readCoordinates(indices!, shape!, ctx);
  checkValues(values!, coordinates.count, ctx);
  if (!sameShape(coordinates.shape, dense!.shape)) {
    throw invalid(
      ctx,
      `shapes ${formatShape(coordinates.shape)} and ${formatShape(dense!.shape)} are not the same`,
    );
  }
  const {size} = dense!;
  const index = int32Array(size + coordinates.count, (i) => i);
  index.set(flatPositions(coordinates, ctx), size);
  return addRows(concat([dense!.reshape([size]), values!], 0), 1, index, dense!.shape);
};

/** Combines the entries with the elements of a dense tensor at the same places; only the dense one is broadcast. */
const combineWithDense =
  (op: string): Kernel =>
  ([indices, values, shape, dense], ctx) => {
    const coordinates = readCoordinates(indices!, shape!, ctx);
    checkValues(values!, coordinates.count, ctx);
    const fits = broadcastShapes(coordinates.shape, dense!.shape);
    if (fits === undefined || !sameShape(fits, coordinates.shape)) {
      throw invalid(
        ctx,
        `${formatShape(dense!.shape)} does not broadcast to ${formatShape(coordinates.shape)}`,
      );
    }
    if (op === 'Div' && isInteger(dense!.dtype) && magnitudes(dense!).includes(0)) {
      throw invalid(ctx, 'the dense tensor contains 0, by which integers cannot be divided');
    }
    flatPositions(coordinates, ctx);
    const lead = coordinates.shape.length - dense!.rank;
    const strides = stridesOf(dense!.shape).map((stride, k) => (dense!.shape[k] === 1 ? 0 : stride));
    const index = int32Array(coordinates.count, (i) => {
      const entry = entryAt(coordinates, i);
      return strides.reduce((position, stride, k) => position + stride * entry[lead + k]!, 0);
    });
    const picked = takeRows(dense!, 1, index, [coordinates.count]);
    return runWithin(ctx, math, op, [values!, picked]);
  };

/** Reductions, products, sums and softmax of sparse tensors. */
export const sparseMath: OpFamily = {
  SparseTensorDenseMatMul: {kernel: matMul},
  SparseTensorDenseAdd: {kernel: addToDense},
  SparseReduceSum: {kernel: reduceToDense(sum)},
  SparseReduceSumSparse: {kernel: reduceToSparse(sum)},
  SparseReduceMax: {kernel: reduceToDense(maximum)},
  SparseReduceMaxSparse: {kernel: reduceToSparse(maximum)},
  SparseSoftmax: {kernel: softmax},
  SparseAdd: {kernel: sparseAdd},
  SparseAddGrad: {kernel: sparseAddGrad},
  SparseSparseMaximum: {kernel: combineAll('Maximum')},
  SparseSparseMinimum: {kernel: combineAll('Minimum')},
  SparseDenseCwiseMul: {kernel: combineWithDense('Mul')},
  SparseDenseCwiseDiv: {kernel: combineWithDense('Div')},
  SparseDenseCwiseAdd: {kernel: combineWithDense('AddV2')},
};
