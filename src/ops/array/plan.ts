/**
 * What ops that move elements do with axes and sizes: pure arithmetic of shapes, the same for a kernel and for inference.
 * Where a size may be `D`, it may be unknown, and so is then what follows from it.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {type DType, isBigInt} from '../../host/dtypes.js';
import {roundToDType} from '../../host/rounding.js';
import {
  broadcastShapes,
  derived,
  formatShape,
  isKnown,
  mergeShapes,
  type PartialShape,
  partialSizeOf,
  sameShape,
} from '../../host/shape.js';
import {sizeOf} from '../../host/tensor.js';
import {invalid, resolveAxis, unsupported} from '../node.js';

const sum = (...sizes: number[]): number => sizes.reduce((total, size) => total + size, 0);
const product = (...sizes: number[]): number => sizeOf(sizes);

/**
 * A shape with as many elements as `shape`, from one in which one dimension may be -1. Where both have a dimension of 0,
 * the -1 follows from the other dimensions.
 */
export function completeShape(shape: readonly number[], dims: readonly number[], node: OpNode): number[] {
  const open = dims.indexOf(-1);
  const bad = () => invalid(node, `${formatShape(shape)} cannot be reshaped to ${formatShape(dims)}`);
  if (dims.some((dim, i) => dim < 0 && i !== open)) throw bad();
  const available = sizeOf(dims.includes(0) ? shape.filter((dim) => dim > 0) : shape);
  const known = sizeOf(dims.filter((dim) => dim > 0));
  const complete = open < 0 ? [...dims] : dims.with(open, Math.floor(available / known));
  if (sizeOf(complete) !== sizeOf(shape)) throw bad();
  return complete;
}

/** {@link completeShape} as far as both are known. Where one dimension is open, it follows from the number of elements. */
export function reshapedShape(
  shape: PartialShape,
  dims: readonly (number | null)[],
  node: OpNode,
): readonly (number | null)[] {
  if (isKnown(shape) && isKnown(dims)) return completeShape(shape, dims, node);
  const open = dims.map((dim) => (dim === -1 ? null : dim));
  const at = open.indexOf(null);
  const rest = partialSizeOf(open.toSpliced(at, 1));
  const size = partialSizeOf(shape);
  return at < 0 || size === null || !rest ? open : open.with(at, exactPart(size, rest, shape, node));
}

/** The shape without the axes of one element that the node names; without all of them, where it names none. */
export function squeezedShape<D extends number | null>(shape: readonly D[], node: OpNode): D[] {
  const axes = node.attrs.ints('squeeze_dims').map((axis) => resolveAxis(axis, shape.length, node));
  for (const axis of axes) {
    const size = shape[axis]!;
    if (size !== 1 && size !== null) {
      throw invalid(node, `axis ${axis} of ${formatShape(shape)} has not just one element`);
    }
  }
  return shape.filter((dim, axis) => (axes.length > 0 ? !axes.includes(axis) : dim !== 1));
}

/** The shape with a new axis of one element. */
export function expandedShape<D extends number | null>(
  shape: readonly D[],
  axis: number,
  node: OpNode,
): (D | 1)[] {
  return (shape as readonly (D | 1)[]).toSpliced(resolveAxis(axis, shape.length + 1, node), 0, 1);
}

/** Where each of the shapes starts in their concatenation along an axis. */
export function concatOffsets<D extends number | null>(
  axis: number,
  shapes: readonly (readonly D[])[],
  node: OpNode,
): readonly (readonly (D | 0)[])[] {
  const first = shapes[0]!;
  const at = resolveAxis(axis, first.length, node);
  let offset = 0 as D;
  return shapes.map((shape) => {
    if (shape.length !== first.length || !mergeShapes(without(shape, at), without(first, at))) {
      throw invalid(node, `shapes ${formatShape(first)} and ${formatShape(shape)} cannot be concatenated`);
    }
    const start = new Array<D | 0>(shape.length).fill(0).with(at, offset);
    offset = derived(sum, offset, shape[at]!);
    return start;
  });
}

/** The shape but for one axis, of which it is said nothing. */
function without(shape: PartialShape & {}, axis: number): PartialShape {
  return shape.with(axis, null);
}

/** The permutation that undoes one. */
export function invertedPermutation(perm: readonly number[], node: OpNode): number[] {
  const inverse = new Array<number>(perm.length).fill(-1);
  perm.forEach((to, from) => {
    if (to < 0 || to >= perm.length || inverse[to] !== -1) {
      throw invalid(node, `${to} is out of range or occurs twice: this is no permutation`);
    }
    inverse[to] = from;
  });
  return inverse;
}

/** Shapes joined along an axis: which one it is, and what they become. */
export function concatenation<D extends number | null>(
  shapes: readonly (readonly D[])[],
  axis: number,
  node: OpNode,
): {readonly axis: number; readonly shape: readonly D[]} {
  const first = shapes[0]!;
  if (first.length === 0) throw invalid(node, 'scalars cannot be concatenated');
  const at = resolveAxis(axis, first.length, node);
  const outside = shapes.reduce<PartialShape>((known, shape) => {
    const merged = shape.length === first.length ? mergeShapes(known, without(shape, at)) : undefined;
    if (merged !== undefined) return merged;
    throw invalid(
      node,
      `shapes ${formatShape(first)} and ${formatShape(shape)} do not agree outside axis ${at}`,
    );
  }, null) as readonly D[];
  return {axis: at, shape: outside.with(at, derived(sum, ...shapes.map((shape) => shape[at]!)))};
}

/** Equal shapes stacked along a new axis: which one it is, what each becomes, and what they become together. */
export function stacking<D extends number | null>(
  shapes: readonly (readonly D[])[],
  node: OpNode,
): {readonly axis: number; readonly each: readonly (D | 1)[]; readonly shape: readonly (D | number)[]} {
  const first = shapes[0]!;
  const common = shapes.reduce<PartialShape>((known, shape) => {
    const merged = mergeShapes(known, shape);
    if (merged !== undefined) return merged;
    throw invalid(node, `shapes of all inputs must match: ${formatShape(first)} and ${formatShape(shape)}`);
  }, null) as readonly D[];
  const axis = resolveAxis(node.attrs.int('axis'), common.length + 1, node);
  const each = (common as readonly (D | 1)[]).toSpliced(axis, 0, 1);
  return {axis, each, shape: (each as readonly (D | number)[]).with(axis, shapes.length)};
}

/** A shape taken apart along an axis into parts that have it no more: which axis, and what each becomes. */
export function unstacking<D extends number | null>(
  shape: readonly D[],
  node: OpNode,
): {readonly axis: number; readonly each: readonly D[]} {
  const axis = resolveAxis(node.attrs.int('axis'), shape.length, node);
  const count = node.attrs.int('num');
  const size = shape[axis]!;
  if (size !== null && size !== count) {
    throw invalid(node, `axis ${axis} of ${formatShape(shape)} cannot be unpacked into ${count} values`);
  }
  return {axis, each: shape.toSpliced(axis, 1)};
}

/** The size of each of `num_split` equal parts of an axis. */
export function evenPart<D extends number | null>(shape: readonly D[], axis: number, node: OpNode): D {
  const count = node.attrs.int('num_split');
  return derived((size) => {
    if (size % count === 0) return size / count;
    throw invalid(node, `axis ${axis} of ${formatShape(shape)} cannot be split into ${count} equal parts`);
  }, shape[axis]!);
}

/** The sizes of the parts of an axis, from sizes one of which may be -1: what the others leave. */
export function unevenParts<D extends number | null>(
  shape: readonly D[],
  axis: number,
  sizes: readonly D[],
  node: OpNode,
): readonly D[] {
  const count = node.attrs.int('num_split');
  if (sizes.length !== count) {
    throw invalid(node, `${count} sizes are expected, not [${sizes.join(', ')}]`);
  }
  const open = sizes.indexOf(-1 as D);
  const dim = shape[axis]!;
  const known = derived(sum, ...sizes.filter((_, i) => i !== open));
  const complete =
    open < 0
      ? sizes
      : sizes.with(
          open,
          derived((all, others) => all - others, dim, known),
        );
  const total = derived(sum, ...complete);
  if (
    complete.some((size) => size !== null && size < 0) ||
    (total !== null && dim !== null && total !== dim)
  ) {
    throw invalid(
      node,
      `axis ${axis} of ${formatShape(shape)} cannot be split into sizes [${sizes.join(', ')}]`,
    );
  }
  return complete;
}

/** How many elements of each dimension Slice takes; a size of -1 is all that are left. */
export function sliceSizes<D extends number | null>(
  shape: readonly D[],
  begin: readonly D[],
  size: readonly D[],
  node: OpNode,
): D[] {
  if (begin.length !== shape.length || size.length !== shape.length) {
    throw invalid(node, `begin and size must have ${shape.length} elements, one for each dimension`);
  }
  const left = (dim: number, from: number) => dim - from;
  const count = size.map((each, k) => (each === -1 ? derived(left, shape[k]!, begin[k]!) : each));
  count.forEach((each, k) => {
    const [dim, from] = [shape[k]!, begin[k]!];
    const isOutside =
      (from !== null && from < 0) ||
      (each !== null && each < 0) ||
      (dim !== null && (from ?? 0) + (each ?? 0) > dim);
    if (isOutside) {
      const end = derived<number | null>(sum, from, each);
      throw invalid(node, `[${from}, ${end}) is out of bounds for axis ${k} of ${formatShape(shape)}`);
    }
  });
  return count;
}

/** The axes in their new order, counted from the front. */
export function permutation(shape: PartialShape & {}, perm: readonly number[], node: OpNode): number[] {
  const axes = perm.map((axis) => resolveAxis(axis, shape.length, node));
  if (axes.length !== shape.length || new Set(axes).size !== axes.length) {
    throw invalid(node, `[${axes.join(', ')}] is no permutation of the axes of ${formatShape(shape)}`);
  }
  return axes;
}

/** The flags of dimensions that ReverseV2 names. */
export function reversedAxes(rank: number, axis: readonly number[], node: OpNode): boolean[] {
  const axes = axis.map((each) => resolveAxis(each, rank, node));
  if (new Set(axes).size !== axes.length) throw invalid(node, `an axis occurs twice in [${axes.join(', ')}]`);
  return Array.from({length: rank}, (_, k) => axes.includes(k));
}

/** Amounts before and after each of some dimensions. */
export interface Amounts {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The amounts for each of `count` dimensions, from a `[count, 2]` tensor of such numbers. */
export function amountsOf(
  numbers: readonly number[],
  shape: readonly number[],
  count: number,
  node: OpNode,
): Amounts {
  if (!sameShape(shape, [count, 2])) {
    throw invalid(node, `amounts must have shape ${formatShape([count, 2])}, not ${formatShape(shape)}`);
  }
  if (numbers.some((amount) => amount < 0))
    throw invalid(node, `amounts must not be negative: [${numbers.join(', ')}]`);
  return {
    before: numbers.filter((_, i) => i % 2 === 0),
    after: numbers.filter((_, i) => i % 2 === 1),
  };
}

/** The shape with as many elements more. */
export function paddedShape<D extends number | null>(shape: readonly D[], {before, after}: Amounts): D[] {
  return shape.map((dim, k) => derived((size) => before[k]! + size + after[k]!, dim));
}

/** How far the mirrored part keeps from the edge: REFLECT does not repeat the edge itself. */
export function mirrorOffset(node: OpNode): 0 | 1 {
  return node.attrs.string('mode') === 'REFLECT' ? 1 : 0;
}

/** The shape with its edges mirrored outwards. */
export function mirroredShape<D extends number | null>(
  shape: readonly D[],
  amounts: Amounts,
  node: OpNode,
): D[] {
  const offset = mirrorOffset(node);
  shape.forEach((size, axis) => {
    const [head, tail] = [amounts.before[axis]!, amounts.after[axis]!];
    const isTooLarge = (amount: number) =>
      size !== null && amount + offset > size + (amount === 0 ? offset : 0);
    if (isTooLarge(head) || isTooLarge(tail)) {
      throw invalid(node, `paddings ${head} and ${tail} are too large for ${size} elements of axis ${axis}`);
    }
  });
  return paddedShape(shape, amounts);
}

/** The shape before its edges were mirrored outwards. */
export function unmirroredShape<D extends number | null>(
  shape: readonly D[],
  {before, after}: Amounts,
  node: OpNode,
): D[] {
  const offset = mirrorOffset(node);
  return shape.map((padded, axis) =>
    derived((all) => {
      const [head, tail] = [before[axis]!, after[axis]!];
      const size = all - head - tail;
      if (head + tail > 0 && size < Math.max(head, tail) + offset) {
        throw invalid(node, `paddings ${head} and ${tail} are too large for ${all} elements of axis ${axis}`);
      }
      return size;
    }, padded),
  );
}

/** The shape repeated along each dimension. */
export function tiledShape<D extends number | null>(
  shape: readonly D[],
  repeats: readonly D[],
  node: OpNode,
): D[] {
  if (repeats.length !== shape.length || repeats.some((count) => count !== null && count < 0)) {
    throw invalid(
      node,
      `multiples must be ${shape.length} non-negative numbers, one per dimension: [${repeats.join(', ')}]`,
    );
  }
  return shape.map((dim, k) => derived(product, dim, repeats[k]!));
}

/** Checks that a shape broadcasts to another. */
export function checkBroadcast(shape: readonly number[], target: readonly number[], node: OpNode): void {
  const fits = broadcastShapes(shape, target);
  if (fits === undefined || !sameShape(fits, target)) {
    throw invalid(node, `${formatShape(shape)} does not broadcast to ${formatShape(target)}`);
  }
}

/** The sizes of blocks along the dimensions after the first. */
export function blockSizes(
  shape: PartialShape & {},
  sizes: readonly number[],
  node: OpNode,
): readonly number[] {
  if (sizes.length > shape.length - 1 || sizes.some((size) => size < 1)) {
    throw invalid(node, `block sizes [${sizes.join(', ')}] do not fit ${formatShape(shape)}`);
  }
  return sizes;
}

/** Blocks of space that become the batch: how many there are along each dimension, and what the shape is then. */
export function spaceToBatch<D extends number | null>(
  shape: readonly D[],
  blocks: readonly number[],
  padding: Amounts,
  node: OpNode,
): {readonly counts: readonly D[]; readonly shape: readonly D[]} {
  const padded = paddedShape(shape.slice(1, blocks.length + 1), padding);
  const counts = padded.map((dim, k) =>
    derived((size) => {
      if (size % blocks[k]! === 0) return size / blocks[k]!;
      throw invalid(
        node,
        `axis ${k + 1} of ${formatShape(shape)}, padded to ${size}, is not divisible by ${blocks[k]}`,
      );
    }, dim),
  );
  const batch = derived((size) => size * sizeOf(blocks), shape[0]!);
  return {counts, shape: [batch, ...counts, ...shape.slice(blocks.length + 1)]};
}

/** A batch that becomes blocks of space: the batch that is left, space in full, and the shape when it is cropped. */
export function batchToSpace<D extends number | null>(
  shape: readonly D[],
  blocks: readonly number[],
  crops: Amounts,
  node: OpNode,
): {readonly batch: D; readonly full: readonly D[]; readonly shape: readonly D[]} {
  const batch = derived((size) => exactPart(size, sizeOf(blocks), shape, node), shape[0]!);
  const full = blocks.map((block, k) => derived((size) => size * block, shape[k + 1]!));
  const cropped = full.map((dim, k) => derived((size) => size - crops.before[k]! - crops.after[k]!, dim));
  if (cropped.some((size) => size !== null && size < 0))
    throw invalid(node, `crops are larger than the result ${formatShape(full)}`);
  return {batch, full, shape: [batch, ...cropped, ...shape.slice(blocks.length + 1)]};
}

function exactPart(size: number, divisor: number, shape: PartialShape, node: OpNode): number {
  const quotient = size / divisor;
  if (Number.isInteger(quotient)) return quotient;
  throw invalid(node, `${formatShape(shape)} is not divisible into blocks of ${divisor}`);
}

/** A batch of images, whichever way its axes are ordered. */
interface Image<D> {
  readonly batch: D;
  readonly height: D;
  readonly width: D;
  readonly channels: D;
}

/** What becomes of images of which blocks are exchanged for channels. */
interface BlockExchange<D> {
  readonly block: number;
  readonly channelsFirst: boolean;
  readonly from: Image<D>;
  readonly to: Image<D>;
  /** The shape of {@link BlockExchange.to}. */
  readonly shape: readonly D[];
}

/** Channels that become blocks of space. */
export function depthToSpace<D extends number | null>(shape: readonly D[], node: OpNode): BlockExchange<D> {
  return blockExchange(shape, node, ({batch, height, width, channels}, block) => ({
    batch,
    height: derived((size) => size * block, height),
    width: derived((size) => size * block, width),
    channels: derived((size) => exactPart(size, block ** 2, shape, node), channels),
  }));
}

/** Blocks of space that become channels. */
export function spaceToDepth<D extends number | null>(shape: readonly D[], node: OpNode): BlockExchange<D> {
  return blockExchange(shape, node, ({batch, height, width, channels}, block) => ({
    batch,
    height: derived((size) => exactPart(size, block, shape, node), height),
    width: derived((size) => exactPart(size, block, shape, node), width),
    channels: derived((size) => size * block ** 2, channels),
  }));
}

function blockExchange<D extends number | null>(
  shape: readonly D[],
  node: OpNode,
  exchange: (image: Image<D>, block: number) => Image<D>,
): BlockExchange<D> {
  const block = node.attrs.int('block_size');
  const format = node.attrs.string('data_format');
  if (format !== 'NHWC' && format !== 'NCHW') throw unsupported(node, `data format ${format}`);
  if (shape.length !== 4) {
    throw invalid(node, `a 4-dimensional image is expected, not ${formatShape(shape)}`);
  }
  const channelsFirst = format === 'NCHW';
  const [batch, height, width, channels] = (channelsFirst ? [0, 2, 3, 1] : [0, 1, 2, 3]).map(
    (k) => shape[k]!,
  );
  const from = {batch: batch!, height: height!, width: width!, channels: channels!};
  const to = exchange(from, block);
  const ordered = channelsFirst
    ? [to.batch, to.channels, to.height, to.width]
    : [to.batch, to.height, to.width, to.channels];
  return {block, channelsFirst, from, to, shape: ordered};
}

/** Windows of a volume: how large they are, how far apart, how many, and how many elements of the first lie outside. */
export interface VolumeWindows<D> {
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
  readonly counts: readonly D[];
  readonly lead: readonly D[];
  readonly shape: readonly D[];
}

/** The windows of ExtractVolumePatches, laid out along the last dimension. */
export function volumeWindows<D extends number | null>(shape: readonly D[], node: OpNode): VolumeWindows<D> {
  if (shape.length !== 5) {
    throw invalid(node, `a 5-dimensional volume is expected, not ${formatShape(shape)}`);
  }
  const spatial = shape.slice(1, -1);
  const [sizes, steps] = ['ksizes', 'strides'].map((name) => node.attrs.ints(name).slice(1, -1)) as [
    number[],
    number[],
  ];
  const same = node.attrs.string('padding') === 'SAME';
  const counts = spatial.map((dim, k) =>
    derived((size) => Math.max(0, Math.ceil((same ? size : size - sizes[k]! + 1) / steps[k]!)), dim),
  );
  const lead = spatial.map((dim, k) =>
    derived(
      (size, count) => (same ? Math.floor(Math.max(0, (count - 1) * steps[k]! + sizes[k]! - size) / 2) : 0),
      dim,
      counts[k]!,
    ),
  );
  const elements = derived((channels) => sizeOf(sizes) * channels, shape[4]!);
  return {sizes, steps, counts, lead, shape: [shape[0]!, ...counts, elements]};
}

/** How many numbers there are from one up to another. */
export function rangeLength(
  dtype: DType,
  [from, to, step]: readonly [number | bigint, number | bigint, number | bigint],
  node: OpNode,
): number {
  if (Number(step) === 0) throw invalid(node, 'delta must not be 0');
  // Written so that NaN leads nowhere.
  if (!(Number(step) > 0 ? from <= to : from >= to)) {
    throw invalid(node, `delta ${step} does not lead from ${from} to ${to}`);
  }
  const count = isBigInt(dtype)
    ? Number((BigInt(to) - BigInt(from) + BigInt(step) - (BigInt(step) > 0n ? 1n : -1n)) / BigInt(step))
    : Math.ceil(Math.abs(roundToDType(roundToDType(Number(to) - Number(from), dtype) / Number(step), dtype)));
  if (!Number.isFinite(count)) throw invalid(node, `from ${from} to ${to} there is no end of numbers`);
  return count;
}

/** Indices with a new axis of `depth` elements: which one it is, and the shape. */
export function oneHotShape<D extends number | null>(
  indices: readonly D[],
  depth: D,
  node: OpNode,
): {readonly axis: number; readonly shape: readonly D[]} {
  const axis = resolveAxis(node.attrs.int('axis'), indices.length + 1, node);
  if (depth !== null && depth < 0) throw invalid(node, `depth must not be negative: ${depth}`);
  return {axis, shape: indices.toSpliced(axis, 0, depth)};
}

/** The axis along which slices are told apart: the one that is named, or the only one. */
export function uniqueAxis(shape: PartialShape & {}, axes: readonly number[], node: OpNode): number {
  if (axes.length > 1) throw invalid(node, `there must be at most one axis, not [${axes.join(', ')}]`);
  if (axes.length === 0 && shape.length !== 1) {
    throw invalid(node, `without an axis a vector is expected, not ${formatShape(shape)}`);
  }
  return resolveAxis(axes[0] ?? 0, shape.length, node);
}
