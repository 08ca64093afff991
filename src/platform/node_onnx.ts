/**
 * onnxruntime-node, where it is installed. Its public interface is asynchronous by name alone: below it lies a binding whose
 * calls return when they are done, and that is what a synchronous call of a model needs. All that is relied on of the package's
 * private parts is in this file, and `node_onnx.test.ts` holds it against the installed package.
 *
 * @module
 */

import {createRequire} from 'node:module';
import type {
  AsyncOnnxRuntime,
  OnnxRuntime,
  OnnxRuntimeTensor,
  OnnxSession,
  OnnxSessionOptions,
} from './onnx_runtime.js';

/** `onnxruntime-node/dist/binding.js`. */
interface BindingModule {
  readonly binding: {readonly InferenceSession: new () => BindingSession};
  /** Makes ONNX Runtime's environment; to be called before all else, once or more often. */
  initOrt(): void;
}

interface BindingSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: object, fetches: object, options: object): Record<string, OnnxRuntimeTensor>;
  dispose(): void;
}

/** ONNX Runtime's levels of what it logs: errors are thrown, the rest is of no use to callers. */
const LOG_NOTHING = 4;

/** Constants of fewer bytes are written into an optimised model itself. */
const LEAST_OUTSIDE_BYTES = '1024';

let found: {readonly runtime: OnnxRuntime | undefined} | undefined;

/** The package; undefined where it is not installed, or has no binary for this machine. */
export function nodeOnnxRuntime(): OnnxRuntime | undefined {
  found ??= {runtime: load()};
  return found.runtime;
}

function load(): OnnxRuntime | undefined {
  const require = createRequire(import.meta.url);
  try {
    const {binding, initOrt} = require('onnxruntime-node/dist/binding.js') as BindingModule;
    const {version} = require('onnxruntime-node/package.json') as {version: string};
    initOrt();
    return {
      version,
      mapsFiles: true,
      createSession: (model, options) => new NodeSession(new binding.InferenceSession(), model, options),
    };
  } catch {
    return undefined;
  }
}

/** Session options as the package has them. */
function packageOptions({
  threads,
  optimization = 'all',
  provider = 'cpu',
  external = [],
  directory = '/',
  optimizedTo,
}: OnnxSessionOptions): object {
  return {
    executionProviders: [provider],
    graphOptimizationLevel: optimization,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: LOG_NOTHING,
    externalData: external,
    ...(optimizedTo && {optimizedModelFilePath: optimizedTo.path}),
    extra: {
      session: {
        // A model that comes as bytes may name no files but those below a directory that it is told.
        model_external_initializers_file_folder_path: directory,
        ...(optimizedTo && {
          optimized_model_external_initializers_file_name: optimizedTo.constants,
          optimized_model_external_initializers_min_size_in_bytes: LEAST_OUTSIDE_BYTES,
        }),
      },
    },
  };
}

class NodeSession implements OnnxSession {
  readonly #session: BindingSession;
  readonly #fetches = new Map<readonly string[], Readonly<Record<string, null>>>();

  constructor(session: BindingSession, model: Uint8Array, options: OnnxSessionOptions) {
    this.#session = session;
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, packageOptions(options));
  }

  run(inputs: Readonly<Record<string, OnnxRuntimeTensor>>, outputs: readonly string[]): OnnxRuntimeTensor[] {
    let fetches = this.#fetches.get(outputs);
    if (fetches === undefined) {
      fetches = Object.fromEntries(outputs.map((name) => [name, null]));
      this.#fetches.set(outputs, fetches);
    }
    const feeds: Record<string, object> = {};
    for (const [name, {type, dims, data}] of Object.entries(inputs)) {
      feeds[name] = {type, dims, data, location: 'cpu'};
    }
    const results = this.#session.run(feeds, fetches, {logSeverityLevel: LOG_NOTHING});
    return outputs.map((name) => results[name]!);
  }

  dispose(): void {
    this.#session.dispose();
  }
}

/** The package's public interface, as far as it is used. */
interface PublicModule {
  readonly InferenceSession: {create(model: Uint8Array, options: object): Promise<PublicSession>};
  readonly Tensor: new (type: string, data: ArrayBufferView, dims: readonly number[]) => object;
}

interface PublicSession {
  run(feeds: object, fetches: readonly string[], options: object): Promise<Record<string, OnnxRuntimeTensor>>;
  release(): Promise<void>;
}

/** The package by its public interface alone, for where its private parts have changed; undefined where it is not installed. */
export function publicOnnxRuntime(): AsyncOnnxRuntime | undefined {
  const require = createRequire(import.meta.url);
  try {
    const {InferenceSession, Tensor} = require('onnxruntime-node') as PublicModule;
    const {version} = require('onnxruntime-node/package.json') as {version: string};
    return {
      version,
      mapsFiles: true,
      createSession: async (model, options) => {
        const session = await InferenceSession.create(model, packageOptions(options));
        return {
          run: async (inputs, outputs) => {
            const feeds = Object.entries(inputs).map(([name, {type, dims, data}]) => [
              name,
              new Tensor(type, data, dims),
            ]);
            const run = {logSeverityLevel: LOG_NOTHING};
            const results = await session.run(Object.fromEntries(feeds), outputs, run);
            return outputs.map((name) => {
              const {type, dims, data} = results[name]!;
              return {type, dims, data};
            });
          },
          dispose: () => session.release(),
        };
      },
    };
  } catch {
    return undefined;
  }
}
