/**
 * A small number for each code point, computed when it is first asked for.
 *
 * @module
 */

/** In place of a number that was not asked for yet. */
const UNKNOWN = -0x8000;

/** Numbers of 16 bits by code point. */
export class CodePointTable {
  readonly #compute: (code: number) => number;
  /** Numbers of 256 code points each. */
  readonly #pages: (Int16Array | undefined)[] = new Array(0x1100).fill(undefined);

  constructor(compute: (code: number) => number) {
    this.#compute = compute;
  }

  /** The number of a code point, from 0 to 0x10ffff. */
  at(code: number): number {
    const number = this.#pages[code >> 8]?.[code & 0xff] ?? UNKNOWN;
    return number === UNKNOWN ? this.#find(code) : number;
  }

  #find(code: number): number {
    const number = this.#compute(code);
    this.#pages[code >> 8] ??= new Int16Array(256).fill(UNKNOWN);
    this.#pages[code >> 8]![code & 0xff] = number;
    return number;
  }
}
