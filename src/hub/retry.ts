/**
 * How long to wait before trying again, and when to give up.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {startTimer} from './deadline.js';
import {isTransientStatus, NetworkError, StatusError} from './failures.js';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** Longest wait that a server may ask for; beyond it, waiting is the caller's decision. */
const MAX_RETRY_AFTER_MS = 120_000;
/** After some progress the next try follows at once, but not from all clients in the same moment. */
const PROGRESS_JITTER_MS = 50;
/** Tries again after a failure of which little hope is left, such as a port that nobody listens at. */
const BRIEF_RETRIES = 1;
/** Bytes that make a difference: a connection which brought fewer got nowhere. */
const PROGRESS_BYTES = 16 << 10;
/** Who brings no more than this on average, in bytes a second, is given up in the end. */
const SLOWEST_RATE = 4 << 10;
/** Nobody is judged before so many times the silence that is allowed at once, and one for each try. */
const SILENCES = 10;

export interface PatienceOptions {
  /** Tries again without progress. */
  readonly retries: number;
  /** Longest silence of a server. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Sees to it that one thing that is read, in however many requests, comes to an end: it counts tries that got no further
 * than those before them, and adds up the time that was spent on waiting. Both are forgiven for bytes only, and for so
 * many of them that a file of any size ends in bounded time.
 */
export class Patience {
  private failures = 0;
  private furthest = 0;
  /** Where the last try began that counted as progress. */
  private mark = 0;
  /** Whether the server is known to be there. */
  private heard = false;
  private waitedMs = 0;
  private pausedMs = 0;

  constructor(private readonly options: PatienceOptions) {}

  /** Notes how far the reading is. */
  reached(position: number): void {
    this.furthest = Math.max(this.furthest, position);
  }

  /**
   * Notes a wait for the network.
   *
   * @throws DownloadError when it is out of all proportion to what arrived.
   */
  waited(milliseconds: number, url: string): void {
    const {idleTimeoutMs, retries} = this.options;
    // No wait is longer; what seems so is a machine that slept.
    this.waitedMs += Math.min(milliseconds, idleTimeoutMs);
    if (this.waitedMs <= (SILENCES + retries) * idleTimeoutMs + this.credit()) return;
    throw new DownloadError(
      `Cannot read ${url}: after ${Math.round(this.waitedMs / 1000)} s no more than ${this.furthest} bytes have ` +
        `arrived, fewer than ${SLOWEST_RATE} a second. The option idleTimeoutMs allows for slower servers.`,
    );
  }

  /** Waits before another try after `error`, which came when `position` bytes were there; or throws it. */
  async afterFailure(error: unknown, position = 0): Promise<void> {
    const {retries, signal} = this.options;
    if (signal.aborted) throw signal.reason;
    if (!isTransient(error)) throw error;
    this.reached(position);
    const progress = this.furthest - this.mark >= PROGRESS_BYTES;
    if (progress) this.mark = this.furthest;
    this.failures = progress ? 0 : this.failures + 1;
    if (error instanceof StatusError || this.furthest > 0) this.heard = true;
    const brief = error instanceof NetworkError && error.retry === 'briefly' && !this.heard;
    const allowed = brief ? Math.min(retries, BRIEF_RETRIES) : retries;
    if (this.failures > allowed) {
      throw new DownloadError(`${error.message} Gave up after ${this.failures} tries without progress.`, {
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
    const pause = asked ?? this.delay();
    this.pausedMs += pause;
    if (this.pausedMs > (retries + 1) * MAX_RETRY_AFTER_MS + this.credit()) {
      const seconds = Math.round((this.pausedMs - pause) / 1000);
      throw new DownloadError(`${error.message} Gave up after pauses of ${seconds} s.`, {cause: error});
    }
    await sleep(pause, signal);
  }

  /** The time, in milliseconds, that is granted for what arrived. */
  private credit(): number {
    return (1000 * this.furthest) / SLOWEST_RATE;
  }

  private delay(): number {
    if (this.failures === 0) return Math.random() * PROGRESS_JITTER_MS;
    const longest = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 1));
    return longest * (0.5 + Math.random() / 2);
  }
}

function isTransient(error: unknown): error is DownloadError {
  if (error instanceof NetworkError) return error.retry !== 'never';
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
      stop();
      reject(signal?.reason);
    };
    const stop = startTimer(milliseconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, {once: true});
  });
}
