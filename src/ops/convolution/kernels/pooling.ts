/**
 * Pooling of float tensors (channels last) over two or three spatial axes, with its gradients.
 *
 * The gradients are composed of forward operations, but for that of maxima where a loop is faster: tfjs's own divide an
 * average by the elements of the window that lie in the padding too, and its kernels for maxima differ from TensorFlow,
 * and between backends, for equal and for negative maxima.
 * Pooling over three axes is pooling over two and then over the third.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {withGradient} from '../../../tensors/differentiable.js';
import {FIRST_MAXIMUM_GRAD} from '../../../tfjs/maximum_kernel.js';
import {UNIT_WINDOW, type Window} from '../plan.js';
import {depthwise} from './convolution.js';
import {type Plane, padForTaps, placeTap, positionsOf, takeTap} from './taps.js';

/** A pooling and its gradient with respect to the input, both differentiable. */
export interface Pooling {
  forward(x: tf.Tensor, windows: readonly Window[]): tf.Tensor;
  /** `x` and `y` may be missing for an average, which does not depend on them. */
  input(dy: tf.Tensor, windows: readonly Window[], x?: tf.Tensor): tf.Tensor;
}

/** Pooling over height and width. */
interface PlanePooling {
  readonly forward: (x: tf.Tensor, plane: Plane) => tf.Tensor;
  readonly input: (dy: tf.Tensor, plane: Plane, x?: tf.Tensor) => tf.Tensor;
}

const maxima: PlanePooling = {
  forward: (x, plane) =>
    withGradient(
      [x],
      (a) => run(tf.MaxPool, a, plane),
      (dy, [a], y) => [maximumInput(dy, a!, y, plane)],
    ),
  input: (dy, plane, x) => maximumInput(dy, x!, run(tf.MaxPool, x!, plane), plane),
};

const averages: PlanePooling = {
  forward: (x, plane) =>
    withGradient(
      [x],
      (a) => run(tf.AvgPool, a, plane),
      (dy) => [averageInput(dy, plane)],
    ),
  input: averageInput,
};

export const maximum: Pooling = overPlanes(maxima);
export const average: Pooling = overPlanes(averages);

/** Extends pooling over height and width to a third axis before them. */
function overPlanes(pooling: PlanePooling): Pooling {
  return {
    forward: (x, windows) => {
      if (windows.length === 2) return pooling.forward(x, windows as unknown as Plane);
      const [depth, plane] = cut(windows);
      const planes = pooling.forward(asPlanes(x), plane);
      const columns = pooling.forward(asColumns(planes, x.shape[0]!), [depth, UNIT_WINDOW]);
      return tf.reshape(columns, resultShape(x.shape, windows));
    },
    input: (dy, windows, x) => {
      if (windows.length === 2) return pooling.input(dy, windows as unknown as Plane, x);
      const [depth, plane] = cut(windows);
      const n = dy.shape[0]!;
      const planes = x && pooling.forward(asPlanes(x), plane);
      const gradient = tf.reshape(dy, [n, depth.output, 1, dy.size / (n * depth.output)]);
      const columns = pooling.input(gradient, [depth, UNIT_WINDOW], planes && asColumns(planes, n));
      const [h, w] = plane;
      const ofPlanes = tf.reshape(columns, [n * depth.input, h.output, w.output, dy.shape[4]!]);
      const dx = pooling.input(ofPlanes, plane, x && asPlanes(x));
      return tf.reshape(dx, [n, depth.input, h.input, w.input, dy.shape[4]!]);
    },
  };
}

const cut = ([depth, h, w]: readonly Window[]): [Window, Plane] => [depth!, [h!, w!]];

/** `[n, d, h, w, c]` as `n * d` images. */
const asPlanes = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)]);

/** `n * d` images as images of height `d` and width 1, each pixel a channel. */
const asColumns = (planes: tf.Tensor, n: number): tf.Tensor =>
  tf.reshape(planes, [n, planes.shape[0]! / n, 1, planes.size / planes.shape[0]!]);

const resultShape = (shape: number[], windows: readonly Window[]): number[] => [
  shape[0]!,
  ...windows.map(({output}) => output),
  shape.at(-1)!,
];

function run(name: string, x: tf.Tensor, [h, w]: Plane): tf.Tensor {
  const attrs = {
    filterSize: [h.size, w.size],
    strides: [h.stride, w.stride],
    pad: [
      [0, 0],
      [h.before, h.after],
      [w.before, w.after],
      [0, 0],
    ],
  };
  return tf.engine().runKernel(name, {x}, attrs) as tf.Tensor;
}

/** Each gradient spread evenly over the elements of the input that its window covers. */
function averageInput(dy: tf.Tensor, plane: Plane): tf.Tensor {
  const [h, w] = plane;
  const shares = counts(h).flatMap((rows) => counts(w).map((columns) => 1 / (rows * columns)));
  const even = tf.mul(dy, tf.tensor(shares, [1, h.output, w.output, 1]));
  return depthwise.input(even, tf.ones([h.size, w.size, dy.shape[3]!, 1]), plane);
}

/** How many elements of the input, not of its padding, lie under each position of a window. */
function counts({size, stride, before, input, output}: Window): number[] {
  return Array.from({length: output}, (_, o) => {
    const from = o * stride - before;
    return Math.min(input, from + size) - Math.max(0, from);
  });
}

/** Each gradient at the first of the largest elements under its window; `x` and `y` only say where those are. */
function maximumInput(dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, plane: Plane): tf.Tensor {
  return withGradient(
    [dy, x, y],
    (d, a, b) => putAtMaxima(d!, a!, b!, plane),
    (ddx, [, a, b]) => [takeMaxima(ddx, a!, b!, plane), tf.zerosLike(a!), tf.zerosLike(b!)],
  );
}

function putAtMaxima(dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, plane: Plane): tf.Tensor {
  if (tf.getKernel(FIRST_MAXIMUM_GRAD, tf.getBackend()) !== undefined) {
    const attrs = {plane} as unknown as tf.NamedAttrMap;
    return tf.engine().runKernel(FIRST_MAXIMUM_GRAD, {dy, x}, attrs) as tf.Tensor;
  }
  const [h, w] = plane;
  const positions = positionsOf(plane);
  const terms = isFirstMaximum(x, y, plane).map((mask, k) =>
    placeTap(tf.mul(dy, mask), plane, positions[k]!),
  );
  return tf.slice(tf.addN(terms), [0, h.before, w.before, 0], [-1, h.input, w.input, -1]);
}

/** The reverse: what `values` holds where `x` has its maxima. */
function takeMaxima(values: tf.Tensor, x: tf.Tensor, y: tf.Tensor, plane: Plane): tf.Tensor {
  const full = padForTaps(values, plane, 0);
  const positions = positionsOf(plane);
  const terms = isFirstMaximum(x, y, plane).map((mask, k) =>
    tf.mul(takeTap(full, plane, positions[k]!), mask),
  );
  return tf.addN(terms);
}

/** For each position in the window, 1 where the element there, and none before it, equals the maximum. */
function isFirstMaximum(x: tf.Tensor, y: tf.Tensor, plane: Plane): tf.Tensor[] {
  const full = padForTaps(x, plane, -Infinity);
  let open: tf.Tensor | undefined;
  return positionsOf(plane).map((position) => {
    const equal = tf.cast(tf.equal(takeTap(full, plane, position), y), 'float32');
    const mask = open === undefined ? equal : tf.mul(equal, open);
    open = open === undefined ? tf.sub(1, equal) : tf.sub(open, mask);
    return mask;
  });
}
