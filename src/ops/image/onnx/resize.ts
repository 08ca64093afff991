/**
 * Resizing of images as ops of ONNX: by its own op where that reads the very pixels that TensorFlow reads, else by gathering them.
 *
 * @module
 */

import {
  type AddWeight,
  area,
  bicubic,
  type Grid,
  nearestPixel,
  type Resizing,
  SAMPLING_KERNELS,
  scaleAndTranslate,
} from '../../../algorithms/resampling.js';
import type {OpNode} from '../../../graph/graph.js';
import {entriesOf} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import type {OnnxAttrs} from '../../../onnx/graph.js';
import {hasKernel} from '../../../onnx/kernel_dtypes.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {ownEntry} from '../../../own_entry.js';
import {withChannelsFirst} from '../../convolution/onnx/layout.js';
import {withRank} from '../../infer_rules.js';
import {asInt64, guarded} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {nearestPixels, neighbours, neighboursKnown, type ResizedAxis} from './positions.js';

function gridOf({attrs}: OpNode): Grid {
  const alignCorners = attrs.bool('align_corners');
  const halfPixelCenters = attrs.has('half_pixel_centers') && attrs.bool('half_pixel_centers');
  if (alignCorners && halfPixelCenters) notLowered('align_corners excludes half_pixel_centers');
  return {alignCorners, halfPixelCenters};
}

/** Images and the sizes that they are to have. */
interface Resized {
  readonly images: OnnxTensor;
  readonly axes: readonly [ResizedAxis, ResizedAxis];
}

function resizedBy(images: OnnxTensor, size: OnnxTensor, node: OpNode, to: OnnxBuilder): Resized {
  const shape = withRank(images, 4, 'images', node);
  const sizes = entriesOf(size);
  if (sizes?.length !== 2) return notLowered('the size is not known to be two numbers');
  const all = asInt64(size, to);
  const isPositive = () => to.op('Greater', [all, to.scalar('int64', 0)], {}, {dtype: 'bool'});
  const checked = sizes.includes(null) ? guarded(all, isPositive(), to) : all;
  const axes = sizes.map((output, i): ResizedAxis => {
    const outputSize =
      output === null ? to.op('Slice', [checked, to.ints([i]), to.ints([i + 1])]) : to.ints([output]);
    return {input: shape[i + 1]!, output, inputSize: to.sizeAlong(images, i + 1), outputSize};
  });
  return {images: {...images, shape}, axes: axes as [ResizedAxis, ResizedAxis]};
}

/** ONNX's names for grids. */
const transformOf = ({alignCorners, halfPixelCenters}: Grid): string =>
  alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric';

const f = Math.fround;

/** Where ONNX Runtime reads for output pixel `i`. */
function onnxPosition(i: number, input: number, output: number, grid: Grid): number {
  if (grid.alignCorners) return output === 1 ? 0 : f(f(i * (input - 1)) / (output - 1));
  const scale = f(output / input);
  return grid.halfPixelCenters ? f(f(f(i + 0.5) / scale) - 0.5) : f(i / scale);
}

/** True where the sizes are known and `isSame` holds for each output pixel, and for where ONNX Runtime reads. */
function everyPixel(
  axes: readonly ResizedAxis[],
  grid: Grid,
  isSame: (input: number, output: number) => (i: number, at: number) => boolean,
): boolean {
  return axes.every(({input, output}) => {
    if (input === null || output === null) return false;
    const isSamePixel = isSame(input, output);
    return Array.from({length: output}, (_, i) => onnxPosition(i, input, output, grid)).every((at, i) =>
      isSamePixel(i, clamp(at, 0, input - 1)),
    );
  });
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** All sizes are given: ONNX Runtime, which moves transpositions, loses track where axes are named. */
function resizeOp({images, axes}: Resized, attrs: OnnxAttrs, to: OnnxBuilder): OnnxTensor {
  const [batch, , , channels] = images.shape!;
  const outputs = axes.map(({output}) => output);
  const own = [to.sizeAlong(images, 0), to.sizeAlong(images, 3), ...axes.map(({outputSize}) => outputSize)];
  const sizes = [batch!, channels!, ...outputs].includes(null)
    ? to.op('Concat', own, {axis: 0})
    : to.ints([batch!, channels!, ...(outputs as number[])]);
  return withChannelsFirst(images, 4, false, to, (x) =>
    to.op('Resize', [x, undefined, undefined, sizes], attrs),
  );
}

export const resizeNearest: Lower = ([given, wanted], node, to) => {
  const grid = gridOf(node);
  const resized = resizedBy(given!, wanted!, node, to);
  const {images, axes} = resized;
  const isFloored = !grid.alignCorners && !grid.halfPixelCenters;
  const isSame = everyPixel(axes, grid, (input, output) => (i, at) => {
    const pixel = isFloored ? Math.floor(at) : Math.round(at);
    return pixel === nearestPixel(i, input, output, grid);
  });
  if (isSame && hasKernel('Resize', images.dtype)) {
    const rounding = isFloored ? 'floor' : 'round_prefer_ceil';
    const attrs = {
      mode: 'nearest',
      nearest_mode: rounding,
      coordinate_transformation_mode: transformOf(grid),
    };
    return resizeOp(resized, attrs, to);
  }
  const rows = to.op('Gather', [images, nearestPixels(axes[0], grid, to)], {axis: 1});
  return to.op('Gather', [rows, nearestPixels(axes[1], grid, to)], {axis: 2});
};

/** Pixels, in which positions may differ: that changes no result by more than what single operations are rounded by. */
const SAME_POSITION = 1e-6;

export const resizeBilinear: Lower = ([given, wanted], node, to) => {
  const grid = gridOf(node);
  const resized = resizedBy(to.cast(given!, 'float32'), wanted!, node, to);
  const {images, axes} = resized;
  const isSame = everyPixel(axes, grid, (input, output) => {
    const pairs = neighboursKnown(input, output, grid);
    return (i, at) => {
      const {lower, upper, fraction} = pairs[i]!;
      return Math.abs(lower + (upper - lower) * fraction - at) < SAME_POSITION;
    };
  });
  if (isSame)
    return resizeOp(resized, {mode: 'linear', coordinate_transformation_mode: transformOf(grid)}, to);
  const rows = between(images, 1, neighbours(axes[0], grid, to), to);
  return between(rows, 2, neighbours(axes[1], grid, to), to);
};

/** Pixels between their neighbours along an axis of images. */
function between(
  x: OnnxTensor,
  axis: number,
  {lower, upper, fraction}: ReturnType<typeof neighbours>,
  to: OnnxBuilder,
): OnnxTensor {
  const [first, second] = [lower, upper].map((at) => to.op('Gather', [x, at], {axis}));
  const inner = Array.from({length: 3 - axis}, (_, i) => i + 1);
  const share = to.op('Mul', [to.op('Sub', [second, first]), to.unsqueeze(fraction, inner)]);
  return to.op('Add', [first, share]);
}

/** More pixels that make one are summed by a product of matrices. */
const MOST_TAPS = 8;

/** Weights of input pixels by output pixel. */
type Taps = readonly ReadonlyMap<number, number>[];

function tapsOf(output: number, fill: (add: AddWeight) => void): Taps {
  const taps = Array.from({length: output}, () => new Map<number, number>());
  fill((out, at, weight) => taps[out]!.set(at, (taps[out]!.get(at) ?? 0) + weight));
  return taps;
}

/** An axis of images as sums of its pixels: `[..., input, columns]` where the axis is the last but one. */
function resampled(x: OnnxTensor, axis: number, input: number, taps: Taps, to: OnnxBuilder): OnnxTensor {
  const most = Math.max(1, ...taps.map(({size}) => size));
  if (most > MOST_TAPS) return byMatrix(x, axis, input, taps, to);
  const columns = Array.from({length: most}, (_, k) => {
    // Pixels of fewer taps read their first once more, with no weight.
    const reads = taps.map((each) => [...each][k] ?? [each.keys().next().value ?? 0, 0]);
    const pixels = to.op('Gather', [x, to.ints(reads.map(([at]) => at!))], {axis});
    const weights = to.vector(
      'float32',
      reads.map(([, weight]) => weight!),
    );
    const inner = Array.from({length: 3 - axis}, (_, i) => i + 1);
    return to.op('Mul', [pixels, to.unsqueeze(weights, inner)]);
  });
  return columns.reduce((sum, each) => to.op('Add', [sum, each]));
}

function byMatrix(x: OnnxTensor, axis: number, input: number, taps: Taps, to: OnnxBuilder): OnnxTensor {
  const data = new Float32Array(taps.length * input);
  taps.forEach((each, out) => {
    for (const [at, weight] of each) data[out * input + at] = weight;
  });
  const weights = to.constant({dtype: 'float32', shape: [taps.length, input], data});
  // The axis is made the last but one.
  const perm = axis === 1 ? [0, 2, 1, 3] : [0, 1, 2, 3];
  return to.transpose(to.op('MatMul', [weights, to.transpose(x, perm)]), perm);
}

/** Resizing whose weights are found out before. */
function byTaps(
  {images, axes}: Resized,
  fill: (axis: number, input: number, output: number, add: AddWeight) => void,
  to: OnnxBuilder,
): OnnxTensor {
  return axes.reduce((x, {input, output}, i) => {
    if (input === null || output === null) return notLowered("the images' sizes are not known");
    return resampled(
      x,
      i + 1,
      input,
      tapsOf(output, (add) => fill(i, input, output, add)),
      to,
    );
  }, images);
}

const resize =
  (resizing: Resizing): Lower =>
  ([given, wanted], node, to) => {
    const grid = gridOf(node);
    const resized = resizedBy(to.cast(given!, 'float32'), wanted!, node, to);
    return byTaps(resized, (_, input, output, add) => resizing(input, output, grid, add), to);
  };

export const resizeBicubic: Lower = resize(bicubic);
export const resizeArea: Lower = resize(area);

export const scaleImages: Lower = ([given, wanted, scale, translation], node, to) => {
  const name = node.attrs.string('kernel_type');
  const kernel = ownEntry(SAMPLING_KERNELS, name) ?? notLowered(`kernel_type is ${name}`);
  const antialias = node.attrs.bool('antialias');
  const numbers = ({value}: OnnxTensor): number[] =>
    Array.from((value?.data ?? notLowered('scale and translation are not known')) as Float32Array);
  const [scales, translations] = [numbers(scale!), numbers(translation!)];
  if (scales.length !== 2 || translations.length !== 2 || !scales.every((each) => each > 0))
    notLowered('scale and translation are not two numbers each');
  const resized = resizedBy(to.cast(given!, 'float32'), wanted!, node, to);
  const fill = (axis: number, input: number, output: number, add: AddWeight) => {
    const scaling = {scale: scales[axis]!, translation: translations[axis]!, antialias};
    scaleAndTranslate(input, output, kernel, scaling, add);
  };
  return byTaps(resized, fill, to);
};
