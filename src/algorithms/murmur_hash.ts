/**
 * TensorFlow's own `Hash64`, a MurmurHash64A with a fixed seed.
 *
 * Source: `tsl/platform/hash.cc`.
 *
 * @module
 */

import {lastWord, type StringHash} from './string_hash.js';
import {multiplyHigh} from './words64.js';

/** The multiplier 0xc6a4a7935bd1e995. */
const M_LOW = 0x5bd1e995;
const M_HIGH = 0xc6a4a793 | 0;

/** The seed 0xDECAFCAFFE. */
const SEED_LOW = 0xcafcaffe | 0;
const SEED_HIGH = 0xde;

/** TensorFlow's `Hash64` with its usual seed. */
export const hash64: StringHash = (view, start, end, into, at) => {
  const length = end - start;
  let high = SEED_HIGH ^ (multiplyHigh(length, M_LOW) + Math.imul(length, M_HIGH));
  let low = SEED_LOW ^ Math.imul(length, M_LOW);
  const whole = end - (length & 7);
  for (let from = start; from < whole; from += 8) {
    let newLow = view.getInt32(from, true);
    let newHigh = view.getInt32(from + 4, true);
    newHigh = (multiplyHigh(newLow, M_LOW) + Math.imul(newLow, M_HIGH) + Math.imul(newHigh, M_LOW)) | 0;
    newLow = Math.imul(newLow, M_LOW) ^ (newHigh >>> 15);
    high ^= multiplyHigh(newLow, M_LOW) + Math.imul(newLow, M_HIGH) + Math.imul(newHigh, M_LOW);
    low ^= Math.imul(newLow, M_LOW);
    high = (multiplyHigh(low, M_LOW) + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0;
    low = Math.imul(low, M_LOW);
  }
  if (whole < end) {
    if (end - whole < 4) {
      low ^= lastWord(view, whole, end);
    } else {
      low ^= view.getInt32(whole, true);
      high ^= lastWord(view, whole + 4, end);
    }
    high = (multiplyHigh(low, M_LOW) + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0;
    low = Math.imul(low, M_LOW);
  }
  low ^= high >>> 15;
  high = (multiplyHigh(low, M_LOW) + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW)) | 0;
  low = Math.imul(low, M_LOW);
  into[at] = low ^ (high >>> 15);
  into[at + 1] = high;
};
