/**
 * Ways to look at what layers give.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';

/** The value of a tensor as nested arrays. */
export function arrayOf(tensor: unknown): unknown {
  return (tensor as tf.Tensor).arraySync();
}

/** The elements of a tensor. */
export function elements(tensor: unknown): number[] {
  return Array.from((tensor as tf.Tensor).dataSync() as Float32Array);
}

/** Asserts that numbers agree to a relative error. */
export function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-5): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} numbers, not ${expected.length}`);
  actual.forEach((value, i) => {
    const allowed = tolerance * Math.max(1, Math.abs(expected[i]!));
    if (!(Math.abs(value - expected[i]!) <= allowed)) {
      throw new Error(`number ${i} is ${value}, not ${expected[i]}`);
    }
  });
}
