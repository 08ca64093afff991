/**
 * tfjs's registry of gradients, completed. tfjs-core alone registers none; tfjs-layers brings them. Of the comparisons only
 * GreaterEqual has one there: but gradients choose elements by comparing them, and a second derivative runs into that.
 *
 * @module
 */

import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

const COMPARISONS = [tf.Equal, tf.NotEqual, tf.Less, tf.LessEqual, tf.Greater, tf.LogicalAnd, tf.LogicalOr];

/** Makes comparisons transparent to gradients of gradients: theirs are zero. A gradient that exists is kept. */
export function installGradients(): void {
  for (const kernelName of COMPARISONS) {
    if (tf.getGradient(kernelName) === undefined) tf.registerGradient(zeroGradient(kernelName));
  }
}

function zeroGradient(kernelName: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (_dy, saved) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      return {a: () => tf.zeros(a.shape), b: () => tf.zeros(b.shape)};
    },
  };
}
