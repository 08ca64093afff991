/**
 * Columns: the values of one feature of many records, one after the other in typed arrays that grow, read from the wire straight
 * into their place. Numbers are kept as 32-bit words, two for an int64, so that no value becomes an object; strings are places in the
 * bytes that they are read from.
 *
 * @module
 */

import {type DType, dtypeInfo, type NumericArray} from '../../host/dtypes.js';
import {PackedStrings, StringsBuilder} from '../../host/strings.js';
import {allocate, type HostData} from '../../host/tensor.js';
import {WireCursor} from './wire_cursor.js';

/** How a repeated field of number 1 is written: several numbers as one, or each value by itself. */
const PACKED = 0x0a;
const VARINTS = 0x08;
const FIXED32S = 0x0d;
const STRINGS = 0x0a;

/** A column of values of one dtype. */
export interface Column {
  readonly dtype: DType;
  /** Values so far. */
  readonly count: number;
  /** Makes room for so many values more. */
  reserve(more: number): void;
  /** Appends all default values. */
  addDefaults(): void;
  /** Forgets the values from `start` on, except for the last one of `kept`. */
  truncate(start: number, kept?: 'last'): void;
  /** Whether value `i` is a zero of positive sign, or an empty string. */
  isZero(i: number): boolean;
  /** All values. */
  values(): HostData;
  /**
   * Rows, which end at `rowEnds`, of `width` values each: those that are shorter are filled up with the first default value, or zeros
   * where there is none.
   */
  padded(rowEnds: Int32Array, width: number): HostData;
}

/** A column that reads the lists of `tensorflow.Feature`. */
export interface FeatureColumn extends Column {
  /**
   * Appends the values of an encoded list (`Int64List`, `FloatList`, `BytesList`) with its length before it. False where it is malformed.
   */
  read(bytes: Uint8Array, start: number, end: number): boolean;
}

/** Numbers as 32-bit words: one for each, or two, the low one first. A boolean takes a whole word, too. */
export class WordColumn implements Column {
  readonly dtype: DType;
  count = 0;
  /** Those of the values so far, and room for more. */
  words: Int32Array;
  /** Words of a value. */
  readonly width: 1 | 2;
  readonly #defaults: NumericArray;
  readonly #defaultWords: Int32Array;

  constructor(dtype: DType, defaults: NumericArray = allocate(dtype, 0)) {
    this.dtype = dtype;
    this.width = defaults.BYTES_PER_ELEMENT === 8 ? 2 : 1;
    this.#defaults = defaults;
    this.#defaultWords = dtype === 'bool' ? Int32Array.from(defaults as Uint8Array) : wordsOf(defaults);
    this.words = allocate('int32', 0) as Int32Array;
  }

  reserve(more: number): void {
    const needed = (this.count + more) * this.width;
    if (needed <= this.words.length) return;
    const grown = allocate('int32', Math.max(needed, 2 * this.words.length)) as Int32Array;
    grown.set(this.words.subarray(0, this.count * this.width));
    this.words = grown;
  }

  /** Appends a value of one word. */
  push(word: number): void {
    if (this.count === this.words.length) this.reserve(Math.max(16, this.count));
    this.words[this.count++] = word;
  }

  /** Appends a value of two words. */
  pushPair(low: number, high: number): void {
    const to = 2 * this.count;
    if (to === this.words.length) this.reserve(Math.max(16, this.count));
    this.words[to] = low;
    this.words[to + 1] = high;
    this.count++;
  }

  /** Appends numbers from the bytes that hold them. */
  pushBytes(bytes: Uint8Array, start: number, end: number): void {
    const count = (end - start) / (4 * this.width);
    this.reserve(count);
    const {words} = this;
    let to = this.count * this.width;
    if (end - start < BLOCK_COPY) {
      for (let at = start; at < end; at += 4, to++) words[to] = wordAt(bytes, at);
    } else {
      new Uint8Array(words.buffer, 4 * to).set(bytes.subarray(start, end));
    }
    this.count += count;
  }

  addDefaults(): void {
    const {length} = this.#defaults;
    this.reserve(length);
    this.words.set(this.#defaultWords, this.count * this.width);
    this.count += length;
  }

  truncate(start: number, kept?: 'last'): void {
    const {words, width} = this;
    const from = this.count - 1;
    this.count = start;
    if (kept === undefined || from < start) return;
    for (let i = 0; i < width; i++) words[start * width + i] = words[from * width + i]!;
    this.count++;
  }

  isZero(i: number): boolean {
    const at = i * this.width;
    return this.words[at] === 0 && (this.width === 1 || this.words[at + 1] === 0);
  }

  values(): NumericArray {
    return this.#as(this.words, this.count);
  }

  padded(rowEnds: Int32Array, width: number): NumericArray {
    if (areFull(rowEnds, width)) return this.values();
    const size = rowEnds.length * width;
    const words = allocate('int32', size * this.width) as Int32Array;
    if (this.width === 1) words.fill(this.#defaultWords[0] ?? 0);
    else if (this.#defaults.length > 0) this.#as(words, size).fill(this.#defaults[0] as never);
    const source = this.words;
    const stride = width * this.width;
    let start = 0;
    for (let row = 0; row < rowEnds.length; row++) {
      const end = rowEnds[row]! * this.width;
      for (let i = start, to = row * stride; i < end; i++, to++) words[to] = source[i]!;
      start = end;
    }
    return this.#as(words, size);
  }

  /** Words as the numbers that they are. */
  #as(words: Int32Array, count: number): NumericArray {
    if (this.dtype === 'bool') return Uint8Array.from(words.subarray(0, count));
    const View = dtypeInfo(this.dtype).array as unknown as NumericView;
    return new View(words.buffer, 0, count);
  }
}

/** Whether no row is to be filled up. */
function areFull(rowEnds: Int32Array, width: number): boolean {
  for (let row = 0; row < rowEnds.length; row++) if (rowEnds[row] !== (row + 1) * width) return false;
  return true;
}

/** A typed array over memory that exists. */
type NumericView = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumericArray;

function wordsOf({buffer, byteOffset, byteLength}: NumericArray): Int32Array {
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

/** Integers of 64 bits. */
export class Int64Column extends WordColumn implements FeatureColumn {
  readonly #cursor = new WireCursor();

  constructor(defaults?: BigInt64Array) {
    super('int64', defaults);
  }

  read(bytes: Uint8Array, start: number, end: number): boolean {
    const cursor = this.#cursor;
    const length = cursor.length(bytes, start, end);
    if (length < 0) return false;
    const stop = Math.min(end, cursor.at + length);
    if (cursor.at === stop) return true;
    const tag = bytes[cursor.at];
    if (tag === VARINTS) return this.#readLoose(bytes, cursor.at, stop);
    if (tag !== PACKED) return false;
    const packed = cursor.length(bytes, cursor.at + 1, stop);
    return packed >= 0 && this.#readPacked(bytes, cursor.at, Math.min(stop, cursor.at + packed));
  }

  #readPacked(bytes: Uint8Array, start: number, end: number): boolean {
    this.reserve(end - start);
    const {words} = this;
    let to = 2 * this.count;
    let at = start;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte < 0x80) {
        words[to] = byte;
        words[to + 1] = 0;
        at++;
      } else {
        at = readVarint64(bytes, at, words, to);
        if (at < 0) return false;
      }
      to += 2;
    }
    this.count = to >> 1;
    return at === end;
  }

  #readLoose(bytes: Uint8Array, start: number, end: number): boolean {
    // A tag and a byte at least.
    this.reserve((end - start + 1) >> 1);
    let at = start;
    while (at < end) {
      if (bytes[at] !== VARINTS || at + 1 === end) return false;
      at = readVarint64(bytes, at + 1, this.words, 2 * this.count);
      if (at < 0) return false;
      this.count++;
    }
    return at === end;
  }
}

/**
 * Reads an integer of 64 bits into two words, the low one first.
 *
 * @returns the place behind it; -1 for one of more than ten bytes
 */
export function readVarint64(bytes: Uint8Array, start: number, words: Int32Array, to: number): number {
  let at = start;
  let byte = bytes[at++]!;
  let low = byte & 0x7f;
  for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
    byte = bytes[at++]!;
    low |= (byte & 0x7f) << shift;
  }
  if (byte >= 0x80) {
    byte = bytes[at++]!;
    low |= (byte & 0x7f) << 28;
    let high = (byte & 0x7f) >> 4;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (shift > 31) return -1;
      byte = bytes[at++]!;
      high |= (byte & 0x7f) << shift;
    }
    words[to + 1] = high;
  } else {
    words[to + 1] = 0;
  }
  words[to] = low;
  return at;
}

/** Numbers of single precision; their bits stay as they are. */
export class FloatColumn extends WordColumn implements FeatureColumn {
  readonly #cursor = new WireCursor();

  constructor(defaults?: Float32Array) {
    super('float32', defaults);
  }

  read(bytes: Uint8Array, start: number, end: number): boolean {
    const cursor = this.#cursor;
    const length = cursor.length(bytes, start, end);
    if (length < 0) return false;
    const stop = Math.min(end, cursor.at + length);
    if (cursor.at === stop) return true;
    const tag = bytes[cursor.at];
    if (tag === FIXED32S) return this.#readLoose(bytes, cursor.at, stop);
    if (tag !== PACKED) return false;
    const packed = cursor.length(bytes, cursor.at + 1, stop);
    if (packed < 0) return false;
    // As in TensorFlow, bytes that are no whole number are passed over.
    const count = packed >>> 2;
    if (cursor.at + 4 * count > stop) return false;
    this.pushBytes(bytes, cursor.at, cursor.at + 4 * count);
    return true;
  }

  #readLoose(bytes: Uint8Array, start: number, end: number): boolean {
    this.reserve(Math.ceil((end - start) / 5));
    for (let at = start; at < end; at += 5) {
      if (bytes[at] !== FIXED32S || at + 5 > end) return false;
      this.words[this.count++] = wordAt(bytes, at + 1);
    }
    return true;
  }
}

/** Fewer bytes are copied word by word: setting up a block copy costs more. */
const BLOCK_COPY = 96;

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Strings, as places in the bytes that they are read from. */
export class StringColumn implements FeatureColumn {
  readonly dtype = 'string';
  count = 0;
  readonly #source: Uint8Array;
  readonly #defaults: PackedStrings;
  /** Strings of other bytes. */
  #others: StringsBuilder | undefined;
  /** Where each string begins; of default value `i`, `~i`, and of those of other bytes the following. */
  #starts = allocate('int32', 0) as Int32Array;
  #ends = allocate('int32', 0) as Int32Array;
  #isApart = false;
  readonly #cursor = new WireCursor();

  /** All strings but the default ones lie in `source`. */
  constructor(source: Uint8Array, defaults: PackedStrings = PackedStrings.empty(0)) {
    this.#source = source;
    this.#defaults = defaults;
  }

  reserve(more: number): void {
    const needed = this.count + more;
    if (needed <= this.#starts.length) return;
    const size = Math.max(needed, 2 * this.#starts.length);
    this.#starts = resized(this.#starts, this.count, size);
    this.#ends = resized(this.#ends, this.count, size);
  }

  read(bytes: Uint8Array, start: number, end: number): boolean {
    const cursor = this.#cursor;
    const length = cursor.length(bytes, start, end);
    if (length < 0) return false;
    let at = cursor.at;
    for (const stop = Math.min(end, at + length); at < stop; ) {
      if (bytes[at] !== STRINGS) return false;
      const size = cursor.length(bytes, at + 1, stop);
      at = cursor.at + size;
      if (size < 0 || at > stop) return false;
      this.add(cursor.at, at);
    }
    return true;
  }

  /** Appends the bytes of the source between two places. */
  add(start: number, end: number): void {
    if (this.count === this.#starts.length) this.reserve(Math.max(16, this.count));
    this.#starts[this.count] = start;
    this.#ends[this.count++] = end;
  }

  truncate(start: number, kept?: 'last'): void {
    const from = this.count - 1;
    this.count = start;
    if (kept !== undefined && from >= start) this.add(this.#starts[from]!, this.#ends[from]!);
  }

  isZero(i: number): boolean {
    return this.#starts[i] === this.#ends[i];
  }

  addDefaults(): void {
    this.reserve(this.#defaults.length);
    for (let i = 0; i < this.#defaults.length; i++) this.#addDefault(i);
  }

  #addDefault(i: number): void {
    if (i >= this.#defaults.length || this.#defaults.lengthAt(i) === 0) {
      this.add(0, 0);
      return;
    }
    this.#addApart(i);
  }

  /** Appends bytes that do not lie in the source. */
  addOther(bytes: Uint8Array, start: number, end: number): void {
    this.#others ??= new StringsBuilder(16, 256);
    this.#others.add(bytes, start, end);
    this.#addApart(this.#defaults.length + this.#others.count - 1);
  }

  #addApart(i: number): void {
    this.#isApart = true;
    this.add(~i, 0);
  }

  values(): PackedStrings {
    const [starts, ends] = [this.#starts.subarray(0, this.count), this.#ends.subarray(0, this.count)];
    if (!this.#isApart) return new PackedStrings(this.#source, starts, ends);
    // Some lie in other bytes, so that all are brought together.
    const out = new StringsBuilder(this.count, 16 * this.count);
    const defaults = this.#defaults;
    const others = this.#others?.strings() ?? defaults;
    for (let i = 0; i < this.count; i++) {
      const start = starts[i]!;
      if (start >= 0) {
        out.add(this.#source, start, ends[i]);
        continue;
      }
      const from = ~start < defaults.length ? defaults : others;
      const place = from === defaults ? ~start : ~start - defaults.length;
      out.add(from.bytes, from.starts[place], from.ends[place]);
    }
    return out.strings();
  }

  padded(rowEnds: Int32Array, width: number): PackedStrings {
    if (areFull(rowEnds, width)) return this.values();
    const out = new StringColumn(this.#source, this.#defaults);
    out.#others = this.#others;
    out.#isApart = this.#isApart;
    out.reserve(rowEnds.length * width);
    let at = 0;
    for (let row = 0; row < rowEnds.length; row++) {
      for (; at < rowEnds[row]!; at++) out.add(this.#starts[at]!, this.#ends[at]!);
      while (out.count < (row + 1) * width) out.#addDefault(0);
    }
    return out.values();
  }
}

function resized(places: Int32Array, used: number, size: number): Int32Array {
  const out = allocate('int32', size) as Int32Array;
  out.set(places.subarray(0, used));
  return out;
}
