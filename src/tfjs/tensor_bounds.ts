/**
 * Bounds for what tfjs allocates during a call of a model: its kernels ask before they make more than they are given, and
 * the wasm backend's memory says when it is full, which it does not by itself (it would go on writing at address 0).
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {isBounded, roomFor} from '../host/budget.js';
import {replaceKernel} from './kernels.js';
import {elementBytes, SIZE_RULES} from './tensor_sizes.js';
import {wasmBackend} from './wasm_backend.js';

/** Bytes of all tensors that tfjs knows. */
export function tensorBytes(): number {
  return tf.engine().state.numBytes;
}

/** Not worth a question. */
const FEW_ELEMENTS = 1024;

/** Lets every kernel of a backend that can make large results of small inputs ask for the room first. */
export function boundKernels(backendName: string): void {
  for (const [kernelName, sizeOfResult] of Object.entries(SIZE_RULES)) {
    replaceKernel(backendName, kernelName, (own) => (call) => {
      if (isBounded()) {
        const inputs = call.inputs as Readonly<Record<string, tf.TensorInfo>>;
        const elements = sizeOfResult(inputs, call.attrs ?? {});
        if (elements > FEW_ELEMENTS) roomFor(elements * elementBytes(kernelName, inputs));
      }
      return own(call);
    });
  }
}

/** Backends whose memory is watched already. */
const watched = new WeakSet<object>();

/** WebAssembly's addresses have 32 bits. */
const MAX_WASM_BYTES = 2 ** 32;

/** Makes the wasm backend refuse what its memory has no room for. */
export function boundWasmMemory(): void {
  const wasm = wasmBackend()?.wasm;
  if (wasm === undefined || watched.has(wasm)) return;
  watched.add(wasm);
  // The first call puts the function itself in the place of one that looks it up.
  wasm._free(wasm._malloc(1));
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    roomFor(bytes);
    const address = bytes < MAX_WASM_BYTES ? malloc(bytes) : 0;
    if (address === 0 && bytes > 0) {
      throw new CallError(`the memory of the wasm backend has no room for ${bytes} bytes more`);
    }
    return address;
  };
}
