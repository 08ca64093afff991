/**
 * Pieces that strings are cut into: places in the bytes of the strings that they come from, row after row.
 *
 * @module
 */

import {PackedStrings} from './strings.js';
import {allocate} from './tensor.js';

/** So many rows tell how long the others are. */
const ENOUGH_ROWS = 64;

/** Places that are appended one by one, and where the rows begin that they make up. */
export class StringPieces {
  #starts: Int32Array;
  #ends: Int32Array;
  #count = 0;
  #rows = 0;
  /** Pieces before each row, and before the next one. */
  readonly #splits: Int32Array;

  /** With room for so many rows, and at first for so many pieces. */
  constructor(rows: number, pieces = rows) {
    this.#splits = allocate('int32', rows + 1) as Int32Array;
    this.#starts = allocate('int32', pieces) as Int32Array;
    this.#ends = allocate('int32', pieces) as Int32Array;
  }

  /** Pieces so far. */
  get count(): number {
    return this.#count;
  }

  /** Makes room for so many pieces more, in `starts` and `ends` behind those that are there, and gives these arrays. */
  room(more: number): {readonly starts: Int32Array; readonly ends: Int32Array} {
    if (this.#count + more > this.#starts.length) this.#grow(more);
    return {starts: this.#starts, ends: this.#ends};
  }

  /** Appends to the row that is open what has been written to `room`, up to this many pieces in all, and closes it. */
  endRowAt(count: number): void {
    this.#count = count;
    this.endRow();
  }

  /** Appends a piece to the row that is open. */
  add(start: number, end: number): void {
    if (this.#count === this.#starts.length) this.#grow(1);
    this.#starts[this.#count] = start;
    this.#ends[this.#count++] = end;
  }

  /** Closes a row. */
  endRow(): void {
    this.#splits[++this.#rows] = this.#count;
  }

  /** How many pieces lie before each row, and in all. */
  get splits(): Int32Array {
    return this.#splits.subarray(0, this.#rows + 1);
  }

  /** Where pieces begin. */
  get starts(): Int32Array {
    return this.#starts.subarray(0, this.#count);
  }

  /** Where pieces end. */
  get ends(): Int32Array {
    return this.#ends.subarray(0, this.#count);
  }

  /** The pieces as strings. */
  of(bytes: Uint8Array): PackedStrings {
    return new PackedStrings(bytes, this.starts, this.ends);
  }

  #grow(more: number): void {
    // As many for each row as the rows so far have, and a few more.
    const perRow = this.#rows < ENOUGH_ROWS ? 0 : this.#count / this.#rows;
    const expected = Math.ceil(1.06 * perRow * (this.#splits.length - 1));
    // The first rows may be the long ones.
    const guess = Math.max(this.#count + (this.#count >> 2), Math.min(expected, 4 * this.#count));
    const length = Math.max(guess, this.#count + more) + 16;
    const [starts, ends] = [allocate('int32', length) as Int32Array, allocate('int32', length) as Int32Array];
    starts.set(this.#starts);
    ends.set(this.#ends);
    [this.#starts, this.#ends] = [starts, ends];
  }
}
