/**
 * A thread that runs sessions of ONNX Runtime for `node_onnx_pool.ts`: one request after the other, each with an answer, except for those
 * that only free.
 *
 * @module
 */

import {parentPort} from 'node:worker_threads';
import {nodeOnnxRuntime, publicOnnxRuntime} from './node_onnx.js';
import type {AsyncOnnxSession, OnnxRuntimeTensor, OnnxSession, OnnxSessionOptions} from './onnx_runtime.js';

/** What the pool asks of a thread. Sessions have numbers. */
export type ThreadRequest =
  | {
      readonly kind: 'create';
      readonly session: number;
      readonly model: Uint8Array;
      readonly options: OnnxSessionOptions;
    }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly inputs: Readonly<Record<string, OnnxRuntimeTensor>>;
      readonly outputs: readonly string[];
    }
  | {readonly kind: 'dispose'; readonly session: number}
  | {readonly kind: 'end'};

/** What a thread answers: what a run gives, nothing for what was created, or why not. */
export type ThreadAnswer = {readonly results: OnnxRuntimeTensor[]} | {readonly failure: string};

const port = parentPort!;
const runtime = nodeOnnxRuntime() ?? publicOnnxRuntime();
const sessions = new Map<number, OnnxSession | AsyncOnnxSession>();

/** The last request: the public interface answers some time later. */
let last: Promise<void> = Promise.resolve();

port.on('message', (request: ThreadRequest) => {
  last = last.then(() => handle(request));
});

async function handle(request: ThreadRequest): Promise<void> {
  switch (request.kind) {
    case 'create':
      return answer(async () => {
        if (runtime === undefined) throw new Error('onnxruntime-node is not installed');
        // Its bytes are shared; the package takes no shared ones.
        const model = request.model.slice();
        sessions.set(request.session, await runtime.createSession(model, request.options));
        return [];
      });
    case 'run':
      return answer(async () => sessions.get(request.session)!.run(request.inputs, request.outputs));
    case 'dispose':
      return dispose(request.session);
    case 'end':
      for (const session of sessions.keys()) await dispose(session);
      port.close();
  }
}

async function answer(compute: () => Promise<OnnxRuntimeTensor[]>): Promise<void> {
  let results: OnnxRuntimeTensor[];
  try {
    results = await compute();
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    port.postMessage({failure} satisfies ThreadAnswer);
    return;
  }
  // The package's tensors are objects of a class, which do not pass.
  const plain = results.map(({type, dims, data}) => ({type, dims, data}));
  const buffers = new Set(plain.map(({data}) => data.buffer as ArrayBuffer));
  port.postMessage({results: plain} satisfies ThreadAnswer, [...buffers]);
}

async function dispose(session: number): Promise<void> {
  const disposed = sessions.get(session);
  sessions.delete(session);
  await disposed?.dispose();
}
