/**
 * Which engine computes: the choice that a user makes, and what it comes to on this machine.
 *
 * @module
 */

import {CallError} from '../errors.js';
import {warnOnce} from '../log.js';
import {getPlatform} from '../platform/current.js';
import {type AsyncOnnxRuntime, OnnxRuntimeUnavailable} from '../platform/onnx_runtime.js';
import type {Platform} from '../platform/platform.js';
import type {Compiler} from '../runtime/compiler.js';
import type {CompileReport} from './analyse.js';
import {onnxCompiler} from './compile.js';

/**
 * What computes. `'onnx'`: ONNX Runtime, and the interpreter what that cannot; `'tfjs'`: the interpreter everything; `'auto'`: ONNX Runtime
 * where it is installed.
 */
export type Engine = 'auto' | 'onnx' | 'tfjs';

export const ENGINES: readonly Engine[] = ['auto', 'onnx', 'tfjs'];

/** How ONNX Runtime computes. */
export interface OnnxOptions {
  /**
   * Threads that one call may use. Default: as many as there are processors; of an asynchronous call one, so that as many calls as there are
   * processors run at a time.
   */
  readonly threads?: number;
  /** How much ONNX Runtime changes a graph before it runs. Default: `'all'`. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /**
   * What ONNX Runtime computes on, as far as the package offers it: `'cpu'`, `'cuda'`, `'dml'`, `'coreml'`, `'webgpu'`; in browsers `'wasm'`, which is
   * the processor, and `'webgpu'`. Default: the processor.
   */
  readonly provider?: string;
  /**
   * Keep what ONNX Runtime makes of models with more than 4 MiB of weights (tables aside) beside the models in the cache (Node), so that the next process need
   * not make it again. It takes as much room as the weights, all together at most 2 GiB (`TFHUB_COMPILED_BYTES`; 0 keeps nothing). Default: true.
   */
  readonly keep?: boolean;
}

/** Which engine, and how. */
export interface EngineOptions {
  /** Default: what the environment variable `TFHUB_ENGINE` says, else `'auto'`. */
  readonly engine?: Engine;
  readonly onnx?: OnnxOptions;
  /** The cache directory (Node). Default: `TFHUB_CACHE_DIR`, else `tfhub_modules` in the temporary directory. */
  readonly cacheDir?: string;
}

const WITHOUT =
  'models run on tfjs; with ONNX Runtime (`npm i onnxruntime-node --ignore-scripts`) they run several times as fast. ' +
  'TFHUB_ENGINE=tfjs ends this message.';

/** Who is told of what is compiled. */
export interface CompileWatcher {
  /** A session was made. */
  session?(name: string): void;
  /** A graph was compiled. */
  compiled?(report: CompileReport): void;
}

let watcher: CompileWatcher | undefined;

/** Has `watching` told of all that is compiled from now on; the function returned ends it. */
export function watchCompilation(watching: CompileWatcher): () => void {
  watcher = watching;
  return () => {
    watcher = undefined;
  };
}

/**
 * The compiler for models that are loaded with these options; undefined where the interpreter computes all.
 *
 * @throws CallError when `'onnx'` is asked for and ONNX Runtime is not installed, or there is no such engine.
 */
export function compilerFor({engine, onnx = {}, cacheDir}: EngineOptions): Compiler | undefined {
  const platform = getPlatform();
  const chosen = engine ?? (platform.variable?.('TFHUB_ENGINE') as Engine | undefined) ?? 'auto';
  if (!ENGINES.includes(chosen)) {
    throw new CallError(`there is no engine '${chosen}': it is one of ${ENGINES.join(', ')}`);
  }
  if (chosen === 'tfjs') return undefined;
  const runtime = platform.onnxRuntime?.();
  if (runtime === undefined && platform.asyncOnnxRuntime === undefined) {
    if (chosen === 'auto') {
      // Where there could be one.
      if (platform.onnxRuntime !== undefined) warnOnce(WITHOUT);
      return undefined;
    }
    throw new CallError(
      platform.onnxRuntime === undefined
        ? "engine 'onnx' needs ONNX Runtime, which nobody has given: useOnnxRuntime(() => import('onnxruntime-web/wasm')), before models are loaded"
        : "engine 'onnx' needs ONNX Runtime, which is not installed for this machine: `npm i onnxruntime-node --ignore-scripts`",
    );
  }
  const isNeeded = chosen === 'onnx' && runtime === undefined;
  const threads = onnx.threads ?? platform.processors?.() ?? 1;
  return onnxCompiler({
    runtime,
    asyncRuntime: platform.asyncOnnxRuntime && (() => asyncRuntime(platform, onnx, isNeeded)),
    threads,
    asyncThreads: onnx.threads,
    optimization: onnx.optimization,
    provider: onnx.provider,
    compiled: onnx.keep === false ? undefined : platform.compiledModels?.(cacheDir),
    onSession: (name) => watcher?.session?.(name),
    onCompiled: (report) => watcher?.compiled?.(report),
  });
}

/** @param isNeeded - whether a call fails without it; else the interpreter takes over */
async function asyncRuntime(
  platform: Platform,
  {threads}: OnnxOptions,
  isNeeded: boolean,
): Promise<AsyncOnnxRuntime | undefined> {
  try {
    return await platform.asyncOnnxRuntime?.(threads);
  } catch (error) {
    if (!isNeeded || !(error instanceof OnnxRuntimeUnavailable)) throw error;
    throw new CallError(`engine 'onnx' needs ONNX Runtime: ${error.message}`, {cause: error});
  }
}
