/**
 * Ops that resize images, and their gradients.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {area, bicubic, bilinear, type Grid, nearest, type Resizing} from '../../../algorithms/resampling.js';
import {isFloating} from '../../../host/dtypes.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {Value} from '../../../tensors/value.js';
import {gather} from '../../indexing/kernels/gather.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';
import {resizedShape} from '../plan.js';
import {nearestPixels, resample, resampleAdjoint, resizedTaps, scaledTaps, type Taps} from './resample.js';
import {pixels} from './sample_pixels.js';

function gridOf({attrs}: KernelContext): Grid {
  return {
    alignCorners: attrs.bool('align_corners'),
    halfPixelCenters: attrs.has('half_pixel_centers') && attrs.bool('half_pixel_centers'),
  };
}

/** The size that images are to get. */
function wantedSize(images: Value, size: Value, ctx: KernelContext): [height: number, width: number] {
  const operand = {shape: size.shape, elements: size.numbers()};
  const [, height, width] = resizedShape(images.shape, operand, ctx);
  return [height!, width!];
}

/** An op whose result is float32, whatever the images' dtype. */
function resize(resizing: Resizing, kernelName?: string): Kernel {
  return ([images, size], ctx) => {
    const [height, width] = wantedSize(images!, size!, ctx);
    const [batch, inHeight, inWidth, channels] = images!.shape as [number, number, number, number];
    if (batch === 0) return Value.host('float32', [0, height, width, channels], new Float32Array(0));
    const grid = gridOf(ctx);
    const rows = resizedTaps(resizing, inHeight, height, grid);
    const columns = resizedTaps(resizing, inWidth, width, grid);
    const forward =
      kernelName === undefined
        ? undefined
        : (x: tf.Tensor) =>
            tf.engine().runKernel(kernelName, {images: x}, {...grid, size: [height, width]}) as tf.Tensor;
    return fromTensor(resample(pixels(images!), rows, columns, forward), 'float32');
  };
}

/** The gradient with respect to images of the second operand's shape and dtype. */
function resizeGrad(resizing: Resizing): Kernel {
  return ([grads, original], ctx) => {
    const [, height, width] = original!.shape as [number, number, number];
    const [, outHeight, outWidth] = grads!.shape as [number, number, number];
    const grid = gridOf(ctx);
    const dx = resampleAdjoint(
      pixels(grads!),
      resizedTaps(resizing, height, outHeight, grid),
      resizedTaps(resizing, width, outWidth, grid),
    );
    return fromTensor(dx, original!.dtype);
  };
}

const resizeNearest: Kernel = ([images, size], ctx) => {
  const [height, width] = wantedSize(images!, size!, ctx);
  const grid = gridOf(ctx);
  const indices = (input: number, output: number): Value =>
    Value.host('int32', [output], nearestPixels(input, output, grid));
  const rows = gather(images!, indices(images!.shape[1]!, height), 1, 0, ctx);
  return gather(rows, indices(images!.shape[2]!, width), 2, 0, ctx);
};

const resizeNearestGrad: Kernel = ([grads, size], ctx) => {
  if (!isFloating(grads!.dtype)) throw unsupported(ctx, `dtype ${grads!.dtype}`);
  const [height, width] = wantedSize(grads!, size!, ctx);
  const [, outHeight, outWidth] = grads!.shape as [number, number, number];
  const grid = gridOf(ctx);
  const dx = resampleAdjoint(
    pixels(grads!),
    resizedTaps(nearest, height, outHeight, grid),
    resizedTaps(nearest, width, outWidth, grid),
  );
  return fromTensor(dx, grads!.dtype);
};

/** Rows and columns of a `ScaleAndTranslate` node from images of one size to another. */
function scaledAxes(
  from: readonly [number, number],
  to: readonly [number, number],
  scale: Value,
  translation: Value,
  ctx: KernelContext,
): [Taps, Taps] {
  const kernelType = ctx.attrs.string('kernel_type');
  const antialias = ctx.attrs.bool('antialias');
  const [scales, translations] = [scale.numbers(), translation.numbers()];
  if (scales.length !== 2 || translations.length !== 2) {
    throw invalid(ctx, `scale [${scales}] and translation [${translations}] must have 2 elements each`);
  }
  if (scales.some((each) => !(each > 0))) throw invalid(ctx, `scale ${scales} must be positive`);
  return [0, 1].map((axis) => {
    const options = {scale: scales[axis]!, translation: translations[axis]!, antialias};
    const taps = scaledTaps(from[axis]!, to[axis]!, kernelType, options);
    if (taps === undefined) throw unsupported(ctx, `kernel_type ${kernelType}`);
    return taps;
  }) as [Taps, Taps];
}

const scaleAndTranslate: Kernel = ([images, size, scale, translation], ctx) => {
  const to = wantedSize(images!, size!, ctx);
  const [batch, height, width, channels] = images!.shape as [number, number, number, number];
  if (batch === 0) return Value.host('float32', [0, ...to, channels], new Float32Array(0));
  const axes = scaledAxes([height, width], to, scale!, translation!, ctx);
  return fromTensor(resample(pixels(images!), ...axes), 'float32');
};

const scaleAndTranslateGrad: Kernel = ([grads, original, scale, translation], ctx) => {
  const [, height, width] = original!.shape as [number, number, number];
  const [, outHeight, outWidth] = grads!.shape as [number, number, number];
  const axes = scaledAxes([height, width], [outHeight, outWidth], scale!, translation!, ctx);
  return fromTensor(resampleAdjoint(pixels(grads!), ...axes), original!.dtype);
};

const FLOAT32_GRADIENT = 'float64 gradients are computed in float32';

/** Resizing. */
export const imageResize: OpFamily = {
  ResizeBilinear: {kernel: resize(bilinear, tf.ResizeBilinear)},
  ResizeBilinearGrad: {kernel: resizeGrad(bilinear), limits: FLOAT32_GRADIENT},
  ResizeBicubic: {kernel: resize(bicubic)},
  ResizeBicubicGrad: {kernel: resizeGrad(bicubic), limits: FLOAT32_GRADIENT},
  ResizeArea: {kernel: resize(area)},
  ResizeNearestNeighbor: {kernel: resizeNearest},
  ResizeNearestNeighborGrad: {kernel: resizeNearestGrad, limits: `${FLOAT32_GRADIENT}; no integers`},
  ScaleAndTranslate: {kernel: scaleAndTranslate},
  ScaleAndTranslateGrad: {kernel: scaleAndTranslateGrad},
};
