/**
 * Zero gradients for tfjs's comparisons. Gradients choose elements by comparing them; a second derivative runs into these
 * comparisons, of which tfjs gives only GreaterEqual a gradient.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

const COMPARISONS = [tf.Equal, tf.NotEqual, tf.Less, tf.LessEqual, tf.Greater, tf.LogicalAnd, tf.LogicalOr];

/** Makes comparisons transparent to gradients of gradients. A gradient that exists is kept. */
export function registerComparisonGradients(): void {
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
