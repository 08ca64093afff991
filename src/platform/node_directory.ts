/**
 * Model directories on the local file system.
 *
 * @module
 */

import {type FileHandle as NodeFileHandle, open, readdir, stat} from 'node:fs/promises';
import {basename, dirname, join, resolve, sep} from 'node:path';
import {fileURLToPath} from 'node:url';
import {FormatError, HandleError} from '../errors.js';
import {errorCode, worded} from './file_error.js';
import {lockOf} from './model_files.js';
import {holdFile} from './node_held_file.js';
import {readAll} from './node_reads.js';
import {pathSegments} from './paths.js';
import type {FileHandle, FileVersion, HeldFile, ModelDirectory} from './platform.js';

/** How often, and after how many milliseconds each, to look whether a model that was not found is being put into its place. */
const MAX_POLLS = 100;
const POLL = 10;

/** An absolute path, from a relative one or from a `file:` URL. */
export function absolutePath(pathOrUrl: string): string {
  if (/^file:/i.test(pathOrUrl)) {
    try {
      return resolve(fileURLToPath(pathOrUrl));
    } catch (cause) {
      throw new HandleError(
        `'${pathOrUrl}' is no path of this machine: ${(cause as Error).message}. Write file:///path/of/the/model.`,
        {cause},
      );
    }
  }
  try {
    return resolve(pathOrUrl);
  } catch (cause) {
    throw new HandleError(
      `'${pathOrUrl}' is a relative path, and the working directory is gone. Change to one that exists.`,
      {cause},
    );
  }
}

/** A model directory on the local file system, by its path or `file:` URL. */
export function localDirectory(path: string): ModelDirectory {
  if (typeof path !== 'string') throw new HandleError(`localDirectory takes a path, and not ${typeof path}.`);
  return new LocalDirectory(absolutePath(path));
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
    const status = await absentAsNull(full, () => stat(full));
    if (!status?.isFile()) return null;
    const handle = await absentAsNull(full, () => open(full, 'r'));
    if (handle === null) return null;
    try {
      // By now it may be another file that has the name.
      const {size} = await worded('read', full, () => handle.stat());
      return new LocalFile(handle, full, size);
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }

  async list(path = ''): Promise<string[]> {
    const full = this.#resolve(path);
    return (await absentAsNull(full, () => readdir(full)))?.sort() ?? [];
  }

  async settled(): Promise<void> {
    const lock = join(dirname(this.path), lockOf(basename(this.path)));
    // A lock that is there for longer is nobody's, as a rule; who saves next will find out.
    for (let polls = 0; polls < MAX_POLLS && (await absentAsNull(lock, () => stat(lock))) !== null; polls++) {
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
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

  readInto(target: Uint8Array, offset: number): Promise<void> {
    const file = {name: this.#path, size: this.size};
    return readAll(file, offset, target.length, async ({start, length, position}) => {
      const {bytesRead} = await worded('read', this.#path, () =>
        this.#handle.read(target, start, length, position),
      );
      return bytesRead;
    });
  }

  hold(): HeldFile | null {
    return holdFile(this.#handle.fd, this.#path);
  }

  async version(): Promise<FileVersion> {
    const {dev, ino, size, mtimeNs, mtimeMs} = await worded('read', this.#path, () =>
      this.#handle.stat({bigint: true}),
    );
    return {id: `${dev} ${ino} ${size} ${mtimeNs}`, modified: Number(mtimeMs)};
  }

  async close(): Promise<void> {
    await worded('read', this.#path, () => this.#handle.close());
  }
}

/** Null where there is nothing at `path`; an error that says why where there is and it cannot be had. */
function absentAsNull<T>(path: string, call: () => Promise<T>): Promise<T | null> {
  return worded('read', path, async () => {
    try {
      return await call();
    } catch (cause) {
      const code = errorCode(cause);
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw cause;
    }
  });
}
