/**
 * Byte strings numbered in the order in which they are added, found by their bytes: open addressing over strings that lie one
 * after the other, without an object for any of them.
 *
 * @module
 */

/** Of the slots, at most this part is taken, so that probe sequences stay short. */
const MAX_LOAD = 0.5;

const FREE = -1;

/** A growing set of byte strings. */
export class SeenStrings {
  /** How many strings there are. */
  size = 0;
  #slots = new Int32Array(64).fill(FREE);
  /** The strings one after the other; string `i` ends at `#ends[i]`. */
  #bytes = new Uint8Array(512);
  #ends = new Int32Array(32);
  #hashes = new Int32Array(32);

  /** The number of the string that lies from `start` to `end`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const i = slots[slot]!;
      if (i === FREE) return -1;
      if (this.#hashes[i] === hash && this.#isAt(i, bytes, start, end)) return i;
    }
  }

  /** Adds a string that is not there yet. Its number. */
  add(bytes: Uint8Array, start: number, end: number): number {
    if (this.size + 1 > this.#slots.length * MAX_LOAD) this.#rehash();
    const i = this.size;
    const from = i === 0 ? 0 : this.#ends[i - 1]!;
    const to = from + end - start;
    if (i === this.#ends.length) {
      this.#ends = grown(this.#ends, 2 * i);
      this.#hashes = grown(this.#hashes, 2 * i);
    }
    if (to > this.#bytes.length) {
      const more = new Uint8Array(2 * to);
      more.set(this.#bytes.subarray(0, from));
      this.#bytes = more;
    }
    for (let at = start; at < end; at++) this.#bytes[from + at - start] = bytes[at]!;
    this.#ends[i] = to;
    const hash = hashOf(bytes, start, end);
    this.#hashes[i] = hash;
    this.size++;
    this.#occupy(hash, i);
    return i;
  }

  #isAt(i: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = i === 0 ? 0 : this.#ends[i - 1]!;
    if (this.#ends[i]! - from !== end - start) return false;
    for (let at = start; at < end; at++) if (this.#bytes[from + at - start] !== bytes[at]) return false;
    return true;
  }

  #occupy(hash: number, i: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask;
    this.#slots[slot] = i;
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(FREE);
    for (let i = 0; i < this.size; i++) this.#occupy(this.#hashes[i]!, i);
  }
}

/** FNV-1a, its high bits folded into the low ones. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash ^ (hash >>> 15);
}

function grown(array: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(size);
  more.set(array);
  return more;
}
