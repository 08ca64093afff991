/**
 * Pieces that texts are cut into, one after the other: what is said of each, in columns that grow together.
 *
 * @module
 */

import {wordsOf} from '../../host/int64.js';
import {allocate} from '../../host/tensor.js';

/** Pieces. Numbers are from 0 to below 2^31. The columns grow under the bounds of the call under way. */
export class PieceColumns {
  /** Pieces so far. Fewer may be made of them. */
  count = 0;
  /** Where the text of each lies. */
  #textStarts: Int32Array;
  #textEnds: Int32Array;
  #ids: BigInt64Array;
  /** The part of the input that each stands for. */
  #starts: BigInt64Array;
  #ends: BigInt64Array;
  /** The low words of these are every other one, and the high ones are 0. */
  #idWords: Int32Array;
  #startWords: Int32Array;
  #endWords: Int32Array;

  /** With room for so many to begin with. */
  constructor(room: number) {
    this.#textStarts = allocate('int32', room) as Int32Array;
    this.#textEnds = allocate('int32', room) as Int32Array;
    this.#ids = allocate('int64', room) as BigInt64Array;
    this.#starts = allocate('int64', room) as BigInt64Array;
    this.#ends = allocate('int64', room) as BigInt64Array;
    this.#idWords = wordsOf(this.#ids);
    this.#startWords = wordsOf(this.#starts);
    this.#endWords = wordsOf(this.#ends);
  }

  push(id: number, textStart: number, textEnd: number, start: number, end: number): void {
    const i = this.count;
    if (i === this.#textStarts.length) this.#grow(i + (i >> 1) + 16);
    this.#textStarts[i] = textStart;
    this.#textEnds[i] = textEnd;
    this.#idWords[2 * i] = id;
    this.#startWords[2 * i] = start;
    this.#endWords[2 * i] = end;
    this.count = i + 1;
  }

  get textStarts(): Int32Array {
    return this.#textStarts.subarray(0, this.count);
  }

  get textEnds(): Int32Array {
    return this.#textEnds.subarray(0, this.count);
  }

  get ids(): BigInt64Array {
    return this.#ids.subarray(0, this.count);
  }

  get starts(): BigInt64Array {
    return this.#starts.subarray(0, this.count);
  }

  get ends(): BigInt64Array {
    return this.#ends.subarray(0, this.count);
  }

  #grow(room: number): void {
    const more = new PieceColumns(room);
    more.#textStarts.set(this.#textStarts);
    more.#textEnds.set(this.#textEnds);
    more.#ids.set(this.#ids);
    more.#starts.set(this.#starts);
    more.#ends.set(this.#ends);
    this.#textStarts = more.#textStarts;
    this.#textEnds = more.#textEnds;
    this.#ids = more.#ids;
    this.#starts = more.#starts;
    this.#ends = more.#ends;
    this.#idWords = more.#idWords;
    this.#startWords = more.#startWords;
    this.#endWords = more.#endWords;
  }
}
