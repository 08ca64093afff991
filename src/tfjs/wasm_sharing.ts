/**
 * Tensors of tfjs's wasm backend that share memory: its kernels for clones and casts copy even where nothing changes,
 * so that every tensor a gradient tape saves is there twice. Tensors never change, and the backend counts who uses their
 * memory; its reshapes share it, too.
 *
 * Its cast to booleans keeps the lowest byte of an integer and drops fractions, so that 256 and 0.5 become false.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type MemoryBackend, makeTensor} from './backend_memory.js';
import {replaceKernel} from './kernels.js';
import type {WasmBackend} from './wasm_backend.js';

/** Replaces the Identity and the Cast kernel by ones that copy only what is converted; all but zero is true. */
export function shareUnchanged(): void {
  for (const kernelName of [tf.Identity, tf.Cast]) {
    replaceKernel('wasm', kernelName, (own) => (call) => {
      const {dataId, shape, dtype} = call.inputs.x!;
      if (dtype === 'string' || dtype === 'complex64') return own(call);
      const target = kernelName === tf.Identity ? dtype : call.attrs!.dtype;
      if (target !== dtype) return target === 'bool' ? toBool(call) : own(call);
      (call.backend as WasmBackend).incRef(dataId);
      return {dataId, shape, dtype};
    });
  }
}

const toBool: tf.KernelFunc = ({inputs: {x}, backend}) =>
  makeTensor(backend as MemoryBackend, [x!], x!.shape, 'bool', (out, numbers) => {
    for (let i = 0; i < out.length; i++) out[i] = numbers![i] === 0 ? 0 : 1;
  });
