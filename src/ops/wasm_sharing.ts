/**
 * Tensors of tfjs's wasm backend that share memory: its kernels for clones and casts copy even where nothing changes,
 * so that every tensor a gradient tape saves is there twice. Tensors never change, and the backend counts who uses their
 * memory; its reshapes share it, too.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {replaceKernel, type WasmBackend} from './wasm_direct.js';

/** Replaces the Identity and the Cast kernel by ones that copy only what is converted. */
export function shareUnchanged(): void {
  for (const kernelName of [tf.Identity, tf.Cast]) {
    replaceKernel(kernelName, (own) => (call) => {
      const {dataId, shape, dtype} = call.inputs.x!;
      const isSame = kernelName === tf.Identity || call.attrs!.dtype === dtype;
      if (!isSame || dtype === 'string' || dtype === 'complex64') return own(call);
      (call.backend as WasmBackend).incRef(dataId);
      return {dataId, shape, dtype};
    });
  }
}
