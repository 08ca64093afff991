/**
 * Files of the local file system that stay open, and can be opened again by a path that leads to the open file and not to its name.
 * Linux shows these; elsewhere no file can be held.
 *
 * @module
 */

import {closeSync, fstatSync, openSync, read, readSync} from 'node:fs';
import {promisify} from 'node:util';
import {worded, wordedNow} from './file_error.js';
import {readAll, readAllNow} from './node_reads.js';
import type {HeldFile} from './platform.js';

/** The open files of this process, by number. */
const OPEN_FILES = '/proc/self/fd';

/** Closes what nobody holds any more. */
const FORGOTTEN = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/** Keeps the file open that `descriptor` stands for; null where this operating system does not show open files. */
export function holdFile(descriptor: number, name: string): HeldFile | null {
  try {
    return new HeldLocalFile(openSync(`${OPEN_FILES}/${descriptor}`, 'r'), name);
  } catch {
    return null;
  }
}

class HeldLocalFile implements HeldFile {
  readonly name: string;
  readonly size: number;
  readonly identity: string;
  readonly #descriptor: number;
  #isClosed = false;

  constructor(descriptor: number, name: string) {
    this.#descriptor = descriptor;
    this.name = name;
    FORGOTTEN.register(this, descriptor, this);
    const {dev, ino, size, mtimeNs, ctimeNs} = fstatSync(descriptor, {bigint: true});
    this.size = Number(size);
    this.identity = [dev, ino, size, mtimeNs, ctimeNs].join(':');
  }

  get path(): string {
    return `${OPEN_FILES}/${this.#descriptor}`;
  }

  readNow(target: Uint8Array, offset: number): void {
    readAllNow(this, offset, target.length, ({start, length, position}) =>
      wordedNow('read', this.name, () => readSync(this.#descriptor, target, start, length, position)),
    );
  }

  readInto(target: Uint8Array, offset: number): Promise<void> {
    return readAll(this, offset, target.length, async ({start, length, position}) => {
      const {bytesRead} = await worded('read', this.name, () =>
        readFrom(this.#descriptor, target, start, length, position),
      );
      return bytesRead;
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    FORGOTTEN.unregister(this);
    closeSync(this.#descriptor);
  }
}

const readFrom = promisify(read);
