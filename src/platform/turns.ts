/**
 * Taking turns.
 *
 * @module
 */

/** Steps that must not overlap: each begins when those that came before it have ended. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Takes a step when it is its turn.
   *
   * @param signal - gives the turn up: a step that has not begun never does; nobody waits for what another one gives
   * @throws the signal's reason, as soon as it is aborted
   */
  take<T>(step: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => {
      signal?.throwIfAborted();
      return step();
    });
    this.#last = turn.catch(() => undefined);
    return signal === undefined ? turn : unlessAborted(turn, signal);
  }
}

function unlessAborted<T>(turn: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, {once: true});
    turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
