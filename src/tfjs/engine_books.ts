/**
 * Repairs of tfjs's engine, which keeps the books of who holds what.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** What of the engine is repaired. */
interface Books {
  readonly state: {
    readonly tensorInfo: WeakMap<object, {readonly backend: tf.KernelBackend; readonly bytes: number}>;
    numBytes: number;
  };
  trackTensor(tensor: tf.Tensor, backend?: tf.KernelBackend | null): void;
  incRef(tensor: tf.Tensor, backend: tf.KernelBackend | null): void;
}

/** Marks an engine that is repaired: several copies of this module may share one. */
const REPAIRED = Symbol.for('tensorflow-hub: engine repaired');

/**
 * Repairs the engine of this process, once.
 *
 * - A variable counts as a holder of its data where the data is. tfjs (4.22) tells the active backend, which either takes
 *   the data over for it, also complex numbers that it cannot hold (wasm: "Unknown dtype complex64" ever after), or
 *   ignores it, and loses the value with the tensor that was assigned.
 * - Every string tensor adds its bytes to `tf.memory()`. tfjs adds those of the first that has some data, and subtracts
 *   them for each: numBytes goes below zero where a clone or a reshape is disposed.
 */
export function installEngineBooks(): void {
  const engine = tf.engine() as unknown as Books & {[REPAIRED]?: true};
  if (engine[REPAIRED]) return;
  engine[REPAIRED] = true;
  const {trackTensor} = engine;
  engine.incRef = function (this: Books, tensor, backend) {
    this.trackTensor(tensor, backend);
    this.state.tensorInfo.get(tensor.dataId)!.backend.incRef(tensor.dataId);
  };
  engine.trackTensor = function (this: Books, tensor, backend) {
    const shared = this.state.tensorInfo.get(tensor.dataId);
    trackTensor.call(this, tensor, backend);
    if (tensor.dtype === 'string' && shared !== undefined) this.state.numBytes += shared.bytes;
  };
}
