/**
 * Model directories whose files are known as a flat list of paths, and the one over bytes in memory.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {pathSegments} from './paths.js';
import type {FileHandle, ModelDirectory} from './platform.js';

/** A directory made of paths and of what opens the file at each. */
export class FlatDirectory implements ModelDirectory {
  readonly name: string;
  readonly #files = new Map<string, () => FileHandle>();

  constructor(name: string, files: Iterable<readonly [path: string, open: () => FileHandle]>) {
    this.name = name;
    for (const [path, open] of files) this.#files.set(pathSegments(path).join('/'), open);
  }

  async open(path: string): Promise<FileHandle | null> {
    return this.#files.get(pathSegments(path).join('/'))?.() ?? null;
  }

  async list(path = ''): Promise<string[]> {
    const parent = pathSegments(path);
    const prefix = parent.map((segment) => `${segment}/`).join('');
    const names = new Set<string>();
    for (const file of this.#files.keys()) {
      if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split('/', 1)[0]!);
    }
    return [...names].sort();
  }
}

/**
 * A model directory over bytes in memory, which are not copied.
 *
 * @example
 * const directory = memoryDirectory({'saved_model.pb': bytes, 'variables/variables.index': index});
 */
export function memoryDirectory(
  files: Readonly<Record<string, Uint8Array>>,
  name = 'memory',
): ModelDirectory {
  return new FlatDirectory(
    name,
    Object.entries(files).map(([path, bytes]) => [path, () => memoryFile(bytes, `${name}/${path}`)] as const),
  );
}

function memoryFile(bytes: Uint8Array, name: string): FileHandle {
  return {
    size: bytes.length,
    async readInto(target, offset) {
      checkRange(name, bytes.length, offset, target.length);
      target.set(bytes.subarray(offset, offset + target.length));
    },
    async close() {},
  };
}

/** @throws FormatError when a file of `size` bytes has no `length` bytes at `offset`. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  if (offset + length > size) {
    throw new FormatError(`${name} is truncated: it has ${size} bytes, and ${offset + length} are needed`);
  }
}
