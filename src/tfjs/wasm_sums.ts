/**
 * Sums on tfjs's wasm backend, whose kernels for them have three flaws: they transpose their input unless they sum over
 * its last axes, which takes up to forty times longer than adding up; they add float32 numbers one after the other, after
 * a million of which the result is off by some 0.2 %; and for an empty input they read what happens to lie in memory.
 *
 * Here columns are summed by average pooling, which is vectorised, and everything in blocks: the error is near that of
 * one block. Blocks are powers of two, so that neither the mean of one nor the sum made of it is rounded once more: sums
 * of whole numbers are whole.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../host/tensor.js';
import {replaceKernel} from './kernels.js';
import type {WasmBackend} from './wasm_backend.js';
import {directly, type Run, reshaped} from './wasm_direct.js';

/** Elements that are added one after the other. */
const BLOCK = 256;

/** Smaller blocks of a row are not worth a call of a kernel. */
const SMALLEST_BLOCK = 32;

/**
 * XNNPACK's pooling adds up to 9 rows (7 where the window is the whole image) at once. For more it keeps an accumulator
 * for each channel on the stack, all of whose 64 KB are taken by 16,384 channels; nothing checks that. Rows of more
 * elements than this, a quarter of the stack, are pooled in blocks that need no accumulators.
 */
const NARROW = 4096;
const WIDE_BLOCK = 8;

/** Fewer rows than this, of which some would be left over, are left to tfjs: to transpose them takes no longer. */
const FEW = 8;

/** Elements up to which a loop takes no longer than the call of a kernel. */
const SMALL = 4096;

/** A tensor seen as `[outer, count, inner]`; the middle axis is summed. */
type View = readonly [outer: number, count: number, inner: number];

type SumMiddle = (x: tf.TensorInfo, view: View) => tf.TensorInfo;

/** The kernels of the backend that sums are made of. */
interface Kernels {
  readonly sum: tf.KernelFunc;
  readonly averagePool: tf.KernelFunc;
}

/** Replaces the Sum and Mean kernels for float32 tensors. */
export function sumInBlocks(): void {
  const kernels = {sum: ownKernel(tf.Sum), averagePool: ownKernel(tf.AvgPool)};
  for (const kernelName of [tf.Sum, tf.Mean]) {
    replaceKernel('wasm', kernelName, (original) => (call) => {
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
      return reshaped(sum(x, axes, divisor, kernels, backend), shape);
    });
  }
}

function ownKernel(name: string): tf.KernelFunc {
  return tf.getKernel(name, 'wasm')!.kernelFunc;
}

function filled(shape: number[], value: number, backend: WasmBackend): tf.TensorInfo {
  const out = backend.makeOutput(shape, 'float32');
  if (sizeOf(shape) > 0) backend.typedArrayFromHeap(out).fill(value);
  return out;
}

/** The sum over the axes, divided by `divisor`. */
function sum(
  x: tf.TensorInfo,
  axes: readonly number[],
  divisor: number,
  kernels: Kernels,
  backend: WasmBackend,
): tf.TensorInfo {
  const by = (sumMiddle: (run: Run) => SumMiddle) =>
    directly(backend, (run) => {
      const total = sumGroups(x, axes, sumMiddle(run));
      return divisor === 1 ? total : combine(tf.RealDiv, total, divisor, run, backend);
    });
  const total = by((run) => (part, view) => inBlocks(part, view, kernels, run, backend));
  if (total.dataId === x.dataId) {
    backend.incRef(x.dataId);
    return total;
  }
  // Pooling turns what is no number into the smallest one.
  if (!backend.typedArrayFromHeap(total).includes(-Infinity)) return total;
  backend.disposeData(total.dataId);
  return by((run) => (part, view) => run(() => inLoop(part, view, backend), {}));
}

/** Sums one run of neighbouring axes after the other, the last one first. */
function sumGroups(x: tf.TensorInfo, axes: readonly number[], sumMiddle: SumMiddle): tf.TensorInfo {
  let shape = x.shape as number[];
  let total = x;
  for (let end = shape.length; end > 0; end--) {
    if (!axes.includes(end - 1)) continue;
    let begin = end - 1;
    while (axes.includes(begin - 1)) begin--;
    const view = [shape.slice(0, begin), shape.slice(begin, end), shape.slice(end)].map(sizeOf);
    if (view[1] !== 1) total = sumMiddle(total, view as unknown as View);
    shape = [...shape.slice(0, begin), ...shape.slice(end)];
    end = begin + 1;
  }
  return total;
}

/** The sum of at least two rows, from the sums of blocks of them. */
function inBlocks(
  x: tf.TensorInfo,
  [outer, count, inner]: View,
  kernels: Kernels,
  run: Run,
  backend: WasmBackend,
): tf.TensorInfo {
  let total = x;
  for (let left = count; left > 1; ) {
    const rowBlock = inner === 1 ? rowBlockOf(left) : 0;
    if (rowBlock > 0) {
      left /= rowBlock;
      total = run(kernels.sum, {x: reshaped(total, [outer * left, rowBlock])}, {axis: [1], keepDims: false});
    } else if (outer * left * inner <= SMALL) {
      const view: View = [outer, left, inner];
      return run(() => inLoop(total, view, backend), {});
    } else if (left < FEW && !Number.isInteger(Math.log2(left))) {
      return run(kernels.sum, {x: reshaped(total, [outer, left, inner])}, {axis: [1], keepDims: false});
    } else {
      const block = columnBlockOf(left, inner);
      total = poolBlocks(total, [outer, left, inner], block, kernels, run, backend);
      left = Math.floor(left / block);
    }
  }
  return total;
}

/** The sums of blocks of rows; the last block takes the rows that are left over, too. */
function poolBlocks(
  x: tf.TensorInfo,
  [outer, count, inner]: View,
  block: number,
  {averagePool}: Kernels,
  run: Run,
  backend: WasmBackend,
): tf.TensorInfo {
  const image = reshaped(x, [outer, count, 1, inner]);
  const window = [block, 1];
  const means = run(averagePool, {x: image}, {filterSize: window, strides: window, pad: 'valid'});
  const total = combine(tf.Multiply, means, block, run, backend);
  const blocks = Math.floor(count / block);
  if (blocks * block === count) return total;
  const [rows, sums] = [backend.typedArrayFromHeap(image), backend.typedArrayFromHeap(total)];
  for (let i = 0; i < outer; i++) {
    const last = ((i + 1) * blocks - 1) * inner;
    for (let at = (i * count + blocks * block) * inner; at < (i + 1) * count * inner; ) {
      for (let k = last; k < last + inner; k++) sums[k]! += rows[at++]!;
    }
  }
  return total;
}

/** How many neighbours of a row to add: all, or an even share of them; 0 where there is no such share. */
function rowBlockOf(count: number): number {
  if (count <= BLOCK) return count;
  let block = BLOCK;
  while (count % block !== 0) block--;
  return block < SMALLEST_BLOCK ? 0 : block;
}

/** How many rows to add: a power of two that leaves only a few over. */
function columnBlockOf(count: number, inner: number): number {
  let block = inner <= NARROW ? BLOCK : WIDE_BLOCK;
  if (block === WIDE_BLOCK && count === block) block /= 2;
  while (block > 2 && (block > count || count % block > Math.max(1, count / 16))) block /= 2;
  return block;
}

/** The sum in double precision, rounded once. */
function inLoop(x: tf.TensorInfo, [outer, count, inner]: View, backend: WasmBackend): tf.TensorInfo {
  const out = backend.makeOutput([outer, inner], 'float32');
  const [rows, result] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)];
  const sums = new Float64Array(inner);
  for (let i = 0, at = 0; i < outer; i++) {
    sums.fill(0);
    for (let row = 0; row < count; row++) for (let k = 0; k < inner; k++) sums[k]! += rows[at++]!;
    result.set(sums, i * inner);
  }
  return out;
}

/** A kernel of two operands applied to a tensor of our own and a number. */
function combine(
  kernelName: string,
  x: tf.TensorInfo,
  value: number,
  run: Run,
  backend: WasmBackend,
): tf.TensorInfo {
  if (value === 1) return x;
  if (sizeOf(x.shape) > SMALL) {
    return run(kernelName, {a: x, b: run(tf.Fill, {}, {shape: [], value, dtype: 'float32'})});
  }
  const numbers = backend.typedArrayFromHeap(x);
  if (kernelName === tf.Multiply) for (let i = 0; i < numbers.length; i++) numbers[i]! *= value;
  else for (let i = 0; i < numbers.length; i++) numbers[i]! /= value;
  return x;
}
