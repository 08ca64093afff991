/**
 * Linear functions of one tfjs tensor whose gradient is given beside them: where tfjs has none, or a slow one.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {runStep} from '../tfjs/tape.js';

/** `forward(x)`, a linear function, whose gradient is `adjoint(dy)`. Nothing needs to be kept for the gradient. */
export function linear(
  x: tf.Tensor,
  forward: (x: tf.Tensor) => tf.Tensor,
  adjoint: (dy: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const op = tf.customGrad((input: unknown) => ({value: forward(input as tf.Tensor), gradFunc: adjoint}));
  return op(x);
}

/** What `compute` gives, to the tape as if it were constant: no gradient goes further back. */
export function constant<T extends tf.Tensor | tf.Tensor[]>(compute: () => T): T {
  return runStep({inputs: [], forward: compute, backward: () => []});
}

/** `x` to the tape as if it were a constant. */
export function stopGradient(x: tf.Tensor): tf.Tensor {
  return constant(() => tf.clone(x));
}

/** Zeros that stay connected to `x` on the tape, for where one of both is empty: few kernels of tfjs cope with that. */
export function zerosFrom(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const {shape: from, dtype} = x;
  return linear(
    x,
    () => tf.zeros(shape as number[], dtype),
    () => tf.zeros(from, dtype),
  );
}
