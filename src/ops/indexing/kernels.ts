/**
 * Ops that read and write slices by index: gather, scatter, partition, stitch.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {NumericArray} from '../../host/dtypes.js';
import {formatShape, sameShape, stridesOf} from '../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../host/tensor.js';
import {withGradient} from '../../tensors/differentiable.js';
import {around, concat, mapTensor, movesOnHost} from '../../tensors/movement.js';
import {addRows, addTensorRows, lastWriters, NO_ROW, takeRows, takeTensorRows} from '../../tensors/rows.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid, resolveAxis} from '../node.js';

const gatherFirst: Kernel = ([params, indices], ctx) => gather(params!, indices!, 0, 0, ctx);

const gatherV2: Kernel = ([params, indices, axis], ctx) =>
  gather(
    params!,
    indices!,
    axis!.number(),
    ctx.attrs.has('batch_dims') ? ctx.attrs.int('batch_dims') : 0,
    ctx,
  );

/**
 * The slices of `params` along `axis` that `indices` names, for each batch element its own; the first `batchDims`
 * dimensions of both are the batch.
 */
export function gather(
  params: Value,
  indices: Value,
  axis: number,
  batchDims: number,
  ctx: KernelContext,
): Value {
  const at = resolveAxis(axis, params.rank, ctx);
  const shared = batchDims < 0 ? batchDims + indices.rank : batchDims;
  const batchShape = params.shape.slice(0, shared);
  if (shared < 0 || shared > at || !sameShape(batchShape, indices.shape.slice(0, shared))) {
    throw invalid(
      ctx,
      `${formatShape(params.shape)} and indices of ${formatShape(indices.shape)} do not share ${batchDims} batch ` +
        `dimensions before axis ${at}`,
    );
  }
  const [outer, inner] = around(params.shape, at);
  const positions = indexArray(indices, params.shape[at]!, ctx);
  const shape = [...params.shape.slice(0, at), ...indices.shape.slice(shared), ...params.shape.slice(at + 1)];
  const blocks = {count: outer, perBatch: outer / Math.max(1, sizeOf(batchShape)), dim: params.shape[at]!};
  return takeRows(params, inner, repeatIndex(positions, sizeOf(indices.shape.slice(shared)), blocks), shape);
}

/** The rows of all blocks before the axis: within each block the indices of its batch element apply. */
function repeatIndex(
  positions: Int32Array,
  length: number,
  blocks: {count: number; perBatch: number; dim: number},
): Int32Array {
  if (blocks.count === 1) return positions;
  const index = allocate('int32', blocks.count * length) as Int32Array;
  for (let block = 0; block < blocks.count; block++) {
    const batch = Math.floor(block / blocks.perBatch);
    for (let i = 0; i < length; i++) {
      index[block * length + i] = block * blocks.dim + positions[batch * length + i]!;
    }
  }
  return index;
}

/** Indices below `limit`, checked. */
function indexArray(indices: Value, limit: number, ctx: KernelContext): Int32Array {
  const data = indices.numeric();
  const out = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const index = Number(data[i]);
    if (index < 0 || index >= limit) throw invalid(ctx, `indices[${i}] = ${index} is not in [0, ${limit})`);
    out[i] = index;
  }
  return out;
}

/** What the innermost dimension of `indices` addresses: slices of `width` elements of a tensor of some shape. */
interface Slices {
  readonly rows: Int32Array;
  readonly width: number;
  /** Shape of all addressed slices together. */
  readonly shape: readonly number[];
}

function addressed(indices: Value, shape: readonly number[], ctx: KernelContext): Slices {
  const depth = indices.shape.at(-1);
  if (depth === undefined || depth > shape.length) {
    throw invalid(ctx, `indices of ${formatShape(indices.shape)} do not address ${formatShape(shape)}`);
  }
  const lead = shape.slice(0, depth);
  const strides = stridesOf(lead);
  const ignoring = ctx.attrs.has('bad_indices_policy') && ctx.attrs.string('bad_indices_policy') === 'IGNORE';
  const data = indices.numeric();
  const rowAt = (i: number): number => {
    let row = 0;
    for (let k = 0; k < depth; k++) {
      const index = Number(data[i * depth + k]);
      if (index < 0 || index >= lead[k]!) {
        if (ignoring) return NO_ROW;
        const found = data.slice(i * depth, (i + 1) * depth);
        throw invalid(ctx, `indices[${i}] = [${found.join(', ')}] does not index into ${formatShape(shape)}`);
      }
      row += index * strides[k]!;
    }
    return row;
  };
  const rows = int32Array(sizeOf(indices.shape.slice(0, -1)), (i) => rowAt(i));
  const rest = shape.slice(depth);
  return {rows, width: sizeOf(rest), shape: [...indices.shape.slice(0, -1), ...rest]};
}

const gatherNd: Kernel = ([params, indices], ctx) => {
  const {rows, width, shape} = addressed(indices!, params!.shape, ctx);
  return takeRows(params!, width, rows, shape);
};

const scatterNd: Kernel = ([indices, updates, shape], ctx) => {
  const target = shape!.numbers();
  const {rows, width} = writtenBy(updates!, indices!, target, ctx);
  return addRows(updates!, width, rows, target);
};

/** The slices of a tensor of `shape` that `updates` are written to. */
function writtenBy(updates: Value, indices: Value, shape: readonly number[], ctx: KernelContext): Slices {
  const slices = addressed(indices, shape, ctx);
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
    const rows = indexArray(index!, x!.shape[0] ?? 0, ctx);
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

const dynamicPartition: Kernel = ([data, partitions], ctx) => {
  const count = ctx.attrs.int('num_partitions');
  const rest = data!.shape.slice(partitions!.rank);
  if (!sameShape(data!.shape, [...partitions!.shape, ...rest])) {
    throw invalid(
      ctx,
      `data of ${formatShape(data!.shape)} does not start with the partitions' shape ${formatShape(partitions!.shape)}`,
    );
  }
  const rows = Array.from({length: count}, () => [] as number[]);
  indexArray(partitions!, count, ctx).forEach((partition, row) => {
    rows[partition]!.push(row);
  });
  return rows.map((members) =>
    takeRows(data!, sizeOf(rest), Int32Array.from(members), [members.length, ...rest]),
  );
};

/** Rows of several values put where their indices say; a later value replaces an earlier one. */
const dynamicStitch: Kernel = (inputs, ctx) => {
  const half = inputs.length / 2;
  const [indices, data] = [inputs.slice(0, half), inputs.slice(half)];
  const rest = data[0]!.shape.slice(indices[0]!.rank);
  data.forEach((each, i) => {
    if (!sameShape(each.shape, [...indices[i]!.shape, ...rest])) {
      throw invalid(
        ctx,
        `data of ${formatShape(each.shape)} does not fit indices of ${formatShape(indices[i]!.shape)} and rows of ${formatShape(rest)}`,
      );
    }
  });
  const targets = Int32Array.from(indices.flatMap((each) => [...indexArray(each, 2 ** 31, ctx)]));
  const count = targets.reduce((most, target) => Math.max(most, target + 1), 0);
  const rows = data.map((each, i) => each.reshape([indices[i]!.size, ...rest]));
  return takeRows(concat(rows, 0), sizeOf(rest), lastWriters(targets, count), [count, ...rest]);
};

const STITCH_LIMITS = 'Rows that no index names are zeros, where TensorFlow leaves what was in memory.';

/** Gather, scatter, partition and stitch. */
export const indexing: OpFamily = {
  Gather: {kernel: gatherFirst},
  GatherV2: {kernel: gatherV2},
  GatherNd: {kernel: gatherNd},
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
  DynamicPartition: {kernel: dynamicPartition},
  DynamicStitch: {kernel: dynamicStitch, limits: STITCH_LIMITS},
  ParallelDynamicStitch: {kernel: dynamicStitch, limits: STITCH_LIMITS},
};
