/**
 * The keys of a table: each has a row, which an index finds. Rows of keys that were removed are given to others.
 *
 * @module
 */

import {type DType, dtypeInfo, isBigInt, type NumericArray} from '../../host/dtypes.js';
import {byteIndex, keyWords, wordIndex} from '../../host/indexes.js';
import {withoutMuchElse} from '../../host/kept_strings.js';
import {type PackedStrings, StringsBuilder} from '../../host/strings.js';
import {allocate, type HostData} from '../../host/tensor.js';

/** Scalar keys in rows. */
export interface TableKeys {
  /** How many keys there are. */
  readonly size: number;
  /** The row of each key, or -1, in memory of the caller's own. */
  find(keys: HostData): Int32Array;
  /** The row of a string, or -1. */
  idAt(bytes: Uint8Array, start: number, end: number): number;
  /** The row of each key, a new one for each that is not there. */
  add(keys: HostData): Int32Array;
  /**
   * Makes the keys all there are. They are kept and must not change afterwards.
   *
   * @returns the row of each; nothing where each has the row of its place, as keys have that differ from one another
   */
  fill(keys: HostData): Int32Array | undefined;
  /** Takes keys out; those that are not there are passed over. */
  remove(keys: HostData): void;
  /** The rows of all keys, in ascending order. */
  rows(): Int32Array;
  /** The keys of some rows. */
  take(rows: Int32Array): HostData;
}

/** No keys of a dtype. */
export function keysOf(dtype: DType): TableKeys {
  return dtype === 'string' ? new StringKeys() : new IntegerKeys(dtype);
}

class StringKeys implements TableKeys {
  #index = byteIndex(0);

  get size(): number {
    return this.#index.size;
  }

  find(keys: HostData): Int32Array {
    const {bytes, starts, ends} = keys as PackedStrings;
    const rows = allocate('int32', starts.length) as Int32Array;
    this.#index.findAll(bytes, starts, ends, rows);
    return rows;
  }

  idAt(bytes: Uint8Array, start: number, end: number): number {
    return this.#index.find(bytes, start, end);
  }

  add(keys: HostData): Int32Array {
    const {bytes, starts, ends} = keys as PackedStrings;
    const rows = allocate('int32', starts.length) as Int32Array;
    for (let i = 0; i < rows.length; i++) rows[i] = this.#index.add(bytes, starts[i]!, ends[i]!);
    return rows;
  }

  fill(keys: HostData): Int32Array | undefined {
    const {bytes, starts, ends} = withoutMuchElse(keys as PackedStrings);
    this.#index = byteIndex(starts.length, bytes);
    const rows = allocate('int32', starts.length) as Int32Array;
    this.#index.enterAll(starts, ends, rows);
    return this.size === rows.length ? undefined : rows;
  }

  remove(keys: HostData): void {
    const {bytes, starts, ends} = keys as PackedStrings;
    for (let i = 0; i < starts.length; i++) {
      const row = this.#index.find(bytes, starts[i]!, ends[i]!);
      if (row >= 0) this.#index.delete(row);
    }
  }

  rows(): Int32Array {
    return this.#index.rows();
  }

  take(rows: Int32Array): HostData {
    const index = this.#index;
    const out = new StringsBuilder(rows.length, 0);
    for (let i = 0; i < rows.length; i++)
      out.add(index.bytes, index.startOf(rows[i]!), index.endOf(rows[i]!));
    return out.strings();
  }
}

class IntegerKeys implements TableKeys {
  readonly #dtype: DType;
  /** Words per key. */
  readonly #width: number;
  #index;

  constructor(dtype: DType) {
    this.#dtype = dtype;
    this.#width = isBigInt(dtype) ? 2 : 1;
    this.#index = wordIndex(this.#width, 0);
  }

  get size(): number {
    return this.#index.size;
  }

  find(keys: HostData): Int32Array {
    const rows = allocate('int32', (keys as NumericArray).length) as Int32Array;
    this.#index.findAll(keyWords(keys as NumericArray), rows);
    return rows;
  }

  idAt(): number {
    return -1;
  }

  add(keys: HostData): Int32Array {
    const words = keyWords(keys as NumericArray);
    const rows = allocate('int32', words.length / this.#width) as Int32Array;
    for (let i = 0; i < rows.length; i++) rows[i] = this.#index.add(words, i * this.#width);
    return rows;
  }

  fill(keys: HostData): Int32Array | undefined {
    const count = (keys as NumericArray).length;
    this.#index = wordIndex(this.#width, count);
    const rows = this.add(keys);
    return this.size === count ? undefined : rows;
  }

  remove(keys: HostData): void {
    const words = keyWords(keys as NumericArray);
    for (let at = 0; at < words.length; at += this.#width) {
      const row = this.#index.find(words, at);
      if (row >= 0) this.#index.delete(row);
    }
  }

  rows(): Int32Array {
    return this.#index.rows();
  }

  take(rows: Int32Array): HostData {
    const out = allocate(this.#dtype, rows.length);
    const {words} = this.#index;
    const width = this.#width;
    // A narrower array keeps of each word what it has room for.
    const target = dtypeInfo(this.#dtype).bytes < 4 ? (out as Int8Array) : keyWords(out);
    for (let i = 0; i < rows.length; i++) {
      for (let k = 0; k < width; k++) target[i * width + k] = words[rows[i]! * width + k]!;
    }
    return out;
  }
}
