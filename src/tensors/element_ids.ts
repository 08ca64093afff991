/**
 * Which elements of a tensor are the same, for ops that look for duplicates and members: equal ones get one number.
 *
 * @module
 */

import {dtypeInfo, type NumericArray} from '../host/dtypes.js';
import {byteIndex, keyWords, wordIndex} from '../host/indexes.js';
import {type PackedStrings, StringsBuilder} from '../host/strings.js';
import {allocate, type HostObject, int32Array} from '../host/tensor.js';
import type {Value} from './value.js';

/** Numbers that tell elements apart. */
export interface Ids {
  /** Of each element; the first one is 0, and whichever is new gets the next. */
  readonly ids: Int32Array;
  /** The element that each number was given for. */
  readonly firsts: Int32Array;
}

/**
 * Tells elements apart, or rows of as many elements each, where TensorFlow's `==` does: 0 and -0 are the same, and a NaN
 * is like nothing, not even itself.
 */
export function rowIds(x: Value, rows: number = x.size): Ids {
  const {dtype} = x;
  const width = rows === 0 ? 1 : x.size / rows;
  if (dtype === 'string') return stringIds(width === 1 ? x.strings() : joined(x.strings(), rows));
  const {kind, array} = dtypeInfo(dtype);
  if (array === undefined) return objectIds(x.hostData() as readonly HostObject[]);
  if (kind !== 'float' && kind !== 'complex') return numberIds(keyWords(x.numeric()), rows);
  const elements = withoutMinusZero(x.numeric());
  const words = keyWords(elements);
  const alone = rowsWithNaN(elements, rows);
  return numberIds(alone === undefined ? words : withPlaces(words, alone), rows);
}

function stringIds({bytes, starts, ends}: PackedStrings): Ids {
  const ids = allocate('int32', starts.length) as Int32Array;
  byteIndex(0, bytes).enterAll(starts, ends, ids);
  return {ids, firsts: firstsOf(ids)};
}

/** Where each number comes first: a new one is the next after the largest so far. */
function firstsOf(ids: Int32Array): Int32Array {
  let count = 0;
  for (let i = 0; i < ids.length; i++) if (ids[i] === count) count++;
  const firsts = allocate('int32', count) as Int32Array;
  for (let i = 0, next = 0; next < count; i++) if (ids[i] === next) firsts[next++] = i;
  return firsts;
}

/** Rows of strings as one string each: the lengths of all, then their bytes. */
function joined(strings: PackedStrings, rows: number): PackedStrings {
  const {bytes, starts, ends} = strings;
  const width = starts.length / rows;
  const out = new StringsBuilder(rows, 4 * starts.length + strings.totalBytes);
  for (let row = 0; row < rows; row++) {
    for (let i = row * width; i < (row + 1) * width; i++) {
      const length = ends[i]! - starts[i]!;
      for (let shift = 0; shift < 32; shift += 8) out.push((length >>> shift) & 0xff);
    }
    for (let i = row * width; i < (row + 1) * width; i++) out.append(bytes, starts[i]!, ends[i]!);
    out.end();
  }
  return out.strings();
}

function numberIds(words: Int32Array, rows: number): Ids {
  const width = rows === 0 ? 1 : words.length / rows;
  const index = wordIndex(width, 0);
  const ids = allocate('int32', rows) as Int32Array;
  for (let i = 0; i < rows; i++) ids[i] = index.add(words, i * width);
  return {ids, firsts: firstsOf(ids)};
}

function withoutMinusZero(elements: NumericArray): NumericArray {
  const out = elements.slice() as Float64Array;
  for (let i = 0; i < out.length; i++) out[i]! += 0;
  return out;
}

/** 1 for each row in which there is a NaN; undefined where there is none. */
function rowsWithNaN(elements: NumericArray, rows: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  const width = elements.length / rows;
  for (let i = 0; i < elements.length; i++) {
    if (!Number.isNaN(elements[i] as number)) continue;
    found ??= allocate('bool', rows) as Uint8Array;
    found[Math.floor(i / width)] = 1;
  }
  return found;
}

/** Rows of words with one word more each: where a row stands, if it is like no other. */
function withPlaces(words: Int32Array, alone: Uint8Array): Int32Array {
  const width = words.length / alone.length;
  const out = allocate('int32', words.length + alone.length) as Int32Array;
  for (let row = 0, to = 0; row < alone.length; row++) {
    for (let i = row * width; i < (row + 1) * width; i++) out[to++] = words[i]!;
    out[to++] = alone[row] ? row + 1 : 0;
  }
  return out;
}

function objectIds(objects: readonly HostObject[]): Ids {
  const known = new Map<HostObject, number>();
  const ids = int32Array(objects.length, (i) => {
    const id = known.get(objects[i]!) ?? known.size;
    known.set(objects[i]!, id);
    return id;
  });
  return {ids, firsts: firstsOf(ids)};
}
