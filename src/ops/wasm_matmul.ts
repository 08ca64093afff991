/**
 * Faster matrix products on tfjs's wasm backend, whose fast kernel takes one pair of matrices as they lie in memory:
 * any operand that is to be transposed sends it to a plain loop, which is some ten times slower. Gradients of dense
 * layers are such products.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../graph/tensor.js';

/** Products of fewer multiplications gain nothing. */
const SMALL = 32_768;

/** Replaces the BatchMatMul kernel of backend `name` by one that transposes large matrices before it multiplies. */
export function transposeBeforeMatMul(backendName: string): void {
  const own = tf.getKernel(tf.BatchMatMul, backendName);
  if (own === undefined) return;
  const kernelFunc: tf.KernelFunc = (call) => {
    const {a, b} = call.inputs as {a: tf.TensorInfo; b: tf.TensorInfo};
    const {transposeA, transposeB} = call.attrs as {transposeA: boolean; transposeB: boolean};
    const isPlain = !transposeA && !transposeB;
    const work = sizeOf(a.shape) * b.shape.at(transposeB ? -2 : -1)!;
    if (isPlain || work < SMALL || !isSingle(a) || !isSingle(b)) return own.kernelFunc(call);
    return tf.tidy(() => {
      const left = transposeA ? transposeLast(a as tf.Tensor) : (a as tf.Tensor);
      const right = transposeB ? transposeLast(b as tf.Tensor) : (b as tf.Tensor);
      return tf.matMul(left, right);
    });
  };
  tf.unregisterKernel(tf.BatchMatMul, backendName);
  tf.registerKernel({...own, kernelFunc});
}

/** True for one matrix; a batch is computed by the plain loop in any case. */
function isSingle(x: tf.TensorInfo): boolean {
  return x instanceof tf.Tensor && x.dtype === 'float32' && sizeOf(x.shape.slice(0, -2)) === 1;
}

function transposeLast(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
