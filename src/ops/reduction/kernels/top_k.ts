/**
 * TopK and InTopK: the largest elements of rows, and whether one is among them.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {largest} from '../../../algorithms/largest.js';
import {isFloating} from '../../../host/dtypes.js';
import {allocate, int32Array, sizeOf} from '../../../host/tensor.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {convertNumbers} from '../../../tensors/host.js';
import {Value} from '../../../tensors/value.js';
import type {KernelContext, OpFamily} from '../../kernel.js';
import {targetCount, topKShape} from '../plan.js';

/** The `k` largest elements along the last axis, the lower position first among equals. */
function topK(x: Value, k: number, ctx: KernelContext): readonly Value[] {
  const shape = topKShape(x.shape, k, ctx);
  const length = x.shape.at(-1)!;
  const rows = sizeOf(x.shape.slice(0, -1));
  const source = x.numeric();
  const positions = new Int32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const elements = source.subarray(row * length, (row + 1) * length);
    positions.set(
      largest(elements, k, () => int32Array(length, (i) => i)),
      row * k,
    );
  }
  const flat = positions.map((position, i) => Math.floor(i / k) * length + position);
  const dtype = ctx.attrs.has('index_type') ? ctx.attrs.dtype('index_type') : 'int32';
  return [pick(x, flat, shape), Value.host(dtype, shape, convertNumbers(positions, dtype))];
}

/** The elements of `x` at flat positions; differentiable where `x` is. */
function pick(x: Value, positions: Int32Array, shape: readonly number[]): Value {
  if (x.onDevice && isFloating(x.dtype) && positions.length > 0) {
    const flat = tf.reshape(x.tensor(), [-1]);
    const picked = tf.gather(flat, tf.tensor1d(positions, 'int32'));
    return fromTensor(tf.reshape(picked, shape as number[]), x.dtype);
  }
  const source = x.numeric();
  const out = allocate(x.dtype, positions.length);
  for (let i = 0; i < out.length; i++) out[i] = source[positions[i]!] as never;
  return Value.host(x.dtype, shape, out);
}

/** Whether each row's target is among its `k` largest predictions; never where the answer hangs on a NaN or infinity. */
function inTopK(predictions: Value, targets: Value, k: number, ctx: KernelContext): Value {
  targetCount(predictions.shape, targets.shape, ctx);
  const [rows, classes] = predictions.shape;
  const source = predictions.numeric() as Float32Array;
  const out = Uint8Array.from(targets.numbers(), (target, row) => {
    const scores = source.subarray(row * classes!, (row + 1) * classes!);
    if (target < 0 || target >= classes! || !scores.every(Number.isFinite)) return 0;
    return Number(scores.filter((score) => score > scores[target]!).length < k);
  });
  return Value.host('bool', [rows!], out);
}

/** The largest elements. */
export const largestElements: OpFamily = {
  TopK: {kernel: ([x], ctx) => topK(x!, ctx.attrs.int('k'), ctx)},
  TopKV2: {kernel: ([x, k], ctx) => topK(x!, k!.number(), ctx)},
  InTopK: {kernel: ([x, targets], ctx) => inTopK(x!, targets!, ctx.attrs.int('k'), ctx)},
  InTopKV2: {kernel: ([x, targets, k], ctx) => inTopK(x!, targets!, k!.number(), ctx)},
};
