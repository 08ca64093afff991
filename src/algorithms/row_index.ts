/**
 * Finds rows by their keys: open addressing with linear probing, without an object per key. What a key is, and where
 * the keys of rows lie, is for the kinds of indexes to know.
 *
 * @module
 */

/** Storage for places and for bytes, filled with zeros. */
export interface IndexStorage {
  places(count: number): Int32Array;
  /** At least as many as are needed, and `count` if there can be. */
  bytes(count: number, needed: number): Uint8Array;
}

export const PLAIN_STORAGE: IndexStorage = {
  places: (count) => new Int32Array(count),
  bytes: (count) => new Uint8Array(count),
};

/** Of the slots, at most this part is in use, so that probe sequences stay short. */
const MAX_LOAD = 0.75;

const FEWEST_SLOTS = 16;

/**
 * An index over rows.
 *
 * A slot holds the number of a row in the bits that number the slots, raised by one, so that 0 stands for no row, and
 * above them as many bits of the hash of its key as there is room for: keys are compared only where these are the same.
 */
export abstract class RowIndex {
  protected readonly storage: IndexStorage;
  protected slots: Int32Array;
  /** Which bits of a slot name a row. */
  protected mask: number;
  /** Rows given out so far: those in the index, and those taken out of it. */
  #rowCount = 0;
  /** Rows to be given out again, the last one first. */
  readonly #vacant: number[] = [];

  /** With slots for `rows` rows to begin with. */
  protected constructor(rows: number, storage: IndexStorage) {
    this.storage = storage;
    const count = slotsFor(rows);
    this.slots = storage.places(count);
    this.mask = count - 1;
  }

  /** Number of rows in the index. */
  get size(): number {
    return this.#rowCount - this.#vacant.length;
  }

  /** The rows in the index, in ascending order. */
  rows(): Int32Array {
    const rows = this.storage.places(this.size);
    let count = 0;
    for (const slot of this.slots) {
      if (slot !== 0) rows[count++] = (slot & this.mask) - 1;
    }
    return rows.sort();
  }

  /** Takes a row out. It is given to the next key that comes. */
  delete(row: number): void {
    const {slots, mask} = this;
    let free = this.hashOf(row) & mask;
    while ((slots[free]! & mask) !== row + 1) free = (free + 1) & mask;
    this.#vacant.push(row);
    // Whatever was put behind it because it was there moves up, so that no search ends before it.
    for (let at = (free + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.hashOf((slots[at]! & mask) - 1) & mask;
      if (((at - home) & mask) < ((at - free) & mask)) continue;
      slots[free] = slots[at]!;
      free = at;
    }
    slots[free] = 0;
  }

  /** The hash of the key of a row. */
  protected abstract hashOf(row: number): number;

  /** A row for a key with this hash, which no row of the index has. Its key is put in place before the next call. */
  protected newRow(hash: number): number {
    if (this.size + 1 > this.slots.length * MAX_LOAD) this.#grow();
    const row = this.#vacant.pop() ?? this.#rowCount++;
    this.#put(row, hash);
    return row;
  }

  #put(row: number, hash: number): void {
    const {slots, mask} = this;
    let slot = hash & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = (hash & ~mask) | (row + 1);
  }

  /** Makes room. There are as many rows as there can be, and so no vacant ones. */
  #grow(): void {
    const count = slotsFor(2 * this.#rowCount);
    this.slots = this.storage.places(count);
    this.mask = count - 1;
    for (let row = 0; row < this.#rowCount; row++) this.#put(row, this.hashOf(row));
  }
}

function slotsFor(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(rows / MAX_LOAD + 2, FEWEST_SLOTS)));
}
