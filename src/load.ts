/**
 * Loading a model from a handle: what finds it and what reads it, put together.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {HandleError} from './errors.js';
import type {ResolveOptions} from './hub/options.js';
import {type ModelSource, resolve} from './hub/resolver.js';
import {isModelDirectory} from './hub/sources.js';
import {checkOptions, type OptionNames} from './options.js';
import {type LoadModelOptions, loadModel} from './savedmodel/load/load.js';
import type {CallableObject} from './savedmodel/load/loaded_object.js';
import {readMetaGraphs} from './savedmodel/load/meta_graphs.js';

/** How {@link load} finds and loads a model. */
export interface LoadOptions extends ResolveOptions, LoadModelOptions {}

const LOAD_OPTIONS: OptionNames<LoadOptions> = {
  allowPartial: true,
  cacheDir: true,
  deadLockTimeoutMs: true,
  engine: true,
  gcsEndpoint: true,
  headers: true,
  idleTimeoutMs: true,
  integrity: true,
  kaggleEndpoint: true,
  limits: true,
  loadFormat: true,
  lockTimeoutMs: true,
  maxBytes: true,
  onProgress: true,
  onnx: true,
  queue: true,
  retries: true,
  signal: true,
  tags: true,
  timeoutMs: true,
  verifyChecksums: true,
};

/**
 * Loads a model from a handle: a directory, a model URL, a `gs://` location, a Kaggle name; in browsers also from files
 * the user picked. Downloads it where need be.
 *
 * Mirrors `tensorflow_hub.load`.
 *
 * @typeParam Model - what the model is, where that is known: `tfhub types` writes it
 * @returns The saved object: its attributes, `signatures`, `variables`; callable if it was saved with a `__call__`.
 * @throws HandleError when the handle names nothing, DownloadError when it cannot be fetched, FormatError when it holds
 * no SavedModel or a damaged one, CallError when no graph has the tags.
 * @example
 * const embed = await load('https://tfhub.dev/google/nnlm-en-dim50/2');
 * const vectors = embed(['A long sentence.', 'single-word', '']);   // tf.Tensor, float32 [3, 50]
 */
export async function load<Model extends object = CallableObject>(
  handle: ModelSource,
  options?: LoadOptions,
): Promise<Model>;
// What `ReturnType` sees.
export async function load(handle: ModelSource, options?: LoadOptions): Promise<CallableObject>;
export async function load(handle: ModelSource, options: LoadOptions = {}): Promise<CallableObject> {
  checkOptions(options, LOAD_OPTIONS, 'load');
  const {directory} = await resolve(handle, options);
  return loadDirectory(directory, options);
}

/**
 * The graphs of a model with their tags and signatures, without loading it: see {@link readMetaGraphs}.
 *
 * @throws HandleError when the handle names nothing, DownloadError when it cannot be fetched, FormatError when it holds
 * no SavedModel or a damaged one.
 */
export async function getMetaGraphs(
  handle: ModelSource,
  options: ResolveOptions = {},
): Promise<tf.MetaGraph[]> {
  const {directory} = await resolve(handle, options);
  return readMetaGraphs(directory);
}

/** Loads a model from a directory. */
export async function loadDirectory<Model extends object = CallableObject>(
  ...args: Parameters<typeof loadModel>
): Promise<Model>;
export async function loadDirectory(...args: Parameters<typeof loadModel>): Promise<CallableObject>;
export async function loadDirectory(...args: Parameters<typeof loadModel>): Promise<CallableObject> {
  const [directory] = args as readonly unknown[];
  if (!isModelDirectory(directory)) {
    throw new HandleError(
      `savedModel.load takes the directory of a model, as localDirectory(path) gives it, and not ` +
        `${typeof directory === 'object' ? 'another object' : String(directory)}. hub.load takes handles.`,
    );
  }
  // Whether an object can be called is known only when it is there; calling one that cannot be is a TypeError.
  return (await loadModel(...args)) as CallableObject;
}
