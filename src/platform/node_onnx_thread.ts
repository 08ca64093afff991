/**
 * A thread of the pool as the pool sees it: asked one thing at a time, it keeps the process alive only meanwhile.
 *
 * @module
 */

import {Worker} from 'node:worker_threads';
import type {ThreadAnswer, ThreadRequest} from './node_onnx_worker.js';
import {type OnnxRuntimeTensor, OnnxRuntimeUnavailable} from './onnx_runtime.js';

interface Asked {
  resolve(results: OnnxRuntimeTensor[]): void;
  reject(error: Error): void;
}

export class OnnxThread {
  /** The sessions that it has. */
  readonly sessions = new Set<number>();
  /** Threads of the machine that it occupies now; 0 while it waits to be asked. */
  occupied = 0;
  /** Whether it has failed, or was told to end. */
  isOver = false;
  readonly #worker: Worker;
  #asked: Asked | undefined;
  #hasAnswered = false;

  /** @param onEnd - told when it has ended, whatever the reason */
  constructor(onEnd: () => void) {
    this.#worker = startWorker();
    this.#worker.unref();
    this.#worker.on('message', (answer: ThreadAnswer) => this.#answered(answer));
    this.#worker.on('error', (error) => this.#failed(error));
    this.#worker.on('exit', () => {
      this.#failed(new Error('the thread has ended'));
      onEnd();
    });
  }

  /**
   * Asks for an answer. Buffers in `transfer` are gone afterwards.
   *
   * @throws Error in ONNX Runtime's own words; OnnxRuntimeUnavailable where the thread does not start.
   */
  ask(
    request: Extract<ThreadRequest, {kind: 'create' | 'run'}>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<OnnxRuntimeTensor[]> {
    return new Promise((resolve, reject) => {
      this.#asked = {resolve, reject};
      this.#worker.ref();
      this.#worker.postMessage(request, [...transfer]);
    });
  }

  /** Frees a session, when what was asked before is done. */
  free(session: number): void {
    this.sessions.delete(session);
    this.#worker.postMessage({kind: 'dispose', session} satisfies ThreadRequest);
  }

  /** Ends the thread, when what was asked before is done. */
  end(): void {
    this.isOver = true;
    this.#worker.postMessage({kind: 'end'} satisfies ThreadRequest);
  }

  #answered(answer: ThreadAnswer): void {
    this.#hasAnswered = true;
    const asked = this.#settle();
    if ('results' in answer) asked?.resolve(answer.results);
    else asked?.reject(new Error(answer.failure));
  }

  #failed(error: Error): void {
    this.isOver = true;
    const cause = {cause: error};
    this.#settle()?.reject(
      this.#hasAnswered
        ? new Error(`a thread of ONNX Runtime has failed: ${error.message}`, cause)
        : new OnnxRuntimeUnavailable(`no thread can be started for ONNX Runtime (${error.message})`, cause),
    );
  }

  #settle(): Asked | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#worker.unref();
    return asked;
  }
}

/** The script lies beside this module: compiled as this one is, or in TypeScript, which Node's threads read by way of tsx. */
function startWorker(): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const script = new URL(`node_onnx_worker.${isSource ? 'ts' : 'js'}`, import.meta.url);
  // What the process was started with is not for its threads.
  const options = {execArgv: [], argv: [], stdin: false};
  if (!isSource) return new Worker(script, options);
  const load = `import('tsx/esm/api').then(({register}) => (register(), import(${JSON.stringify(script.href)})))`;
  return new Worker(load, {...options, eval: true});
}
