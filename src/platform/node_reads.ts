/**
 * Reading a range of a file in as many calls as that takes.
 *
 * @module
 */

import {checkRange} from './memory.js';

/** One call may read 2 GiB less a byte at most. */
const MAX_READ = 2 ** 30;

/** What one call is to read. */
interface Read {
  /** Where in the target it goes. */
  readonly start: number;
  readonly length: number;
  /** Where in the file it is. */
  readonly position: number;
}

/** A file that is read. */
export interface ReadFile {
  readonly name: string;
  readonly size: number;
}

/** The calls that fill `length` bytes from `offset` on; it is told how many bytes each has given. */
function* reads({name, size}: ReadFile, offset: number, length: number): Generator<Read, void, number> {
  checkRange(name, size, offset, length);
  for (let done = 0; done < length; ) {
    const given: number = yield {
      start: done,
      length: Math.min(length - done, MAX_READ),
      position: offset + done,
    };
    // It is shorter than it was when it was opened.
    if (given === 0) checkRange(name, offset + done, offset, length);
    done += given;
  }
}

/**
 * Fills `length` bytes by calls that give how many they have read.
 *
 * @throws FormatError where the file ends before.
 */
export async function readAll(
  file: ReadFile,
  offset: number,
  length: number,
  read: (next: Read) => Promise<number>,
): Promise<void> {
  const calls = reads(file, offset, length);
  for (let next = calls.next(0); !next.done; ) next = calls.next(await read(next.value));
}

/** As {@link readAll}, by calls that are done when they return. */
export function readAllNow(
  file: ReadFile,
  offset: number,
  length: number,
  read: (next: Read) => number,
): void {
  const calls = reads(file, offset, length);
  for (let next = calls.next(0); !next.done; ) next = calls.next(read(next.value));
}
