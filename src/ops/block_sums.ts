/**
 * Accurate sums for a tfjs backend that adds float32 numbers one after the other, as wasm does: after a million
 * additions its result is off by some 0.2 %. Summing blocks, and then the sums of blocks, keeps the error near that of
 * one block.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../graph/tensor.js';

/** Elements that are added one after the other. */
const BLOCK = 256;

/** Replaces the Sum and Mean kernels of backend `name` by blockwise ones. */
export function sumInBlocks(name: string): void {
  replaceKernel(name, tf.Sum, (x, axes, keepDims) => blockwiseSum(x, axes, keepDims));
  replaceKernel(name, tf.Mean, (x, axes, keepDims) =>
    tf.div(blockwiseSum(x, axes, keepDims), sizeOf(axes.map((axis) => x.shape[axis]!))),
  );
}

type Reduce = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;

/** Uses `reduce` for large reductions of float32 tensors, and the backend's own kernel for all others. */
function replaceKernel(backendName: string, kernelName: string, reduce: Reduce): void {
  const own = tf.getKernel(kernelName, backendName);
  if (own === undefined) return;
  const kernelFunc: tf.KernelFunc = (call) => {
    const x = call.inputs.x!;
    const {axis, keepDims} = call.attrs as {axis: number | number[]; keepDims?: boolean};
    const axes = tf.util.parseAxisParam(axis, x.shape);
    const isLarge = sizeOf(axes.map((each) => x.shape[each]!)) > BLOCK;
    if (!isLarge || x.dtype !== 'float32' || !(x instanceof tf.Tensor)) return own.kernelFunc(call);
    return tf.tidy(() => reduce(x, axes, keepDims ?? false));
  };
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({...own, kernelFunc});
}

function blockwiseSum(x: tf.Tensor, axes: readonly number[], keepDims: boolean): tf.Tensor {
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const rows = sizeOf(kept.map((axis) => x.shape[axis]!));
  const shape = x.shape.flatMap((dim, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [dim]));
  const last = tf.reshape(tf.transpose(x, [...kept, ...axes]), [rows, -1]);
  return tf.reshape(sumRows(last), shape);
}

/** The sum of each row of a matrix. */
function sumRows(x: tf.Tensor): tf.Tensor {
  const [rows, count] = x.shape as [number, number];
  if (count <= BLOCK) return tf.sum(x, 1);
  const width = largestDivisor(count);
  if (width >= BLOCK / 8) return sumRows(tf.sum(tf.reshape(x, [rows, count / width, width]), 2));
  const whole = count - (count % BLOCK);
  const rest = tf.sum(tf.slice(x, [0, whole], [rows, count - whole]), 1);
  return tf.add(sumRows(tf.slice(x, [0, 0], [rows, whole])), rest);
}

/** The largest block that `count` elements can be divided into without a rest. */
function largestDivisor(count: number): number {
  let width = BLOCK;
  while (count % width !== 0) width--;
  return width;
}
