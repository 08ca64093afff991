/**
 * Joins fingerprints into one (TensorFlow's `FingerprintCat64`), as words.
 *
 * Source: `tsl/platform/fingerprint.h`.
 *
 * @module
 */

import {multiplyHigh} from './words64.js';

/** The multiplier 0xc6a4a7935bd1e995. */
const M_LOW = 0x5bd1e995;
const M_HIGH = 0xc6a4a793 | 0;

/** The high word of the product of a number and the multiplier. */
function high(numberLow: number, numberHigh: number): number {
  return (multiplyHigh(numberLow, M_LOW) + Math.imul(numberLow, M_HIGH) + Math.imul(numberHigh, M_LOW)) | 0;
}

/** Makes fingerprints ready to be joined to others: the part of that in which the others have no say. */
export function readyToJoin(words: Int32Array): void {
  for (let at = 0; at < words.length; at += 2) {
    const upper = high(words[at]!, words[at + 1]!);
    const lower = Math.imul(words[at]!, M_LOW) ^ (upper >>> 15);
    words[at] = Math.imul(lower, M_LOW);
    words[at + 1] = high(lower, upper);
  }
}

/** Joins to the fingerprint at `from` in `words` the one at `at` in `ready`, and puts what comes of it at `to` in `into`. */
export function joinFingerprints(
  words: Int32Array,
  from: number,
  ready: Int32Array,
  at: number,
  into: Int32Array,
  to: number,
): void {
  let low = words[from]! ^ M_LOW ^ ready[at]!;
  let upper = words[from + 1]! ^ M_HIGH ^ ready[at + 1]!;
  upper = high(low, upper);
  low = Math.imul(low, M_LOW) ^ (upper >>> 15);
  upper = high(low, upper);
  low = Math.imul(low, M_LOW) ^ (upper >>> 15);
  into[to] = low;
  into[to + 1] = upper;
}
