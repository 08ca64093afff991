/**
 * How many asynchronous calls are under way at a time, and how many wait for that.
 *
 * @module
 */

import {CallError} from '../errors.js';

/** How many asynchronous calls of a model there may be. */
export interface QueueOptions {
  /**
   * Calls that are under way at a time; each holds what it computes with. Default: twice as many as there are processors, so that none of
   * these waits for the event loop.
   */
  readonly running?: number;
  /** Calls that wait for these; one more is refused. Default 1,024. */
  readonly waiting?: number;
}

const WAITING = 1024;

interface Waiting {
  /** Lets the call begin. */
  readonly begin: () => void;
}

/** A queue: first come, first served. */
export class CallQueue {
  readonly #most: Required<QueueOptions>;
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  /**
   * @param running - what `options.running` is where it is not given
   * @throws CallError where an option is no count.
   */
  constructor(options: QueueOptions, running: number) {
    this.#most = {
      running: count(options.running ?? running, 'running', 1),
      waiting: count(options.waiting ?? WAITING, 'waiting', 0),
    };
  }

  /**
   * Resolves when a call may begin, with what is to be called when it is over. Whose signal is aborted leaves at once.
   *
   * @throws CallError when too many are waiting already; the signal's reason when it is aborted.
   */
  enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running < this.#most.running) return Promise.resolve(this.#begin());
    if (this.#waiting.size >= this.#most.waiting) {
      throw new CallError(
        `the queue of asynchronous calls is full: ${this.#running} are under way and ${this.#waiting.size} wait. ` +
          'Make fewer at a time, or load the model with a larger `queue.waiting`',
      );
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(own);
        reject(signal.reason);
      };
      const own: Waiting = {
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve(this.#begin());
        },
      };
      signal.addEventListener('abort', leave, {once: true});
      this.#waiting.add(own);
    });
  }

  #begin(): () => void {
    this.#running++;
    return () => {
      this.#running--;
      const [next] = this.#waiting;
      if (next === undefined) return;
      this.#waiting.delete(next);
      next.begin();
    };
  }
}

function count(value: number, what: keyof QueueOptions, least: number): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && value >= least)) return value;
  throw new CallError(`queue.${what} must be an integer from ${least} on, not ${String(value)}`);
}
