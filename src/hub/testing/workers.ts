/**
 * Starts processes that resolve handles (resolve_worker.ts), and ends them, gently or not.
 *
 * @module
 */

import {type ChildProcess, fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {WorkerReply, WorkerRequest} from './resolve_worker.js';

const WORKER = fileURLToPath(new URL('./resolve_worker.ts', import.meta.url));

export class ResolveWorker {
  private constructor(private readonly child: ChildProcess) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<ResolveWorker> {
    const child = fork(WORKER, [], {
      execArgv: ['--import', 'tsx'],
      env: {...process.env, ...env},
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const worker = new ResolveWorker(child);
    await worker.next();
    return worker;
  }

  /** Resolves a handle there. */
  async resolve(request: WorkerRequest): Promise<WorkerReply> {
    if (!this.child.connected) throw new Error('The worker has ended.');
    this.child.send(request);
    return this.next();
  }

  /** Begins to, and does not wait. */
  begin(request: WorkerRequest): void {
    this.child.send(request);
  }

  /** Ends the process as `kill -9` does. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    if (this.child.kill('SIGKILL')) await gone;
  }

  private next(): Promise<WorkerReply> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`The worker ended with ${code}.`));
      this.child.once('exit', onExit);
      this.child.once('message', (message) => {
        this.child.off('exit', onExit);
        resolve(message as WorkerReply);
      });
    });
  }
}
