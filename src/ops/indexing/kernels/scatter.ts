/**
 * Slices written by index: ScatterNd, TensorScatter and Inplace ops.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {NumericArray} from '../../../host/dtypes.js';
import {formatShape, sameShape} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {around, concat, mapTensor, movesOnHost} from '../../../tensors/movement.js';
import {
  addRows,
  addTensorRows,
  lastWriters,
  NO_ROW,
  takeRows,
  takeTensorRows,
} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {addressedSlices, rowIndices, type Slices} from '../addressed.js';

const scatterNd: Kernel = ([indices, updates, shape], ctx) => {
  const target = shape!.numbers();
  const {rows, width} = writtenBy(updates!, indices!, target, ctx);
  return addRows(updates!, width, rows, target);
};

/** The slices of a tensor of `shape` that `updates` are written to. */
function writtenBy(updates: Value, indices: Value, shape: readonly number[], ctx: KernelContext): Slices {
  const slices = addressedSlices(indices, shape, ctx);
  if (!sameShape(updates.shape, slices.shape)) {
    throw invalid(
      ctx,
      `updates must have shape ${formatShape(slices.shape)}, not ${formatShape(updates.shape)}`,
    );
  }
  return slices;
}

/** How slices of a tensor and updates to them become one. */
type Combine = (x: Value, updates: Value, rows: Int32Array, width: number) => Value;

const tensorScatter =
  (combine: Combine): Kernel =>
  ([x, indices, updates], ctx) => {
    const {rows, width} = writtenBy(updates!, indices!, x!.shape, ctx);
    return updates!.size === 0 ? x! : combine(x!, updates!, rows, width);
  };

/** The ops named Inplace... address rows, and change nothing in place here. */
const rowScatter =
  (combine: Combine): Kernel =>
  ([x, index, updates], ctx) => {
    const rows = rowIndices(index!, x!.shape[0] ?? 0, ctx);
    if (!sameShape(updates!.shape, [...index!.shape, ...x!.shape.slice(1)])) {
      throw invalid(
        ctx,
        `values of ${formatShape(updates!.shape)} do not fit rows of ${formatShape(x!.shape)}`,
      );
    }
    return updates!.size === 0 ? x! : combine(x!, updates!, rows, around(x!.shape, 0)[1]);
  };

const update: Combine = (x, updates, rows, width) => {
  const count = x.size / width;
  const index = lastWriters(rows, count).map((writer, row) => (writer === NO_ROW ? row : count + writer));
  return takeRows(stacked(x, updates, width), width, index, x.shape);
};

const add: Combine = (x, updates, rows, width) => {
  const count = x.size / width;
  const index = new Int32Array(count + rows.length);
  for (let row = 0; row < count; row++) index[row] = row;
  index.set(rows, count);
  return addRows(stacked(x, updates, width), width, index, x.shape);
};

const subtract: Combine = (x, updates, rows, width) => add(x, negate(updates), rows, width);

/** All rows of `x`, then all rows of `updates`. */
function stacked(x: Value, updates: Value, width: number): Value {
  return concat(
    [x, updates].map((each) => each.reshape([each.size / width, width])),
    0,
  );
}

function negate(x: Value): Value {
  if (!movesOnHost(x)) return mapTensor(x, (part) => tf.neg(part));
  const source = x.numeric();
  const out = allocate(x.dtype, x.size);
  for (let i = 0; i < source.length; i++) out[i] = -source[i]! as never;
  return Value.host(x.dtype, x.shape, out);
}

/** Keeps the extreme of a slice and its updates. A gradient is shared among equals, as TensorFlow does. */
function extreme(exceeds: (a: number | bigint, b: number | bigint) => boolean): Combine {
  const combineData = (x: NumericArray, updates: NumericArray, rows: Int32Array, width: number) => {
    const out = x.slice();
    rows.forEach((row, i) => {
      if (row === NO_ROW) return;
      for (let k = 0; k < width; k++) {
        const found = updates[i * width + k]!;
        if (exceeds(found, out[row * width + k]!)) out[row * width + k] = found as never;
      }
    });
    return out;
  };
  return (x, updates, rows, width) => {
    if (movesOnHost(x, updates)) {
      return Value.host(x.dtype, x.shape, combineData(x.numeric(), updates.numeric(), rows, width));
    }
    const matrix = [x.size / width, width] as [number, number];
    const best = withGradient(
      [tf.reshape(x.tensor(), matrix), tf.reshape(updates.tensor(), [rows.length, width])],
      (a, b) => tf.tensor(combineData(dataOf(a), dataOf(b), rows, width) as Float32Array, matrix, a.dtype),
      (dy, [a, b], y) => {
        const chosen = tf.cast(tf.equal(a!, y), 'float32');
        const chosenUpdates = tf.cast(tf.equal(b!, takeTensorRows(y, rows)), 'float32');
        const share = tf.div(dy, tf.add(chosen, addTensorRows(chosenUpdates, rows, matrix[0])));
        return [tf.mul(share, chosen), tf.mul(takeTensorRows(share, rows), chosenUpdates)];
      },
    );
    return Value.device(tf.reshape(best, x.shape as number[]), x.dtype);
  };
}

function dataOf(tensor: tf.Tensor): NumericArray {
  return tensor.dataSync() as NumericArray;
}

/** Ops that write slices. */
export const scatterOps: OpFamily = {
  ScatterNd: {kernel: scatterNd},
  ScatterNdNonAliasingAdd: {kernel: tensorScatter(add)},
  TensorScatterUpdate: {kernel: tensorScatter(update)},
  TensorScatterAdd: {kernel: tensorScatter(add)},
  TensorScatterSub: {kernel: tensorScatter(subtract)},
  TensorScatterMax: {kernel: tensorScatter(extreme((a, b) => a > b))},
  TensorScatterMin: {kernel: tensorScatter(extreme((a, b) => a < b))},
  InplaceUpdate: {kernel: rowScatter(update)},
  InplaceAdd: {kernel: rowScatter(add)},
  InplaceSub: {kernel: rowScatter(subtract)},
};
