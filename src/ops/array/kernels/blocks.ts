/**
 * Ops that enlarge values by padding and repetition, and that exchange space, depth and batch.
 *
 * @module
 */

import {broadcastShapes, formatShape, sameShape, stridesOf} from '../../../host/shape.js';
import {int32Array, sizeOf} from '../../../host/tensor.js';
import {
  around,
  broadcastTo,
  concat,
  pad,
  reverse,
  slice,
  tile,
  transpose,
} from '../../../tensors/movement.js';
import {addRows, NO_ROW, takeRows} from '../../../tensors/rows.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';
import {shapeOperand} from '../../sizes.js';

/** Amounts before and after each of `count` dimensions, from a `[count, 2]` tensor. */
function pairs(value: Value, count: number, ctx: KernelContext): {before: number[]; after: number[]} {
  const numbers = value.numbers();
  if (!sameShape(value.shape, [count, 2])) {
    throw invalid(ctx, `amounts must have shape ${formatShape([count, 2])}, not ${formatShape(value.shape)}`);
  }
  if (numbers.some((amount) => amount < 0))
    throw invalid(ctx, `amounts must not be negative: [${numbers.join(', ')}]`);
  return {
    before: numbers.filter((_, i) => i % 2 === 0),
    after: numbers.filter((_, i) => i % 2 === 1),
  };
}

const padKernel: Kernel = ([x, paddings, fill], ctx) => {
  const {before, after} = pairs(paddings!, x!.rank, ctx);
  return pad(x!, before, after, fill);
};

/** How far the mirrored part keeps from the edge: REFLECT does not repeat the edge itself. */
function mirrorOffset(ctx: KernelContext): 0 | 1 {
  return ctx.attrs.string('mode') === 'REFLECT' ? 1 : 0;
}

const mirrorPad: Kernel = ([x, paddings], ctx) => {
  const {before, after} = pairs(paddings!, x!.rank, ctx);
  const offset = mirrorOffset(ctx);
  return x!.shape.reduce((padded, size, axis) => {
    const [head, tail] = [before[axis]!, after[axis]!];
    if (
      head + offset > size + (head === 0 ? offset : 0) ||
      tail + offset > size + (tail === 0 ? offset : 0)
    ) {
      throw invalid(ctx, `paddings ${head} and ${tail} are too large for ${size} elements of axis ${axis}`);
    }
    const flags = padded.shape.map((_, k) => k === axis);
    const mirror = (start: number, count: number) => {
      const begin = new Array<number>(padded.rank).fill(0).with(axis, start);
      return reverse(slice(padded, begin, padded.shape.with(axis, count)), flags);
    };
    const parts = [mirror(offset, head), padded, mirror(size - offset - tail, tail)];
    return concat(
      parts.filter((part, i) => i === 1 || part.shape[axis]! > 0),
      axis,
    );
  }, x!);
};

/** The gradient of MirrorPad: every element is added where it was copied from. */
const mirrorPadGrad: Kernel = ([dy, paddings], ctx) => {
  const {before, after} = pairs(paddings!, dy!.rank, ctx);
  const offset = mirrorOffset(ctx);
  return dy!.shape.reduce((folded, padded, axis) => {
    const [head, tail] = [before[axis]!, after[axis]!];
    const size = padded - head - tail;
    if (head + tail === 0) return folded;
    if (size < Math.max(head, tail) + offset) {
      throw invalid(ctx, `paddings ${head} and ${tail} are too large for ${padded} elements of axis ${axis}`);
    }
    const [outer, inner] = around(folded.shape, axis);
    const index = int32Array(outer * padded, (i) => {
      const at = (i % padded) - head;
      const from = at < 0 ? -at - 1 + offset : at >= size ? 2 * size - 1 - offset - at : at;
      return Math.floor(i / padded) * size + from;
    });
    return addRows(folded, inner, index, folded.shape.with(axis, size));
  }, dy!);
};

const tileKernel: Kernel = ([x, multiples], ctx) => {
  const repeats = multiples!.numbers();
  if (repeats.length !== x!.rank || repeats.some((count) => count < 0)) {
    throw invalid(
      ctx,
      `multiples must be ${x!.rank} non-negative numbers, one per dimension: [${repeats.join(', ')}]`,
    );
  }
  return tile(x!, repeats);
};

const broadcastKernel: Kernel = ([x, shape], ctx) => {
  const target = shapeOperand(shape!, ctx);
  const fits = broadcastShapes(x!.shape, target);
  if (fits === undefined || !sameShape(fits, target)) {
    throw invalid(ctx, `${formatShape(x!.shape)} does not broadcast to ${formatShape(target)}`);
  }
  return broadcastTo(x!, target);
};

const spaceToBatchND: Kernel = ([x, blocks, paddings], ctx) =>
  spaceToBatch(x!, blockSizes(blocks!, x!, ctx), paddings!, ctx);

const batchToSpaceND: Kernel = ([x, blocks, crops], ctx) =>
  batchToSpace(x!, blockSizes(blocks!, x!, ctx), crops!, ctx);

/** The older forms have one block size for both dimensions of an image. */
const spaceToBatch2D: Kernel = ([x, paddings], ctx) => {
  const size = ctx.attrs.int('block_size');
  return spaceToBatch(x!, [size, size], paddings!, ctx);
};

const batchToSpace2D: Kernel = ([x, crops], ctx) => {
  const size = ctx.attrs.int('block_size');
  return batchToSpace(x!, [size, size], crops!, ctx);
};

function blockSizes(blocks: Value, x: Value, ctx: KernelContext): number[] {
  const sizes = blocks.numbers();
  if (sizes.length > x.rank - 1 || sizes.some((size) => size < 1)) {
    throw invalid(ctx, `block sizes [${sizes.join(', ')}] do not fit ${formatShape(x.shape)}`);
  }
  return sizes;
}

function spaceToBatch(x: Value, blocks: readonly number[], paddings: Value, ctx: KernelContext): Value {
  const {before, after} = pairs(paddings, blocks.length, ctx);
  const rest = x.shape.slice(blocks.length + 1);
  const none = rest.map(() => 0);
  const batch = x.shape[0]!;
  const counts = blocks.map((block, k) => {
    const size = before[k]! + x.shape[k + 1]! + after[k]!;
    if (size % block === 0) return size / block;
    throw invalid(
      ctx,
      `axis ${k + 1} of ${formatShape(x.shape)}, padded to ${size}, is not divisible by ${block}`,
    );
  });
  const padded = pad(x, [0, ...before, ...none], [0, ...after, ...none]);
  const split = padded.reshape([batch, ...blocks.flatMap((block, k) => [counts[k]!, block]), ...rest]);
  const spatial = blocks.map((_, k) => 2 * k + 1);
  const inner = rest.map((_, k) => 2 * blocks.length + 1 + k);
  const moved = transpose(split, [...spatial.map((axis) => axis + 1), 0, ...spatial, ...inner]);
  return moved.reshape([batch * sizeOf(blocks), ...counts, ...rest]);
}

function batchToSpace(x: Value, blocks: readonly number[], crops: Value, ctx: KernelContext): Value {
  const {before, after} = pairs(crops, blocks.length, ctx);
  const rest = x.shape.slice(blocks.length + 1);
  const spatial = x.shape.slice(1, blocks.length + 1);
  const batch = exact(x.shape[0]! / sizeOf(blocks), x, sizeOf(blocks), ctx);
  const split = x.reshape([...blocks, batch, ...spatial, ...rest]);
  const first = blocks.length;
  const interleaved = blocks.flatMap((_, k) => [first + 1 + k, k]);
  const moved = transpose(split, [first, ...interleaved, ...rest.map((_, k) => 2 * first + 1 + k)]);
  const full = spatial.map((size, k) => size * blocks[k]!);
  const cropped = full.map((size, k) => size - before[k]! - after[k]!);
  if (cropped.some((size) => size < 0))
    throw invalid(ctx, `crops are larger than the result ${formatShape(full)}`);
  const none = rest.map(() => 0);
  return slice(
    moved.reshape([batch, ...full, ...rest]),
    [0, ...before, ...none],
    [batch, ...cropped, ...rest],
  );
}

function exact(quotient: number, x: Value, divisor: number, ctx: KernelContext): number {
  if (Number.isInteger(quotient)) return quotient;
  throw invalid(ctx, `${formatShape(x.shape)} is not divisible into blocks of ${divisor}`);
}

const depthToSpace: Kernel = ([x], ctx) => {
  const block = ctx.attrs.int('block_size');
  const {batch, height, width, depth, channelsFirst} = imageShape(x!, ctx);
  const channels = exact(depth / block ** 2, x!, block, ctx);
  if (channelsFirst) {
    const split = x!.reshape([batch, block, block, channels, height, width]);
    const moved = transpose(split, [0, 3, 4, 1, 5, 2]);
    return moved.reshape([batch, channels, height * block, width * block]);
  }
  const split = x!.reshape([batch, height, width, block, block, channels]);
  return transpose(split, [0, 1, 3, 2, 4, 5]).reshape([batch, height * block, width * block, channels]);
};

const spaceToDepth: Kernel = ([x], ctx) => {
  const block = ctx.attrs.int('block_size');
  const {batch, height, width, depth, channelsFirst} = imageShape(x!, ctx);
  const rows = exact(height / block, x!, block, ctx);
  const columns = exact(width / block, x!, block, ctx);
  const channels = depth * block ** 2;
  if (channelsFirst) {
    const split = x!.reshape([batch, depth, rows, block, columns, block]);
    return transpose(split, [0, 3, 5, 1, 2, 4]).reshape([batch, channels, rows, columns]);
  }
  const split = x!.reshape([batch, rows, block, columns, block, depth]);
  return transpose(split, [0, 1, 3, 2, 4, 5]).reshape([batch, rows, columns, channels]);
};

function imageShape(x: Value, ctx: KernelContext) {
  const format = ctx.attrs.string('data_format');
  if (format !== 'NHWC' && format !== 'NCHW') throw unsupported(ctx, `data format ${format}`);
  if (x.rank !== 4) throw invalid(ctx, `a 4-dimensional image is expected, not ${formatShape(x.shape)}`);
  const channelsFirst = format === 'NCHW';
  const [batch, height, width, depth] = (channelsFirst ? [0, 2, 3, 1] : [0, 1, 2, 3]).map((k) => x.shape[k]!);
  return {batch: batch!, height: height!, width: width!, depth: depth!, channelsFirst};
}

/** Windows of a volume, laid out along the last dimension. */
const volumePatches: Kernel = ([x], ctx) => {
  if (x!.rank !== 5) throw invalid(ctx, `a 5-dimensional volume is expected, not ${formatShape(x!.shape)}`);
  const spatial = x!.shape.slice(1, -1);
  const [sizes, steps] = ['ksizes', 'strides'].map((name) => ctx.attrs.ints(name).slice(1, -1));
  const same = ctx.attrs.string('padding') === 'SAME';
  const counts = spatial.map((dim, k) =>
    Math.max(0, Math.ceil((same ? dim : dim - sizes![k]! + 1) / steps![k]!)),
  );
  const lead = spatial.map((dim, k) =>
    same ? Math.floor(Math.max(0, (counts[k]! - 1) * steps![k]! + sizes![k]! - dim) / 2) : 0,
  );
  const [batch, channels] = [x!.shape[0]!, x!.shape.at(-1)!];
  const windows = stridesOf([...counts, ...sizes!]);
  const origin = stridesOf(spatial);
  const perVolume = sizeOf(counts) * sizeOf(sizes!);
  const index = int32Array(batch * perVolume, (i) => {
    let row = Math.floor(i / perVolume) * sizeOf(spatial);
    for (let k = 0; k < 3; k++) {
      const window = Math.floor((i % perVolume) / windows[k]!) % counts[k]!;
      const within = Math.floor((i % perVolume) / windows[3 + k]!) % sizes![k]!;
      const at = window * steps![k]! + within - lead[k]!;
      if (at < 0 || at >= spatial[k]!) return NO_ROW;
      row += at * origin[k]!;
    }
    return row;
  });
  return takeRows(x!, channels, index, [batch, ...counts, sizeOf(sizes!) * channels]);
};

/** Ops that pad, repeat, and exchange space, depth and batch. */
export const blockOps: OpFamily = {
  Pad: {kernel: padKernel},
  PadV2: {kernel: padKernel},
  MirrorPad: {kernel: mirrorPad},
  MirrorPadGrad: {kernel: mirrorPadGrad},
  Tile: {kernel: tileKernel},
  BroadcastTo: {kernel: broadcastKernel},
  SpaceToBatchND: {kernel: spaceToBatchND},
  BatchToSpaceND: {kernel: batchToSpaceND},
  SpaceToBatch: {kernel: spaceToBatch2D},
  BatchToSpace: {kernel: batchToSpace2D},
  DepthToSpace: {kernel: depthToSpace, limits: 'data_format NCHW_VECT_C is not supported.'},
  SpaceToDepth: {kernel: spaceToDepth, limits: 'data_format NCHW_VECT_C is not supported.'},
  ExtractVolumePatches: {kernel: volumePatches},
};
