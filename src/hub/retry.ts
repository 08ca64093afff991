/**
 * How long to wait before trying again, and when to give up.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {isTransientStatus, NetworkError, StatusError} from './failures.js';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** Longest wait that a server may ask for; beyond it, waiting is the caller's decision. */
const MAX_RETRY_AFTER_MS = 120_000;
/** After some progress the next try follows at once, but not from all clients in the same moment. */
const PROGRESS_JITTER_MS = 50;

/** Counts tries that got no further than those before them. */
export class Patience {
  private failures = 0;
  private furthest = 0;

  constructor(
    private readonly retries: number,
    private readonly signal: AbortSignal,
  ) {}

  /** Waits before another try after `error`, which came when `position` bytes were there; or throws it. */
  async afterFailure(error: unknown, position = 0): Promise<void> {
    if (this.signal.aborted) throw this.signal.reason;
    if (!isTransient(error)) throw error;
    this.failures = position > this.furthest ? 0 : this.failures + 1;
    this.furthest = Math.max(this.furthest, position);
    if (this.failures > this.retries) {
      throw new DownloadError(`${error.message} Gave up after ${this.retries + 1} tries without progress.`, {
        cause: error,
      });
    }
    const asked = error instanceof StatusError ? error.retryAfterMs : null;
    if (asked !== null && asked > MAX_RETRY_AFTER_MS) {
      const seconds = Math.ceil(asked / 1000);
      throw new DownloadError(`${error.message} The server asks to come back in ${seconds} s.`, {
        cause: error,
      });
    }
    await sleep(asked ?? this.delay(), this.signal);
  }

  private delay(): number {
    if (this.failures === 0) return Math.random() * PROGRESS_JITTER_MS;
    const longest = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 1));
    return longest * (0.5 + Math.random() / 2);
  }
}

function isTransient(error: unknown): error is DownloadError {
  if (error instanceof NetworkError) return error.transient;
  return error instanceof StatusError && isTransientStatus(error.status);
}

/** Resolves after a time, or rejects with the signal's reason. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', onAbort, {once: true});
  });
}
