/**
 * Writes a sorted table: the file format of a checkpoint's index (see `table_format.ts`), byte for byte as TensorFlow's
 * `table_builder.cc` does.
 *
 * Keys are byte strings (see `byte_string.ts`).
 *
 * @module
 */

import {getPlatform} from '../platform/current.js';
import {ByteWriter} from './byte_writer.js';
import {COMPRESSION, FOOTER_BYTES, maskChecksum, TABLE_MAGIC, TRAILER_BYTES} from './table_format.js';

/** A block is closed once it has this many bytes (`table_options.h`). */
const BLOCK_BYTES = 262144;

/** A key is spelled out at least every so many entries; in the index block all are. */
const RESTART_INTERVAL = 16;
const INDEX_RESTART_INTERVAL = 1;

/** An entry of a table. */
export type TableEntry = readonly [key: string, value: Uint8Array];

/**
 * The bytes of the table that has these entries, block by block.
 *
 * @param entries - In ascending order of their keys.
 */
export function* encodeTable(entries: Iterable<TableEntry>): Generator<Uint8Array, void> {
  const data = new BlockBuilder(RESTART_INTERVAL);
  const index = new BlockBuilder(INDEX_RESTART_INTERVAL);
  let offset = 0;
  let closed: {readonly lastKey: string; readonly handle: Uint8Array} | undefined;
  let lastKey = '';

  function seal(block: BlockBuilder): {sealed: Uint8Array; handle: Uint8Array} {
    const contents = block.finish();
    const handle = new ByteWriter().varint(offset).varint(contents.length).take();
    offset += contents.length + TRAILER_BYTES;
    return {sealed: sealBlock(contents), handle};
  }

  function close(): Uint8Array {
    const {sealed, handle} = seal(data);
    closed = {lastKey, handle};
    return sealed;
  }

  for (const [key, value] of entries) {
    if (closed !== undefined) index.add(separator(closed.lastKey, key), closed.handle);
    closed = undefined;
    data.add(key, value);
    lastKey = key;
    if (data.size >= BLOCK_BYTES) yield close();
  }
  if (!data.isEmpty) yield close();
  const metaindex = seal(new BlockBuilder(RESTART_INTERVAL));
  yield metaindex.sealed;
  if (closed !== undefined) index.add(successor(closed.lastKey), closed.handle);
  const {sealed, handle} = seal(index);
  yield sealed;
  yield encodeFooter(metaindex.handle, handle);
}

/** Entries with prefix-compressed keys, then the positions of those whose key is spelled out. */
export class BlockBuilder {
  readonly #interval: number;
  readonly #entries = new ByteWriter();
  #restarts = [0];
  #sinceRestart = 0;
  #lastKey = '';

  constructor(restartInterval: number) {
    this.#interval = restartInterval;
  }

  /** Bytes of the block as it is now. */
  get size(): number {
    return this.#entries.length + 4 * this.#restarts.length + 4;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  add(key: string, value: Uint8Array): void {
    let shared = 0;
    if (this.#sinceRestart < this.#interval) {
      shared = commonPrefix(this.#lastKey, key);
    } else {
      this.#restarts.push(this.#entries.length);
      this.#sinceRestart = 0;
    }
    this.#entries
      .varint(shared)
      .varint(key.length - shared)
      .varint(value.length)
      .byteString(key.slice(shared))
      .bytes(value);
    this.#lastKey = key;
    this.#sinceRestart++;
  }

  /** The block's contents; the builder is empty afterwards. */
  finish(): Uint8Array {
    for (const restart of this.#restarts) this.#entries.fixed32(restart);
    this.#entries.fixed32(this.#restarts.length);
    this.#restarts = [0];
    this.#sinceRestart = 0;
    this.#lastKey = '';
    return this.#entries.take();
  }
}

/** A block as it is in a file. TensorFlow never compresses those of a checkpoint's index. */
function sealBlock(contents: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(contents.length + TRAILER_BYTES);
  sealed.set(contents);
  sealed[contents.length] = COMPRESSION.none;
  const checksum = maskChecksum(getPlatform().crc32c(sealed.subarray(0, contents.length + 1)));
  sealed.set(new ByteWriter().fixed32(checksum).take(), contents.length + 1);
  return sealed;
}

function encodeFooter(metaindex: Uint8Array, index: Uint8Array): Uint8Array {
  const footer = new Uint8Array(FOOTER_BYTES);
  footer.set(metaindex);
  footer.set(index, metaindex.length);
  footer.set(TABLE_MAGIC, FOOTER_BYTES - TABLE_MAGIC.length);
  return footer;
}

function commonPrefix(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}

/** A short key from `last` on and before `next`, for the index (`FindShortestSeparator`). */
function separator(last: string, next: string): string {
  const shared = commonPrefix(last, next);
  if (shared === last.length || shared === next.length) return last;
  const following = last.charCodeAt(shared) + 1;
  if (following > 0xff || following >= next.charCodeAt(shared)) return last;
  return last.slice(0, shared) + String.fromCharCode(following);
}

/** A short key from `last` on (`FindShortSuccessor`). */
function successor(last: string): string {
  for (let i = 0; i < last.length; i++) {
    const byte = last.charCodeAt(i);
    if (byte !== 0xff) return last.slice(0, i) + String.fromCharCode(byte + 1);
  }
  return last;
}
