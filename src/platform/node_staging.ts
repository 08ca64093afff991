/**
 * Where files are written before they take their places: a directory beside them, which says whose it is, so that what
 * processes leave that die is removed by the next that comes.
 *
 * @module
 */

import {randomUUID} from 'node:crypto';
import * as fs from 'node:fs';
import {type FileHandle, mkdir, open} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {HubError, SaveError} from '../errors.js';
import {ownerText, parseOwner, stateOf, thisProcess} from './node_owner.js';
import {STAGED_MODEL, syncDirectory} from './node_replace.js';
import type {FileWriter} from './platform.js';

/** Milliseconds after which a directory is abandoned of whose process nobody knows whether it lives. */
const UNTOUCHED_FOR = 24 * 60 * 60_000;

/** How the names of staging directories begin, for what is to be written as `name`. */
export function stagingPrefix(name: string): string {
  return `.${name}.saving-`;
}

/** Makes a staging directory in `parent`, with a place for the new files in it. */
export function makeStaging(parent: string, prefix: string): string {
  const staging = join(parent, `${prefix}${ownerText(thisProcess())}.${randomUUID()}`);
  fs.mkdirSync(join(staging, STAGED_MODEL), {recursive: true});
  return staging;
}

/** The staging directories in `parent`, whosever they are. */
export function stagingsIn(parent: string, prefix: string): string[] {
  const names = fs.readdirSync(parent).filter((name) => name.startsWith(prefix));
  return names.map((name) => join(parent, name));
}

/** Whether nobody will go on with a staging directory. */
export function isAbandoned(staging: string): boolean {
  const [, text] = /\.saving-(.*)\.[^.]*$/.exec(basename(staging)) ?? [];
  const owner = parseOwner(text ?? '');
  const state = owner === null ? 'unknown' : stateOf(owner);
  return state === 'gone' || (state === 'unknown' && Date.now() - lastChange(staging) > UNTOUCHED_FOR);
}

/** When something in a directory was changed, in milliseconds since the epoch; now where it is just being removed. */
function lastChange(path: string): number {
  const status = fs.lstatSync(path, {throwIfNoEntry: false});
  if (status === undefined) return Date.now();
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...namesIn(path).map((name) => lastChange(join(path, name))));
}

function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}

/** Files being written, each of which is on the disk once it is closed. */
export class NewFiles {
  readonly #open = new Set<FileHandle>();

  async create(path: string): Promise<FileWriter> {
    const file = await guarded(path, async () => {
      await mkdir(dirname(path), {recursive: true});
      return open(path, 'wx');
    });
    this.#open.add(file);
    return {
      write: (bytes) => guarded(path, () => writeWhole(file, bytes)),
      close: () =>
        guarded(path, async () => {
          await file.sync();
          this.#open.delete(file);
          await file.close();
        }),
    };
  }

  /** Closes what a failure has left open. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((file) => file.close()));
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const {bytesWritten} = await file.write(bytes, done);
    done += bytesWritten;
  }
}

/** Sees to it that the names of all directories in this one survive a loss of power. */
export function syncTree(directory: string): void {
  for (const entry of fs.readdirSync(directory, {withFileTypes: true})) {
    if (entry.isDirectory()) syncTree(join(directory, entry.name));
  }
  syncDirectory(directory);
}

/** Says which path a failure of the system is about. */
export async function guarded<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaveError(`cannot write ${path}: ${reason}`, {cause});
  }
}
