/**
 * The indices of elements that lie in rows of different lengths, as a sparse matrix has them.
 *
 * @module
 */

import {allocate} from './tensor.js';

/** For each element its row and its place in that. Made when they are asked for: most who cut strings into rows ask for the rows alone. */
export class RowIndices {
  /** How many elements lie before each row, and in all. */
  readonly #splits: Int32Array;

  constructor(splits: Int32Array) {
    this.#splits = splits;
  }

  /** Elements of all rows. */
  get count(): number {
    return this.#splits[this.#splits.length - 1]!;
  }

  /** Elements of the longest row. */
  get widest(): number {
    const splits = this.#splits;
    let widest = 0;
    for (let row = 0; row + 1 < splits.length; row++)
      widest = Math.max(widest, splits[row + 1]! - splits[row]!);
    return widest;
  }

  /** Row and place of one element after the other. */
  all(): Int32Array {
    const splits = this.#splits;
    const out = allocate('int32', 2 * this.count) as Int32Array;
    for (let row = 0; row + 1 < splits.length; row++) {
      const [first, end] = [splits[row]!, splits[row + 1]!];
      for (let i = first; i < end; i++) {
        out[2 * i] = row;
        out[2 * i + 1] = i - first;
      }
    }
    return out;
  }

  /** Of each element the row (0) or the place in it (1). */
  column(which: number): Int32Array {
    const splits = this.#splits;
    const out = allocate('int32', this.count) as Int32Array;
    for (let row = 0; row + 1 < splits.length; row++) {
      const [first, end] = [splits[row]!, splits[row + 1]!];
      if (which === 0) out.fill(row, first, end);
      else for (let i = first; i < end; i++) out[i] = i - first;
    }
    return out;
  }
}
