/**
 * 64-bit integers by their two 32-bit words. An element of a `BigInt64Array` is a BigInt, an object of its own each time it is read or
 * written; ids, sizes and indices are numbers that JavaScript holds without one.
 *
 * Words are in the byte order of the machine: see `tensor_bytes.ts`.
 *
 * @module
 */

import type {NumericArray} from './dtypes.js';

/** The words of each element: the low one at `2 * i`, the high one at `2 * i + 1`. Shares the memory. */
export function wordsOf(data: BigInt64Array | BigUint64Array): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
}

/** Makes element `i` a safe integer. */
export function setInteger(words: Int32Array, i: number, value: number): void {
  words[2 * i] = value;
  words[2 * i + 1] = Math.floor(value / TWO_32);
}

/** Element `i` of int64 as a number: beyond 2^53 one that is only near, and {@link Number.isSafeInteger} says so. */
export function integerAt(words: Int32Array, i: number): number {
  return words[2 * i + 1]! * TWO_32 + (words[2 * i]! >>> 0);
}

/** Element `i` of uint64, as {@link integerAt}. */
function unsignedAt(words: Int32Array, i: number): number {
  return (words[2 * i + 1]! >>> 0) * TWO_32 + (words[2 * i]! >>> 0);
}

/** Makes elements what safe integers say. */
export function setIntegers(data: BigInt64Array | BigUint64Array, values: ArrayLike<number>): void {
  const words = wordsOf(data);
  for (let i = 0; i < values.length; i++) setInteger(words, i, values[i]!);
}

/** Elements as numbers: integers beyond 2^53 as the nearest that JavaScript has. Numbers of other dtypes as they are. */
export function nearestNumbers(data: NumericArray): ArrayLike<number> {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return data;
  const words = wordsOf(data);
  const read = data instanceof BigInt64Array ? integerAt : unsignedAt;
  const out = new Float64Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = read(words, i);
  return out;
}

/** The lower words, where they say it all: the elements as int32. Undefined where one does not fit. */
export function narrowed(data: BigInt64Array | BigUint64Array): Int32Array | undefined {
  const words = wordsOf(data);
  const out = new Int32Array(data.length);
  const isSigned = data instanceof BigInt64Array;
  let lost = 0;
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i]!;
    const sign = low >> 31;
    const high = words[2 * i + 1]!;
    out[i] = low;
    // The high word of what fits repeats its sign.
    lost |= isSigned ? high ^ sign : high | sign;
  }
  return lost === 0 ? out : undefined;
}

/** Writes int32 elements into the words of as many int64 ones. */
export function widenInto(words: Int32Array, data: Int32Array): void {
  for (let i = 0; i < data.length; i++) {
    const low = data[i]!;
    words[2 * i] = low;
    words[2 * i + 1] = low >> 31;
  }
}

const TWO_32 = 2 ** 32;
