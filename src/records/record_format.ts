/**
 * The format of TFRecord files: of each record its length, a checksum of that, its bytes, and a checksum of those.
 *
 * Source: `tensorflow/core/lib/io/record_writer.h`. Numbers are little-endian, checksums masked CRC-32C.
 *
 * @module
 */

import {maskChecksum} from '../bundle/table_format.js';
import {FormatError} from '../errors.js';
import {PackedStrings} from '../host/strings.js';
import {portableCrc32c} from '../platform/crc32c.js';
import {getPlatform} from '../platform/current.js';

/** A length of 64 bits and its checksum. */
export const HEADER_BYTES = 12;

/** The checksum of a record's bytes. */
export const FOOTER_BYTES = 4;

/** Longer records go to the fast checksum of the platform, which costs more to call. */
const SHORT_RECORD = 256;

function checksumOf(bytes: Uint8Array): number {
  return maskChecksum((bytes.length < SHORT_RECORD ? portableCrc32c : getPlatform().crc32c)(bytes));
}

/** What stands before a record of so many bytes. */
export function headerOf(length: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, length % TWO_32, true);
  view.setUint32(4, Math.floor(length / TWO_32), true);
  view.setUint32(8, checksumOf(header.subarray(0, 8)), true);
  return header;
}

/** What stands behind a record. */
export function footerOf(record: Uint8Array): Uint8Array<ArrayBuffer> {
  const footer = new Uint8Array(FOOTER_BYTES);
  new DataView(footer.buffer).setUint32(0, checksumOf(record), true);
  return footer;
}

const TWO_32 = 2 ** 32;

/** The most bytes a string tensor holds, and so a batch. */
const MOST_BYTES = 2 ** 31 - 1;

/** How much is asked for at least when a buffer is full. */
const LEAST_BUFFER = 1 << 16;

/** Finds records in bytes that come piece by piece, and brings them together in batches. */
export class RecordSplitter {
  readonly #name: string;
  readonly #verifies: boolean;
  /** Where in the file the buffer begins. */
  #offset = 0;
  #buffer = new Uint8Array(0) as Uint8Array<ArrayBufferLike>;
  #view = new DataView(this.#buffer.buffer);
  /** Bytes that are there. Those before never change, for batches that were given share them. */
  #filled = 0;
  /** Where the next record begins. */
  #at = 0;
  #starts: number[] = [];
  #ends: number[] = [];

  /**
   * @param name - what to call the file in messages
   * @param verifies - whether checksums are looked at
   */
  constructor(name: string, verifies: boolean) {
    this.#name = name;
    this.#verifies = verifies;
  }

  /** Records that are whole, of which no batch was given yet. */
  get count(): number {
    return this.#starts.length;
  }

  /** Adds a piece of the file. */
  add(piece: Uint8Array): void {
    if (this.#filled + piece.length > this.#buffer.length) this.#grow(piece.length);
    this.#buffer.set(piece, this.#filled);
    this.#filled += piece.length;
  }

  /** A buffer that begins with the first record that was not given yet. */
  #grow(more: number): void {
    const from = this.#starts.length > 0 ? this.#starts[0]! - HEADER_BYTES : this.#at;
    const kept = this.#buffer.subarray(from, this.#filled);
    const needed = kept.length + more;
    if (needed > MOST_BYTES) {
      throw new FormatError(
        `${this.#name}: a batch from byte ${this.#offset + from} on has more than ${MOST_BYTES} bytes. Make batches of fewer records.`,
      );
    }
    this.#buffer = new Uint8Array(Math.min(MOST_BYTES, Math.max(LEAST_BUFFER, 2 * needed)));
    this.#view = new DataView(this.#buffer.buffer);
    this.#buffer.set(kept);
    this.#offset += from;
    this.#filled = kept.length;
    this.#at -= from;
    for (let i = 0; i < this.#starts.length; i++) {
      this.#starts[i]! -= from;
      this.#ends[i]! -= from;
    }
  }

  /**
   * Finds records until there are `most` or no whole one is left.
   *
   * @throws FormatError where one is damaged
   */
  find(most: number): void {
    while (this.count < most && this.#filled - this.#at >= HEADER_BYTES) {
      const length = this.#lengthAt(this.#at);
      const start = this.#at + HEADER_BYTES;
      const end = start + length;
      if (end + FOOTER_BYTES > this.#filled) return;
      if (this.#verifies) this.#check(start, end, 'record');
      this.#starts.push(start);
      this.#ends.push(end);
      this.#at = end + FOOTER_BYTES;
    }
  }

  #lengthAt(at: number): number {
    if (this.#verifies) this.#check(at, at + 8, 'length of the record');
    return this.#view.getUint32(at, true) + TWO_32 * this.#view.getUint32(at + 4, true);
  }

  /** Compares the bytes between two places with the checksum behind them. */
  #check(start: number, end: number, what: string): void {
    if (checksumOf(this.#buffer.subarray(start, end)) === this.#view.getUint32(end, true)) return;
    const head = this.#buffer.subarray(this.#at, this.#at + 2);
    const isFirst = this.#offset + this.#at === 0;
    throw new FormatError(
      `${this.#name}: the ${what} at byte ${this.#offset + this.#at} is damaged: it is not what its checksum says.` +
        (isFirst ? hintFor(head) : ''),
    );
  }

  /** The records that were found, in memory that they share. */
  take(): PackedStrings {
    const records = new PackedStrings(
      this.#buffer,
      Int32Array.from(this.#starts),
      Int32Array.from(this.#ends),
    );
    this.#starts = [];
    this.#ends = [];
    return records;
  }

  /** @throws FormatError where the file ends within a record. */
  end(): void {
    const left = this.#filled - this.#at;
    if (left === 0) return;
    const place = `${this.#name}: the file ends within the record at byte ${this.#offset + this.#at}`;
    if (left < HEADER_BYTES) {
      throw new FormatError(`${place}: of the ${HEADER_BYTES} bytes of its length ${left} are there.`);
    }
    const length = this.#lengthAt(this.#at);
    const there = Math.min(length, left - HEADER_BYTES);
    throw new FormatError(
      `${place}: of its ${length} bytes and the ${FOOTER_BYTES} of their checksum ${left - HEADER_BYTES} are there` +
        (there < length ? '.' : ', and the checksum is not whole.'),
    );
  }
}

/** What a file that begins with these bytes may be instead. */
function hintFor([first, second]: Uint8Array): string {
  if (first === 0x1f && second === 0x8b) return " It looks compressed: set compressionType to 'GZIP'.";
  // The zlib format: a multiple of 31 as a number of 16 bits.
  const isZlib = first !== undefined && (first & 0x0f) === 8 && ((first << 8) | (second ?? 0)) % 31 === 0;
  return isZlib ? " It may be compressed: set compressionType to 'ZLIB'." : ' It may be no TFRecord file.';
}
