/**
 * Finds rows whose keys are byte strings. The keys lie in one array.
 *
 * @module
 */

import {type IndexStorage, PLAIN_STORAGE, RowIndex} from './row_index.js';
import {lastWord, viewOf} from './string_hash.js';

/** Keys are read in words of four bytes, the last one filled up with zeros; this many at least. */
const FEWEST_WORDS = 4;
const SHORT = 4 * FEWEST_WORDS;

/** For each length of a short key, which bits of its words belong to it. */
const MASKS = Int32Array.from({length: (SHORT + 1) * FEWEST_WORDS}, (_, i) => {
  const bytes = Math.floor(i / FEWEST_WORDS) - 4 * (i % FEWEST_WORDS);
  return bytes >= 4 ? -1 : (1 << (8 * Math.max(0, bytes))) - 1;
});

/** So many keys are looked up at a time, step by step, so that they wait for memory together. */
const BLOCK = 512;

/** Byte strings in rows. A key has one row. */
export class ByteIndex extends RowIndex {
  /** Holds the keys, and perhaps more. */
  #bytes: Uint8Array;
  #view: DataView;
  /** Bytes in use, those of keys that were taken out among them. */
  #used: number;
  #removed = 0;
  /** Where the key of each row begins and where it ends: beside one another, for both are read together. */
  #places: Int32Array;
  #hashes: Int32Array | undefined;

  /**
   * @param rows - how many keys to have room for
   * @param bytes - in which keys lie already, to be taken in by `enter`; nothing of it may change
   */
  constructor(rows = 0, bytes?: Uint8Array, storage: IndexStorage = PLAIN_STORAGE) {
    super(rows, storage);
    this.#bytes = bytes ?? storage.bytes(0, 0);
    this.#used = this.#bytes.length;
    this.#view = viewOf(this.#bytes);
    this.#places = storage.places(2 * rows);
  }

  /** The memory in which the keys lie. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Where the key of a row begins. */
  startOf(row: number): number {
    return this.#places[2 * row]!;
  }

  /** Where the key of a row ends. */
  endOf(row: number): number {
    return this.#places[2 * row + 1]!;
  }

  /** The row of a key, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.#findHashed(bytes, start, end, hashOfBytes(bytes, start, end));
  }

  /** Puts the row of each of some keys, or -1, into `rows`. */
  findAll(bytes: Uint8Array, starts: Int32Array, ends: Int32Array, rows: Int32Array): void {
    const {slots, mask} = this;
    this.#hashes ??= new Int32Array(BLOCK);
    const hashes = this.#hashes;
    const view = viewOf(bytes);
    const limit = bytes.length - SHORT;
    const own = this.#view;
    const ownLimit = this.#bytes.length - SHORT;
    const places = this.#places;
    const size = starts.length;
    for (let from = 0; from < size; from += BLOCK) {
      const to = Math.min(from + BLOCK, size);
      for (let i = from; i < to; i++) hashes[i - from] = hashOfView(view, limit, starts[i]!, ends[i]!);
      for (let i = from; i < to; i++) rows[i] = slots[hashes[i - from]! & mask]!;
      // The first row whose key may be the one.
      for (let i = from; i < to; i++) {
        const hash = hashes[i - from]!;
        let slot = rows[i]!;
        for (let at = hash & mask; slot !== 0 && ((slot ^ hash) & ~mask) !== 0; slot = slots[at]!) {
          at = (at + 1) & mask;
        }
        rows[i] = (slot & mask) - 1;
      }
      for (let i = from; i < to; i++) {
        const row = rows[i]!;
        if (row < 0) continue;
        const start = starts[i]!;
        const length = ends[i]! - start;
        const ownStart = places[2 * row]!;
        if (
          length === places[2 * row + 1]! - ownStart &&
          length <= SHORT &&
          start <= limit &&
          ownStart <= ownLimit
        ) {
          const bits = FEWEST_WORDS * length;
          const difference =
            ((view.getInt32(start, true) ^ own.getInt32(ownStart, true)) & MASKS[bits]!) |
            ((view.getInt32(start + 4, true) ^ own.getInt32(ownStart + 4, true)) & MASKS[bits + 1]!) |
            ((view.getInt32(start + 8, true) ^ own.getInt32(ownStart + 8, true)) & MASKS[bits + 2]!) |
            ((view.getInt32(start + 12, true) ^ own.getInt32(ownStart + 12, true)) & MASKS[bits + 3]!);
          if (difference === 0) continue;
        }
        rows[i] = this.#findHashed(bytes, start, start + length, hashes[i - from]!);
      }
    }
  }

  /** The row of a key that lies in the index's own bytes; a new one if the index has not got it. */
  enter(start: number, end: number): number {
    const hash = hashOfView(this.#view, this.#bytes.length - SHORT, start, end);
    const row = this.#findHashed(this.#bytes, start, end, hash);
    return row >= 0 ? row : this.#give(hash, start, end);
  }

  /** {@link enter} for many keys: puts the row of each into `rows`. */
  enterAll(starts: Int32Array, ends: Int32Array, rows: Int32Array): void {
    this.#hashes ??= new Int32Array(BLOCK);
    const hashes = this.#hashes;
    const bytes = this.#bytes;
    const view = this.#view;
    const limit = bytes.length - SHORT;
    const size = starts.length;
    for (let from = 0; from < size; from += BLOCK) {
      const to = Math.min(from + BLOCK, size);
      for (let i = from; i < to; i++) hashes[i - from] = hashOfView(view, limit, starts[i]!, ends[i]!);
      // Slots are fetched from memory all together; which is looked at again.
      const {slots, mask} = this;
      for (let i = from; i < to; i++) rows[i] = slots[hashes[i - from]! & mask]!;
      for (let i = from; i < to; i++) {
        const row = this.#findHashed(bytes, starts[i]!, ends[i]!, hashes[i - from]!);
        rows[i] = row >= 0 ? row : this.#give(hashes[i - from]!, starts[i]!, ends[i]!);
      }
    }
  }

  /** The row of a key; a new one, with a copy of its bytes, if the index has not got it. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOfBytes(bytes, start, end);
    const row = this.#findHashed(bytes, start, end, hash);
    if (row >= 0) return row;
    const length = end - start;
    if (this.#used + length > this.#bytes.length) this.#growBytes(length);
    const at = this.#used;
    for (let i = 0; i < length; i++) this.#bytes[at + i] = bytes[start + i]!;
    this.#used += length;
    return this.#give(hash, at, at + length);
  }

  override delete(row: number): void {
    super.delete(row);
    this.#removed += this.endOf(row) - this.startOf(row);
  }

  protected override hashOf(row: number): number {
    return hashOfView(this.#view, this.#bytes.length - SHORT, this.startOf(row), this.endOf(row));
  }

  #findHashed(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const {slots, mask} = this;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = slots[at]!;
      if (slot === 0) return -1;
      if (((slot ^ hash) & ~mask) !== 0) continue;
      const row = (slot & mask) - 1;
      if (this.#isKey(row, bytes, start, end)) return row;
    }
  }

  #isKey(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#places[2 * row]!;
    if (this.#places[2 * row + 1]! - from !== end - start) return false;
    const own = this.#bytes;
    for (let at = start, to = from; at < end; at++, to++) if (bytes[at] !== own[to]) return false;
    return true;
  }

  #give(hash: number, start: number, end: number): number {
    const row = this.newRow(hash);
    if (2 * row === this.#places.length) {
      const more = this.storage.places(4 * row + 32);
      more.set(this.#places);
      this.#places = more;
    }
    this.#places[2 * row] = start;
    this.#places[2 * row + 1] = end;
    return row;
  }

  /** Makes room for `more` bytes. Where much is of keys that were taken out, only the others are kept. */
  #growBytes(more: number): void {
    const old = this.#bytes;
    const kept = this.#used - this.#removed;
    const bytes = this.storage.bytes(Math.max(2 * kept, kept + more, 64), kept + more);
    if (this.#removed === 0) {
      bytes.set(old.subarray(0, this.#used));
    } else {
      let at = 0;
      for (const row of this.rows()) {
        const key = old.subarray(this.startOf(row), this.endOf(row));
        bytes.set(key, at);
        this.#places[2 * row] = at;
        at += key.length;
        this.#places[2 * row + 1] = at;
      }
      this.#removed = 0;
    }
    this.#used = kept;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

/** The hash of a key. `limit` is the last place from which a short key's words can be read. */
function hashOfView(view: DataView, limit: number, start: number, end: number): number {
  const length = end - start;
  if (length > SHORT || start > limit) return hashOfAny(view, start, end);
  const bits = FEWEST_WORDS * length;
  let hash = stir(length, view.getInt32(start, true) & MASKS[bits]!);
  hash = stir(hash, view.getInt32(start + 4, true) & MASKS[bits + 1]!);
  hash = stir(hash, view.getInt32(start + 8, true) & MASKS[bits + 2]!);
  return stir(hash, view.getInt32(start + 12, true) & MASKS[bits + 3]!);
}

function hashOfAny(view: DataView, start: number, end: number): number {
  const whole = end - ((end - start) & 3);
  let hash = end - start;
  for (let at = start; at < whole; at += 4) hash = stir(hash, view.getInt32(at, true));
  if (whole < end) hash = stir(hash, lastWord(view, whole, end));
  for (let at = start + ((end - start + 3) & ~3); at < start + SHORT; at += 4) hash = stir(hash, 0);
  return hash;
}

/** {@link hashOfView} without a view. */
function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let hash = length;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = stir(hash, word);
  }
  if (at < end) {
    let word = bytes[at]!;
    if (at + 1 < end) word |= bytes[at + 1]! << 8;
    if (at + 2 < end) word |= bytes[at + 2]! << 16;
    hash = stir(hash, word);
    at += 4;
  }
  for (; at < start + SHORT; at += 4) hash = stir(hash, 0);
  return hash;
}

function stir(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
