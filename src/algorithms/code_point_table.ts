/**
 * A small number for each code point, computed when it is first asked for.
 *
 * @module
 */

/** In place of a number that was not asked for yet. */
export const NOT_YET = -0x8000;

/** Code points of so many bits have a place each, others one in a page of 256. */
export const PLACE_BITS = 16;
const FIRST_PAGED = 1 << PLACE_BITS;

/** Numbers of 16 bits by code point. */
export class CodePointTable {
  readonly #compute: (code: number) => number;
  #places: Int16Array | undefined;
  readonly #pages: (Int16Array | undefined)[] = [];

  constructor(compute: (code: number) => number) {
    this.#compute = compute;
  }

  /**
   * Numbers of code points of {@link PLACE_BITS} bits, for loops over many: those that are not known yet are {@link NOT_YET}, and {@link at}
   * has them.
   */
  get places(): Int16Array {
    this.#places ??= new Int16Array(FIRST_PAGED).fill(NOT_YET);
    return this.#places;
  }

  /** The number of a code point, from 0 to 0x10ffff. */
  at(code: number): number {
    if (code < FIRST_PAGED) return known(this.places, code) ?? this.#learn(this.places, code, code);
    this.#pages[code >> 8] ??= new Int16Array(256).fill(NOT_YET);
    const page = this.#pages[code >> 8]!;
    return known(page, code & 0xff) ?? this.#learn(page, code & 0xff, code);
  }

  #learn(page: Int16Array, place: number, code: number): number {
    const number = this.#compute(code);
    page[place] = number;
    return number;
  }
}

function known(page: Int16Array, place: number): number | undefined {
  const number = page[place]!;
  return number === NOT_YET ? undefined : number;
}
