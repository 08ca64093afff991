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
  /** Which bits of a slot name a row; all of them set stand for a row that was taken out. */
  protected mask: number;
  #rowCount = 0;
  /** Slots that are not free. */
  #used = 0;
  #size = 0;
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
    return this.#size;
  }

  /** Rows given out so far: those in the index, and those taken out of it. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** The rows in the index, in ascending order. */
  rows(): Int32Array {
    const rows = this.storage.places(this.#size);
    let count = 0;
    for (const slot of this.slots) {
      const row = slot & this.mask;
      if (row !== 0 && row !== this.mask) rows[count++] = row - 1;
    }
    return rows.sort();
  }

  /** Takes a row out. It is given to the next key that comes. */
  delete(row: number): void {
    const {slots, mask} = this;
    let slot = this.hashOf(row) & mask;
    while ((slots[slot]! & mask) !== row + 1) slot = (slot + 1) & mask;
    slots[slot] = mask;
    this.#size--;
    this.#vacant.push(row);
  }

  /** The hash of the key of a row. */
  protected abstract hashOf(row: number): number;

  /** A row for a key with this hash, which no row of the index has. Its key is put in place before the next call. */
  protected newRow(hash: number): number {
    if (this.#used + 1 > this.slots.length * MAX_LOAD) this.#rebuild();
    const row = this.#vacant.pop() ?? this.#rowCount++;
    this.#put(row, hash);
    return row;
  }

  #put(row: number, hash: number): void {
    const {slots, mask} = this;
    let slot = hash & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = (hash & ~mask) | (row + 1);
    this.#used++;
    this.#size++;
  }

  /** Makes room, and drops what was taken out. */
  #rebuild(): void {
    const {slots: old, mask} = this;
    // Slots number all rows, those that are vacant as well.
    const count = slotsFor(Math.max(this.#rowCount + 1, 2 * this.#size));
    this.slots = this.storage.places(count);
    this.mask = count - 1;
    this.#used = 0;
    this.#size = 0;
    if (this.#vacant.length === 0) {
      // In their order, keys come one after the other from memory.
      for (let row = 0; row < this.#rowCount; row++) this.#put(row, this.hashOf(row));
      return;
    }
    for (const slot of old) {
      const row = slot & mask;
      if (row !== 0 && row !== mask) this.#put(row - 1, this.hashOf(row - 1));
    }
  }
}

function slotsFor(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(rows / MAX_LOAD + 2, FEWEST_SLOTS)));
}
