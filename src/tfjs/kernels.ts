/**
 * tfjs's registry of kernels: running one by its name, past the checks and conversions of the public operation, and putting
 * another in its place.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isTaping} from './tape.js';

/** The operands of a kernel, by the names that it gives them. */
export type Operands = Readonly<Record<string, tf.Tensor>>;

/** A kernel in the place of another, which it may call. */
export type Replacement = (own: tf.KernelFunc, kernelName: string) => tf.KernelFunc;

/**
 * Runs a kernel of the active backend that gives one tensor. It goes on the gradient tape as every operation does.
 *
 * Where nobody records, watches or measures it, the engine has nothing to do but to note the result, and the kernel is called without
 * it: that takes longer than many a small kernel itself.
 */
export function runKernel(kernelName: string, operands: Operands, attrs: object = {}): tf.Tensor {
  const engine = tf.engine();
  const inputs = operands as tf.NamedTensorMap;
  const kernel = isUnwatched(engine) ? tf.getKernel(kernelName, engine.backendName) : undefined;
  if (kernel === undefined)
    return engine.runKernel(kernelName, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
  const result = kernel.kernelFunc({inputs, attrs: attrs as tf.NamedAttrMap, backend: engine.backend});
  // Some kernels give tensors.
  if (result instanceof tf.Tensor) return result;
  const {dataId, shape, dtype} = result as tf.TensorInfo;
  return engine.makeTensorFromTensorInfo({dataId, shape, dtype});
}

/** True where no tape records, no profiler measures, and the engine's method is its own. */
function isUnwatched(engine: ReturnType<typeof tf.engine>): boolean {
  return (
    !isTaping() &&
    !engine.state.profiling &&
    !Object.hasOwn(engine, 'runKernel') &&
    !tf.env().getBool('DEBUG')
  );
}

/** The operation of one operand that is a kernel. */
export const unaryKernel =
  (kernelName: string) =>
  (x: tf.Tensor): tf.Tensor =>
    runKernel(kernelName, {x});

/** The operation of two operands of one dtype that is a kernel. */
export const binaryKernel =
  (kernelName: string) =>
  (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
    runKernel(kernelName, {a, b});

/** `tf.reshape`. */
export const reshape = (x: tf.Tensor, shape: readonly number[]): tf.Tensor =>
  runKernel(tf.Reshape, {x}, {shape});

/** `tf.clone`. */
export const clone = unaryKernel(tf.Identity);

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
