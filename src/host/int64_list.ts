/**
 * Places, sizes and ids as elements of int64 tensors, when their number is not known beforehand: appended one by one.
 *
 * @module
 */

import {wordsOf} from './int64.js';
import {allocate} from './tensor.js';

/** A growing list of integers from 0 to below 2^31, each in 64 bits. It grows under the bounds of the call under way. */
export class Int64List {
  length = 0;
  #data: BigInt64Array;
  /** The low words are every other one, and the high ones are 0. */
  #words: Int32Array;

  /** With room for so many to begin with. */
  constructor(room = 16) {
    this.#data = allocate('int64', room) as BigInt64Array;
    this.#words = wordsOf(this.#data);
  }

  push(value: number): void {
    if (this.length === this.#data.length) this.reserve(1);
    this.#words[2 * this.length++] = value;
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    const needed = this.length + more;
    const room = this.#data.length;
    if (needed <= room) return;
    const data = allocate('int64', Math.max(needed, room + (room >> 1) + 16)) as BigInt64Array;
    data.set(this.#data.subarray(0, this.length));
    this.#data = data;
    this.#words = wordsOf(data);
  }

  /** Appends `count` integers, each by one larger than the one before it. */
  pushRange(first: number, count: number): void {
    this.reserve(count);
    const words = this.#words;
    const from = this.length;
    for (let i = 0; i < count; i++) words[2 * (from + i)] = first + i;
    this.length = from + count;
  }

  /** The integers, in the memory they are in. None may be appended afterwards. */
  int64(): BigInt64Array {
    return this.#data.subarray(0, this.length);
  }
}
