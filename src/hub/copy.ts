/**
 * Copies a model from a directory that is read from afar to a place of this machine.
 *
 * @module
 */

import {DownloadError, FormatError} from '../errors.js';
import type {ModelDirectory} from '../platform/platform.js';
import type {FileSizes, ModelSink} from '../platform/services.js';

/** Each read of a remote file is a request. */
const READ_BYTES = 8 << 20;
const MAX_ENTRIES = 100_000;

/**
 * Copies the files of `directory` into `sink`.
 *
 * @throws DownloadError where they are larger than `maxBytes` together.
 */
export async function copyInto(
  sink: ModelSink,
  directory: ModelDirectory,
  maxBytes: number,
  onBytes: (copied: number) => void,
): Promise<FileSizes> {
  const sizes: Record<string, number> = Object.create(null);
  let total = 0;
  let copied = 0;

  async function copyFile(path: string): Promise<boolean> {
    const file = await directory.open(path);
    if (!file) return false;
    try {
      total += file.size;
      if (total > maxBytes) {
        throw new DownloadError(
          `${directory.name} holds more than the ${maxBytes} bytes allowed for it. Raise the option maxBytes if that is wanted.`,
        );
      }
      const writer = await sink.createFile(path);
      try {
        const buffer = new Uint8Array(Math.min(READ_BYTES, file.size));
        for (let offset = 0; offset < file.size; offset += READ_BYTES) {
          const piece = buffer.subarray(0, Math.min(READ_BYTES, file.size - offset));
          await file.readInto(piece, offset);
          await writer.write(piece);
          onBytes((copied += piece.length));
        }
      } finally {
        await writer.close();
      }
      sizes[path] = file.size;
      return true;
    } finally {
      await file.close();
    }
  }

  const unread = [''];
  let entries = 0;
  for (let inside = unread.pop(); inside !== undefined; inside = unread.pop()) {
    for (const name of await directory.list(inside)) {
      if (++entries > MAX_ENTRIES) {
        throw new FormatError(`${directory.name} has more than ${MAX_ENTRIES} files; that is no model.`);
      }
      const path = inside === '' ? name : `${inside}/${name}`;
      if (!(await copyFile(path))) unread.push(path);
    }
  }
  return {...sizes};
}
