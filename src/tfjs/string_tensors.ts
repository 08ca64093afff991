/**
 * String tensors over packed strings. tfjs keeps strings as an array of byte arrays; such an array is made here when somebody first reads
 * the tensor, and not before: strings that go from one model to the next, or to nobody, never become objects.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {PackedStrings} from '../host/strings.js';

/** What tfjs's cpu backend keeps of the data of a tensor. */
interface Kept {
  values: unknown;
}

/** Its `data`, which is no part of its declared interface. */
interface HostBackend extends tf.KernelBackend {
  readonly data: {get(dataId: tf.DataId): Kept};
}

/** The strings of data that was made here. */
const packed = new WeakMap<tf.DataId, PackedStrings>();

/** A string tensor in host memory, whatever backend is active. */
export function stringTensor(strings: PackedStrings, shape: readonly number[]): tf.Tensor {
  const backend = tf.findBackend('cpu') as HostBackend;
  const dataId = backend.write([] as never, [...shape], 'string');
  packed.set(dataId, strings);
  let values: Uint8Array[] | undefined;
  Object.defineProperty(backend.data.get(dataId), 'values', {
    get: () => (values ??= strings.toArray()),
    enumerable: true,
  });
  const engine = tf.engine();
  const tensor = engine.makeTensorFromDataId(dataId, [...shape], 'string', backend);
  // As the engine counts the strings that it is given itself.
  const info = engine.state.tensorInfo.get(dataId)!;
  info.bytes = strings.totalBytes;
  engine.state.numBytes += info.bytes;
  return tensor;
}

/** The strings of a tensor as they are: `dataSync` would decode them as UTF-8, which they need not be. */
export function stringsOf(tensor: tf.Tensor): PackedStrings {
  return packed.get(tensor.dataId) ?? PackedStrings.of(tf.engine().readSync(tensor.dataId) as never);
}
