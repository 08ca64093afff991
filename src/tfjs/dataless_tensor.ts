/**
 * A tensor without data: it has a shape and can be passed on, and who reads it gets an error.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** What of the engine numbers tensors. */
interface TensorCounter {
  nextTensorId(): number;
}

/**
 * No backend knows it: it takes none of tfjs's memory, scopes do not track it, and disposing of it frees nothing. Every way to
 * its elements leads through `dataId`.
 */
class DatalessTensor extends tf.Tensor {
  constructor(shape: readonly number[], dtype: tf.DataType, refuse: () => never) {
    super([...shape], dtype, {}, (tf.engine() as unknown as TensorCounter).nextTensorId());
    Object.defineProperty(this, 'dataId', {get: refuse, enumerable: false});
  }

  override dispose(): void {
    this.isDisposedInternal = true;
  }
}

/**
 * Makes a tensor without data.
 *
 * @param refuse - throws the error of everything that reads it
 */
export function datalessTensor(shape: readonly number[], dtype: tf.DataType, refuse: () => never): tf.Tensor {
  return new DatalessTensor(shape, dtype, refuse);
}
