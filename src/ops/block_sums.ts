/**
 * Sums for tfjs's wasm backend, whose kernels for them have three flaws: they transpose their input unless they sum over
 * its last axes, which takes forty times longer than adding up; they add float32 numbers one after the other, after a
 * million of which the result is off by some 0.2 %; and for an empty input they read what happens to lie in memory.
 *
 * Here columns are summed by average pooling, which is vectorised, and everything in blocks: the error is near that of
 * one block.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../graph/tensor.js';

/** Elements that are added one after the other. */
const BLOCK = 256;

/** Replaces the Sum and Mean kernels of backend `name`. */
export function sumInBlocks(name: string): void {
  const own = tf.getKernel(tf.Sum, name);
  if (own === undefined) return;
  const sum = (x: tf.Tensor, axes: readonly number[]): tf.Tensor => {
    const total = sumGroups(x, axes, own.kernelFunc);
    return hasLostNaN(total) ? sumTransposed(x, axes, own.kernelFunc) : total;
  };
  const mean = (x: tf.Tensor, axes: readonly number[]) =>
    tf.div(sum(x, axes), sizeOf(axes.map((axis) => x.shape[axis]!)));
  replaceKernel(name, tf.Sum, sum, 0);
  replaceKernel(name, tf.Mean, mean, Number.NaN);
}

/** Replaces a reduction of float32 tensors by `reduce`, whose result may have any shape; of nothing it is `empty`. */
function replaceKernel(
  backendName: string,
  kernelName: string,
  reduce: (x: tf.Tensor, axes: readonly number[]) => tf.Tensor,
  empty: number,
): void {
  const own = tf.getKernel(kernelName, backendName);
  if (own === undefined) return;
  const kernelFunc: tf.KernelFunc = (call) => {
    const x = call.inputs.x!;
    const {axis, keepDims} = call.attrs as {axis: number | number[]; keepDims?: boolean};
    if (x.dtype !== 'float32' || !(x instanceof tf.Tensor)) return own.kernelFunc(call);
    const axes = tf.util.parseAxisParam(axis, x.shape);
    const shape = (x.shape as number[]).flatMap((dim, k) =>
      axes.includes(k) ? (keepDims ? [1] : []) : [dim],
    );
    return tf.tidy(() => (x.size === 0 ? tf.fill(shape, empty) : tf.reshape(reduce(x, axes), shape)));
  };
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({...own, kernelFunc});
}

/** Sums one run of neighbouring axes after the other, the last one first. */
function sumGroups(x: tf.Tensor, axes: readonly number[], kernel: tf.KernelFunc): tf.Tensor {
  let rest = x.shape;
  let total = x;
  for (let end = rest.length - 1; end >= 0; end--) {
    if (!axes.includes(end)) continue;
    let begin = end;
    while (axes.includes(begin - 1)) begin--;
    const count = sizeOf(rest.slice(begin, end + 1));
    const inner = sizeOf(rest.slice(end + 1));
    const outer = sizeOf(rest.slice(0, begin));
    if (inner === 1) total = sumRows(tf.reshape(total, [outer, count]), kernel);
    else if (count > 1) total = sumColumns(tf.reshape(total, [outer, count, inner]));
    rest = [...rest.slice(0, begin), ...rest.slice(end + 1)];
    end = begin;
  }
  return total;
}

/** `[outer, count, inner]` to `[outer, inner]`. */
function sumColumns(x: tf.Tensor): tf.Tensor {
  const [outer, count, inner] = x.shape as [number, number, number];
  if (count === 1) return x;
  const width = largestDivisor(count);
  if (width < Math.min(count, BLOCK / 8)) {
    const whole = count - (count % BLOCK);
    if (whole > 0) {
      const rest = tf.slice(x, [0, whole, 0], [outer, count - whole, inner]);
      const start = sumColumns(tf.slice(x, [0, 0, 0], [outer, whole, inner]));
      return tf.add(tf.reshape(start, [outer, inner]), tf.reshape(sumColumns(rest), [outer, inner]));
    }
  }
  const block = count <= BLOCK ? count : width;
  const image = tf.reshape(x, [outer, count / block, block, inner]);
  const attrs = {filterSize: [1, block], strides: [1, block], pad: 'valid'};
  const means = tf.engine().runKernel(tf.AvgPool, {x: image}, attrs) as tf.Tensor;
  return sumColumns(tf.reshape(tf.mul(means, block), [outer, count / block, inner]));
}

/** Pooling turns what is no number into the smallest one. */
function hasLostNaN(total: tf.Tensor): boolean {
  return total.dataSync().includes(-Infinity);
}

function sumTransposed(x: tf.Tensor, axes: readonly number[], kernel: tf.KernelFunc): tf.Tensor {
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const rows = sizeOf(kept.map((axis) => x.shape[axis]!));
  return sumRows(tf.reshape(tf.transpose(x, [...kept, ...axes]), [rows, -1]), kernel);
}

/** The sum of each row of a matrix. */
function sumRows(x: tf.Tensor, kernel: tf.KernelFunc): tf.Tensor {
  const [rows, count] = x.shape as [number, number];
  if (count <= BLOCK) return runOwn(x, 1, kernel);
  const width = largestDivisor(count);
  if (width >= BLOCK / 8) {
    const sums = runOwn(tf.reshape(x, [rows, count / width, width]), 2, kernel);
    return sumRows(sums, kernel);
  }
  const whole = count - (count % BLOCK);
  const rest = runOwn(tf.slice(x, [0, whole], [rows, count - whole]), 1, kernel);
  return tf.add(sumRows(tf.slice(x, [0, 0], [rows, whole]), kernel), rest);
}

/** The backend's own kernel for the sum over the last axis. */
function runOwn(x: tf.Tensor, axis: number, kernel: tf.KernelFunc): tf.Tensor {
  const backend = tf.backend();
  const out = kernel({inputs: {x}, attrs: {axis: [axis], keepDims: false}, backend}) as tf.TensorInfo;
  return tf.engine().makeTensorFromTensorInfo(out);
}

/** The largest block that `count` elements can be divided into without a rest. */
function largestDivisor(count: number): number {
  let width = BLOCK;
  while (count % width !== 0) width--;
  return width;
}
