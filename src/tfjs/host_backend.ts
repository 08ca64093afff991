/**
 * tfjs's cpu backend as a place to keep tensors: it stores the typed array it is given, without a copy, and the engine
 * moves the data to the active backend when a kernel there first uses it. A gigabyte of weights costs nothing until then.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';

const NAME = 'cpu';

/** Runs `make` with the cpu backend active, so that what it makes stays in host memory; the active backend is restored. */
export function onHostBackend<T>(make: () => T): T {
  const active = tf.getBackend();
  if (active === NAME) return make();
  // Activating an initialised backend completes synchronously, before the promise is returned.
  void tf.setBackend(NAME);
  try {
    return make();
  } finally {
    void tf.setBackend(active);
  }
}

/** True when the tensor's data is in host memory, so that reading it is free. */
export function isOnHostBackend(tensor: tf.Tensor): boolean {
  const info = tf.engine().state.tensorInfo.get(tensor.dataId);
  return info !== undefined && info.backend === tf.findBackend(NAME);
}

/**
 * A tensor in host memory whatever backend is active, over memory that is its own from then on: nothing is copied until a kernel of another
 * backend uses it.
 */
export function hostTensor(
  data: tf.DataTypeMap['float32' | 'int32' | 'bool'],
  shape: readonly number[],
  dtype: 'float32' | 'int32' | 'bool',
): tf.Tensor {
  const backend = tf.findBackend(NAME);
  const dataId = backend.write(data, [...shape], dtype);
  return tf.engine().makeTensorFromDataId(dataId, [...shape], dtype, backend);
}
