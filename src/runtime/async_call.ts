/**
 * An asynchronous call under way: the pieces that it computes in, what it waits for, and how it ends before it is done.
 *
 * @module
 */

import type {FunctionRef} from '../graph/attrs.js';
import {aborted, type CallBounds, PiecewiseBounds, tooLong} from '../host/budget.js';
import {inThisTurn, type Pieces} from '../host/pieces.js';
import type {CallInPieces} from '../ops/kernel.js';
import {onAbort} from '../platform/abort.js';
import {isTurnOver, nextTurn} from '../platform/event_loop.js';
import type {Value} from '../tensors/value.js';
import {closeScope, openScope, outsideScopes} from '../tfjs/scope.js';
import {tensorBytes} from '../tfjs/tensor_bounds.js';

/** What a call asks of the model that it is a call of. */
export interface AsyncCallHost {
  /** Runs a piece of the call, with what the model keeps for this call in place. */
  enter<T>(f: () => T): T;
  /** See {@link CallInPieces.call}. */
  call(fn: FunctionRef, args: readonly Value[]): Promise<readonly Value[]>;
}

/** Timers of a longer time fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A call under way. Its time counts from when it is made. */
export class AsyncCall implements CallInPieces {
  readonly #host: AsyncCallHost;
  readonly #bounds: PiecewiseBounds;
  readonly #ending = new AbortController();
  readonly #stopListening: (() => void) | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  /** @throws CallError where a limit is no amount. */
  constructor(bounds: CallBounds, host: AsyncCallHost) {
    this.#host = host;
    this.#bounds = new PiecewiseBounds(bounds, tensorBytes);
    const {signal, limits: {milliseconds = Number.POSITIVE_INFINITY} = {}} = bounds;
    this.#stopListening = signal && onAbort(signal, () => this.end(aborted(signal.reason)));
    // What waits does not look at the clock.
    if (milliseconds <= LONGEST_TIMER)
      this.#timer = setTimeout(() => this.end(tooLong(milliseconds)), milliseconds);
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Ends the call with an error: what it waits for is rejected, and it computes no further piece. */
  end(error: Error): void {
    this.#ending.abort(error);
  }

  /** To be called when nothing is to come any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#stopListening?.();
  }

  run<T>(f: () => T): T {
    this.signal.throwIfAborted();
    return this.#piece(f);
  }

  runFreeing<T>(f: () => T): T {
    return this.run(() => {
      openScope();
      try {
        return f();
      } finally {
        closeScope([]);
      }
    });
  }

  async inTurns<T>(pieces: Pieces<T>): Promise<T> {
    for (;;) {
      await this.pause();
      const done = this.run(() => inThisTurn(pieces));
      if (done !== undefined) return done.result;
    }
  }

  free(f: () => void): void {
    this.#piece(f);
  }

  #piece<T>(f: () => T): T {
    return outsideScopes(() => this.#bounds.run(() => this.#host.enter(f)));
  }

  wait<T>(promise: PromiseLike<T>): Promise<T> {
    const {signal} = this;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const end = () => reject(signal.reason);
      signal.addEventListener('abort', end, {once: true});
      promise.then(resolve, reject).then(() => signal.removeEventListener('abort', end));
    });
  }

  async pause(): Promise<void> {
    while (isTurnOver()) await this.wait(nextTurn());
  }

  call(fn: FunctionRef, args: readonly Value[]): Promise<readonly Value[]> {
    return this.#host.call(fn, args);
  }
}
