/**
 * Indexes over elements of tensors, under the bounds of the call that makes them.
 *
 * @module
 */

import {ByteIndex} from '../algorithms/byte_index.js';
import type {IndexStorage} from '../algorithms/row_index.js';
import {WordIndex} from '../algorithms/word_index.js';
import {CallError} from '../errors.js';
import type {NumericArray} from './dtypes.js';
import {allocate} from './tensor.js';

const STORAGE: IndexStorage = {
  places: (count) => allocate('int32', count) as Int32Array,
  bytes: keyBytes,
};

/** Places are 32-bit integers. */
const MOST_BYTES = 2 ** 31 - 1;

/** Bytes for strings that an index or a table keeps. Where `count` are more than it needs, they are as many as can be. */
export function keyBytes(count: number, needed: number = count): Uint8Array {
  if (needed > MOST_BYTES) throw new CallError(`a table holds at most ${MOST_BYTES} bytes of strings`);
  return allocate('uint8', Math.min(count, MOST_BYTES)) as Uint8Array;
}

/** @param bytes - in which the keys lie */
export function byteIndex(rows: number, bytes?: Uint8Array): ByteIndex {
  return new ByteIndex(rows, bytes, STORAGE);
}

export function wordIndex(width: number, rows: number): WordIndex {
  return new WordIndex(width, rows, STORAGE);
}

/** Numbers as words: two for one of 64 bits, else one; floats of 32 bits or more by their bits. Shares the memory where it can. */
export function keyWords(data: NumericArray): Int32Array {
  if (data.BYTES_PER_ELEMENT >= 4) return new Int32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  const words = allocate('int32', data.length) as Int32Array;
  words.set(data as Int8Array);
  return words;
}
