/**
 * Columns: the values of one feature of many records, one after the other in typed arrays that grow, read from the wire straight
 * into their place. Numbers are kept as 32-bit words, two for an int64, so that no value becomes an object; strings are places in the
 * bytes that they are read from.
 *
 * @module
 */

import {type DType, dtypeInfo, type NumericArray} from '../../host/dtypes.js';
import {keyWords} from '../../host/indexes.js';
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
  #viewed: Uint8Array | undefined;
  #view: DataView | undefined;

  constructor(dtype: DType, defaults: NumericArray = allocate(dtype, 0)) {
    this.dtype = dtype;
    this.width = defaults.BYTES_PER_ELEMENT === 8 ? 2 : 1;
    this.#defaults = defaults;
    this.#defaultWords = keyWords(defaults);
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

  /** Appends integers of 64 bits that are written one behind the other. False where they are malformed. */
  pushVarints(bytes: Uint8Array, start: number, end: number): boolean {
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

  /** Appends numbers from the bytes that hold them. */
  pushBytes(bytes: Uint8Array, start: number, end: number): void {
    const count = (end - start) / (4 * this.width);
    this.reserve(count);
    const {words} = this;
    let to = this.count * this.width;
    if (end - start < BLOCK_COPY) {
      const view = this.#viewOf(bytes);
      for (let at = start; at < end; at += 4, to++) words[to] = view.getInt32(at, true);
    } else {
      new Uint8Array(words.buffer, 4 * to).set(bytes.subarray(start, end));
    }
    this.count += count;
  }

  /** A view of bytes, the same for the same ones. */
  #viewOf(bytes: Uint8Array): DataView {
    if (this.#viewed !== bytes) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#view!;
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

/** A column of numbers that are written as several in one, or each with a tag of its own. */
abstract class NumberColumn extends WordColumn implements FeatureColumn {
  readonly #cursor = new WireCursor();
  /** The tag of a number by itself. */
  protected abstract readonly tag: number;

  read(bytes: Uint8Array, start: number, end: number): boolean {
    const cursor = this.#cursor;
    const length = cursor.length(bytes, start, end);
    if (length < 0) return false;
    const stop = Math.min(end, cursor.at + length);
    if (cursor.at === stop) return true;
    const tag = bytes[cursor.at];
    if (tag === this.tag) return this.readLoose(bytes, cursor.at, stop);
    if (tag !== PACKED) return false;
    const packed = cursor.length(bytes, cursor.at + 1, stop);
    return packed >= 0 && this.readPacked(bytes, cursor.at, packed, stop);
  }

  /** Appends numbers that have a tag each. False where they are malformed. */
  protected abstract readLoose(bytes: Uint8Array, start: number, end: number): boolean;

  /** Appends those in `length` bytes, of which no more are there than before `end`. False where they are malformed. */
  protected abstract readPacked(bytes: Uint8Array, start: number, length: number, end: number): boolean;
}

/** Integers of 64 bits. */
export class Int64Column extends NumberColumn {
  protected override readonly tag = VARINTS;

  constructor(defaults?: BigInt64Array) {
    super('int64', defaults);
  }

  protected override readPacked(bytes: Uint8Array, start: number, length: number, end: number): boolean {
    return this.pushVarints(bytes, start, Math.min(end, start + length));
  }

  protected override readLoose(bytes: Uint8Array, start: number, end: number): boolean {
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
export class FloatColumn extends NumberColumn {
  protected override readonly tag = FIXED32S;

  constructor(defaults?: Float32Array) {
    super('float32', defaults);
  }

  protected override readPacked(bytes: Uint8Array, start: number, length: number, end: number): boolean {
    // As in TensorFlow, bytes that are no whole number are passed over.
    const stop = start + 4 * (length >>> 2);
    if (stop > end) return false;
    this.pushBytes(bytes, start, stop);
    return true;
  }

  protected override readLoose(bytes: Uint8Array, start: number, end: number): boolean {
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
  /** Bytes that do not lie in the source. */
  readonly #apart = new StringsBuilder(0, 0);
  /** Where in them the default values begin, once one was needed. */
  #defaultPlaces: Int32Array | undefined;
  /** Where each string begins: in the source, or, as the complement of its place, in the bytes apart. */
  #starts = allocate('int32', 0) as Int32Array;
  #ends = allocate('int32', 0) as Int32Array;
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
      let size = bytes[at + 1]!;
      let from = at + 2;
      if (!(size < 0x80)) {
        size = cursor.length(bytes, at + 1, stop);
        from = cursor.at;
      }
      at = from + size;
      if (size < 0 || at > stop) return false;
      this.add(from, at);
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
    const length = this.#defaults.lengthAt(i);
    const place = length === 0 ? 0 : this.#placeOfDefault(i);
    this.add(length === 0 ? 0 : ~place, place + length);
  }

  #placeOfDefault(i: number): number {
    if (this.#defaultPlaces === undefined) {
      const {bytes, starts, ends, length} = this.#defaults;
      this.#defaultPlaces = allocate('int32', length) as Int32Array;
      for (let k = 0; k < length; k++) {
        this.#defaultPlaces[k] = this.#apart.used;
        this.#apart.append(bytes, starts[k], ends[k]);
      }
    }
    return this.#defaultPlaces[i]!;
  }

  /** Appends bytes that do not lie in the source. */
  addOther(bytes: Uint8Array, start: number, end: number): void {
    const place = this.#apart.used;
    this.#apart.append(bytes, start, end);
    this.add(start === end ? 0 : ~place, start === end ? 0 : this.#apart.used);
  }

  values(): PackedStrings {
    return this.#packed(this.#starts.subarray(0, this.count), this.#ends.subarray(0, this.count));
  }

  padded(rowEnds: Int32Array, width: number): PackedStrings {
    if (areFull(rowEnds, width)) return this.values();
    const starts = allocate('int32', rowEnds.length * width) as Int32Array;
    const ends = allocate('int32', rowEnds.length * width) as Int32Array;
    if (this.#defaults.length > 0 && this.#defaults.lengthAt(0) > 0) {
      const place = this.#placeOfDefault(0);
      starts.fill(~place);
      ends.fill(place + this.#defaults.lengthAt(0));
    }
    for (let row = 0, from = 0; row < rowEnds.length; row++) {
      for (let to = row * width; from < rowEnds[row]!; from++, to++) {
        starts[to] = this.#starts[from]!;
        ends[to] = this.#ends[from]!;
      }
    }
    return this.#packed(starts, ends);
  }

  #packed(starts: Int32Array, ends: Int32Array): PackedStrings {
    const source = this.#source;
    const apart = this.#apart;
    if (apart.used === 0) return new PackedStrings(source, starts, ends);
    // All are brought together.
    let total = 0;
    for (let i = 0; i < starts.length; i++) {
      total += ends[i]! - (starts[i]! < 0 ? ~starts[i]! : starts[i]!);
    }
    const out = new StringsBuilder(starts.length, total);
    for (let i = 0; i < starts.length; i++) {
      if (starts[i]! < 0) out.add(apart.bytes, ~starts[i]!, ends[i]);
      else out.add(source, starts[i], ends[i]);
    }
    return out.strings();
  }
}

function resized(places: Int32Array, used: number, size: number): Int32Array {
  const out = allocate('int32', size) as Int32Array;
  out.set(places.subarray(0, used));
  return out;
}
