/**
 * Kernels that are loops over typed arrays, for the backends whose tensors JavaScript sees in memory: cpu and wasm.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {DType, NumericArray} from '../host/dtypes.js';
import {allocate, sizeOf} from '../host/tensor.js';

/** What the cpu and the wasm backend have beyond the interface of backends. */
export interface MemoryBackend {
  /** cpu: tensors by their id. */
  readonly data?: {get(id: object): {values: NumericArray}};
  makeTensorInfo?(shape: number[], dtype: string, values: NumericArray): tf.TensorInfo;
  /** wasm: a view of a tensor in the module's memory. */
  typedArrayFromHeap?(info: tf.TensorInfo): NumericArray;
  makeOutput?(shape: number[], dtype: string, offset?: undefined, values?: NumericArray): tf.TensorInfo;
}

/** The elements of a tensor; on the wasm backend good until room is made for another one. */
export function viewOf(backend: MemoryBackend, info: tf.TensorInfo): NumericArray {
  return backend.typedArrayFromHeap?.(info) ?? backend.data!.get(info.dataId).values;
}

/** A tensor whose elements `write` sets, all of them, from those of the inputs. */
export function makeTensor(
  backend: MemoryBackend,
  inputs: readonly tf.TensorInfo[],
  shape: readonly number[],
  dtype: DType,
  write: (out: NumericArray, ...inputs: NumericArray[]) => void,
): tf.TensorInfo {
  const views = () => inputs.map((input) => viewOf(backend, input));
  if (backend.makeTensorInfo !== undefined) {
    const out = allocate(dtype, sizeOf(shape));
    write(out, ...views());
    return backend.makeTensorInfo([...shape], dtype, out);
  }
  // The first views bring all inputs into the memory; making room for the result may then move it.
  views();
  const out = backend.makeOutput!([...shape], dtype);
  if (sizeOf(shape) > 0) write(backend.typedArrayFromHeap!(out), ...views());
  return out;
}
