/**
 * Model directories of a browser: of the origin private file system or that the user picked, and lists of files.
 *
 * @module
 */

import {nobodyPlaces} from './browser_lock.js';
import {errorCode, worded} from './file_error.js';
import {checkRange, FlatDirectory} from './memory.js';
import {pathSegments} from './paths.js';
import type {FileHandle, ModelDirectory} from './platform.js';

/** A blob's bytes come in memory of their own and are copied from there: so much of it at a time. */
const PIECE_BYTES = 2 ** 24;

/** A model directory over a directory that the user picked, or one of the origin private file system. */
export function handleDirectory(root: FileSystemDirectoryHandle): ModelDirectory {
  return new HandleDirectory(root);
}

class HandleDirectory implements ModelDirectory {
  readonly name: string;
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
    this.name = root.name;
  }

  async open(path: string): Promise<FileHandle | null> {
    const parents = pathSegments(path);
    const name = parents.pop();
    if (name === undefined) return null;
    const directory = await this.#directory(parents);
    const handle = await absentAsNull(path, directory?.getFileHandle(name));
    const file = handle && (await absentAsNull(path, handle.getFile()));
    if (!file) return null;
    // The browser refuses to read from it once the file behind it has changed.
    const version = async () => ({id: `${file.lastModified} ${file.size}`, modified: file.lastModified});
    return {...blobFile(file, `${this.name}/${path}`), version};
  }

  async list(path = ''): Promise<string[]> {
    const directory = await this.#directory(pathSegments(path));
    if (directory === null) return [];
    return worded('list', `${this.name}/${path}`, async () => {
      const names: string[] = [];
      for await (const name of directory.keys()) names.push(name);
      return names.sort();
    });
  }

  settled(): Promise<void> {
    return nobodyPlaces(this.name);
  }

  async #directory(segments: readonly string[]): Promise<FileSystemDirectoryHandle | null> {
    let directory: FileSystemDirectoryHandle | null = this.#root;
    for (const segment of segments) {
      directory = await absentAsNull(segment, directory?.getDirectoryHandle(segment));
    }
    return directory;
  }
}

/**
 * A model directory over files of an `<input type="file" webkitdirectory>` or dropped ones. The name of the directory
 * that was picked, which all their relative paths start with, is left out.
 */
export function fileListDirectory(files: Iterable<File>): ModelDirectory {
  const list = [...files];
  const roots = new Set(list.map((file) => file.webkitRelativePath?.split('/', 1)[0] ?? ''));
  const root = roots.size === 1 ? [...roots][0]! : '';
  return new FlatDirectory(
    root || 'files',
    list.map((file) => {
      const path = file.webkitRelativePath || file.name;
      return [root === '' ? path : path.slice(root.length + 1), () => blobFile(file, path)] as const;
    }),
  );
}

/** A file over a blob, whose bytes are read when they are asked for. */
export function blobFile(blob: Blob, name: string): FileHandle {
  return {
    size: blob.size,
    async readInto(target, offset) {
      checkRange(name, blob.size, offset, target.length);
      for (let at = 0; at < target.length; at += PIECE_BYTES) {
        const end = Math.min(at + PIECE_BYTES, target.length);
        const piece = await bytesOf(blob.slice(offset + at, offset + end), name);
        target.set(piece, at);
      }
    },
    async close() {},
  };
}

/** Fails when the file was changed or removed since it was picked. */
function bytesOf(blob: Blob, name: string): Promise<Uint8Array> {
  return worded('read', name, async () => new Uint8Array(await blob.arrayBuffer()));
}

/** Null where there is nothing of that name and kind; an error that says why where it cannot be had. */
function absentAsNull<T>(name: string, result: Promise<T> | undefined): Promise<T | null> {
  return worded('open', name, async () => {
    try {
      return (await result) ?? null;
    } catch (cause) {
      const kind = errorCode(cause);
      if (kind === 'NotFoundError' || kind === 'TypeMismatchError') return null;
      throw cause;
    }
  });
}
