/**
 * Ends to waiting: timers of any length, and the time that a whole resolution is given.
 *
 * @module
 */

import {DownloadError} from '../errors.js';
import {shownHandle} from '../shown.js';
import type {ResolveSettings} from './options.js';

/** The longest time that timers take, 24.8 days; they end at once where more is asked of them. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls `then` after a time of any length, unless the function it returns is called before. */
export function startTimer(milliseconds: number, then: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const start = (left: number) => {
    const step = Math.min(left, MAX_TIMER_MS);
    timer = setTimeout(() => (left > step ? start(left - step) : then()), step);
  };
  start(milliseconds);
  return () => clearTimeout(timer);
}

/** Runs `work` with a signal that the caller's signal and the time-out of the settings end. */
export async function withDeadline<T>(
  {timeoutMs, signal}: Pick<ResolveSettings, 'timeoutMs' | 'signal'>,
  handle: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const expire = () =>
    deadline.abort(
      new DownloadError(
        `${shownHandle(handle)} took longer than the ${timeoutMs} ms that the option timeoutMs gives it.`,
      ),
    );
  const stop = timeoutMs === undefined ? () => undefined : startTimer(timeoutMs, expire);
  try {
    return await work(signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal);
  } finally {
    stop();
  }
}
