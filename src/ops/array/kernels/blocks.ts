/**
 * Ops that exchange blocks of space for batch or depth.
 *
 * @module
 */

import {pad, slice, transpose} from '../../../tensors/movement.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import * as plan from '../plan.js';

const spaceToBatchND: Kernel = ([x, blocks, paddings], ctx) =>
  spaceToBatch(x!, plan.blockSizes(x!.shape, blocks!.numbers(), ctx), paddings!, ctx);

const batchToSpaceND: Kernel = ([x, blocks, crops], ctx) =>
  batchToSpace(x!, plan.blockSizes(x!.shape, blocks!.numbers(), ctx), crops!, ctx);

/** The older forms have one block size for both dimensions of an image. */
const spaceToBatch2D: Kernel = ([x, paddings], ctx) => {
  const size = ctx.attrs.int('block_size');
  return spaceToBatch(x!, [size, size], paddings!, ctx);
};

const batchToSpace2D: Kernel = ([x, crops], ctx) => {
  const size = ctx.attrs.int('block_size');
  return batchToSpace(x!, [size, size], crops!, ctx);
};

function spaceToBatch(x: Value, blocks: readonly number[], paddings: Value, ctx: KernelContext): Value {
  const padding = plan.amountsOf(paddings.numbers(), paddings.shape, blocks.length, ctx);
  const {counts, shape} = plan.spaceToBatch(x.shape, blocks, padding, ctx);
  const rest = x.shape.slice(blocks.length + 1);
  const none = rest.map(() => 0);
  const padded = pad(x, [0, ...padding.before, ...none], [0, ...padding.after, ...none]);
  const split = padded.reshape([x.shape[0]!, ...blocks.flatMap((block, k) => [counts[k]!, block]), ...rest]);
  const spatial = blocks.map((_, k) => 2 * k + 1);
  const inner = rest.map((_, k) => 2 * blocks.length + 1 + k);
  const moved = transpose(split, [...spatial.map((axis) => axis + 1), 0, ...spatial, ...inner]);
  return moved.reshape(shape);
}

function batchToSpace(x: Value, blocks: readonly number[], crops: Value, ctx: KernelContext): Value {
  const amounts = plan.amountsOf(crops.numbers(), crops.shape, blocks.length, ctx);
  const {batch, full, shape} = plan.batchToSpace(x.shape, blocks, amounts, ctx);
  const rest = x.shape.slice(blocks.length + 1);
  const split = x.reshape([...blocks, batch, ...x.shape.slice(1)]);
  const first = blocks.length;
  const interleaved = blocks.flatMap((_, k) => [first + 1 + k, k]);
  const moved = transpose(split, [first, ...interleaved, ...rest.map((_, k) => 2 * first + 1 + k)]);
  return slice(moved.reshape([batch, ...full, ...rest]), [0, ...amounts.before, ...rest.map(() => 0)], shape);
}

const depthToSpace: Kernel = ([x], ctx) => {
  const {block, channelsFirst, from, to, shape} = plan.depthToSpace(x!.shape, ctx);
  const {batch, height, width} = from;
  if (channelsFirst) {
    const split = x!.reshape([batch, block, block, to.channels, height, width]);
    return transpose(split, [0, 3, 4, 1, 5, 2]).reshape(shape);
  }
  const split = x!.reshape([batch, height, width, block, block, to.channels]);
  return transpose(split, [0, 1, 3, 2, 4, 5]).reshape(shape);
};

const spaceToDepth: Kernel = ([x], ctx) => {
  const {block, channelsFirst, from, to, shape} = plan.spaceToDepth(x!.shape, ctx);
  const {batch, channels} = from;
  if (channelsFirst) {
    const split = x!.reshape([batch, channels, to.height, block, to.width, block]);
    return transpose(split, [0, 3, 5, 1, 2, 4]).reshape(shape);
  }
  const split = x!.reshape([batch, to.height, block, to.width, block, channels]);
  return transpose(split, [0, 1, 3, 2, 4, 5]).reshape(shape);
};

/** Ops that exchange space, depth and batch. */
export const blockOps: OpFamily = {
  SpaceToBatchND: {kernel: spaceToBatchND},
  BatchToSpaceND: {kernel: batchToSpaceND},
  SpaceToBatch: {kernel: spaceToBatch2D},
  BatchToSpace: {kernel: batchToSpace2D},
  DepthToSpace: {kernel: depthToSpace, limits: 'data_format NCHW_VECT_C is not supported.'},
  SpaceToDepth: {kernel: spaceToDepth, limits: 'data_format NCHW_VECT_C is not supported.'},
};
