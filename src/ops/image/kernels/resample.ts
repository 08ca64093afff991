/**
 * Images resampled along both axes by matrices of weights, which have a row for each output pixel of an axis.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {
  type AddWeight,
  type Grid,
  nearestPixel,
  type Resizing,
  SAMPLING_KERNELS,
  type Scaling,
  scaleAndTranslate,
} from '../../../algorithms/resampling.js';
import {allocate} from '../../../host/tensor.js';
import {ownEntry} from '../../../own_entry.js';
import {linear} from '../../../tensors/linear.js';

/** A linear map along one axis: a dense matrix `[output, input]`. */
export interface Taps {
  readonly output: number;
  readonly input: number;
  readonly weights: Float32Array;
}

function tapsOf(input: number, output: number, fill: (add: AddWeight) => void): Taps {
  const weights = allocate('float32', output * input) as Float32Array;
  fill((out, at, weight) => {
    const index = out * input + at;
    weights[index] = weights[index]! + weight;
  });
  return {output, input, weights};
}

/** The weights of an axis that is resized. */
export function resizedTaps(resizing: Resizing, input: number, output: number, grid: Grid): Taps {
  return tapsOf(input, output, (add) => resizing(input, output, grid, add));
}

/** `ScaleAndTranslate` along one axis; undefined for an unknown kernel. */
export function scaledTaps(
  input: number,
  output: number,
  kernelType: string,
  scaling: Scaling,
): Taps | undefined {
  const kernel = ownEntry(SAMPLING_KERNELS, kernelType);
  if (kernel === undefined) return undefined;
  return tapsOf(input, output, (add) => scaleAndTranslate(input, output, kernel, scaling, add));
}

/** The nearest input pixel of each output pixel. */
export function nearestPixels(input: number, output: number, grid: Grid): Int32Array {
  return (allocate('int32', output) as Int32Array).map((_, i) => nearestPixel(i, input, output, grid));
}

/** `[b, h, w, c]` resampled along both axes, differentiable. `forward` replaces the matrix products where given. */
export function resample(
  x: tf.Tensor,
  rows: Taps,
  columns: Taps,
  forward: (x: tf.Tensor) => tf.Tensor = (image) => multiply(image, rows, columns, false),
): tf.Tensor {
  return linear(x, forward, (dy) => resampleAdjoint(dy, rows, columns));
}

/** The gradient of {@link resample} with respect to the image. */
export function resampleAdjoint(dy: tf.Tensor, rows: Taps, columns: Taps): tf.Tensor {
  return multiply(dy, rows, columns, true);
}

function multiply(x: tf.Tensor, rows: Taps, columns: Taps, transposed: boolean): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const outHeight = transposed ? rows.input : rows.output;
  const outWidth = transposed ? columns.input : columns.output;
  const left = tf.tensor(rows.weights, [1, rows.output, rows.input]);
  const right = tf.tensor(columns.weights, [columns.output, columns.input]);
  const tall = tf.matMul(left, tf.reshape(x, [batch, height, width * channels]), transposed);
  // One product for the whole batch: the columns go last.
  const lines = tf.transpose(tf.reshape(tall, [batch * outHeight, width, channels]), [0, 2, 1]);
  const wide = tf.matMul(tf.reshape(lines, [-1, width]), right, false, !transposed);
  const pixels = tf.transpose(tf.reshape(wide, [batch * outHeight, channels, outWidth]), [0, 2, 1]);
  return tf.reshape(pixels, [batch, outHeight, outWidth, channels]);
}
