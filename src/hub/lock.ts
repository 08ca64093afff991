/**
 * The lock of a model's directory in the cache, after the protocol of the reference (tensorflow_hub/resolver.py), so
 * that both can wait for each other:
 *
 * - `<directory>.lock` is there while someone downloads; it holds `<host>.<process>.<task>`.
 * - The download goes to `<directory>.<task>.tmp`.
 * - Who finds a lock waits until it disappears. A lock whose temporary directory has not grown for a long time is
 *   abandoned, and may be removed by anyone.
 *
 * A lock saves work and nothing more: that a model is whole follows from the rename that puts it in its place.
 *
 * @module
 */

import {warn} from '../log.js';
import type {FileSystem} from '../platform/services.js';
import {sleep} from './retry.js';

/**
 * The reference looks for a lock and then renames its own over the place, so it may replace one made in between.
 * After this long whoever looked before has renamed.
 */
const SETTLE_MS = 20;
const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 2000;
/** What the reference and this library name their tasks: a UUID without its dashes. Anything else is no name of ours. */
const TASK = /^[0-9a-z_-]{1,64}$/i;

export interface LockTimes {
  /** How long a temporary directory may not grow before its lock counts as abandoned. */
  readonly lockTimeoutMs: number;
  /** The same where the owner was a process of this host and is gone. */
  readonly deadLockTimeoutMs: number;
}

/** The right to download one model, and the directory to do it in. */
export class DownloadLock {
  private readonly file: string;
  private readonly content: string;
  readonly temporaryDirectory: string;

  /** Prepares a lock for `directory`, an absolute path, without taking it. */
  constructor(
    private readonly files: FileSystem,
    private readonly directory: string,
  ) {
    const task = crypto.randomUUID().replaceAll('-', '');
    this.file = `${directory}.lock`;
    this.content = `${files.hostName}.${files.processId}.${task}`;
    this.temporaryDirectory = temporaryDirectoryOf(directory, task);
  }

  /** Takes the lock, unless someone has it. */
  async tryTake(): Promise<boolean> {
    if (!(await this.files.createText(this.file, this.content))) return false;
    await sleep(SETTLE_MS);
    return this.isHeld();
  }

  /** False where another has taken the lock for abandoned meanwhile. */
  async isHeld(): Promise<boolean> {
    return (await this.files.readText(this.file)) === this.content;
  }

  /** Removes the temporary directory, and the lock if it is still this one. */
  async release(): Promise<void> {
    await this.files.remove(this.temporaryDirectory);
    if (await this.isHeld()) await this.files.remove(this.file);
  }

  /** Waits until nobody holds the lock, or its holder has to be taken for gone. */
  async waitForOther(times: LockTimes, signal?: AbortSignal, onWait?: () => void): Promise<void> {
    let seen = await this.observe();
    let since = Date.now();
    for (let poll = FIRST_POLL_MS; seen.content !== null; poll = Math.min(poll * 1.5, MAX_POLL_MS)) {
      onWait?.();
      const shortest = Math.min(times.lockTimeoutMs, times.deadLockTimeoutMs);
      await sleep(Math.min(poll, Math.max(shortest / 2, 10)), signal);
      const now = await this.observe();
      if (now.content !== seen.content || now.size !== seen.size) {
        seen = now;
        since = Date.now();
        continue;
      }
      const owner = ownerOf(seen.content);
      const dead = owner?.host === this.files.hostName && !this.files.isProcessAlive(owner.process);
      const patience = dead ? Math.min(times.deadLockTimeoutMs, times.lockTimeoutMs) : times.lockTimeoutMs;
      if (Date.now() - since >= patience) {
        await this.breakLock(seen.content, dead ? owner.task : null);
        return;
      }
    }
  }

  /** What tells whether the holder of the lock gets on. */
  private async observe(): Promise<{content: string | null; size: number}> {
    const content = await this.files.readText(this.file);
    const task = taskOf(content ?? '');
    const size = task ? await directorySize(this.files, temporaryDirectoryOf(this.directory, task)) : 0;
    return {content, size};
  }

  /** Removes an abandoned lock; what its owner downloaded goes with it where the owner is known to be dead. */
  private async breakLock(content: string, deadTask: string | null): Promise<void> {
    // Taken away under a name of its own first, so that a lock that was made anew meanwhile is noticed and put back.
    const aside = `${this.temporaryDirectory}.lock`;
    if (await renameIfThere(this.files, this.file, aside)) {
      const removed = await this.files.readText(aside);
      if (removed !== null && removed !== content) await this.files.createText(this.file, removed);
      await this.files.remove(aside);
      if (removed === content) warn(`took over the lock ${this.file}, which '${content}' left behind.`);
    }
    if (deadTask !== null) await this.files.remove(temporaryDirectoryOf(this.directory, deadTask));
  }
}

function temporaryDirectoryOf(directory: string, task: string): string {
  return `${directory}.${task}.tmp`;
}

/** The task that a lock names, if it is the name of a task: it becomes part of a path. */
function taskOf(content: string): string | null {
  const task = content.split('.').at(-1)!;
  return TASK.test(task) ? task : null;
}

/** Host names may contain dots; process and task do not. */
function ownerOf(content: string): {host: string; process: number; task: string | null} | null {
  const [, host, process] = /^(.*)\.(\d{1,10})\.[^.]+$/s.exec(content) ?? [];
  return host === undefined ? null : {host, process: Number(process), task: taskOf(content)};
}

async function renameIfThere(files: FileSystem, from: string, to: string): Promise<boolean> {
  try {
    return await files.rename(from, to);
  } catch (error) {
    if ((await files.status(from)) === null) return false;
    throw error;
  }
}

/** Bytes in a directory, those of its files at any depth. Links to directories are not followed. */
export async function directorySize(files: FileSystem, directory: string): Promise<number> {
  let size = 0;
  for (const name of (await files.list(directory)) ?? []) {
    const path = files.join(directory, name);
    const status = await files.status(path);
    if (status?.kind !== 'directory') size += status?.size ?? 0;
    else if ((await files.entry(path))?.kind === 'directory') size += await directorySize(files, path);
  }
  return size;
}
