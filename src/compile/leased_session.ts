/**
 * A session for asynchronous calls, which ends once the calls that began with it are over.
 *
 * @module
 */

import type {AsyncOnnxSession} from '../platform/onnx_runtime.js';

export class LeasedSession {
  readonly #session: Promise<AsyncOnnxSession | undefined>;
  #users = 0;
  #isEnded = false;

  /** @param session - undefined where it could not be made */
  constructor(session: Promise<AsyncOnnxSession | undefined>) {
    this.#session = session;
  }

  /** Has the session live for as long as `f` uses it. */
  async use<T>(f: (session: Promise<AsyncOnnxSession | undefined>) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await f(this.#session);
    } finally {
      this.#users--;
      this.#disposeIfUnused();
    }
  }

  /** Disposes of the session when nobody uses it any more. */
  end(): void {
    this.#isEnded = true;
    this.#disposeIfUnused();
  }

  #disposeIfUnused(): void {
    if (this.#isEnded && this.#users === 0) void this.#session.then((session) => session?.dispose());
  }
}
