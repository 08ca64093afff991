/**
 * Sums on tfjs's wasm backend, whose kernels for them have three flaws: they transpose their input unless they sum over
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
import {directly, type Run, replaceKernel, reshaped, type WasmBackend} from './wasm_direct.js';

/** Elements that are added one after the other. */
const BLOCK = 256;

/** Smaller blocks are not worth a call of a kernel. */
const SMALLEST_BLOCK = 32;

/** Replaces the Sum and Mean kernels for float32 tensors. */
export function sumInBlocks(): void {
  const own = tf.getKernel(tf.Sum, 'wasm')!.kernelFunc;
  for (const kernelName of [tf.Sum, tf.Mean]) {
    replaceKernel(kernelName, (original) => (call) => {
      const x = call.inputs.x!;
      if (x.dtype !== 'float32') return original(call);
      const {axis, keepDims} = call.attrs as {axis: number | number[]; keepDims?: boolean};
      const axes = tf.util.parseAxisParam(axis, x.shape);
      const shape = (x.shape as number[]).flatMap((dim, k) =>
        axes.includes(k) ? (keepDims ? [1] : []) : [dim],
      );
      const divisor = kernelName === tf.Mean ? sizeOf(axes.map((each) => x.shape[each]!)) : 1;
      const backend = call.backend as WasmBackend;
      if (sizeOf(x.shape) === 0) return filled(shape, 0 / divisor, backend);
      return reshaped(sum(x, axes, divisor, own, backend), shape);
    });
  }
}

function filled(shape: number[], value: number, backend: WasmBackend): tf.TensorInfo {
  const out = backend.makeOutput(shape, 'float32');
  if (sizeOf(shape) > 0) backend.typedArrayFromHeap(out).fill(value);
  return out;
}

/** The sum over the axes, divided by `divisor`; `own` is the backend's kernel. */
function sum(
  x: tf.TensorInfo,
  axes: readonly number[],
  divisor: number,
  own: tf.KernelFunc,
  backend: WasmBackend,
): tf.TensorInfo {
  const total = directly(backend, (run) => sumGroups(x, axes, own, run, backend));
  if (total.dataId === x.dataId) {
    backend.incRef(x.dataId);
    return total;
  }
  const sums = backend.typedArrayFromHeap(total);
  // Pooling turns what is no number into the smallest one.
  if (sums.includes(-Infinity)) {
    backend.disposeData(total.dataId);
    return sumTransposed(x, axes, divisor, own, backend);
  }
  scale(sums, 1 / divisor);
  return total;
}

/** Sums one run of neighbouring axes after the other, the last one first. */
function sumGroups(
  x: tf.TensorInfo,
  axes: readonly number[],
  own: tf.KernelFunc,
  run: Run,
  backend: WasmBackend,
): tf.TensorInfo {
  let shape = x.shape as number[];
  let total = x;
  for (let end = shape.length; end > 0; end--) {
    if (!axes.includes(end - 1)) continue;
    let begin = end - 1;
    while (axes.includes(begin - 1)) begin--;
    const view = [shape.slice(0, begin), shape.slice(begin, end), shape.slice(end)].map(sizeOf);
    total = sumMiddle(total, view as [number, number, number], own, run, backend);
    shape = [...shape.slice(0, begin), ...shape.slice(end)];
    end = begin + 1;
  }
  return total;
}

/** Adds up the middle axis of `x` seen as `[outer, count, inner]`. */
function sumMiddle(
  x: tf.TensorInfo,
  [outer, count, inner]: [number, number, number],
  own: tf.KernelFunc,
  run: Run,
  backend: WasmBackend,
): tf.TensorInfo {
  let total = x;
  for (let left = count; left > 1; ) {
    const block = blockOf(left);
    const blocks = Math.ceil(left / block);
    if (inner === 1 && blocks * block === left) {
      total = run(own, {x: reshaped(total, [outer * blocks, block])}, {axis: [1], keepDims: false});
    } else {
      total = poolBlocks(reshaped(total, [outer, left, 1, inner]), block, run);
      const sums = backend.typedArrayFromHeap(total);
      scale(sums, block);
      // The last block is the mean of fewer elements.
      const share = (left - (blocks - 1) * block) / block;
      for (let i = 1; i <= outer && share < 1; i++) {
        scale(sums.subarray((i * blocks - 1) * inner, i * blocks * inner), share);
      }
    }
    left = blocks;
  }
  return total;
}

/** The means of blocks of rows of an image; the last one may be smaller. */
function poolBlocks(image: tf.TensorInfo, block: number, run: Run): tf.TensorInfo {
  const missing = (block - (image.shape[1]! % block)) % block;
  const rows = [0, missing];
  const pad = missing === 0 ? 'valid' : [[0, 0], rows, [0, 0], [0, 0]];
  return run(tf.AvgPool, {x: image}, {filterSize: [block, 1], strides: [block, 1], pad});
}

function blockOf(count: number): number {
  if (count <= BLOCK) return count;
  let block = BLOCK;
  while (count % block !== 0) block--;
  return block < SMALLEST_BLOCK ? BLOCK : block;
}

function scale(numbers: tf.TypedArray, factor: number): void {
  if (factor !== 1) for (let i = 0; i < numbers.length; i++) numbers[i]! *= factor;
}

function sumTransposed(
  x: tf.TensorInfo,
  axes: readonly number[],
  divisor: number,
  own: tf.KernelFunc,
  backend: WasmBackend,
): tf.TensorInfo {
  const kept = (x.shape as number[]).flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const rows = sizeOf(kept.map((axis) => x.shape[axis]!));
  const total = directly(backend, (run) => {
    const last = run(tf.Transpose, {x}, {perm: [...kept, ...axes]});
    const matrix = reshaped(last, [rows, sizeOf(x.shape) / rows]);
    return run(own, {x: matrix}, {axis: [1], keepDims: false});
  });
  scale(backend.typedArrayFromHeap(total), 1 / divisor);
  return total;
}
