/**
 * Taps of a sliding window on images (channels last): for each position within the window, the elements of the input
 * that all windows have there. What a window computes is then arithmetic on whole tensors.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {roomFor} from '../../../host/budget.js';
import {sizeOf} from '../../../host/tensor.js';
import {spanOf, type Window} from '../plan.js';

export type Plane = readonly [Window, Window];

/** A position within a window. */
export type Position = readonly [row: number, column: number];

/** What one element of a filter takes. */
const FILTER_BYTES = 4;

/** Refuses a window that is larger than there is room for: some kernels make a filter of its size. */
export function roomForWindow(sizes: readonly number[]): void {
  roomFor(FILTER_BYTES * sizeOf(sizes));
}

/** All positions within a window, row by row. */
export function positionsOf([h, w]: Plane): Position[] {
  return Array.from({length: h.size * w.size}, (_, k) => [Math.floor(k / w.size), k % w.size] as const);
}

/** Elements along an axis such that a whole stride follows each position of the window. */
export const lengthOf = (window: Window): number =>
  Math.max(window.before + window.input + window.after, spanOf(window) - 1 + window.output * window.stride);

/** Padding before, and after up to whole strides: what {@link takeTap} takes from. */
export function padForTaps(x: tf.Tensor, plane: Plane, value: number): tf.Tensor {
  const [h, w] = plane.map((window): [number, number] => [
    window.before,
    lengthOf(window) - window.before - window.input,
  ]) as [[number, number], [number, number]];
  if (h[0] + h[1] + w[0] + w[1] === 0) return x;
  return tf.pad(x, [[0, 0], h, w, [0, 0]], value);
}

/** The element at a position of each window: `[n, output, output, channels]`. */
export function takeTap(padded: tf.Tensor, [h, w]: Plane, [i, j]: Position): tf.Tensor {
  const [n, , , channels] = padded.shape as [number, number, number, number];
  const begin = [0, i * h.dilation, j * w.dilation, 0];
  if (h.stride * w.stride > 1) {
    const end = [n, begin[1]! + h.output * h.stride, begin[2]! + w.output * w.stride, channels];
    return tf.stridedSlice(padded, begin, end, [1, h.stride, w.stride, 1]);
  }
  const size = [n, h.output, w.output, channels];
  const isWhole = size.every((dim, axis) => dim === padded.shape[axis]);
  return isWhole ? padded : tf.slice(padded, begin, size);
}

/** The reverse of {@link takeTap}: the elements where they came from, among zeros. */
export function placeTap(x: tf.Tensor, plane: Plane, [i, j]: Position): tf.Tensor {
  const [h, w] = plane;
  const [height, width] = plane.map(lengthOf) as [number, number];
  const [n, , , channels] = x.shape as [number, number, number, number];
  const apart = asFirst(x, n * h.output * w.output, w.stride, channels);
  const rows = asFirst(apart, n * h.output, h.stride, w.output * w.stride * channels);
  const block = tf.reshape(rows, [n, h.output * h.stride, w.output * w.stride, channels]);
  const [top, left] = [i * h.dilation, j * w.dilation];
  return tf.pad(block, [
    [0, 0],
    [top, height - top - h.output * h.stride],
    [left, width - left - w.output * w.stride],
    [0, 0],
  ]);
}

function asFirst(x: tf.Tensor, outer: number, stride: number, inner: number): tf.Tensor {
  if (stride === 1) return x;
  return tf.pad(tf.reshape(x, [outer, inner]), [
    [0, 0],
    [0, (stride - 1) * inner],
  ]);
}
