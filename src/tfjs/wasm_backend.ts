/**
 * tfjs's wasm backend: what it has beyond the interface of backends.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** The memory that the backend's tensors are in. */
interface WasmModule {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** What of the wasm backend is used, and replaced. */
export interface WasmBackend extends tf.KernelBackend {
  readonly wasm: WasmModule;
  /** Where tensors are; brings those here that another backend holds. */
  readonly dataIdMap: {get(dataId: object): unknown};
  makeOutput(shape: number[], dtype: string): tf.TensorInfo;
  /** A view of a tensor in the module's memory, good until room is made for another. */
  typedArrayFromHeap(info: tf.TensorInfo): tf.TypedArray;
}

/** The backend; undefined where it has not been started, or was not imported. */
export function wasmBackend(): WasmBackend | undefined {
  // `findBackend` would begin to start it, and until it has been started no other backend computes anything.
  return tf.engine().registry.wasm as WasmBackend | undefined;
}
