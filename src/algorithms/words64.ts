/**
 * 64-bit integers as two 32-bit words each, the lower one first, as they lie in a BigInt64Array. A BigInt per number
 * takes some twenty times longer.
 *
 * @module
 */

/** The upper half of the product of two words, both taken as unsigned. */
export function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  // Neither sum exceeds 32 bits: (2^16 - 1)^2 + 2^16 - 1 = 2^32 - 2^16.
  const upper = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0;
  const lower = (Math.imul(a0, b1) + (upper & 0xffff)) | 0;
  return (Math.imul(a1, b1) + (upper >>> 16) + (lower >>> 16)) | 0;
}

/** 1 when adding the words `a` and `b`, whose sum is `sum`, carries into the next word. */
export function carry(a: number, b: number, sum: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31;
}

/** Replaces each unsigned number by its remainder on division by `divisor`, which is positive and below 2^63. */
export function remainders(words: Int32Array, divisor: bigint): void {
  if (divisor <= 2 ** 20) remaindersBy32(words, Number(divisor));
  else if (divisor <= 2 ** 36) remaindersBy16(words, Number(divisor));
  else remaindersByBits(words, divisor);
}

/** As {@link remainders}: by halves, so that what is divided at a time has at most 52 bits. */
function remaindersBy32(words: Int32Array, divisor: number): void {
  const inverse = 1 / divisor;
  for (let at = 0; at < words.length; at += 2) {
    const upper = modulo(words[at + 1]! >>> 0, divisor, inverse);
    words[at] = modulo(upper * 2 ** 32 + (words[at]! >>> 0), divisor, inverse);
    words[at + 1] = 0;
  }
}

/** As {@link remaindersBy32}, by quarters. */
function remaindersBy16(words: Int32Array, divisor: number): void {
  const inverse = 1 / divisor;
  for (let at = 0; at < words.length; at += 2) {
    const low = words[at]!;
    let rest = modulo(words[at + 1]! >>> 0, divisor, inverse);
    rest = modulo(rest * 2 ** 16 + (low >>> 16), divisor, inverse);
    rest = modulo(rest * 2 ** 16 + (low & 0xffff), divisor, inverse);
    words[at] = rest;
    words[at + 1] = rest / 2 ** 32;
  }
}

/** The remainder of an integer below 2^52: by a quotient that is one too small or too large at most. */
function modulo(x: number, divisor: number, inverse: number): number {
  const rest = x - Math.floor(x * inverse) * divisor;
  return rest < 0 ? rest + divisor : rest >= divisor ? rest - divisor : rest;
}

/** As {@link remainders}, bit by bit: a divisor of more than 36 bits leaves a quotient of few. */
function remaindersByBits(words: Int32Array, divisor: bigint): void {
  const steps = Math.clz32(Number(divisor >> 32n));
  const top = divisor << BigInt(steps);
  const topLow = Number(BigInt.asUintN(32, top));
  const topHigh = Number(top >> 32n);
  for (let at = 0; at < words.length; at += 2) {
    let low = words[at]! >>> 0;
    let high = words[at + 1]! >>> 0;
    let byLow = topLow;
    let byHigh = topHigh;
    for (let step = 0; step <= steps; step++) {
      if (high > byHigh || (high === byHigh && low >= byLow)) {
        high -= byHigh + (low < byLow ? 1 : 0);
        low = (low - byLow) >>> 0;
      }
      byLow = ((byLow >>> 1) | (byHigh << 31)) >>> 0;
      byHigh >>>= 1;
    }
    words[at] = low;
    words[at + 1] = high;
  }
}
