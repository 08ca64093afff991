/**
 * The models that layers are tried on, and ways to look at what they give.
 *
 * @module
 */

import {fileURLToPath} from 'node:url';
import type * as tf from '@tensorflow/tfjs-core';

/** Path of a fixture, which is also its handle. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../../fixtures/models/${name}`, import.meta.url));
}

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
