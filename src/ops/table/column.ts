/**
 * Storage of a table's values, and of the keys that lie in buckets: rows of a fixed number of elements.
 *
 * @module
 */

import {equalBytes} from '../../algorithms/bytes.js';
import {type Cells, cellsOf, cellsPerElement} from '../../host/cells.js';
import {type DType, lanes, type NumericArray} from '../../host/dtypes.js';
import {keyBytes} from '../../host/indexes.js';
import {narrowed, setInteger, wordsOf} from '../../host/int64.js';
import {withoutMuchElse} from '../../host/kept_strings.js';
import {PackedStrings, StringsBuilder} from '../../host/strings.js';
import {allocate, type HostData} from '../../host/tensor.js';

/** Rows of elements. */
export interface Column {
  /**
   * Rows one after the other; in place of each -1 a row of `defaults`: the first one for a step of 0, else that of its
   * place.
   */
  gather(rows: Int32Array, defaults?: HostData, step?: 0 | 1): HostData;
  /**
   * Puts the int64 elements of rows, where all fit int32, in place of the rows themselves, and `fallback` in place of each -1. False where one
   * does not fit; then the rows are as they were.
   */
  gatherNarrow?(rows: Int32Array, fallback: number): boolean;
}

/** Rows that can be changed. */
export interface MutableColumn extends Column {
  /** Makes row `rows[i]` what row `i` of `data` is. Rows up to the largest are there afterwards. */
  put(rows: Int32Array, data: HostData): void;
  /** Data in the form that single rows are read from. */
  source(data: HostData): RowSource;
  /** Makes row `row` what row `from` of `source` is. */
  set(row: number, source: RowSource, from: number): void;
  /** Whether row `row` is what row `from` of `source` is, bit by bit. */
  is(row: number, source: RowSource, from: number): boolean;
}

/** What rows are read from. */
export type RowSource = Cells | PackedStrings;

/** Rows of `width` elements, `count` of them to begin with: zeros or empty strings. */
export function columnOf(dtype: DType, width: number, count = 0): MutableColumn {
  return dtype === 'string'
    ? new StringColumn(width, PackedStrings.empty(count * width))
    : new NumberColumn(dtype, width, allocate(dtype, count * width));
}

/** Rows that are there already, to be read alone. */
export function columnOver(dtype: DType, width: number, data: HostData): Column {
  if (dtype === 'string') return new StringColumn(width, withoutMuchElse(data as PackedStrings));
  const narrow = dtype === 'int64' ? narrowed(data as BigInt64Array) : undefined;
  return narrow && width === 1
    ? new NarrowColumn(narrow)
    : new NumberColumn(dtype, width, data as NumericArray);
}

/** Rows of numbers. */
class NumberColumn implements MutableColumn {
  readonly #dtype: DType;
  readonly #width: number;
  /** Cells per row. */
  readonly #step: number;
  #data: NumericArray;
  #cells: Cells;

  constructor(dtype: DType, width: number, data: NumericArray) {
    this.#dtype = dtype;
    this.#width = width;
    this.#step = width * cellsPerElement(dtype);
    this.#data = data;
    this.#cells = cellsOf(data);
  }

  put(rows: Int32Array, data: HostData): void {
    const source = this.source(data);
    const step = this.#step;
    let count = 0;
    for (let i = 0; i < rows.length; i++) if (rows[i]! >= count) count = rows[i]! + 1;
    if (count * step > this.#cells.length) this.#grow(count);
    const cells = this.#cells;
    if (step === 1) {
      for (let i = 0; i < rows.length; i++) cells[rows[i]!] = source[i]!;
    } else {
      for (let i = 0; i < rows.length; i++) {
        const to = rows[i]! * step;
        for (let k = 0; k < step; k++) cells[to + k] = source[i * step + k]!;
      }
    }
  }

  source(data: HostData): Cells {
    return cellsOf(data as NumericArray);
  }

  set(row: number, source: RowSource, from: number): void {
    const step = this.#step;
    if ((row + 1) * step > this.#cells.length) this.#grow(row + 1);
    for (let k = 0; k < step; k++) this.#cells[row * step + k] = (source as Cells)[from * step + k]!;
  }

  is(row: number, source: RowSource, from: number): boolean {
    const step = this.#step;
    for (let k = 0; k < step; k++) {
      if (this.#cells[row * step + k] !== (source as Cells)[from * step + k]) return false;
    }
    return true;
  }

  gather(rows: Int32Array, defaults?: HostData, step: 0 | 1 = 0): HostData {
    const out = allocate(this.#dtype, rows.length * this.#width);
    const target = cellsOf(out);
    const own = this.#cells;
    const other = defaults === undefined ? own : cellsOf(defaults as NumericArray);
    const size = this.#step;
    // One or two cells per row is what most tables have.
    if (size === 1) {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        target[i] = row >= 0 ? own[row]! : other[i * step]!;
      }
    } else if (size === 2) {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const from = row >= 0 ? own : other;
        const at = row >= 0 ? 2 * row : 2 * i * step;
        target[2 * i] = from[at]!;
        target[2 * i + 1] = from[at + 1]!;
      }
    } else {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!;
        const from = row >= 0 ? own : other;
        const at = row >= 0 ? row * size : i * step * size;
        for (let k = 0; k < size; k++) target[i * size + k] = from[at + k]!;
      }
    }
    return out;
  }

  #grow(rows: number): void {
    const data = allocate(
      this.#dtype,
      Math.max(rows, 16, (2 * this.#cells.length) / this.#step) * this.#width,
    );
    data.set(this.#data as never);
    this.#data = data;
    this.#cells = cellsOf(data);
  }
}

/** Rows of strings. */
class StringColumn implements MutableColumn {
  readonly #width: number;
  #bytes: Uint8Array;
  #starts: Int32Array;
  #ends: Int32Array;
  /** Whether the memory is somebody else's, and so never changes. */
  #isShared = true;
  #used = 0;
  /** The default that lies behind the strings that never change. */
  #default: Uint8Array | undefined;

  constructor(width: number, {bytes, starts, ends}: PackedStrings) {
    this.#width = width;
    this.#bytes = bytes;
    this.#starts = starts;
    this.#ends = ends;
  }

  put(rows: Int32Array, data: HostData): void {
    for (let i = 0; i < rows.length; i++) this.set(rows[i]!, data as PackedStrings, i);
  }

  source(data: HostData): PackedStrings {
    return data as PackedStrings;
  }

  set(row: number, source: RowSource, from: number): void {
    const {bytes, starts, ends} = source as PackedStrings;
    const width = this.#width;
    if (this.#isShared) this.#move(this.#starts.length, 0);
    for (let k = 0; k < width; k++) {
      this.#set(row * width + k, bytes, starts[from * width + k]!, ends[from * width + k]!);
    }
  }

  is(row: number, source: RowSource, from: number): boolean {
    const {bytes, starts, ends} = source as PackedStrings;
    const width = this.#width;
    for (let k = 0; k < width; k++) {
      const end = this.#ends[row * width + k]!;
      let at = this.#starts[row * width + k]!;
      let other = starts[from * width + k]!;
      if (end - at !== ends[from * width + k]! - other) return false;
      for (; at < end; at++, other++) if (this.#bytes[at] !== bytes[other]) return false;
    }
    return true;
  }

  gather(rows: Int32Array, defaults?: HostData, step: 0 | 1 = 0): HostData {
    const width = this.#width;
    const own = new PackedStrings(this.#bytes, this.#starts, this.#ends);
    const shared =
      width === 1 && step === 0 ? this.#shared(rows, defaults as PackedStrings | undefined) : undefined;
    if (shared !== undefined) return shared;
    const other = (defaults as PackedStrings | undefined) ?? own;
    const out = new StringsBuilder(rows.length * width, 8 * rows.length * width);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const from = row >= 0 ? own : other;
      const at = row >= 0 ? row * width : i * step * width;
      for (let k = at; k < at + width; k++) out.add(from.bytes, from.starts[k]!, from.ends[k]!);
    }
    return out.strings();
  }

  /**
   * Strings of rows that never change need no copy. A default is put behind their bytes when it is first asked for; as a rule
   * it is always the same. Undefined where it is another one.
   */
  #shared(rows: Int32Array, defaults?: PackedStrings): PackedStrings | undefined {
    if (!this.#isShared) return undefined;
    const own = () => new PackedStrings(this.#bytes, this.#starts, this.#ends);
    if (!rows.includes(-1)) return own().take(rows);
    const text = defaults!.at(0);
    if (this.#default === undefined) {
      const bytes = keyBytes(this.#bytes.length + text.length);
      bytes.set(this.#bytes);
      bytes.set(text, this.#bytes.length);
      this.#bytes = bytes;
      this.#default = bytes.subarray(bytes.length - text.length);
    }
    if (!equalBytes(text, this.#default)) return undefined;
    const strings = own().take(rows);
    const start = this.#bytes.length - text.length;
    for (let i = 0; i < rows.length; i++) {
      if (rows[i]! >= 0) continue;
      strings.starts[i] = start;
      strings.ends[i] = this.#bytes.length;
    }
    return strings;
  }

  #set(at: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (at >= this.#starts.length) this.#move(Math.max(at + 1, 2 * this.#starts.length, 16), 0);
    // What was there is given up before room is made, which keeps what there is.
    this.#ends[at] = this.#starts[at]!;
    if (this.#used + length > this.#bytes.length) this.#move(this.#starts.length, length);
    const to = this.#used;
    for (let i = 0; i < length; i++) this.#bytes[to + i] = bytes[start + i]!;
    this.#used += length;
    this.#starts[at] = to;
    this.#ends[at] = to + length;
  }

  /** Moves the strings to memory of their own with room for `count` in all, and for so many bytes more. */
  #move(count: number, more: number): void {
    const [bytes, starts, ends] = [this.#bytes, this.#starts, this.#ends];
    let kept = 0;
    for (let i = 0; i < starts.length; i++) kept += ends[i]! - starts[i]!;
    this.#bytes = keyBytes(Math.max(2 * kept, kept + more, FEW_BYTES), kept + more);
    this.#starts = allocate('int32', count) as Int32Array;
    this.#ends = allocate('int32', count) as Int32Array;
    let used = 0;
    for (let i = 0; i < starts.length; i++) {
      this.#starts[i] = used;
      for (let at = starts[i]!; at < ends[i]!; at++) this.#bytes[used++] = bytes[at]!;
      this.#ends[i] = used;
    }
    this.#used = used;
    this.#isShared = false;
  }
}

const FEW_BYTES = 64;

/** Rows of one int64 that fits int32. */
class NarrowColumn implements Column {
  readonly #data: Int32Array;

  constructor(data: Int32Array) {
    this.#data = data;
  }

  gather(rows: Int32Array, defaults?: HostData, step: 0 | 1 = 0): HostData {
    return gatherWide(rows, (row) => this.#data[row]!, defaults, step);
  }

  gatherNarrow(rows: Int32Array, fallback: number): boolean {
    if (fallback !== (fallback | 0) && rows.includes(-1)) return false;
    const data = this.#data;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      rows[i] = row >= 0 ? data[row]! : fallback;
    }
    return true;
  }
}

/** Safe integers of rows, and in place of each -1 one of `defaults`. */
function gatherWide(
  rows: Int32Array,
  numberOf: (row: number) => number,
  defaults: HostData | undefined,
  step: 0 | 1,
): BigInt64Array {
  const out = allocate('int64', rows.length) as BigInt64Array;
  const words = wordsOf(out);
  const other = wordsOf((defaults as BigInt64Array | undefined) ?? out);
  for (let i = 0; i < rows.length; i++) {
    if (rows[i]! >= 0) {
      setInteger(words, i, numberOf(rows[i]!));
    } else {
      words[2 * i] = other[2 * i * step]!;
      words[2 * i + 1] = other[2 * i * step + 1]!;
    }
  }
  return out;
}

/** Numbers that follow one another, row 0 `offset`: what the lines of a file are numbered with. */
export class LineNumbers implements Column {
  readonly #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  gather(rows: Int32Array, defaults?: HostData, step: 0 | 1 = 0): HostData {
    return gatherWide(rows, (row) => row + this.#offset, defaults, step);
  }

  gatherNarrow(rows: Int32Array, fallback: number): boolean {
    const offset = this.#offset;
    let last = -1;
    for (let i = 0; i < rows.length; i++) if (rows[i]! > last) last = rows[i]!;
    const fits = offset === (offset | 0) && last + offset === ((last + offset) | 0);
    if (!fits || (fallback !== (fallback | 0) && rows.includes(-1))) return false;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      rows[i] = row >= 0 ? row + offset : fallback;
    }
    return true;
  }
}

/** Whether row `i` of some data is row `j`, as `==` has it: a NaN is not the same as itself. */
export function sameRow(dtype: DType, width: number, data: HostData, i: number, j: number): boolean {
  const step = width * lanes(dtype);
  for (let k = 0; k < step; k++) {
    const [at, other] = [i * step + k, j * step + k];
    const isSame = data instanceof PackedStrings ? data.equalAt(at, data, other) : data[at] === data[other];
    if (!isSame) return false;
  }
  return true;
}
