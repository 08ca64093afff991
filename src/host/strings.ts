/**
 * The elements of a string tensor: all bytes in one array, and where each string begins and ends in it. Strings may
 * share bytes, and their order need not be that of the bytes, so that taking, cutting and moving strings moves places
 * and copies no bytes.
 *
 * @module
 */

import {CallError} from '../errors.js';
import {roomFor} from './budget.js';

/** Byte strings in one array. Immutable. */
export class PackedStrings implements Iterable<Uint8Array> {
  readonly bytes: Uint8Array;
  /** Where each string begins. */
  readonly starts: Int32Array;
  /** Where each string ends: behind its last byte. */
  readonly ends: Int32Array;
  #totalBytes = -1;

  /** None of the three is copied, and none may change afterwards. */
  constructor(bytes: Uint8Array, starts: Int32Array, ends: Int32Array) {
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
  }

  /** Strings that follow one another: string `i` is what lies between `offsets[i]` and `offsets[i + 1]`. */
  static between(bytes: Uint8Array, offsets: Int32Array): PackedStrings {
    return new PackedStrings(bytes, offsets.subarray(0, -1), offsets.subarray(1));
  }

  /** As many strings as there are elements in `strings`. Their bytes are copied, those of a lone string are shared. */
  static of(strings: readonly Uint8Array[]): PackedStrings {
    if (strings.length === 1) return PackedStrings.between(strings[0]!, Int32Array.of(0, strings[0]!.length));
    const offsets = placesFor(strings.length + 1);
    let size = 0;
    for (let i = 0; i < strings.length; i++) offsets[i + 1] = size = checkedSize(size + strings[i]!.length);
    const bytes = bytesFor(size);
    for (let i = 0; i < strings.length; i++) bytes.set(strings[i]!, offsets[i]!);
    return PackedStrings.between(bytes, offsets);
  }

  /** The UTF-8 of each text. A lone surrogate becomes U+FFFD. */
  static ofTexts(texts: readonly string[]): PackedStrings {
    const offsets = placesFor(texts.length + 1);
    let left = 0;
    for (let i = 0; i < texts.length; i++) left += texts[i]!.length;
    // Most text is ASCII, of as many bytes as units, but for a few.
    const units = left;
    let bytes = bytesFor(units + (units >> 6));
    let at = 0;
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!;
      left -= text.length;
      const ascii = text.length < SHORT_TEXT ? writeAscii(text, bytes, at) : 0;
      at += ascii;
      if (ascii < text.length) {
        const rest = ascii === 0 ? text : text.slice(ascii);
        let {read, written} = ENCODER.encodeInto(rest, bytes.subarray(at));
        at += written;
        if (read < rest.length) {
          // A unit takes three bytes at most. The texts that are left may take as many for each as those so far.
          const perUnit = at / (units - left - rest.length + read);
          bytes = grown(bytes, at, at + 3 * (rest.length - read) + Math.ceil(1.03 * perUnit * left));
          ({read, written} = ENCODER.encodeInto(rest.slice(read), bytes.subarray(at)));
          at += written;
        }
      }
      offsets[i + 1] = at;
    }
    return PackedStrings.between(bytes.subarray(0, at), offsets);
  }

  /** `count` empty strings. */
  static empty(count: number): PackedStrings {
    const places = placesFor(count);
    return new PackedStrings(NO_BYTES, places, places);
  }

  /** How many strings there are. */
  get length(): number {
    return this.starts.length;
  }

  /** String `i`. Shares the bytes. */
  at(i: number): Uint8Array {
    return this.bytes.subarray(this.starts[i]!, this.ends[i]!);
  }

  /** The bytes of string `i`. */
  lengthAt(i: number): number {
    return this.ends[i]! - this.starts[i]!;
  }

  /** The bytes of all strings; those that several share count for each. */
  get totalBytes(): number {
    if (this.#totalBytes < 0) {
      const {starts, ends} = this;
      let total = 0;
      for (let i = 0; i < starts.length; i++) total += ends[i]! - starts[i]!;
      this.#totalBytes = total;
    }
    return this.#totalBytes;
  }

  *[Symbol.iterator](): Generator<Uint8Array, undefined> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /** Each string, an object of its own over the shared bytes. */
  toArray(): Uint8Array[] {
    return Array.from({length: this.length}, (_, i) => this.at(i));
  }

  /** Strings `start` to `end`. Shares everything. */
  slice(start = 0, end: number = this.length): PackedStrings {
    return new PackedStrings(this.bytes, this.starts.subarray(start, end), this.ends.subarray(start, end));
  }

  /** The strings at these places; an empty one for each -1. Shares the bytes. */
  take(places: Int32Array): PackedStrings {
    const [starts, ends] = [placesFor(places.length), placesFor(places.length)];
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      if (place < 0) continue;
      starts[i] = this.starts[place]!;
      ends[i] = this.ends[place]!;
    }
    return new PackedStrings(this.bytes, starts, ends);
  }

  /** The same strings with no other bytes among theirs than between the first and the last of them, in memory of their own. */
  compact(): PackedStrings {
    const {start, length, isDense} = stretchOf(this);
    if (!isDense) return PackedStrings.of(this.toArray());
    const bytes = bytesFor(length);
    bytes.set(this.bytes.subarray(start, start + length));
    if (start === 0) return new PackedStrings(bytes, this.starts, this.ends);
    return new PackedStrings(
      bytes,
      this.starts.map((at) => at - start),
      this.ends.map((at) => at - start),
    );
  }

  /** True when string `i` is string `j` of `other`. */
  equalAt(i: number, other: PackedStrings, j: number): boolean {
    return this.compareAt(i, other, j, true) === 0;
  }

  /**
   * Below 0 when string `i` comes before string `j` of `other`, byte by byte, 0 when they are the same.
   *
   * @param forEquality - whether any number but 0 will do for strings that differ
   */
  compareAt(i: number, other: PackedStrings, j: number, forEquality = false): number {
    const [a, b] = [this.bytes, other.bytes];
    let at = this.starts[i]!;
    let to = other.starts[j]!;
    const length = this.ends[i]! - at;
    const otherLength = other.ends[j]! - to;
    if (forEquality && length !== otherLength) return 1;
    for (const end = at + Math.min(length, otherLength); at < end; at++, to++) {
      if (a[at] !== b[to]) return a[at]! - b[to]!;
    }
    return length - otherLength;
  }
}

/**
 * Strings written one after the other: bytes are appended to the string that is open, `end` closes it.
 *
 * Its bytes grow in steps under the bounds of the call under way.
 */
export class StringsBuilder {
  /** Room for bytes; those before `used` are written. Who writes here himself asks `reserve` first. */
  bytes: Uint8Array;
  /** Bytes written so far. */
  used = 0;
  #offsets: Int32Array;
  #count = 0;

  /** With room for so many strings and bytes to begin with. */
  constructor(strings: number, bytes: number) {
    this.bytes = bytesFor(bytes);
    this.#offsets = placesFor(strings + 1);
  }

  /** Strings closed so far. */
  get count(): number {
    return this.#count;
  }

  /** Makes room for so many bytes more. */
  reserve(more: number): void {
    const needed = this.used + more;
    if (needed > this.bytes.length)
      this.bytes = grown(this.bytes, this.used, Math.max(needed, this.#expected));
  }

  /** Bytes of as many strings as there is room for, if those so far tell how long they are. But the first may be the long ones. */
  get #expected(): number {
    const {used} = this;
    const count = this.#count;
    if (count < ENOUGH_STRINGS) return 0;
    return Math.min(MOST_BYTES, 4 * used, Math.ceil(1.06 * (used / count) * (this.#offsets.length - 1)));
  }

  /** Appends one byte. */
  push(byte: number): void {
    if (this.used === this.bytes.length) this.reserve(1);
    this.bytes[this.used++] = byte;
  }

  /** Appends a part of `source`. */
  append(source: Uint8Array, start = 0, end: number = source.length): void {
    const length = end - start;
    this.reserve(length);
    const {bytes, used} = this;
    if (length < BLOCK_COPY) for (let i = 0; i < length; i++) bytes[used + i] = source[start + i]!;
    else bytes.set(source.subarray(start, end), used);
    this.used = used + length;
  }

  /** Appends the UTF-8 of a code point. */
  pushCodePoint(code: number): void {
    this.reserve(4);
    const {bytes} = this;
    let {used} = this;
    if (code < 0x80) {
      bytes[used++] = code;
    } else if (code < 0x800) {
      bytes[used++] = 0xc0 | (code >> 6);
      bytes[used++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      bytes[used++] = 0xe0 | (code >> 12);
      bytes[used++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[used++] = 0x80 | (code & 0x3f);
    } else {
      bytes[used++] = 0xf0 | (code >> 18);
      bytes[used++] = 0x80 | ((code >> 12) & 0x3f);
      bytes[used++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[used++] = 0x80 | (code & 0x3f);
    }
    this.used = used;
  }

  /** Appends the UTF-8 of a text. */
  appendText(text: string): void {
    this.reserve(3 * text.length);
    const ascii = text.length < SHORT_TEXT ? writeAscii(text, this.bytes, this.used) : 0;
    this.used += ascii;
    if (ascii === text.length) return;
    this.used += ENCODER.encodeInto(text.slice(ascii), this.bytes.subarray(this.used)).written;
  }

  /** Closes the string that is open. */
  end(): void {
    if (++this.#count === this.#offsets.length) {
      const offsets = placesFor(2 * this.#count + 14);
      offsets.set(this.#offsets);
      this.#offsets = offsets;
    }
    this.#offsets[this.#count] = this.used;
  }

  /** Appends a string and closes it. */
  add(source: Uint8Array, start?: number, end?: number): void {
    this.append(source, start, end);
    this.end();
  }

  /** The strings. Nothing may be appended afterwards. */
  strings(): PackedStrings {
    return PackedStrings.between(
      this.bytes.subarray(0, this.used),
      this.#offsets.subarray(0, this.#count + 1),
    );
  }
}

/**
 * The same strings over one array of bytes, so that their places can stand beside each other. Strings over the same array already are
 * given as they are.
 */
export function overOneArray(all: readonly PackedStrings[]): readonly PackedStrings[] {
  const used = all.filter(({length}) => length > 0);
  if (used.every(({bytes}) => bytes === used[0]!.bytes)) return all;
  const stretches = all.map(stretchOf);
  const bytes = bytesFor(
    stretches.reduce((sum, {isDense, length}, i) => sum + (isDense ? length : all[i]!.totalBytes), 0),
  );
  let at = 0;
  return all.map((strings, k) => {
    const count = strings.length;
    const [starts, ends] = [placesFor(count), placesFor(count)];
    const {start, length, isDense} = stretches[k]!;
    if (isDense) {
      bytes.set(strings.bytes.subarray(start, start + length), at);
      for (let i = 0; i < count; i++) {
        starts[i] = strings.starts[i]! - start + at;
        ends[i] = strings.ends[i]! - start + at;
      }
      at += length;
    } else {
      for (let i = 0; i < count; i++) {
        bytes.set(strings.at(i), at);
        starts[i] = at;
        ends[i] = at += strings.lengthAt(i);
      }
    }
    return new PackedStrings(bytes, starts, ends);
  });
}

/** The bytes between which strings lie, and whether they are for the most part theirs. */
function stretchOf(strings: PackedStrings): {start: number; length: number; isDense: boolean} {
  const {starts, ends} = strings;
  let start = strings.bytes.length;
  let end = 0;
  for (let i = 0; i < starts.length; i++) {
    if (starts[i]! < start) start = starts[i]!;
    if (ends[i]! > end) end = ends[i]!;
  }
  const length = Math.max(0, end - start);
  return {start, length, isDense: length <= 2 * strings.totalBytes};
}

const ENCODER = new TextEncoder();
const NO_BYTES = new Uint8Array(0);

/** So many strings tell how long the others are. */
const ENOUGH_STRINGS = 64;

/** Encoding takes a while to begin. */
const SHORT_TEXT = 32;

/** Writes the units of a text up to the first that is not ASCII, as far as there is room; gives their number. */
function writeAscii(text: string, bytes: Uint8Array, at: number): number {
  const most = Math.min(text.length, bytes.length - at);
  let i = 0;
  for (; i < most; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) break;
    bytes[at + i] = unit;
  }
  return i;
}

/** Shorter runs are copied one by one: setting up a block copy costs more. */
const BLOCK_COPY = 32;

/** Places are 32-bit integers. */
const MOST_BYTES = 2 ** 31 - 1;

function checkedSize(size: number): number {
  if (size <= MOST_BYTES) return size;
  throw new CallError(`a string tensor holds at most ${MOST_BYTES} bytes, and this one would have ${size}`);
}

/**
 * Room for the bytes of strings.
 *
 * @throws CallError for more than places can say, than a call may take, or than there are
 */
export function bytesFor(size: number): Uint8Array<ArrayBuffer> {
  roomFor(checkedSize(size));
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new CallError(`there is no memory for strings of ${size} bytes`, {cause});
  }
}

function placesFor(count: number): Int32Array<ArrayBuffer> {
  roomFor(4 * count);
  try {
    return new Int32Array(count);
  } catch (cause) {
    throw new CallError(`there is no memory for ${count} strings`, {cause});
  }
}

/** Room for at least `needed` bytes, the first `used` as they were. */
function grown(bytes: Uint8Array, used: number, needed: number): Uint8Array<ArrayBuffer> {
  const more = bytesFor(Math.max(needed, Math.min(MOST_BYTES, bytes.length + (bytes.length >> 2) + 64)));
  more.set(bytes.subarray(0, used));
  return more;
}
