/**
 * Faster matrix products on tfjs's wasm backend, whose fast kernel takes one pair of matrices as they lie in memory:
 * any operand that is to be transposed sends it to a plain loop, which is some ten times slower. Gradients of dense
 * layers are such products.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../graph/tensor.js';
import {directly, type Run, replaceKernel, type WasmBackend} from './wasm_direct.js';

/** Products of fewer multiplications gain nothing. */
const SMALL = 32_768;

/** Replaces the BatchMatMul kernel by one that transposes large matrices before it multiplies. */
export function transposeBeforeMatMul(): void {
  replaceKernel(tf.BatchMatMul, (own) => (call) => {
    const {a, b} = call.inputs as {a: tf.TensorInfo; b: tf.TensorInfo};
    const {transposeA, transposeB} = call.attrs as {transposeA: boolean; transposeB: boolean};
    const isPlain = !transposeA && !transposeB;
    const work = sizeOf(a.shape) * b.shape.at(transposeB ? -2 : -1)!;
    if (isPlain || work < SMALL || !isSingle(a) || !isSingle(b)) return own(call);
    return directly(call.backend as WasmBackend, (run) => {
      const left = transposeA ? transposeLast(a, run) : a;
      const right = transposeB ? transposeLast(b, run) : b;
      return run(own, {a: left, b: right}, {transposeA: false, transposeB: false});
    });
  });
}

/** True for one matrix; a batch is computed by the plain loop in any case. */
function isSingle(x: tf.TensorInfo): boolean {
  return x.dtype === 'float32' && sizeOf(x.shape.slice(0, -2)) === 1;
}

function transposeLast(x: tf.TensorInfo, run: Run): tf.TensorInfo {
  const axes = (x.shape as number[]).map((_, axis) => axis);
  return run(tf.Transpose, {x}, {perm: [...axes.slice(0, -2), axes.length - 1, axes.length - 2]});
}
