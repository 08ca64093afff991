/**
 * The yardstick for loading: plainly reading files and computing their CRC-32C, with nothing done about what they say.
 *
 * @module
 */

import {open} from 'node:fs/promises';
import {nodePlatform} from '../src/platform/node.js';

/** The most that one read call may ask for. */
const MAX_READ = 2 ** 30;

export interface PlainReading {
  /** Size of all files. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** CRC-32C of the files one after the other. */
  readonly crc: number;
}

/** Reads each file whole into memory, then checksums it. */
export async function readPlainly(paths: readonly string[]): Promise<PlainReading> {
  const start = performance.now();
  let crc = 0;
  let bytes = 0;
  for (const path of paths) {
    const contents = await readWhole(path);
    crc = nodePlatform.crc32c(contents, crc);
    bytes += contents.length;
  }
  return {bytes, milliseconds: performance.now() - start, crc};
}

async function readWhole(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const contents = new Uint8Array((await file.stat()).size);
    let done = 0;
    while (done < contents.length) {
      const length = Math.min(contents.length - done, MAX_READ);
      const {bytesRead} = await file.read(contents, done, length, done);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
      done += bytesRead;
    }
    return contents;
  } finally {
    await file.close();
  }
}
