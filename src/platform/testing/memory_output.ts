/**
 * A directory in memory that files are written to, and that can then be read.
 *
 * @module
 */

import {memoryDirectory} from '../memory.js';
import type {FileWriter, ModelDirectory, OutputDirectory} from '../platform.js';

export class MemoryOutput implements OutputDirectory {
  readonly name = 'memory';
  /** The files that were closed, in that order. */
  readonly files: Record<string, Uint8Array> = {};

  async createFile(path: string): Promise<FileWriter> {
    const pieces: Uint8Array[] = [];
    return {
      write: async (bytes) => {
        pieces.push(bytes.slice());
      },
      close: async () => {
        this.files[path] = Buffer.concat(pieces);
      },
    };
  }

  directory(): ModelDirectory {
    return memoryDirectory(this.files);
  }
}
