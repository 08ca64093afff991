/**
 * From the name of a feature to its place among those that are asked for.
 *
 * Records of one file name the same features, mostly in the same order. So the name at each position is first compared with the one
 * that the record before had there; only where they differ, it is hashed.
 *
 * @module
 */

import {int32Array} from '../../host/tensor.js';

/** Not among those that are asked for. */
export const UNWANTED = -1;

/** Positions of a record of which the name is remembered. */
const REMEMBERED = 512;

/** A table of names. */
export class FeatureKeys {
  /** How many different names there are. */
  readonly count: number;
  readonly #keys: readonly Uint8Array[];
  /** Open addressing: places of names, and -1 where a probe ends. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  // What the record before had at each position: where its name is, and its place.
  readonly #starts = new Int32Array(REMEMBERED);
  readonly #ends = new Int32Array(REMEMBERED);
  readonly #places = new Int32Array(REMEMBERED);
  #positions = 0;

  /** A name that occurs again has the place of its first occurrence. */
  constructor(keys: readonly Uint8Array[]) {
    let size = 8;
    while (size < 2 * keys.length) size *= 2;
    this.#mask = size - 1;
    this.#slots = int32Array(size, () => UNWANTED);
    const different: Uint8Array[] = [];
    this.#keys = different;
    for (const key of keys) {
      const slot = this.#slotOf(key, 0, key.length);
      if (this.#slots[slot] !== UNWANTED) continue;
      this.#slots[slot] = different.length;
      different.push(key);
    }
    this.count = different.length;
  }

  /** Forgets the record before: what comes next is in other bytes. */
  start(): void {
    this.#positions = 0;
  }

  /** The place of a name. */
  placeOf(key: Uint8Array): number {
    return this.#slots[this.#slotOf(key, 0, key.length)]!;
  }

  /** The place of the name between `start` and `end`, which stands at this position of its record. */
  find(bytes: Uint8Array, start: number, end: number, position: number): number {
    if (position >= REMEMBERED) return this.#slots[this.#slotOf(bytes, start, end)]!;
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
    const place = this.#slots[this.#slotOf(bytes, start, end)]!;
    this.#starts[position] = start;
    this.#ends[position] = end;
    this.#places[position] = place;
    return place;
  }

  /** Where in the table a name stands, or would stand. */
  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    // FNV-1a.
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    for (let slot = (hash ^ (hash >>> 15)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const place = this.#slots[slot]!;
      if (place === UNWANTED || isKey(this.#keys[place]!, bytes, start, end)) return slot;
    }
  }
}

function isKey(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}
