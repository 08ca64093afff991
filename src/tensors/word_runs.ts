/**
 * Arithmetic and comparison of int64 and uint64 elements as pairs of 32-bit words, the lower one first: a BigInt per
 * element takes some twenty times longer. A run is a row of elements of each operand, or one element over and over.
 *
 * @module
 */

import {carry, multiplyHigh} from '../algorithms/words64.js';
import {CallError} from '../errors.js';

/**
 * Computes what `out` holds, words or booleans, from place `o` to `end`, from the words of `a` from place `i` on and those of
 * `b` from place `k` on. Their places rise by `aBy` and `bBy`: by 2 for elements that follow one another, by 0 for one
 * and the same.
 */
export type WordRun<Out extends Int32Array | Uint8Array = Int32Array> = (
  a: Int32Array,
  i: number,
  aBy: 0 | 2,
  b: Int32Array,
  k: number,
  bBy: 0 | 2,
  out: Out,
  o: number,
  end: number,
) => void;

/** Computes every element of `out` of that of `x`. */
export type UnaryWordRun = (x: Int32Array, out: Int32Array) => void;

export const addWords: WordRun = (a, i, aBy, b, k, bBy, out, o, end) => {
  for (; o < end; o += 2, i += aBy, k += bBy) {
    const x = a[i]!;
    const y = b[k]!;
    const sum = (x + y) | 0;
    out[o] = sum;
    out[o + 1] = a[i + 1]! + b[k + 1]! + carry(x, y, sum);
  }
};

export const subtractWords: WordRun = (a, i, aBy, b, k, bBy, out, o, end) => {
  for (; o < end; o += 2, i += aBy, k += bBy) {
    const x = a[i]!;
    const y = b[k]!;
    out[o] = x - y;
    out[o + 1] = a[i + 1]! - b[k + 1]! - (x >>> 0 < y >>> 0 ? 1 : 0);
  }
};

export const multiplyWords: WordRun = (a, i, aBy, b, k, bBy, out, o, end) => {
  for (; o < end; o += 2, i += aBy, k += bBy) {
    const x = a[i]!;
    const y = b[k]!;
    out[o] = Math.imul(x, y);
    out[o + 1] = multiplyHigh(x, y) + Math.imul(x, b[k + 1]!) + Math.imul(a[i + 1]!, y);
  }
};

export const andWords: WordRun = (a, i, aBy, b, k, bBy, out, o, end) => {
  for (; o < end; o += 2, i += aBy, k += bBy) {
    out[o] = a[i]! & b[k]!;
    out[o + 1] = a[i + 1]! & b[k + 1]!;
  }
};

export const orWords: WordRun = (a, i, aBy, b, k, bBy, out, o, end) => {
  for (; o < end; o += 2, i += aBy, k += bBy) {
    out[o] = a[i]! | b[k]!;
    out[o + 1] = a[i + 1]! | b[k + 1]!;
  }
};

export const xorWords: WordRun = (a, i, aBy, b, k, bBy, out, o, end) => {
  for (; o < end; o += 2, i += aBy, k += bBy) {
    out[o] = a[i]! ^ b[k]!;
    out[o + 1] = a[i + 1]! ^ b[k + 1]!;
  }
};

/** What the upper words differ by before they are compared as signed ones: their sign, where they have none. */
const flipOf = (isSigned: boolean): number => (isSigned ? 0 : 1 << 31);

/** The larger of two elements, or the smaller. */
function extremumWords(larger: boolean, isSigned: boolean): WordRun {
  const flip = flipOf(isSigned);
  return (a, i, aBy, b, k, bBy, out, o, end) => {
    for (; o < end; o += 2, i += aBy, k += bBy) {
      const aLow = a[i]!;
      const aHigh = a[i + 1]!;
      const bLow = b[k]!;
      const bHigh = b[k + 1]!;
      const isLess = aHigh === bHigh ? aLow >>> 0 < bLow >>> 0 : (aHigh ^ flip) < (bHigh ^ flip);
      const takesB = isLess === larger;
      out[o] = takesB ? bLow : aLow;
      out[o + 1] = takesB ? bHigh : aHigh;
    }
  };
}

/** Whether two elements are the same, or are not. */
export function sameWords(same: boolean): WordRun<Uint8Array> {
  return (a, i, aBy, b, k, bBy, out, o, end) => {
    for (; o < end; o++, i += aBy, k += bBy) {
      const difference = (a[i]! ^ b[k]!) | (a[i + 1]! ^ b[k + 1]!);
      out[o] = (difference === 0) === same ? 1 : 0;
    }
  };
}

/** Whether one element is less than the other, or is not. */
function lessWords(less: boolean, isSigned: boolean): WordRun<Uint8Array> {
  const flip = flipOf(isSigned);
  return (a, i, aBy, b, k, bBy, out, o, end) => {
    for (; o < end; o++, i += aBy, k += bBy) {
      const aHigh = a[i + 1]!;
      const bHigh = b[k + 1]!;
      const isLess = aHigh === bHigh ? a[i]! >>> 0 < b[k]! >>> 0 : (aHigh ^ flip) < (bHigh ^ flip);
      out[o] = isLess === less ? 1 : 0;
    }
  };
}

/** `run` with its operands in the other order. */
export function swapped<Out extends Int32Array | Uint8Array>(run: WordRun<Out>): WordRun<Out> {
  return (a, i, aBy, b, k, bBy, out, o, end) => run(b, k, bBy, a, i, aBy, out, o, end);
}

/** How two integers are divided. */
interface Division {
  /** Of integers below 2^53, the divisor not 0. A quotient of such is never rounded up to the next integer. */
  readonly number: (x: number, y: number) => number;
  readonly bigint: (x: bigint, y: bigint) => bigint;
}

/** The quotient or the remainder of integers. Those below 2^53, which nearly all are, are divided as floats. */
function divideWords({number, bigint}: Division, isSigned: boolean): WordRun {
  const least = isSigned ? -SAFE_HIGH : 0;
  const asBigInt = isSigned ? signedBigInt : unsignedBigInt;
  return (a, i, aBy, b, k, bBy, out, o, end) => {
    for (; o < end; o += 2, i += aBy, k += bBy) {
      const aLow = a[i]!;
      const aHigh = a[i + 1]!;
      const bLow = b[k]!;
      const bHigh = b[k + 1]!;
      if ((bLow | bHigh) === 0) throw new CallError('integer division by zero');
      if (aHigh >= least && aHigh < SAFE_HIGH && bHigh >= least && bHigh < SAFE_HIGH) {
        const result = number(aHigh * 2 ** 32 + (aLow >>> 0), bHigh * 2 ** 32 + (bLow >>> 0));
        out[o] = result;
        out[o + 1] = Math.floor(result / 2 ** 32);
      } else {
        const result = bigint(asBigInt(aLow, aHigh), asBigInt(bLow, bHigh));
        out[o] = Number(BigInt.asIntN(32, result));
        out[o + 1] = Number(BigInt.asIntN(32, result >> 32n));
      }
    }
  };
}

/** An integer with a lesser upper word is below 2^53. */
const SAFE_HIGH = 2 ** 20;

const signedBigInt = (low: number, high: number): bigint => (BigInt(high) << 32n) | BigInt(low >>> 0);
const unsignedBigInt = (low: number, high: number): bigint => signedBigInt(low, high >>> 0);

const DIVISIONS = {
  truncated: {
    number: (x: number, y: number) => Math.trunc(x / y),
    bigint: (x: bigint, y: bigint) => x / y,
  },
  truncatedMod: {
    number: (x: number, y: number) => x - Math.trunc(x / y) * y,
    bigint: (x: bigint, y: bigint) => x % y,
  },
  floored: {
    number: (x: number, y: number) => Math.floor(x / y),
    bigint: (x: bigint, y: bigint) => (x % y !== 0n && x < 0n !== y < 0n ? x / y - 1n : x / y),
  },
  /** The remainder with the sign of the divisor. */
  flooredMod: {
    number: (x: number, y: number) => {
      const remainder = x - Math.trunc(x / y) * y;
      return remainder !== 0 && remainder < 0 !== y < 0 ? remainder + y : remainder;
    },
    bigint: (x: bigint, y: bigint) => {
      const remainder = x % y;
      return remainder !== 0n && remainder < 0n !== y < 0n ? remainder + y : remainder;
    },
  },
} satisfies Record<string, Division>;

/** An int64 and a uint64 form of an op. */
interface WordForms<Out extends Int32Array | Uint8Array = Int32Array> {
  readonly words: WordRun<Out>;
  readonly unsignedWords: WordRun<Out>;
}

function formsOf<Out extends Int32Array | Uint8Array>(
  make: (isSigned: boolean) => WordRun<Out>,
): WordForms<Out> {
  return {words: make(true), unsignedWords: make(false)};
}

const {truncated, truncatedMod, floored, flooredMod} = DIVISIONS;

export const truncateDivideWords = formsOf((isSigned) => divideWords(truncated, isSigned));
export const truncateModWords = formsOf((isSigned) => divideWords(truncatedMod, isSigned));
export const floorDivideWords = formsOf((isSigned) => divideWords(floored, isSigned));
export const floorModWords = formsOf((isSigned) => divideWords(flooredMod, isSigned));
export const maximumWords = formsOf((isSigned) => extremumWords(true, isSigned));
export const minimumWords = formsOf((isSigned) => extremumWords(false, isSigned));
export const lessThanWords = formsOf((isSigned) => lessWords(true, isSigned));
export const notLessWords = formsOf((isSigned) => lessWords(false, isSigned));

export const negateWords: UnaryWordRun = (x, out) => {
  for (let at = 0; at < out.length; at += 2) {
    out[at] = -x[at]!;
    out[at + 1] = x[at] === 0 ? -x[at + 1]! : ~x[at + 1]!;
  }
};

export const absoluteWords: UnaryWordRun = (x, out) => {
  for (let at = 0; at < out.length; at += 2) {
    const low = x[at]!;
    const high = x[at + 1]!;
    out[at] = high < 0 ? -low : low;
    out[at + 1] = high >= 0 ? high : low === 0 ? -high : ~high;
  }
};

export const signWords: UnaryWordRun = (x, out) => {
  for (let at = 0; at < out.length; at += 2) {
    const high = x[at + 1]!;
    out[at] = high < 0 ? -1 : (x[at]! | high) === 0 ? 0 : 1;
    out[at + 1] = high < 0 ? -1 : 0;
  }
};

export const invertWords: UnaryWordRun = (x, out) => {
  for (let at = 0; at < out.length; at++) out[at] = ~x[at]!;
};
