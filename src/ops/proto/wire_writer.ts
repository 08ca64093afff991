/**
 * Writes messages one behind the other: the wire format of protocol buffers, from 32-bit words.
 *
 * @module
 */

import {type PackedStrings, StringsBuilder} from '../../host/strings.js';

/** Bytes of the longest varint. */
const MOST_VARINT_BYTES = 10;

/** Appends fields to the message that is open. */
export class WireWriter {
  readonly #out: StringsBuilder;

  /** With room for so many messages and bytes to begin with. */
  constructor(messages: number, bytes: number) {
    this.#out = new StringsBuilder(messages, bytes);
  }

  /** An integer of 64 bits, from its low and its high word. */
  varint(low: number, high: number): void {
    const out = this.#out;
    out.reserve(MOST_VARINT_BYTES);
    const {bytes} = out;
    let at = out.used;
    let rest = low >>> 0;
    let more = high >>> 0;
    while (more !== 0 || rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest = ((rest >>> 7) | (more << 25)) >>> 0;
      more >>>= 7;
    }
    bytes[at++] = rest;
    out.used = at;
  }

  /** Four bytes. */
  fixed32(word: number): void {
    const out = this.#out;
    out.reserve(4);
    const {bytes, used} = out;
    bytes[used] = word;
    bytes[used + 1] = word >>> 8;
    bytes[used + 2] = word >>> 16;
    bytes[used + 3] = word >>> 24;
    out.used = used + 4;
  }

  /** What stands before a field. */
  tag(number: number, wire: number): void {
    this.varint((number << 3) | wire, 0);
  }

  /** String `i` as it is. */
  raw({bytes, starts, ends}: PackedStrings, i: number): void {
    this.#out.append(bytes, starts[i], ends[i]);
  }

  /** What `write` writes, its length first. */
  delimited(write: () => void): void {
    const out = this.#out;
    // Most lengths take one byte; for others what was written moves.
    out.push(0);
    const start = out.used;
    write();
    const length = out.used - start;
    if (length < 0x80) {
      out.bytes[start - 1] = length;
      return;
    }
    let more = 1;
    for (let rest = length >>> 14; rest > 0; rest >>>= 7) more++;
    out.reserve(more);
    out.bytes.copyWithin(start + more, start, start + length);
    out.used = start - 1;
    this.varint(length, 0);
    out.used += length;
  }

  /** Closes the message. */
  end(): void {
    this.#out.end();
  }

  /** The messages. */
  messages(): PackedStrings {
    return this.#out.strings();
  }
}
