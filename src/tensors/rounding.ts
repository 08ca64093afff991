/**
 * float16 and bfloat16 results on a tfjs backend: computed in float32, then rounded to what the narrow type can hold,
 * which is what TensorFlow's CPU kernels do as well. The gradient passes through unchanged.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {roundToBfloat16, roundToFloat16} from '../algorithms/small_floats.js';

const ROUND = {float16: roundToFloat16, bfloat16: roundToBfloat16} as const;

/** `tensor` (float32) with every element rounded to the nearest number of `dtype`, ties to even. */
export function roundTensor(tensor: tf.Tensor, dtype: keyof typeof ROUND): tf.Tensor {
  const round = ROUND[dtype];
  const rounded = tf.customGrad((x: unknown) => {
    const input = x as tf.Tensor;
    const source = input.dataSync() as Float32Array;
    const value = tf.tensor(source.map(round), input.shape, 'float32');
    return {value, gradFunc: (dy: tf.Tensor) => dy};
  });
  return rounded(tensor.dtype === 'float32' ? tensor : tf.cast(tensor, 'float32'));
}
