/**
 * The locks under which pages write to a directory: one page at a time. The browser gives them back when a page goes, in
 * whatever way.
 *
 * @module
 */

import {SaveError} from '../errors.js';

/** Milliseconds to wait for another page, unless told otherwise. */
const DEFAULT_WAIT = 5 * 60_000;
/** A timer of more milliseconds ends at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface BrowserWait {
  readonly signal?: AbortSignal | undefined;
  readonly waitMs?: number | undefined;
}

// A handle does not say where it leads; but those that lead to one directory have one name.
const saving = (directory: string) => `tensorflow-hub: saving to ${directory}`;
const placing = (directory: string) => `tensorflow-hub: putting files into place in ${directory}`;

/**
 * Keeps other pages from writing to directories of this name, until what is returned is called. Pages that were not loaded
 * securely have no locks, and no storage to share either.
 *
 * @throws SaveError when it is not to be had in time, the signal's reason when that is aborted.
 */
export async function startSaving(
  directory: string,
  {signal, waitMs = DEFAULT_WAIT}: BrowserWait,
): Promise<() => void> {
  signal?.throwIfAborted();
  const locks = lockManager();
  if (locks === undefined) return () => undefined;
  const waiting = new AbortController();
  const stop = () => waiting.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
  const seconds = waitMs / 1000;
  const late = new SaveError(
    `cannot save to ${directory}: waited ${seconds} s for another page that saves there`,
  );
  const timer = setTimeout(() => waiting.abort(late), Math.min(waitMs, LONGEST_TIMER));
  try {
    return await new Promise<() => void>((resolve, reject) => {
      const held = () => new Promise<void>((release) => resolve(() => release()));
      // Once the lock is held, aborting does nothing more.
      locks.request(saving(directory), {signal: waiting.signal}, held).catch(reject);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** Runs what readers must not come into the middle of. */
export async function whilePlacing(directory: string, work: () => Promise<void>): Promise<void> {
  const locks = lockManager();
  await (locks === undefined ? work() : locks.request(placing(directory), work));
}

/** Waits until no page is putting files into their places in directories of this name. */
export async function nobodyPlaces(directory: string): Promise<void> {
  await lockManager()?.request(placing(directory), {mode: 'shared'}, () => undefined);
}

function lockManager(): LockManager | undefined {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
}
