/**
 * Completes a tfjs backend: every kernel that the cpu backend has and another backend lacks is computed by the cpu
 * kernel, so that an operation runs on any backend and only its speed differs. A backend that cannot hold complex
 * tensors (wasm) gets those too: their data stays with the cpu backend.
 *
 * Such a kernel reads its inputs synchronously. WebGL can do that (it stalls the pipeline); WebGPU can do it only on a
 * thread where a canvas can be made, and fails elsewhere.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {UnsupportedOpError} from '../errors.js';
import {shapeComplexParts} from './complex_parts.js';
import {installRepairs} from './install.js';
import {replaceKernel, writeTensor} from './kernels.js';
import {registerMaximumKernel} from './maximum_kernel.js';
import {replaceMovementKernels} from './movement_kernels.js';
import {boundKernels, boundWasmMemory} from './tensor_bounds.js';
import {composeBatchNorm} from './wasm_batch_norm.js';
import {prepareMatMul} from './wasm_matmul.js';
import {guardAverages} from './wasm_pooling.js';
import {shareUnchanged} from './wasm_sharing.js';
import {sumInBlocks} from './wasm_sums.js';
import {moveBeforeView} from './wasm_views.js';

type Inputs = tf.NamedTensorInfoMap;

/** Backends that are complete already; a backend removed and registered anew keeps its kernels, so names suffice. */
const completed = new Set<string>();

/**
 * Kernels that give wrong results: these start a maximum at the smallest positive float, so that no negative one is found
 * (tfjs 4.22).
 */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  wasm: [
    tf.Dilation2D,
    tf.Dilation2DBackpropFilter,
    tf.Dilation2DBackpropInput,
    tf.MaxPool3D,
    tf.MaxPool3DGrad,
    tf.MaxPoolGrad,
  ],
};

/**
 * Registers on backend `name` what it lacks compared with the cpu backend. Call it after the backend's package is
 * imported; calling it again does nothing.
 */
export function completeBackend(name: string): void {
  installRepairs();
  // Nothing is registered yet: the package is not imported, or the backend (tfjs-node) has no JavaScript kernels.
  if (completed.has(name) || tf.getKernelsForBackend(name).length === 0) return;
  completed.add(name);
  replaceMovementKernels(name);
  registerMaximumKernel(name);
  if (name === 'cpu') {
    shapeComplexParts();
    boundKernels(name);
    return;
  }
  completeBackend('cpu');
  for (const kernelName of WRONG[name] ?? []) tf.unregisterKernel(kernelName, name);
  const own = tf.getKernelsForBackend(name);
  const present = new Set(own.map((kernel) => kernel.kernelName));
  const holdsComplex = present.has(tf.Complex);
  for (const {kernelName, kernelFunc} of tf.getKernelsForBackend('cpu')) {
    if (present.has(kernelName)) continue;
    const fallback = onCpu(kernelFunc, name, holdsComplex);
    tf.registerKernel({kernelName, backendName: name, kernelFunc: fallback});
  }
  if (!holdsComplex) for (const kernel of own) addComplex(kernel);
  if (name === 'wasm') {
    shareUnchanged();
    sumInBlocks();
    guardAverages(onCpu(tf.getKernel(tf.AvgPool, 'cpu')!.kernelFunc, name, holdsComplex));
    composeBatchNorm();
    prepareMatMul();
    moveBeforeView();
    boundWasmMemory();
  }
  boundKernels(name);
}

/** Sends the calls of a backend's own kernel that involve complex numbers to the cpu kernel. */
function addComplex({kernelName, backendName}: tf.KernelConfig): void {
  const cpu = tf.getKernel(kernelName, 'cpu');
  if (cpu === undefined) return;
  const fallback = onCpu(cpu.kernelFunc, backendName, false);
  replaceKernel(backendName, kernelName, (own) => (call) => (involvesComplex(call) ? fallback : own)(call));
}

function involvesComplex({inputs, attrs}: {inputs: Inputs; attrs?: tf.NamedAttrMap}): boolean {
  if (attrs?.dtype === 'complex64') return true;
  for (const key in inputs) if (inputs[key]?.dtype === 'complex64') return true;
  return false;
}

/** A kernel of backend `name` that computes with the cpu backend's kernel. */
function onCpu(cpuKernel: tf.KernelFunc, name: string, holdsComplex: boolean): tf.KernelFunc {
  return ({inputs, attrs, backend}) => {
    const from = backend as tf.KernelBackend;
    const cpu = cpuBackend();
    const copies: tf.TensorInfo[] = [];
    const copy = (info: tf.TensorInfo): tf.TensorInfo => {
      if (cpu.refCount(info.dataId) > 0) return info;
      const copied = copyToCpu(info, from, cpu);
      copies.push(copied);
      return copied;
    };
    let results: tf.TensorInfo | tf.TensorInfo[] = [];
    try {
      results = cpuKernel({inputs: mapInputs(inputs, copy), backend: cpu, ...(attrs && {attrs})});
      const toBackend = (info: tf.TensorInfo) => {
        if (info.dtype !== 'complex64') return moveFromCpu(info, cpu, from);
        return holdsComplex ? moveComplex(info, cpu, from, name) : keepOnCpu(info, cpu);
      };
      return Array.isArray(results) ? results.map(toBackend) : toBackend(results);
    } finally {
      for (const info of copies) cpu.disposeData(info.dataId);
    }
  };
}

function cpuBackend(): tf.KernelBackend {
  const cpu = tf.findBackend('cpu');
  if (cpu === null) throw new UnsupportedOpError('the cpu backend of tfjs cannot be started');
  return cpu;
}

/** The inputs with each tensor replaced; kernels with a list of tensors (AddN, Concat) get them as an array. */
function mapInputs(inputs: Inputs, f: (info: tf.TensorInfo) => tf.TensorInfo): Inputs {
  if (Array.isArray(inputs)) return inputs.map(f) as unknown as Inputs;
  const entries = Object.entries(inputs).map(([key, info]) => [key, info && f(info)]);
  return Object.fromEntries(entries) as Inputs;
}

/** The copy has a rank as tensors do: some kernels of the cpu backend ask for it. */
function copyToCpu(info: tf.TensorInfo, from: tf.KernelBackend, cpu: tf.KernelBackend): tf.TensorInfo {
  const {shape, dtype} = info;
  const values = from.readSync(info.dataId);
  if (dtype !== 'complex64') {
    const copy: tf.TensorInfo & {readonly rank: number} = {
      ...writeTensor(cpu, values, shape, dtype),
      rank: shape.length,
    };
    return copy;
  }
  return complexOn('cpu', cpu, shape, values as Float32Array);
}

/** Hands a result over to the backend that asked for it. */
function moveFromCpu(info: tf.TensorInfo, cpu: tf.KernelBackend, to: tf.KernelBackend): tf.TensorInfo {
  const {shape, dtype} = info;
  let values = cpu.readSync(info.dataId);
  // Some cpu kernels leave plain arrays or another typed array than the dtype's.
  if (dtype !== 'string') {
    values = tf.util.toTypedArray(values as Float32Array, dtype as 'float32');
  }
  cpu.disposeData(info.dataId);
  return writeTensor(to, values, shape, dtype);
}

function moveComplex(
  info: tf.TensorInfo,
  cpu: tf.KernelBackend,
  to: tf.KernelBackend,
  name: string,
): tf.TensorInfo {
  const values = cpu.readSync(info.dataId) as Float32Array;
  cpu.disposeData(info.dataId);
  return complexOn(name, to, info.shape, values);
}

/** A complex tensor on a backend that has the kernel for it, from interleaved parts. */
function complexOn(
  name: string,
  backend: tf.KernelBackend,
  shape: number[],
  interleaved: Float32Array,
): tf.TensorInfo {
  const parts = tf.backend_util.splitRealAndImagArrays(interleaved);
  const real = writeTensor(backend, parts.real, shape, 'float32');
  const imag = writeTensor(backend, parts.imag, shape, 'float32');
  const {kernelFunc} = tf.getKernel(tf.Complex, name);
  const complex = kernelFunc({inputs: {real, imag}, backend}) as tf.TensorInfo;
  backend.disposeData(real.dataId);
  backend.disposeData(imag.dataId);
  return complex;
}

/** Tells the engine that the data is the cpu backend's, which it would take for the active one's. */
function keepOnCpu(info: tf.TensorInfo, cpu: tf.KernelBackend): tf.TensorInfo {
  return tf.engine().makeTensorFromTensorInfo(info, cpu);
}
