/**
 * Slices picked by index: Gather and GatherNd.
 *
 * @module
 */

import {allocate, sizeOf} from '../../../host/tensor.js';
import {around} from '../../../tensors/movement.js';
import {takeRows} from '../../../tensors/rows.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {addressedSlices, rowIndices} from '../addressed.js';
import {gatherPlan} from '../plan.js';

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
  const plan = gatherPlan(params.shape, indices.shape, axis, batchDims, ctx);
  const [outer, inner] = around(params.shape, plan.axis);
  const dim = params.shape[plan.axis]!;
  const positions = rowIndices(indices, dim, ctx);
  const batches = sizeOf(params.shape.slice(0, plan.batchDims));
  const blocks = {count: outer, perBatch: outer / Math.max(1, batches), dim};
  const length = sizeOf(indices.shape.slice(plan.batchDims));
  return takeRows(params, inner, repeatIndex(positions, length, blocks), plan.shape);
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

const gatherNd: Kernel = ([params, indices], ctx) => {
  const {rows, width, shape} = addressedSlices(indices!, params!.shape, ctx);
  return takeRows(params!, width, rows, shape);
};

/** Ops that pick slices. */
export const gatherOps: OpFamily = {
  Gather: {kernel: gatherFirst},
  GatherV2: {kernel: gatherV2},
  GatherNd: {kernel: gatherNd},
};
