/**
 * Reads the little numbers that tables and string tensors are laced with, never past the end of the bytes.
 *
 * @module
 */

import {FormatError} from '../errors.js';

/** A position in bytes that moves on with each read; every failure is a FormatError that starts with `what`. */
export class ByteReader {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.position;
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (length > this.remaining) this.#fail(`${length} bytes are needed and ${this.remaining} are left`);
    const start = this.position;
    this.position += length;
    return this.#bytes.subarray(start, this.position);
  }

  /** A little-endian `uint32`. */
  fixed32(): number {
    const bytes = this.take(4);
    return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
  }

  /** A varint of up to 64 bits that is a size or a position. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.remaining === 0) this.#fail('the data end within a number');
      const byte = this.#bytes[this.position++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) this.#fail(`${value} is too large for a size`);
        return value;
      }
      scale *= 128;
    }
    return this.#fail('a number has more than 64 bits');
  }

  #fail(reason: string): never {
    throw new FormatError(`${this.#what} is corrupt at byte ${this.position}: ${reason}`);
  }
}
