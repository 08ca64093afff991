/**
 * The data that a tensor holds: which it is, and whether it can be read.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/**
 * Stands for the data of a tensor, whatever backend has it. Tensors that share data give the same object, and a variable
 * another one after each assignment.
 */
export function dataOf(tensor: tf.TensorInfo): object {
  return tensor.dataId;
}

/** Backends whose memory JavaScript sees. */
const READABLE: ReadonlySet<string> = new Set(['cpu', 'wasm']);

let isHidden = false;

/** True where the data of tensors of the active backend can be read at no more than the cost of copying it. */
export function isReadable(): boolean {
  return !isHidden && READABLE.has(tf.getBackend());
}

/** Runs `f` as on a backend whose memory JavaScript does not see, so that what is on it is computed there, however small: for tests. */
export function asOnFarBackend<T>(f: () => T): T {
  const before = isHidden;
  isHidden = true;
  try {
    return f();
  } finally {
    isHidden = before;
  }
}
