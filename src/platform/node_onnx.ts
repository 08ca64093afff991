/**
 * onnxruntime-node, where it is installed. Its public interface is asynchronous by name alone: below it lies a binding whose
 * calls return when they are done, and that is what a synchronous call of a model needs. All that is relied on of the package's
 * private parts is in this file, and `node_onnx.test.ts` holds it against the installed package.
 *
 * @module
 */

import {createRequire} from 'node:module';
import type {OnnxRuntime, OnnxRuntimeTensor, OnnxSession, OnnxSessionOptions} from './onnx_runtime.js';

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
      createSession: (model, options) => new NodeSession(new binding.InferenceSession(), model, options),
    };
  } catch {
    return undefined;
  }
}

class NodeSession implements OnnxSession {
  readonly #session: BindingSession;
  readonly #fetches = new Map<readonly string[], Readonly<Record<string, null>>>();

  constructor(session: BindingSession, model: Uint8Array, options: OnnxSessionOptions) {
    this.#session = session;
    const {threads, optimization = 'all', provider = 'cpu', external = []} = options;
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
      executionProviders: [provider],
      graphOptimizationLevel: optimization,
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: LOG_NOTHING,
      externalData: external,
      // A model that comes as bytes may name no files but those below a directory that it is told.
      extra: {session: {model_external_initializers_file_folder_path: '/'}},
    });
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
