/**
 * Finds rows whose keys are a fixed number of 32-bit words each: integers, or several numbers together.
 *
 * @module
 */

import {type IndexStorage, PLAIN_STORAGE, RowIndex} from './row_index.js';

/** Keys of `width` words in rows. A key has one row. */
export class WordIndex extends RowIndex {
  readonly width: number;
  #words: Int32Array;

  /** @param rows - how many keys to have room for */
  constructor(width: number, rows = 0, storage: IndexStorage = PLAIN_STORAGE) {
    super(rows, storage);
    this.width = width;
    this.#words = storage.places(rows * width);
  }

  /** The keys, row by row. */
  get words(): Int32Array {
    return this.#words;
  }

  /** The row of the key at `at` in `words`, or -1. */
  find(words: Int32Array, at: number): number {
    return this.#findHashed(words, at, hashOfWords(words, at, this.width));
  }

  /** Puts the row of each key in `words`, or -1, into `rows`. */
  findAll(words: Int32Array, rows: Int32Array): void {
    const {width} = this;
    for (let i = 0, at = 0; i < rows.length; i++, at += width) {
      rows[i] = this.#findHashed(words, at, hashOfWords(words, at, width));
    }
  }

  /** The row of the key at `at` in `words`; a new one, with a copy of it, if the index has not got it. */
  add(words: Int32Array, at: number): number {
    const {width} = this;
    const hash = hashOfWords(words, at, width);
    const found = this.#findHashed(words, at, hash);
    if (found >= 0) return found;
    const row = this.newRow(hash);
    if ((row + 1) * width > this.#words.length) {
      const more = this.storage.places(2 * this.#words.length + 16 * width);
      more.set(this.#words);
      this.#words = more;
    }
    for (let i = 0; i < width; i++) this.#words[row * width + i] = words[at + i]!;
    return row;
  }

  protected override hashOf(row: number): number {
    return hashOfWords(this.#words, row * this.width, this.width);
  }

  #findHashed(words: Int32Array, from: number, hash: number): number {
    const {slots, mask, width} = this;
    const own = this.#words;
    const first = words[from];
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = slots[at]!;
      if (slot === 0) return -1;
      if (((slot ^ hash) & ~mask) !== 0) continue;
      const row = (slot & mask) - 1;
      const to = row * width;
      // Most keys have one word or two.
      if (width === 2) {
        if (own[to] === first && own[to + 1] === words[from + 1]) return row;
      } else if (width === 1) {
        if (own[to] === first) return row;
      } else {
        let i = 0;
        while (i < width && own[to + i] === words[from + i]) i++;
        if (i === width) return row;
      }
    }
  }
}

function hashOfWords(words: Int32Array, at: number, width: number): number {
  let hash = width;
  for (let i = 0; i < width; i++) {
    hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
