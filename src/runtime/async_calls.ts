/**
 * The asynchronous calls of a model: from the arguments to the results, with all that they hold on the way.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import type {FunctionRef} from '../graph/attrs.js';
import type {CallBounds} from '../host/budget.js';
import {getPlatform} from '../platform/current.js';
import type {Value} from '../tensors/value.js';
import {closeScope, openScope} from '../tfjs/scope.js';
import {isTaping} from '../tfjs/tape.js';
import {AsyncCall} from './async_call.js';
import {CallQueue, type QueueOptions} from './call_queue.js';
import {checkDepth} from './depth.js';
import {heldArguments} from './held_arguments.js';
import type {Convert, Runnable} from './run.js';

/** What a model keeps for one call. */
export interface CallState {
  /** Resources that live as long as the call. */
  readonly temporaries: {close(): void}[];
  /** How many functions have called each other. */
  depth: number;
}

/** The model. */
export interface CallsHost {
  /** Runs `f`, with what is kept for a call in place. */
  enter<T>(state: CallState, f: () => T): T;
  function(name: string): Runnable;
}

/** A model's calls under way, and those that wait. */
export class AsyncCalls {
  readonly #host: CallsHost;
  readonly #queue: CallQueue;
  readonly #underWay = new Set<AsyncCall>();

  constructor(queue: QueueOptions, host: CallsHost) {
    this.#host = host;
    this.#queue = new CallQueue(queue, 2 * (getPlatform().processors?.() ?? 1));
  }

  /**
   * Makes a call.
   *
   * @param args - free when this returns
   * @param bound - what follows them
   * @param begin - checks whether it can be made, and gives its bounds
   */
  async invoke<T>(
    runnable: Runnable,
    args: readonly Value[],
    bound: readonly Value[],
    convert: Convert<T>,
    begin: () => CallBounds,
  ): Promise<T> {
    const state: CallState = {temporaries: [], depth: 0};
    let call: AsyncCall;
    try {
      checkNotTaping();
      call = this.#make(begin(), state);
    } catch (error) {
      for (const arg of args) arg.retain().release();
      throw error;
    }
    let own: readonly Value[] = [];
    let leave: (() => void) | undefined;
    this.#underWay.add(call);
    try {
      own = heldArguments(args);
      leave = await this.#queue.enter(call.signal);
      return await this.#run(call, runnable, [...own, ...bound], convert);
    } finally {
      call.free(() => {
        for (const temporary of state.temporaries) temporary.close();
        for (const arg of own) arg.release();
      });
      call.close();
      this.#underWay.delete(call);
      leave?.();
    }
  }

  #make(bounds: CallBounds, state: CallState): AsyncCall {
    const call: AsyncCall = new AsyncCall(bounds, {
      enter: (f) => this.#host.enter(state, f),
      call: (fn, args) => this.#call(call, state, fn, args),
    });
    return call;
  }

  async #run<T>(
    call: AsyncCall,
    runnable: Runnable,
    args: readonly Value[],
    convert: Convert<T>,
  ): Promise<T> {
    await call.pause();
    const results = await runnable.runAsync(args, call);
    try {
      return call.run(() => converted(results, convert));
    } finally {
      call.free(() => {
        for (const result of results) result.release();
      });
    }
  }

  /** Calls a function from inside a running graph. */
  async #call(
    call: AsyncCall,
    state: CallState,
    fn: FunctionRef,
    args: readonly Value[],
  ): Promise<readonly Value[]> {
    checkDepth(state.depth, fn);
    state.depth++;
    try {
      await call.pause();
      return await call.run(() => this.#host.function(fn.name)).runAsync(args, call);
    } finally {
      state.depth--;
    }
  }

  /** Ends all with an error. */
  endAll(error: Error): void {
    for (const call of this.#underWay) call.end(error);
  }
}

/** What the caller gets; all other tensors made on the way are freed. */
function converted<T>(results: readonly Value[], convert: Convert<T>): T {
  openScope();
  let kept: readonly tf.Tensor[] = [];
  try {
    const {result, tensors} = convert(results);
    kept = tensors;
    return result;
  } finally {
    closeScope(kept);
  }
}

function checkNotTaping(): void {
  if (!isTaping()) return;
  throw new CallError(
    'an asynchronous call has no gradients, for tfjs computes them in one piece: make the synchronous call in what is differentiated',
  );
}
