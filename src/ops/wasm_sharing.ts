/**
 * Tensors of tfjs's wasm backend that share memory: its kernels for clones and casts copy even where nothing changes,
 * so that every tensor a gradient tape saves is there twice. Tensors never change, and the backend counts who uses their
 * memory; its reshapes share it, too.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** Replaces the Identity and the Cast kernel of backend `name` by ones that copy only what is converted. */
export function shareUnchanged(name: string): void {
  for (const kernelName of [tf.Identity, tf.Cast]) {
    const own = tf.getKernel(kernelName, name);
    if (own === undefined) continue;
    const kernelFunc: tf.KernelFunc = (call) => {
      const x = call.inputs.x!;
      const isSame = kernelName === tf.Identity || call.attrs!.dtype === x.dtype;
      if (!isSame || x.dtype === 'string' || x.dtype === 'complex64') return own.kernelFunc(call);
      const {dataId, shape, dtype} = x;
      (call.backend as tf.KernelBackend).incRef(dataId);
      return {dataId, shape, dtype};
    };
    tf.unregisterKernel(kernelName, name);
    tf.registerKernel({...own, kernelFunc});
  }
}
