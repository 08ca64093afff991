/**
 * tfjs's registry of kernels: running one by its name, past the checks and conversions of the public operation, and putting
 * another in its place.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** The operands of a kernel, by the names that it gives them. */
export type Operands = Readonly<Record<string, tf.Tensor>>;

/** A kernel in the place of another, which it may call. */
export type Replacement = (own: tf.KernelFunc, kernelName: string) => tf.KernelFunc;

/** Runs a kernel of the active backend that gives one tensor. It goes on the gradient tape as every operation does. */
export function runKernel(kernelName: string, operands: Operands, attrs: object): tf.Tensor {
  const engine = tf.engine();
  return engine.runKernel(kernelName, operands as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as tf.Tensor;
}

/** Whether the active backend has a kernel. */
export function hasKernel(kernelName: string): boolean {
  return tf.getKernel(kernelName, tf.getBackend()) !== undefined;
}

/** Replaces a kernel of a backend, if it has it. */
export function replaceKernel(backendName: string, kernelName: string, by: Replacement): void {
  const own = tf.getKernel(kernelName, backendName);
  if (own !== undefined) put({...own, kernelFunc: by(own.kernelFunc, kernelName)});
}

/** Runs `f` with those of the kernels replaced that the backend has. */
export function withReplacedKernels<T>(
  backendName: string,
  kernelNames: readonly string[],
  by: Replacement,
  f: () => T,
): T {
  const originals = kernelNames.flatMap((name) => tf.getKernel(name, backendName) ?? []);
  for (const own of originals) put({...own, kernelFunc: by(own.kernelFunc, own.kernelName)});
  try {
    return f();
  } finally {
    for (const own of originals) put(own);
  }
}

/** tfjs warns of a kernel that takes the place of another. */
function put(kernel: tf.KernelConfig): void {
  tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  tf.registerKernel(kernel);
}

/** A tensor of a backend, as kernels give it, from its elements. */
export function writeTensor(
  backend: tf.KernelBackend,
  values: tf.BackendValues,
  shape: readonly number[],
  dtype: tf.DataType,
): tf.TensorInfo {
  return {dataId: backend.write(values, shape as number[], dtype) as object, shape: shape as number[], dtype};
}
