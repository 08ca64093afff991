/**
 * Kernels of tfjs's wasm backend made of others of its kernels, which are called without the engine's bookkeeping: that
 * takes longer than many a small kernel itself.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {WasmBackend} from './wasm_backend.js';

/** A tensor under another shape of the same size. */
export const reshaped = (x: tf.TensorInfo, shape: number[]): tf.TensorInfo => ({...x, shape});

/** Runs a kernel of the backend, given itself or by its name. */
export type Run = (
  kernel: string | tf.KernelFunc,
  inputs: tf.NamedTensorInfoMap,
  attrs?: object,
) => tf.TensorInfo;

/** Gives `compute` the kernels of a backend, and frees what they made but for the result. */
export function directly(backend: WasmBackend, compute: (run: Run) => tf.TensorInfo): tf.TensorInfo {
  const made: tf.TensorInfo[] = [];
  const run: Run = (kernel, inputs, attrs) => {
    const kernelFunc = typeof kernel === 'string' ? tf.getKernel(kernel, 'wasm')!.kernelFunc : kernel;
    const out = kernelFunc({inputs, attrs: attrs as tf.NamedAttrMap, backend}) as tf.TensorInfo;
    made.push(out);
    return out;
  };
  const result = compute(run);
  for (const {dataId} of made) if (dataId !== result.dataId) backend.disposeData(dataId);
  return {dataId: result.dataId, shape: result.shape, dtype: result.dtype};
}
