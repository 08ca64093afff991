/**
 * Takes a model's files into memory.
 *
 * @module
 */

import type {FileWriter, ModelSink} from '../../platform/services.js';

export class MemorySink implements ModelSink {
  readonly files = new Map<string, Uint8Array>();
  readonly directories: string[] = [];

  async createDirectory(path: string): Promise<void> {
    this.directories.push(path);
  }

  async createFile(path: string): Promise<FileWriter> {
    const chunks: Uint8Array[] = [];
    return {
      write: async (bytes) => {
        chunks.push(bytes.slice());
      },
      close: async () => {
        this.files.set(path, new Uint8Array(Buffer.concat(chunks)));
      },
    };
  }

  async clear(): Promise<void> {
    this.files.clear();
    this.directories.length = 0;
  }

  text(path: string): string {
    return new TextDecoder().decode(this.files.get(path));
  }
}
