/**
 * The Node platform: local directories, and the native CRC-32C where its binary is installed.
 *
 * Importing this module makes it the platform in use.
 *
 * @module
 */

import {type FileHandle as NodeFileHandle, open, readdir, stat} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {totalmem} from 'node:os';
import {resolve, sep} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {FormatError, HubError} from '../errors.js';
import {portableCrc32c} from './crc32c.js';
import {setPlatform} from './current.js';
import {checkRange} from './memory.js';
import {pathSegments} from './paths.js';
import type {FileHandle, ModelDirectory, Platform} from './platform.js';

/** One call may read 2 GiB less a byte at most. */
const MAX_READ = 2 ** 30;

export const nodePlatform: Platform = {
  crc32c: nativeCrc32c() ?? portableCrc32c,
  // 0 where there is no constraint.
  memoryBytes: () => Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  createModel: async (...args) => (await import('./node_output.js')).createModel(...args),
  writableDirectory: async (target) => (await import('./node_output.js')).writableDirectory(target),
  importBackend: async () => {
    const events = ['uncaughtException', 'unhandledRejection'] as const;
    const before = events.map((event) => new Set<unknown>(process.listeners(event as never)));
    try {
      // An optional peer dependency: several times as fast as the cpu backend.
      await import('@tensorflow/tfjs-backend-wasm');
      await tf.setBackend('wasm');
    } catch {
      return;
    }
    // Its runtime adds handlers that print a page of minified code before any error that a user's program ends with.
    events.forEach((event, i) => {
      for (const added of process.listeners(event as never)) {
        if (!before[i]!.has(added)) process.off(event, added as () => void);
      }
    });
  },
};

setPlatform(nodePlatform);

/** The optional dependency has no binary for some machines, and fails to load there. */
function nativeCrc32c(): Platform['crc32c'] | undefined {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as typeof import('@node-rs/crc32');
    return native.crc32c;
  } catch {
    return undefined;
  }
}

/** A model directory on the local file system. */
export function localDirectory(path: string): ModelDirectory {
  return new LocalDirectory(resolve(path));
}

class LocalDirectory implements ModelDirectory {
  readonly name: string;
  readonly path: string;

  constructor(path: string) {
    this.name = path;
    this.path = path;
  }

  async open(path: string): Promise<FileHandle | null> {
    const full = this.#resolve(path);
    // Opening what is no file could block (a pipe) or succeed and then fail to read (a directory).
    const status = await absentAsNull(full, stat(full));
    if (!status?.isFile()) return null;
    const handle = await absentAsNull(full, open(full, 'r'));
    return handle && new LocalFile(handle, full, status.size);
  }

  async list(path = ''): Promise<string[]> {
    const full = this.#resolve(path);
    return (await absentAsNull(full, readdir(full)))?.sort() ?? [];
  }

  #resolve(path: string): string {
    const full = resolve(this.path, ...pathSegments(path));
    // On Windows a segment may contain separators or name a drive.
    if (full !== this.path && !full.startsWith(this.path.endsWith(sep) ? this.path : this.path + sep)) {
      throw new FormatError(`the path ${JSON.stringify(path)} leads out of ${this.path}`);
    }
    return full;
  }
}

class LocalFile implements FileHandle {
  readonly size: number;
  readonly #handle: NodeFileHandle;
  readonly #path: string;

  constructor(handle: NodeFileHandle, path: string, size: number) {
    this.#handle = handle;
    this.#path = path;
    this.size = size;
  }

  async readInto(target: Uint8Array, offset: number): Promise<void> {
    checkRange(this.#path, this.size, offset, target.length);
    let done = 0;
    while (done < target.length) {
      const length = Math.min(target.length - done, MAX_READ);
      const {bytesRead} = await this.#handle.read(target, done, length, offset + done).catch((cause) => {
        throw new HubError(`cannot read ${this.#path}: ${messageOf(cause)}`, {cause});
      });
      if (bytesRead === 0) checkRange(this.#path, offset + done, offset, target.length);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Null where there is nothing at `path`; an error that says so where there is and it cannot be had. */
async function absentAsNull<T>(path: string, result: Promise<T>): Promise<T | null> {
  try {
    return await result;
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new HubError(`cannot open ${path}: ${messageOf(cause)}`, {cause});
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
