/**
 * A small number for each code point, computed when it is first asked for.
 *
 * @module
 */

/** In place of a number that was not asked for yet. */
const UNKNOWN = -0x8000;

/** Code points below this one have a place each, others one in a page of 256. */
const FIRST_PAGED = 0x10000;

/** Numbers of 16 bits by code point. */
export class CodePointTable {
  readonly #compute: (code: number) => number;
  #places = new Int16Array(0);
  readonly #pages: (Int16Array | undefined)[] = [];

  constructor(compute: (code: number) => number) {
    this.#compute = compute;
  }

  /** The number of a code point, from 0 to 0x10ffff. */
  at(code: number): number {
    const places = this.#places;
    if (code < places.length) {
      const number = places[code]!;
      if (number !== UNKNOWN) return number;
    }
    return this.#find(code);
  }

  #find(code: number): number {
    if (code < FIRST_PAGED) {
      if (this.#places.length === 0) this.#places = new Int16Array(FIRST_PAGED).fill(UNKNOWN);
      const number = this.#compute(code);
      this.#places[code] = number;
      return number;
    }
    this.#pages[code >> 8] ??= new Int16Array(256).fill(UNKNOWN);
    const page = this.#pages[code >> 8]!;
    if (page[code & 0xff] === UNKNOWN) page[code & 0xff] = this.#compute(code);
    return page[code & 0xff]!;
  }
}
