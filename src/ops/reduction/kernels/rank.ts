/**
 * Positions of elements by their size: ArgMax, TopK, InTopK.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isFloating, type NumericArray} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../../host/tensor.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {convertNumbers} from '../../../tensors/host.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis} from '../../node.js';

type Element = number | bigint;

const missing = (x: Element): boolean => Number.isNaN(x);

/** The position, along one axis, of the first element that no other one is `better` than; a NaN is worse than all. */
function argExtreme(better: (x: Element, best: Element) => boolean): Kernel {
  return ([x, dimension], ctx) => {
    const axis = resolveAxis(dimension!.number(), x!.rank, ctx);
    const length = x!.shape[axis]!;
    if (length === 0) throw invalid(ctx, `axis ${axis} of ${formatShape(x!.shape)} is empty`);
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const source = x!.numeric();
    const out = new Int32Array(source.length / length);
    for (let at = 0; at < out.length; at++) {
      const start = Math.floor(at / inner) * length * inner + (at % inner);
      for (let i = 1, best = source[start]!; i < length; i++) {
        const each = source[start + i * inner]!;
        if (better(each, best) || (missing(best) && !missing(each))) [best, out[at]] = [each, i];
      }
    }
    const dtype = ctx.attrs.dtype('output_type');
    const shape = x!.shape.filter((_, i) => i !== axis);
    return Value.host(dtype, shape, convertNumbers(out, dtype));
  };
}

/** The `k` largest elements along the last axis, the lower position first among equals. */
function topK(x: Value, k: number, ctx: KernelContext): readonly Value[] {
  const length = x.shape.at(-1);
  if (length === undefined) throw invalid(ctx, 'the input needs at least one dimension');
  if (k < 0 || k > length) throw invalid(ctx, `k = ${k} is not in the range of 0 to ${length} elements`);
  const rows = sizeOf(x.shape.slice(0, -1));
  const source = x.numeric();
  const positions = new Int32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const elements = source.subarray(row * length, (row + 1) * length);
    positions.set(largest(elements, k), row * k);
  }
  const flat = positions.map((position, i) => Math.floor(i / k) * length + position);
  const shape = [...x.shape.slice(0, -1), k];
  const dtype = ctx.attrs.has('index_type') ? ctx.attrs.dtype('index_type') : 'int32';
  return [pick(x, flat, shape), Value.host(dtype, shape, convertNumbers(positions, dtype))];
}

/** Positions of the `k` largest elements, in order. */
function largest(elements: NumericArray, k: number): Int32Array {
  const before = (a: number, b: number): number =>
    elements[a]! > elements[b]! ? -1 : elements[a]! < elements[b]! ? 1 : a - b;
  if (k > 32)
    return int32Array(elements.length, (i) => i)
      .sort(before)
      .subarray(0, k);
  // Few are wanted: keep them sorted, and most elements are turned away by the last of them.
  const best: number[] = [];
  for (let i = 0; i < elements.length && k > 0; i++) {
    if (best.length === k && !(elements[i]! > elements[best[k - 1]!]!)) continue;
    if (best.length === k) best.pop();
    let at = best.length;
    while (at > 0 && elements[i]! > elements[best[at - 1]!]!) at--;
    best.splice(at, 0, i);
  }
  return Int32Array.from(best);
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
  const [rows, classes] = predictions.shape;
  if (predictions.rank !== 2) throw invalid(ctx, 'predictions must be a matrix');
  if (targets.rank !== 1 || targets.size !== rows)
    throw invalid(ctx, `targets must be ${rows} class numbers`);
  const source = predictions.numeric() as Float32Array;
  const out = Uint8Array.from(targets.numbers(), (target, row) => {
    const scores = source.subarray(row * classes!, (row + 1) * classes!);
    if (target < 0 || target >= classes! || !scores.every(Number.isFinite)) return 0;
    return Number(scores.filter((score) => score > scores[target]!).length < k);
  });
  return Value.host('bool', [rows!], out);
}

export const rankings: OpFamily = {
  ArgMax: {kernel: argExtreme((x, best) => x > best)},
  ArgMin: {kernel: argExtreme((x, best) => x < best)},
  TopK: {kernel: ([x], ctx) => topK(x!, ctx.attrs.int('k'), ctx)},
  TopKV2: {kernel: ([x, k], ctx) => topK(x!, k!.number(), ctx)},
  InTopK: {kernel: ([x, targets], ctx) => inTopK(x!, targets!, ctx.attrs.int('k'), ctx)},
  InTopKV2: {kernel: ([x, targets, k], ctx) => inTopK(x!, targets!, k!.number(), ctx)},
};
