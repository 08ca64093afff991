/**
 * A directory in memory that files are written to, and that can then be read.
 *
 * @module
 */

import {memoryDirectory} from '../memory.js';
import {pathSegments} from '../paths.js';
import type {FileWriter, ModelDirectory, OutputDirectory} from '../platform.js';

export class MemoryOutput implements OutputDirectory {
  readonly name = 'memory';
  /** The files that were closed, in that order. */
  readonly files: Record<string, Uint8Array> = {};
  readonly #created = new Set<string>();

  async createFile(path: string): Promise<FileWriter> {
    const name = pathSegments(path).join('/');
    // As the other places that are written to.
    if (this.#created.has(name)) throw new Error(`${name} was created already`);
    this.#created.add(name);
    const pieces: Uint8Array[] = [];
    return {
      write: async (bytes) => {
        pieces.push(bytes.slice());
      },
      close: async () => {
        this.files[name] = Buffer.concat(pieces);
      },
    };
  }

  directory(): ModelDirectory {
    return memoryDirectory(this.files);
  }
}
