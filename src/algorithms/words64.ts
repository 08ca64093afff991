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
  if (divisor <= 2 ** 19) smallRemainders(words, Number(divisor));
  else if (divisor <= 2 ** 36) remaindersByPieces(words, Number(divisor), 16);
  else if (divisor <= 2 ** 44) remaindersByPieces(words, Number(divisor), 8);
  else remaindersByBits(words, divisor);
}

/** As {@link remainders}: the upper half counts for what 2^32 leaves, so that what is divided has at most 52 bits. */
function smallRemainders(words: Int32Array, divisor: number): void {
  const inverse = 1 / divisor;
  const upper = 2 ** 32 % divisor;
  for (let at = 0; at < words.length; at += 2) {
    words[at] = modulo((words[at + 1]! >>> 0) * upper + (words[at]! >>> 0), divisor, inverse);
    words[at + 1] = 0;
  }
}

/** As {@link remainders}: the upper half, then so many bits at a time that what is divided has at most 52. */
function remaindersByPieces(words: Int32Array, divisor: number, bits: 8 | 16): void {
  const inverse = 1 / divisor;
  const [scale, mask] = [2 ** bits, 2 ** bits - 1];
  for (let at = 0; at < words.length; at += 2) {
    const low = words[at]!;
    let rest = modulo(words[at + 1]! >>> 0, divisor, inverse);
    for (let shift = 32 - bits; shift >= 0; shift -= bits) {
      rest = modulo(rest * scale + ((low >>> shift) & mask), divisor, inverse);
    }
    words[at] = rest;
    words[at + 1] = rest / 2 ** 32;
  }
}

/** The remainder of an integer below 2^52: by a quotient that is one too small or too large at most. */
function modulo(x: number, divisor: number, inverse: number): number {
  const rest = x - Math.floor(x * inverse) * divisor;
  return rest < 0 ? rest + divisor : rest >= divisor ? rest - divisor : rest;
}

/** As {@link remainders}, bit by bit: a divisor of more than 44 bits leaves a quotient of few. */
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
