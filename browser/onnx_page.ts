/**
 * A page that has given onnxruntime-web, in the build and with the settings that its address names.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {type EngineOptions, load, useOnnxRuntime} from '../src/index.browser.js';
import type {Floats} from './cases.js';

/** What the page has done so far. */
export interface Seen {
  /** How often the package was imported. */
  readonly imports: number;
  /** The providers of each session that was made. */
  readonly sessions: readonly string[][];
  readonly runs: number;
  /** Threads that the package has. */
  readonly threads: number | null;
  /** How often work was handed to a GPU. */
  readonly submissions: number;
}

/** What the function gave to both kinds of calls. */
export interface Calls {
  readonly sync: readonly number[];
  readonly async: readonly number[];
}

export interface OnnxPageTests {
  /** Loads a model and calls it, with inputs of its shape: asynchronously twice, the last of which counts. */
  call(handle: string, input: Floats, options: EngineOptions): Promise<Calls | {readonly error: string}>;
  seen(): Seen;
}

declare global {
  interface Window {
    onnxTests: OnnxPageTests;
  }
}

type Package = typeof import('onnxruntime-web');

const settings = new URLSearchParams(location.search);
const sessions: string[][] = [];
let imports = 0;
let runs = 0;
let threads: number | null = null;
let submissions = 0;

useOnnxRuntime(async () => {
  imports++;
  // Each import is a chunk of its own.
  const ort: Package = await (settings.has('webgpu')
    ? import('onnxruntime-web/webgpu')
    : import('onnxruntime-web/wasm'));
  const {env} = ort;
  if (settings.has('elsewhere')) env.wasm.wasmPaths = '/nowhere/';
  if (settings.has('proxy')) env.wasm.proxy = true;
  return watched(ort);
});

/** The package, which notes what is asked of it. */
function watched(ort: Package) {
  const create = async (model: Uint8Array, options: {readonly executionProviders?: readonly string[]}) => {
    const session = await ort.InferenceSession.create(model, options as object);
    sessions.push([...(options.executionProviders ?? [])]);
    threads = ort.env.wasm.numThreads ?? null;
    return {
      run: (...args: Parameters<typeof session.run>) => {
        runs++;
        return session.run(...args);
      },
      release: () => session.release(),
    };
  };
  return {InferenceSession: {create}, Tensor: ort.Tensor, env: ort.env} as never;
}

if ('GPUQueue' in globalThis) {
  const {prototype} = GPUQueue;
  const {submit} = prototype;
  prototype.submit = function (...args) {
    submissions++;
    return submit.apply(this, args);
  };
}

window.onnxTests = {
  async call(handle, {shape, values}, options) {
    const x = tf.tensor([...values], [...shape]);
    try {
      const model = await load(handle, options);
      const sync = model(x) as tf.Tensor;
      await model.async(x);
      const async = (await model.async(x)) as tf.Tensor;
      return {sync: [...(await sync.data())], async: [...(await async.data())]};
    } catch (error) {
      return {error: (error as Error).message};
    }
  },
  seen: () => ({imports, sessions, runs, threads, submissions}),
};

document.body.dataset.ready = 'true';
