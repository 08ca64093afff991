/**
 * Which engine computes: the choice that a user makes, and what it comes to on this machine.
 *
 * @module
 */

import {CallError} from '../errors.js';
import {warnOnce} from '../log.js';
import {getPlatform} from '../platform/current.js';
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
  /** What ONNX Runtime computes on, as far as the installed package offers it: `'cpu'`, `'cuda'`, `'dml'`, `'coreml'`, `'webgpu'`. Default: `'cpu'`. */
  readonly provider?: string;
}

/** Which engine, and how. */
export interface EngineOptions {
  /** Default: what the environment variable `TFHUB_ENGINE` says, else `'auto'`. */
  readonly engine?: Engine;
  readonly onnx?: OnnxOptions;
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
export function compilerFor({engine, onnx = {}}: EngineOptions): Compiler | undefined {
  const platform = getPlatform();
  const chosen = engine ?? (platform.variable?.('TFHUB_ENGINE') as Engine | undefined) ?? 'auto';
  if (!ENGINES.includes(chosen)) {
    throw new CallError(`there is no engine '${chosen}': it is one of ${ENGINES.join(', ')}`);
  }
  if (chosen === 'tfjs') return undefined;
  const runtime = platform.onnxRuntime?.();
  if (runtime === undefined && !mayBeAsynchronous(platform)) {
    if (chosen === 'auto') {
      // Where there could be one.
      if (platform.onnxRuntime !== undefined) warnOnce(WITHOUT);
      return undefined;
    }
    throw new CallError(
      "engine 'onnx' needs ONNX Runtime, which is not installed for this machine: `npm i onnxruntime-node --ignore-scripts`",
    );
  }
  const threads = onnx.threads ?? platform.processors?.() ?? 1;
  return onnxCompiler({
    runtime,
    asyncRuntime: platform.asyncOnnxRuntime && (async () => platform.asyncOnnxRuntime!()),
    threads,
    asyncThreads: onnx.threads,
    optimization: onnx.optimization,
    provider: onnx.provider,
    onSession: (name) => watcher?.session?.(name),
    onCompiled: (report) => watcher?.compiled?.(report),
  });
}

/** Whether there is ONNX Runtime for asynchronous calls alone. Where there is none that is synchronous, it is loaded when it is first needed. */
const mayBeAsynchronous = ({onnxRuntime, asyncOnnxRuntime}: Platform): boolean =>
  asyncOnnxRuntime !== undefined && (onnxRuntime === undefined || asyncOnnxRuntime() !== undefined);
