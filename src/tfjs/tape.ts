/**
 * tfjs's gradient tape, as far as the public interface does not tell.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** True while a tfjs gradient tape records what is computed; inside an operation with a gradient of its own it does not. */
export function isTaping(): boolean {
  const {gradientDepth, kernelDepth} = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}
