/**
 * A lock that one process at a time holds, among all that use one file system, and that outlives no process by much.
 *
 * Node has no lock of the operating system's that ends with its holder. So a lock is a file that is created exclusively and says
 * whose it is. It is abandoned, and anyone may take it over, when
 *
 * - its holder was a process of this machine and is no more, or
 * - nobody knows about its holder (another machine, another container), and the file has not been touched for a minute, which
 *   its holder does again and again. How long is measured by who waits: clocks of machines differ.
 *
 * Two that take over the same lock must not both succeed: to take one over is itself a thing that is locked, by a file named
 * after that very lock, which is then renamed over it. And a holder that was stopped for longer than a minute may come back: it
 * looks whether the lock is still its own before each change that it makes (`check`).
 *
 * @module
 */

import {createHash, randomUUID} from 'node:crypto';
import * as fs from 'node:fs';
import os from 'node:os';
import {basename, dirname, join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {SaveError} from '../errors.js';
import {type Owner, ownerText, parseOwner, stateOf, thisProcess} from './node_owner.js';

/** Milliseconds after which a lock that nobody touches, of a holder nobody knows about, is abandoned. */
const ABANDONED_AFTER = 60_000;
/** The holder touches the lock, and sees whether it has it still, when so many milliseconds have passed. */
const CHECK_EVERY = 100;
/** Milliseconds to wait for a lock, unless told otherwise: a lock is held for moments, so that many may queue. */
const DEFAULT_WAIT = 5 * 60_000;
const FIRST_POLL = 2;
const LAST_POLL = 200;
/** Milliseconds after which who waits is told so. */
const TELL_AFTER = 10_000;
/** Files of take-overs that are older (milliseconds), of whomever, are nobody's any more. */
const LEFT_BEHIND_AFTER = 24 * 60 * 60_000;

/** How to wait for a lock. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** For how many milliseconds. Default 5 minutes. */
  readonly waitMs?: number | undefined;
  /** What for, in messages: `cannot save to /models/mine`. */
  readonly purpose: string;
}

/** A lock that is held. */
export interface Hold {
  /**
   * To be called before each change that the lock is for.
   *
   * @throws SaveError when another process took the lock, after this one had been stopped for long.
   */
  check(): void;
  release(): void;
}

/** What is known of a lock's file. */
interface Seen {
  readonly text: string;
  /** Changes whenever the file is touched, and when it is another of the same name. */
  readonly version: string;
}

/** What the file of a lock says. */
interface Holder {
  readonly owner: Owner;
  readonly host: string;
}

/** Runs what nobody else may run at the same time, among those who take the lock `path`. */
export async function withLock<T>(
  path: string,
  options: WaitOptions,
  work: (hold: Hold) => T | Promise<T>,
): Promise<T> {
  const hold = await takeLock(path, options);
  try {
    return await work(hold);
  } finally {
    hold.release();
  }
}

/** @throws SaveError when it is not to be had in time, the signal's reason when that is aborted. */
export async function takeLock(path: string, options: WaitOptions): Promise<Hold> {
  const {signal, waitMs = DEFAULT_WAIT, purpose} = options;
  const lock = new Lock(path);
  const start = performance.now();
  let told = false;
  for (let poll = FIRST_POLL; ; poll = Math.min(poll * 1.5, LAST_POLL)) {
    signal?.throwIfAborted();
    if (tryTake(lock, purpose)) return lock;
    const waited = performance.now() - start;
    if (waited >= waitMs) {
      throw new SaveError(
        `${purpose}: waited ${Math.round(waited / 1000)} s for ${lock.holder()}, which writes there. ` +
          `If there is no such process, remove ${path}`,
      );
    }
    if (waited > TELL_AFTER && !told) {
      console.warn(`tensorflow-hub: waiting for ${lock.holder()}, which has ${path}`);
      told = true;
    }
    await pause(Math.min(poll * (0.5 + Math.random()), waitMs), signal);
  }
}

function tryTake(lock: Lock, purpose: string): boolean {
  try {
    return lock.tryTake();
  } catch (cause) {
    throw new SaveError(`${purpose}: ${cause instanceof Error ? cause.message : String(cause)}`, {cause});
  }
}

/** A lock, held or not. Each of its calls is over before another of this process begins. */
export class Lock implements Hold {
  readonly #path: string;
  readonly #text: string;
  readonly #abandonedAfter: number;
  /** Since when each version of a file was seen, by its path. */
  readonly #since = new Map<string, {readonly version: string; readonly at: number}>();
  #checked = 0;

  constructor(path: string, owner: Owner = thisProcess(), abandonedAfter = ABANDONED_AFTER) {
    this.#path = path;
    this.#abandonedAfter = abandonedAfter;
    this.#text = `${ownerText(owner)}\n${os.hostname()}\n${randomUUID()}\n`;
  }

  /** Takes the lock if it is free or abandoned. */
  tryTake(): boolean {
    if (!this.#tryTake(this.#path)) return false;
    this.#checked = Date.now();
    this.#tidyUp();
    return true;
  }

  /** Who holds the lock, in words. */
  holder(): string {
    const holder = parse(see(this.#path)?.text ?? '');
    return holder === null ? 'another process' : `process ${holder.owner.pid} on ${holder.host}`;
  }

  check(): void {
    const now = Date.now();
    // Also where the clock was set back, which a machine may do that was suspended.
    if (Math.abs(now - this.#checked) < CHECK_EVERY) return;
    if (see(this.#path)?.text !== this.#text) {
      throw new SaveError(
        `another process took the lock ${this.#path}, for this one had not touched it for a minute`,
      );
    }
    fs.utimesSync(this.#path, now / 1000, now / 1000);
    this.#checked = now;
  }

  release(): void {
    if (see(this.#path)?.text === this.#text) fs.rmSync(this.#path, {force: true});
  }

  #tryTake(path: string): boolean {
    if (this.#create(path)) return true;
    const seen = see(path);
    if (seen === null || !this.#isAbandoned(path, seen)) return false;
    const takeOver = takeOverPath(this.#path, seen);
    if (!this.#tryTake(takeOver)) return false;
    // Whoever took it over before has also given this one back.
    if (see(path)?.version !== seen.version) {
      fs.rmSync(takeOver, {force: true});
      return false;
    }
    fs.renameSync(takeOver, path);
    return true;
  }

  /** Creates the file where there is none. */
  #create(path: string): boolean {
    let file: number;
    try {
      file = fs.openSync(path, 'wx');
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
    try {
      fs.writeSync(file, this.#text);
    } catch (error) {
      // A lock that does not say whose it is would keep others away for a minute.
      fs.rmSync(path, {force: true});
      throw error;
    } finally {
      fs.closeSync(file);
    }
    return true;
  }

  #isAbandoned(path: string, {text, version}: Seen): boolean {
    const holder = parse(text);
    const state = holder === null ? 'unknown' : stateOf(holder.owner);
    if (state !== 'unknown') return state === 'gone';
    const since = this.#since.get(path);
    if (since?.version !== version) this.#since.set(path, {version, at: performance.now()});
    return since?.version === version && performance.now() - since.at >= this.#abandonedAfter;
  }

  /** Removes what is left of take-overs whose process died in them. They are of no use to who has the lock. */
  #tidyUp(): void {
    const prefix = takeOverPrefix(this.#path);
    for (const name of fs.readdirSync(dirname(this.#path))) {
      if (!name.startsWith(prefix)) continue;
      const path = join(dirname(this.#path), name);
      const holder = parse(see(path)?.text ?? '');
      const isGone = holder !== null && stateOf(holder.owner) === 'gone';
      if (isGone || isOlder(path, LEFT_BEHIND_AFTER)) fs.rmSync(path, {force: true});
    }
  }
}

function takeOverPrefix(path: string): string {
  return `${basename(path)}-`;
}

/** The file that locks taking over this very lock, which no other ever has. */
function takeOverPath(path: string, {text, version}: Seen): string {
  const hash = createHash('sha256').update(parse(text) === null ? version : text);
  return join(dirname(path), takeOverPrefix(path) + hash.digest('hex').slice(0, 32));
}

/** Null where there is no such file. */
function see(path: string): Seen | null {
  let file: number;
  try {
    // Opening it makes network file systems ask their server how it is now.
    file = fs.openSync(path, 'r');
  } catch (error) {
    if (!isUnreadable(error)) return null;
    const status = fs.lstatSync(path, {bigint: true, throwIfNoEntry: false});
    return status === undefined ? null : {text: '', version: versionOf(status, '')};
  }
  try {
    const text = fs.readFileSync(file, 'utf8');
    return {text, version: versionOf(fs.fstatSync(file, {bigint: true}), text)};
  } finally {
    fs.closeSync(file);
  }
}

function versionOf({ino, mtimeNs}: fs.BigIntStats, text: string): string {
  return `${ino} ${mtimeNs} ${text}`;
}

/** Null for a file that was not written to its end. */
function parse(text: string): Holder | null {
  const [owner, host, token] = text.split('\n');
  const parsed = parseOwner(owner!);
  // The name stands in messages, and anybody may have written the file.
  return parsed === null || !token ? null : {owner: parsed, host: host!.replaceAll(/[^\w.-]/g, '?')};
}

function isOlder(path: string, milliseconds: number): boolean {
  const status = fs.statSync(path, {throwIfNoEntry: false});
  return status !== undefined && Date.now() - status.mtimeMs > milliseconds;
}

/** On Windows a file that is being removed, or that somebody reads, is in the way in other words. */
function isTaken(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException;
  return code === 'EEXIST' || (process.platform === 'win32' && (code === 'EPERM' || code === 'EBUSY'));
}

/** Another user's, or all that this process may have open is. */
function isUnreadable(error: unknown): boolean {
  const {code} = error as NodeJS.ErrnoException;
  if (code === 'EMFILE' || code === 'ENFILE') throw error;
  return code === 'EACCES' || code === 'EPERM' || code === 'EBUSY';
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal && {signal});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
