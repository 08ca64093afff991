/**
 * Exchanging blocks of space for batch or depth, as ops of ONNX.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {allElementsOf, integersOf} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {rankOf} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {type Amounts, amountsOf, blockSizes} from '../plan.js';
import {type Dimension, dimensionsOf, dividedBy, FARTHEST, productOf, reshapedTo, times} from './sizes.js';
import {sliced} from './slices.js';

function blocksOf(x: OnnxTensor, blocks: OnnxTensor, node: OpNode): readonly number[] {
  rankOf(x);
  const sizes = allElementsOf(blocks) ?? notLowered('the sizes of the blocks are not known');
  return blockSizes(x.shape!, sizes, node);
}

function amounts(x: OnnxTensor, count: number, node: OpNode): Amounts {
  const numbers = integersOf(x) ?? notLowered('the paddings are not known');
  return sane(amountsOf(numbers, x.value!.shape, count, node));
}

/** Paddings beyond any memory: ONNX Runtime does not survive some of them. */
const LARGEST_PADDING = 2 ** 24;

/** Refuses what no memory has room for. */
export function sane(amounts: Amounts): Amounts {
  if ([...amounts.before, ...amounts.after].some((amount) => amount > LARGEST_PADDING))
    notLowered('the paddings are large');
  return amounts;
}

/** The older forms have one block size for both dimensions of an image. */
const square = ({attrs}: OpNode): readonly number[] => [attrs.int('block_size'), attrs.int('block_size')];

function spaceToBatch(
  x: OnnxTensor,
  blocks: readonly number[],
  {before, after}: Amounts,
  to: OnnxBuilder,
): OnnxTensor {
  const rank = rankOf(x);
  const others = new Array<number>(rank - 1 - blocks.length).fill(0);
  const isPadded = [...before, ...after].some((amount) => amount !== 0);
  const pads = to.ints([0, ...before, ...others, 0, ...after, ...others]);
  const padded = isPadded ? to.op('Pad', [x, pads, to.scalar(x.dtype, 0)]) : x;
  const known = x.shape!.map((size, axis) => {
    const k = axis - 1;
    const isSpace = k >= 0 && k < blocks.length;
    return isSpace && size !== null ? before[k]! + size + after[k]! : size;
  });
  const sizes = dimensionsOf({...padded, shape: known}, to);
  const space = sizes.slice(1, blocks.length + 1);
  const rest = sizes.slice(blocks.length + 1);
  const counts = space.map((size, k) => dividedBy(size, blocks[k]!, to));
  // Sizes that blocks do not divide leave elements over, which no shape has room for.
  const split = reshapedTo(
    padded,
    [sizes[0]!, ...blocks.flatMap((block, k) => [counts[k]!, block]), ...rest],
    to,
  );
  const places = blocks.map((_, k) => 2 * k + 1);
  const inner = rest.map((_, k) => 2 * blocks.length + 1 + k);
  const moved = to.transpose(split, [...places.map((axis) => axis + 1), 0, ...places, ...inner]);
  return reshapedTo(moved, [times(sizes[0]!, productOf(blocks, to), to), ...counts, ...rest], to);
}

function batchToSpace(
  x: OnnxTensor,
  blocks: readonly number[],
  {before, after}: Amounts,
  to: OnnxBuilder,
): OnnxTensor {
  const sizes = dimensionsOf(x, to);
  const count = blocks.length;
  const space = sizes.slice(1, count + 1);
  const rest = sizes.slice(count + 1);
  const batch = dividedBy(sizes[0]!, productOf(blocks, to) as number, to);
  const split = reshapedTo(x, [...blocks, batch, ...sizes.slice(1)], to);
  const interleaved = blocks.flatMap((_, k) => [count + 1 + k, k]);
  const moved = to.transpose(split, [count, ...interleaved, ...rest.map((_, k) => 2 * count + 1 + k)]);
  const full = space.map((size, k) => times(size, blocks[k]!, to));
  const whole = reshapedTo(moved, [batch, ...full, ...rest], to);
  const crops = blocks.flatMap((_, k) => {
    const [head, tail] = [before[k]!, after[k]!];
    if (head === 0 && tail === 0) return [];
    // Where more might be cropped than there is, TensorFlow refuses it.
    if (typeof full[k] !== 'number' && head + tail > blocks[k]!)
      notLowered('what is cropped has a size that is not known');
    return {axis: k + 1, from: head, to: tail === 0 ? FARTHEST : -tail, step: 1};
  });
  return sliced(whole, crops, to);
}

const spaceToBatchND: Lower = ([x, blocks, paddings], node, to) => {
  const sizes = blocksOf(x!, blocks!, node);
  return spaceToBatch(x!, sizes, amounts(paddings!, sizes.length, node), to);
};

const batchToSpaceND: Lower = ([x, blocks, crops], node, to) => {
  const sizes = blocksOf(x!, blocks!, node);
  return batchToSpace(x!, sizes, amounts(crops!, sizes.length, node), to);
};

/** Images between channels last and channels first. */
const inward = [0, 3, 1, 2];
const outward = [0, 2, 3, 1];

/** Blocks of an image; dtypes for which ONNX Runtime has no kernel are moved by hand. */
const exchanged =
  (op: string, byHand: (x: OnnxTensor, block: number, to: OnnxBuilder) => OnnxTensor): Lower =>
  ([x], {attrs}, to) => {
    const format = attrs.string('data_format');
    if (format !== 'NHWC' && format !== 'NCHW') notLowered(`the data format is ${format}`);
    const block = attrs.int('block_size');
    const isFirst = format === 'NCHW';
    const image = isFirst ? x! : to.transpose(x!, inward);
    const hasKernel = ['float32', 'float64', 'float16', 'int8', 'uint8'].includes(x!.dtype);
    const made = hasKernel
      ? to.op(op, [image], {blocksize: block, ...(op === 'DepthToSpace' && {mode: 'DCR'})})
      : byHand({...image, shape: image.shape ?? [null, null, null, null]}, block, to);
    return isFirst ? made : to.transpose(made, outward);
  };

function depthToSpace(x: OnnxTensor, block: number, to: OnnxBuilder): OnnxTensor {
  const [batch, channels, height, width] = dimensionsOf(x, to) as [
    Dimension,
    Dimension,
    Dimension,
    Dimension,
  ];
  const depth = dividedBy(channels, block * block, to);
  const split = reshapedTo(x, [batch, block, block, depth, height, width], to);
  const moved = to.transpose(split, [0, 3, 4, 1, 5, 2]);
  return reshapedTo(moved, [batch, depth, times(height, block, to), times(width, block, to)], to);
}

function spaceToDepth(x: OnnxTensor, block: number, to: OnnxBuilder): OnnxTensor {
  const [batch, channels, height, width] = dimensionsOf(x, to) as [
    Dimension,
    Dimension,
    Dimension,
    Dimension,
  ];
  const [rows, columns] = [height, width].map((size) => dividedBy(size, block, to)) as [Dimension, Dimension];
  const split = reshapedTo(x, [batch, channels, rows, block, columns, block], to);
  const moved = to.transpose(split, [0, 3, 5, 1, 2, 4]);
  return reshapedTo(moved, [batch, times(channels, block * block, to), rows, columns], to);
}

/** Ops that exchange space, depth and batch. */
export const blockRules: LowerTable = {
  SpaceToBatchND: spaceToBatchND,
  BatchToSpaceND: batchToSpaceND,
  SpaceToBatch: ([x, paddings], node, to) => spaceToBatch(x!, square(node), amounts(paddings!, 2, node), to),
  BatchToSpace: ([x, crops], node, to) => batchToSpace(x!, square(node), amounts(crops!, 2, node), to),
  DepthToSpace: exchanged('DepthToSpace', depthToSpace),
  SpaceToDepth: exchanged('SpaceToDepth', spaceToDepth),
};
