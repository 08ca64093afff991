/**
 * A page on tfjs's wasm backend, which asks for two threads.
 *
 * @module
 */

import {getThreadsCount, setThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {load} from '../src/index.browser.js';
import type {Floats} from './cases.js';

/** What a call gave, and what computed it. */
export interface WasmCall {
  readonly values: readonly number[];
  /** Whether the module's memory is one that threads share. */
  readonly isShared: boolean;
  readonly threads: number;
}

export interface WasmPageTests {
  /** Loads a model and calls it, with an input of its shape. */
  call(handle: string, input: Floats): Promise<WasmCall>;
}

declare global {
  interface Window {
    wasmTests: WasmPageTests;
  }
}

setWasmPaths('./');
setThreadsCount(2);
await tf.setBackend('wasm');

window.wasmTests = {
  async call(handle, {shape, values}) {
    const model = await load(handle);
    const y = model(tf.tensor([...values], [...shape])) as tf.Tensor;
    const isShared = Boolean(await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT'));
    return {values: [...(await y.data())], isShared, threads: getThreadsCount()};
  },
};

document.body.dataset.ready = 'true';
