/**
 * From the name of a feature to its place among those that are asked for.
 *
 * Records of one file name the same features, mostly in the same order. So the name at each position is first compared with the one
 * that the record before had there; only where they differ, it is hashed.
 *
 * @module
 */

import type {ByteIndex} from '../../algorithms/byte_index.js';
import {byteIndex} from '../../host/indexes.js';

/** Not among those that are asked for. */
export const UNWANTED = -1;

/** Positions of a record of which the name is remembered. */
const REMEMBERED = 512;

/** A table of names. */
export class FeatureKeys {
  /** A row for each name, which is its place. */
  readonly #index: ByteIndex;
  // What the record before had at each position: where its name is, and its place.
  readonly #starts = new Int32Array(REMEMBERED);
  readonly #ends = new Int32Array(REMEMBERED);
  readonly #places = new Int32Array(REMEMBERED);
  #positions = 0;

  /** A name that occurs again has the place of its first occurrence. */
  constructor(keys: readonly Uint8Array[]) {
    this.#index = byteIndex(keys.length);
    for (const key of keys) this.#index.add(key, 0, key.length);
  }

  /** How many different names there are. */
  get count(): number {
    return this.#index.size;
  }

  /** Forgets the record before: what comes next is in other bytes. */
  start(): void {
    this.#positions = 0;
  }

  /** The place of a name. */
  placeOf(key: Uint8Array): number {
    return this.#index.find(key, 0, key.length);
  }

  /** The place of the name between `start` and `end`, which stands at this position of its record. */
  find(bytes: Uint8Array, start: number, end: number, position: number): number {
    if (position >= REMEMBERED) return this.#index.find(bytes, start, end);
    if (position < this.#positions) {
      const before = this.#starts[position]!;
      const length = end - start;
      if (this.#ends[position]! - before === length) {
        let i = 0;
        while (i < length && bytes[before + i] === bytes[start + i]) i++;
        if (i === length) return this.#places[position]!;
      }
    } else {
      this.#positions = position + 1;
    }
    const place = this.#index.find(bytes, start, end);
    this.#starts[position] = start;
    this.#ends[position] = end;
    this.#places[position] = place;
    return place;
  }
}
