/**
 * Convolutions of float tensors (channels last) with all their gradients, for any stride, dilation and padding.
 *
 * A convolution is linear in its input and in its filter, so three maps are each other's derivatives: `y(x, w)`,
 * `dx(dy, w)` and `dw(x, dy)`. The first two are computed by tfjs's forward kernels, which are the fast ones on every
 * backend (on wasm 3 to 10 times faster than the backprop kernels, where those exist at all), and those kernels take
 * any combination of stride and dilation although tfjs's functions refuse some. The third is one matrix product, or
 * one elementwise product, for each position in the filter.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {withGradient} from '../../../tensors/differentiable.js';
import {spanOf, type Window} from '../plan.js';
import {type Plane, type Position, padForTaps, positionsOf, takeTap} from './taps.js';

type Shape4D = [number, number, number, number];

/** How one kind of 2-D convolution computes its three maps, without gradients. */
interface Rule {
  readonly forward: (x: tf.Tensor, w: tf.Tensor, plane: Plane) => tf.Tensor;
  readonly input: (dy: tf.Tensor, w: tf.Tensor, plane: Plane) => tf.Tensor;
  readonly filter: (x: tf.Tensor, dy: tf.Tensor, plane: Plane, shape: Shape4D) => tf.Tensor;
}

/** The three maps, differentiable any number of times. */
export interface Convolution {
  /** `[n, h, w, c]` and a filter to `[n, oh, ow, o]`. */
  forward(x: tf.Tensor, w: tf.Tensor, plane: Plane): tf.Tensor;
  /** The gradient with respect to the input. */
  input(dy: tf.Tensor, w: tf.Tensor, plane: Plane): tf.Tensor;
  /** The gradient with respect to a filter of `shape`. */
  filter(x: tf.Tensor, dy: tf.Tensor, plane: Plane, shape: Shape4D): tf.Tensor;
}

function differentiable(rule: Rule): Convolution {
  const maps: Convolution = {
    forward: (x, w, plane) =>
      withGradient(
        [x, w],
        (a, b) => rule.forward(a, b, plane),
        (dy, [a, b]) => [
          () => maps.input(dy, b!, plane),
          () => maps.filter(a!, dy, plane, b!.shape as Shape4D),
        ],
      ),
    input: (dy, w, plane) =>
      withGradient(
        [dy, w],
        (a, b) => rule.input(a, b, plane),
        (ddx, [a, b]) => [
          () => maps.forward(ddx, b!, plane),
          () => maps.filter(ddx, a!, plane, b!.shape as Shape4D),
        ],
      ),
    filter: (x, dy, plane, shape) =>
      withGradient(
        [x, dy],
        (a, b) => rule.filter(a, b, plane, shape),
        (ddw, [a, b]) => [() => maps.input(b!, ddw, plane), () => maps.forward(a!, ddw, plane)],
      ),
  };
  return maps;
}

/** A filter turned by 180 degrees. */
const turn = (w: tf.Tensor): tf.Tensor => (w.shape[0]! * w.shape[1]! === 1 ? w : tf.reverse(w, [0, 1]));

/** Filter `[h, w, c, o]`. */
export const dense: Convolution = differentiable({
  forward: (x, w, plane) => kernel(tf.Conv2D, x, w, plane),
  // The input's gradient is a convolution of the stretched `dy` with the filter turned by 180 degrees.
  input: (dy, w, plane) => {
    const turned = tf.transpose(turn(w), [0, 1, 3, 2]);
    return spread(dy, plane, (stretched, windows) => kernel(tf.Conv2D, stretched, turned, windows));
  },
  filter: (x, dy, plane, [height, width]) => {
    const [channels, outChannels] = [x.shape[3]!, dy.shape[3]!];
    const rows = dy.size / outChannels;
    const dys = tf.reshape(dy, [rows, outChannels]);
    const padded = padForTaps(x, plane, 0);
    const tap = (position: Position) => tf.reshape(takeTap(padded, plane, position), [rows, channels]);
    if (height * width === 1 && channels < outChannels) {
      return tf.reshape(tf.matMul(tap([0, 0]), dys, true), [1, 1, channels, outChannels]);
    }
    // One transposition serves all positions.
    const transposed = tf.transpose(dys);
    const all = positionsOf(plane).map((position) => tf.tidy(() => tf.matMul(transposed, tap(position))));
    return tf.reshape(tf.transpose(tf.stack(all), [0, 2, 1]), [height, width, channels, outChannels]);
  },
});

/** Filter `[h, w, c, m]`: each channel has `m` filters of its own. */
export const depthwise: Convolution = differentiable({
  forward: (x, w, plane) => kernel(tf.DepthwiseConv2dNative, x, w, plane),
  input: (dy, w, plane) => {
    const [height, width, channels, multiplier] = w.shape as Shape4D;
    const turned = tf.reshape(turn(w), [height, width, channels * multiplier, 1]);
    const each = spread(dy, plane, (stretched, windows) =>
      kernel(tf.DepthwiseConv2dNative, stretched, turned, windows),
    );
    if (multiplier === 1) return each;
    return tf.sum(tf.reshape(each, [...each.shape.slice(0, 3), channels, multiplier]), 4);
  },
  // At each position of the window, the products of the inputs there with the gradients, summed up.
  filter: (x, dy, plane, [height, width, channels, multiplier]) => {
    const rows = dy.size / (channels * multiplier);
    const dys = tf.reshape(dy, [rows, channels, multiplier]);
    const padded = padForTaps(x, plane, 0);
    const all = positionsOf(plane).map((position) =>
      tf.tidy(() => {
        const tap = tf.reshape(takeTap(padded, plane, position), [rows, channels, 1]);
        return tf.sum(tf.mul(tap, dys), 0);
      }),
    );
    return tf.reshape(tf.stack(all), [height, width, channels, multiplier]);
  },
});

/** Filter `[h, w, c / groups, o]`: the channels of input and result are cut into groups that do not mix. */
export function grouped(groups: number): Convolution {
  const split = (x: tf.Tensor) => tf.split(x, groups, -1);
  const zip = (a: tf.Tensor[], b: tf.Tensor[], f: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): tf.Tensor =>
    tf.concat(
      a.map((x, i) => f(x, b[i]!)),
      -1,
    );
  return {
    forward: (x, w, plane) => zip(split(x), split(w), (a, b) => dense.forward(a, b, plane)),
    input: (dy, w, plane) => zip(split(dy), split(w), (a, b) => dense.input(a, b, plane)),
    filter: (x, dy, plane, shape) => zip(split(x), split(dy), (a, b) => dense.filter(a, b, plane, shape)),
  };
}

function kernel(name: string, x: tf.Tensor, filter: tf.Tensor, plane: Plane): tf.Tensor {
  const [h, w] = plane;
  // The depthwise kernels refuse strides together with dilation: all positions are computed and some left out.
  if (name === tf.DepthwiseConv2dNative && h.stride * w.stride > 1 && h.dilation * w.dilation > 1) {
    const all = kernel(name, x, filter, [
      {...h, stride: 1},
      {...w, stride: 1},
    ]);
    return everyNth(everyNth(all, 1, h.stride), 2, w.stride);
  }
  const attrs = {
    strides: [h.stride, w.stride],
    dilations: [h.dilation, w.dilation],
    pad: [
      [0, 0],
      [h.before, h.after],
      [w.before, w.after],
      [0, 0],
    ],
    dataFormat: 'NHWC',
  };
  return tf.engine().runKernel(name, {x, filter} as unknown as tf.NamedTensorMap, attrs) as tf.Tensor;
}

/** Convolves `dy`, its elements a stride apart, so that the result has the size of the input. */
function spread(
  dy: tf.Tensor,
  plane: Plane,
  convolve: (stretched: tf.Tensor, windows: Plane) => tf.Tensor,
): tf.Tensor {
  let stretched = dy;
  plane.forEach(({stride}, i) => {
    stretched = stretch(stretched, i + 1, stride);
  });
  const parts = plane.map((window, i) => {
    const reach = spanOf(window) - 1;
    const before = Math.max(0, reach - window.before);
    const from = window.before + before - reach;
    const after = Math.max(0, from + window.input + reach - stretched.shape[i + 1]! - before);
    return {...window, stride: 1, before, after, from};
  });
  const all = convolve(stretched, parts as unknown as Plane);
  const begin = parts.map(({from}) => from);
  const size = plane.map(({input}) => input);
  if (begin.every((from) => from === 0) && size.every((dim, i) => dim === all.shape[i + 1])) return all;
  return tf.slice(all, [0, ...begin, 0], [-1, ...size, -1]);
}

/** Puts `stride - 1` zeros after each element along `axis`. */
function stretch(x: tf.Tensor, axis: number, stride: number): tf.Tensor {
  if (stride === 1) return x;
  const outer = tf.util.sizeFromShape(x.shape.slice(0, axis + 1));
  const rows = tf.pad(tf.reshape(x, [outer, 1, -1]), [
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  return tf.reshape(rows, [...x.shape.slice(0, axis), x.shape[axis]! * stride, ...x.shape.slice(axis + 1)]);
}

/** Every `step`-th element along `axis`, from the first on. */
function everyNth(x: tf.Tensor, axis: number, step: number): tf.Tensor {
  if (step === 1) return x;
  const [before, length, after] = [x.shape.slice(0, axis), x.shape[axis]!, x.shape.slice(axis + 1)];
  const count = Math.ceil(length / step);
  const outer = tf.util.sizeFromShape(before);
  const rows = tf.pad(tf.reshape(x, [outer, length, -1]), [
    [0, 0],
    [0, count * step - length],
    [0, 0],
  ]);
  const firsts = tf.slice(tf.reshape(rows, [outer * count, step, -1]), [0, 0, 0], [-1, 1, -1]);
  return tf.reshape(firsts, [...before, count, ...after]);
}

type Space = readonly [Window, Window, Window];

/**
 * 3-D convolution of `[n, d, h, w, c]` with `[kd, kh, kw, c, o]`: a sum of 2-D convolutions, one for each depth of the
 * filter.
 */
export function convolve3d(x: tf.Tensor, w: tf.Tensor, space: Space): tf.Tensor {
  const [depth, ...plane] = space;
  const terms = slabs(x, depth).map((slab, k) => dense.forward(merge(slab), at(w, k), plane));
  return unmerge(tf.addN(terms), x.shape[0]!);
}

/** The gradient of a 3-D convolution with respect to its input. */
export function convolve3dInput(dy: tf.Tensor, w: tf.Tensor, space: Space): tf.Tensor {
  const [depth, ...plane] = space;
  const slab = merge(dy);
  const terms = Array.from({length: depth.size}, (_, k) => {
    const dx = unmerge(dense.input(slab, at(w, k), plane), dy.shape[0]!);
    return placeSlab(dx, depth, k);
  });
  return tf.addN(terms);
}

/** The gradient of a 3-D convolution with respect to its filter. */
export function convolve3dFilter(x: tf.Tensor, dy: tf.Tensor, space: Space, shape: number[]): tf.Tensor {
  const [depth, ...plane] = space;
  const slab = merge(dy);
  return tf.stack(
    slabs(x, depth).map((part) => dense.filter(merge(part), slab, plane, shape.slice(1) as Shape4D)),
  );
}

/** For each depth of the filter, the planes that it meets: `[n, output, h, w, c]`. */
function slabs(x: tf.Tensor, depth: Window): tf.Tensor[] {
  const {size, dilation, stride, before, after, output} = depth;
  // Room for whole strides, from which every first plane is taken.
  const needed = (size - 1) * dilation + output * stride;
  const length = Math.max(needed, before + depth.input + after);
  const [n, d, ...rest] = x.shape as [number, number, ...number[]];
  const inner = tf.util.sizeFromShape(rest);
  const full = tf.pad(tf.reshape(x, [n, d, inner]), [
    [0, 0],
    [before, length - before - d],
    [0, 0],
  ]);
  return Array.from({length: size}, (_, k) => {
    let slab = tf.slice(full, [0, k * dilation, 0], [n, output * stride, inner]);
    if (stride > 1)
      slab = tf.slice(tf.reshape(slab, [n, output, stride, inner]), [0, 0, 0, 0], [n, output, 1, inner]);
    return tf.reshape(slab, [n, output, ...rest]);
  });
}

/** The reverse of taking slab `k`: its planes where they came from, among zeros. */
function placeSlab(slab: tf.Tensor, depth: Window, k: number): tf.Tensor {
  const {dilation, stride, before, input} = depth;
  const [n, , ...rest] = slab.shape as [number, number, ...number[]];
  const inner = tf.util.sizeFromShape(rest);
  const stretched = tf.reshape(stretch(slab, 1, stride), [n, -1, inner]);
  const lead = k * dilation;
  const tail = Math.max(0, before + input - lead - stretched.shape[1]!);
  const placed = tf.pad(stretched, [
    [0, 0],
    [lead, tail],
    [0, 0],
  ]);
  return tf.reshape(tf.slice(placed, [0, before, 0], [n, input, inner]), [n, input, ...rest]);
}

/** Depth joined with the batch. */
const merge = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)]);
const unmerge = (x: tf.Tensor, n: number): tf.Tensor =>
  tf.reshape(x, [n, x.shape[0]! / n, ...x.shape.slice(1)]);

/** The 2-D filter at depth `k`. */
function at(w: tf.Tensor, k: number): tf.Tensor {
  const [, ...rest] = w.shape;
  return tf.reshape(tf.slice(w, k, 1), rest);
}
