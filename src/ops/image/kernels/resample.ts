/**
 * Separable resampling of images: for every way to resize, which input pixels make an output pixel, with what weights.
 *
 * Source: `image_resizer_state.h`, `resize_area_op.cc`, `resize_bicubic_op.cc`, `scale_and_translate_op.cc` and
 * `sampling_kernels.h` in `tensorflow/core/kernels/image`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {allocate, allocateObjects} from '../../../host/tensor.js';
import {ownEntry} from '../../../own_entry.js';
import {linear} from '../../../tensors/linear.js';

/** A linear map along one axis: a dense matrix `[output, input]`. */
export interface Taps {
  readonly output: number;
  readonly input: number;
  readonly weights: Float32Array;
}

/** Where the centres of output pixels fall in the input. */
export interface Grid {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Input pixels per output pixel, in TensorFlow's single precision. */
export function scaleOf(input: number, output: number, {alignCorners}: Grid): number {
  return Math.fround(alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output);
}

/** Position in the input of each output pixel. */
function positions(input: number, output: number, grid: Grid): number[] {
  const scale = scaleOf(input, output, grid);
  return allocateObjects(output, 0).map((_, i) =>
    grid.halfPixelCenters ? Math.fround(Math.fround((i + 0.5) * scale) - 0.5) : Math.fround(i * scale),
  );
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** Collects weights: those of one pixel add up. */
class Matrix implements Taps {
  readonly weights: Float32Array;
  constructor(
    readonly output: number,
    readonly input: number,
  ) {
    this.weights = allocate('float32', output * input) as Float32Array;
  }

  add(out: number, at: number, weight: number): void {
    const index = out * this.input + at;
    this.weights[index] = this.weights[index]! + weight;
  }
}

/** The nearest input pixel of each output pixel. */
export function nearestPixels(input: number, output: number, grid: Grid): Int32Array {
  const scale = scaleOf(input, output, grid);
  return (allocate('int32', output) as Int32Array).map((_, i) => {
    const at = Math.fround((grid.halfPixelCenters ? i + 0.5 : i) * scale);
    return clamp(grid.alignCorners ? Math.round(at) : Math.floor(at), 0, input - 1);
  });
}

export function nearestTaps(input: number, output: number, grid: Grid): Taps {
  const taps = new Matrix(output, input);
  nearestPixels(input, output, grid).forEach((at, i) => {
    taps.add(i, at, 1);
  });
  return taps;
}

export function bilinearTaps(input: number, output: number, grid: Grid): Taps {
  const taps = new Matrix(output, input);
  positions(input, output, grid).forEach((at, i) => {
    const below = Math.floor(at);
    const fraction = at - below;
    taps.add(i, clamp(below, 0, input - 1), 1 - fraction);
    taps.add(i, clamp(Math.ceil(at), 0, input - 1), fraction);
  });
  return taps;
}

/** The mean over the part of the input that an output pixel covers. */
export function areaTaps(input: number, output: number, grid: Grid): Taps {
  const taps = new Matrix(output, input);
  const scale = scaleOf(input, output, grid);
  for (let i = 0; i < output; i++) {
    if (scale === 0) {
      // The only pixel there is.
      taps.add(i, 0, 1);
      continue;
    }
    const [from, to] = [Math.fround(i * scale), Math.fround((i + 1) * scale)];
    for (let at = Math.floor(from); at < Math.ceil(to); at++) {
      const covered = Math.min(at + 1, to) - Math.max(at, from);
      taps.add(i, clamp(at, 0, input - 1), covered / scale);
    }
  }
  return taps;
}

/** TensorFlow looks cubic weights up in a table of this many steps per pixel. */
const CUBIC_STEPS = 1024;

/** Cubic convolution (Keys, 1981): weights within one pixel, and between one and two pixels away. */
const cubicInner = (x: number, a: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
const cubicOuter = (x: number, a: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;

/** With half-pixel centres, pixels beyond the border have no weight; without, they repeat the border. */
export function bicubicTaps(input: number, output: number, grid: Grid): Taps {
  const taps = new Matrix(output, input);
  const a = grid.halfPixelCenters ? -0.5 : -0.75;
  positions(input, output, grid).forEach((at, i) => {
    const below = Math.floor(at);
    const fraction = Math.round((at - below) * CUBIC_STEPS) / CUBIC_STEPS;
    const weights = [
      cubicOuter(1 + fraction, a),
      cubicInner(fraction, a),
      cubicInner(1 - fraction, a),
      cubicOuter(2 - fraction, a),
    ];
    const inside = (k: number): boolean => below - 1 + k >= 0 && below - 1 + k < input;
    const kept = weights.map((weight, k) => (grid.halfPixelCenters && !inside(k) ? 0 : weight));
    const total = grid.halfPixelCenters ? kept.reduce((sum, weight) => sum + weight, 0) : 1;
    kept.forEach((weight, k) => {
      taps.add(i, clamp(below - 1 + k, 0, input - 1), weight / total);
    });
  });
  return taps;
}

/** A resampling kernel: the weight at a distance, zero from `radius` on. */
interface SamplingKernel {
  readonly radius: number;
  readonly weight: (distance: number) => number;
}

const lanczos = (radius: number): SamplingKernel => ({
  radius,
  weight: (x) => {
    if (x >= radius) return 0;
    if (x <= 1e-3) return 1;
    return (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2;
  },
});

const SAMPLING_KERNELS: Readonly<Record<string, SamplingKernel>> = {
  lanczos1: lanczos(1),
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
  gaussian: {radius: 1.5, weight: (x) => (x >= 1.5 ? 0 : Math.exp(-(x * x) / (2 * 0.5 ** 2)))},
  box: {radius: 1, weight: (x) => (x < 0.5 ? 1 : x === 0.5 ? 0.5 : 0)},
  triangle: {radius: 1, weight: (x) => Math.max(0, 1 - x)},
  keyscubic: {
    radius: 2,
    weight: (x) => (x >= 2 ? 0 : x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1),
  },
  mitchellcubic: {
    radius: 2,
    weight: (x) => {
      if (x >= 2) return 0;
      return x >= 1 ? (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9 : ((7 / 6) * x - 2) * x * x + 8 / 9;
    },
  },
};

/** `ScaleAndTranslate` along one axis; undefined for an unknown kernel. */
export function scaledTaps(
  input: number,
  output: number,
  kernelType: string,
  options: {readonly scale: number; readonly translation: number; readonly antialias: boolean},
): Taps | undefined {
  const kernel = ownEntry(SAMPLING_KERNELS, kernelType);
  if (kernel === undefined) return undefined;
  const taps = new Matrix(output, input);
  const inverse = Math.fround(1 / options.scale);
  const shift = Math.fround(-inverse * options.translation);
  const stretch = options.antialias ? Math.max(inverse, 1) : 1;
  const reach = Math.fround(kernel.radius * stretch);
  for (let i = 0; i < output; i++) {
    const centre = Math.fround(Math.fround((i + 0.5) * inverse) + shift);
    if (centre < 0 || centre > input) continue;
    const from = clamp(Math.ceil(centre - reach - 0.5), 0, input - 1);
    const to = clamp(Math.floor(centre + reach - 0.5), 0, input - 1);
    const weights = Array.from({length: Math.max(0, to - from + 1)}, (_, k) =>
      kernel.weight(Math.abs(from + k + 0.5 - centre) / stretch),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (Math.abs(total) < 1000 * Number.MIN_VALUE) continue;
    weights.forEach((weight, k) => {
      taps.add(i, from + k, weight / total);
    });
  }
  return taps;
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
