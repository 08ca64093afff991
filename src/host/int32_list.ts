/**
 * Integers of 32 bits whose number is not known beforehand, such as the places of tokens: appended one by one, and in the end
 * elements of a tensor.
 *
 * @module
 */

import {wordsOf} from './int64.js';
import {allocate} from './tensor.js';

/** A growing list of integers. It grows under the bounds of the call under way. */
export class Int32List {
  /** Room for integers; those before `length` are set. Who writes here himself asks {@link reserve} first. */
  data: Int32Array;
  length = 0;

  /** With room for so many to begin with. */
  constructor(room = 16) {
    this.data = allocate('int32', room) as Int32Array;
  }

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = value;
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.data.length) return;
    const data = allocate(
      'int32',
      Math.max(needed, this.data.length + (this.data.length >> 1) + 16),
    ) as Int32Array;
    data.set(this.data.subarray(0, this.length));
    this.data = data;
  }

  /** The integers, in the memory they are in. None may be appended afterwards. */
  int32(): Int32Array {
    return this.data.subarray(0, this.length);
  }

  /** The integers in 64 bits. */
  int64(): BigInt64Array {
    const wide = allocate('int64', this.length) as BigInt64Array;
    const words = wordsOf(wide);
    const {data} = this;
    for (let i = 0; i < this.length; i++) {
      words[2 * i] = data[i]!;
      words[2 * i + 1] = data[i]! >> 31;
    }
    return wide;
  }
}
