/**
 * SipHash-2-4, a hash that tells nothing of its key.
 *
 * Source: Aumasson & Bernstein, "SipHash: a fast short-input PRF".
 *
 * @module
 */

import {lastWord, type StringHash} from './string_hash.js';
import {carry} from './words64.js';

/** Rounds after each eight bytes, and after all. */
const ROUNDS = 2;
const FINAL_ROUNDS = 4;

/** SipHash-2-4 under a key of two 64-bit words. */
export function sipHash(key: readonly [bigint, bigint]): StringHash {
  const [k0, k1, k2, k3] = new Int32Array(BigInt64Array.from(key).buffer) as unknown as number[];
  return (view, start, end, into, at) => {
    // The four words v0 to v3 of the paper, lower and upper half.
    let aLow = k0! ^ 0x70736575;
    let aHigh = k1! ^ 0x736f6d65;
    let bLow = k2! ^ 0x6e646f6d;
    let bHigh = k3! ^ 0x646f7261;
    let cLow = k0! ^ 0x6e657261;
    let cHigh = k1! ^ 0x6c796765;
    let dLow = k2! ^ 0x79746573;
    let dHigh = k3! ^ 0x74656462;
    const length = end - start;
    const whole = end - (length & 7);
    // Eight bytes at a time, then those left with the length above them, then none.
    for (let from = start; from <= whole + 8; from += 8) {
      let low = 0;
      let high = 0;
      let rounds = ROUNDS;
      if (from < whole) {
        low = view.getInt32(from, true);
        high = view.getInt32(from + 4, true);
      } else if (from === whole) {
        if (end - from >= 4) low = view.getInt32(from, true);
        else low = lastWord(view, from, end);
        if (end - from > 4) high = lastWord(view, from + 4, end);
        high |= length << 24;
      } else {
        cLow ^= 0xff;
        rounds = FINAL_ROUNDS;
      }
      dLow ^= low;
      dHigh ^= high;
      for (let round = 0; round < rounds; round++) {
        let sum = (aLow + bLow) | 0;
        aHigh = (aHigh + bHigh + carry(aLow, bLow, sum)) | 0;
        aLow = sum;
        let turned = (bLow << 13) | (bHigh >>> 19);
        bHigh = ((bHigh << 13) | (bLow >>> 19)) ^ aHigh;
        bLow = turned ^ aLow;

        sum = (cLow + dLow) | 0;
        cHigh = (cHigh + dHigh + carry(cLow, dLow, sum)) | 0;
        cLow = sum;
        turned = (dLow << 16) | (dHigh >>> 16);
        dHigh = ((dHigh << 16) | (dLow >>> 16)) ^ cHigh;
        dLow = turned ^ cLow;

        // What was the lower half of the first word is its upper one from here on: a turn by 32 bits.
        sum = (aHigh + dLow) | 0;
        turned = (aLow + dHigh + carry(aHigh, dLow, sum)) | 0;
        aLow = sum;
        aHigh = turned;
        turned = (dLow << 21) | (dHigh >>> 11);
        dHigh = ((dHigh << 21) | (dLow >>> 11)) ^ aHigh;
        dLow = turned ^ aLow;

        sum = (cLow + bLow) | 0;
        turned = (cHigh + bHigh + carry(cLow, bLow, sum)) | 0;
        cLow = turned;
        cHigh = sum;
        turned = (bLow << 17) | (bHigh >>> 15);
        bHigh = ((bHigh << 17) | (bLow >>> 15)) ^ cLow;
        bLow = turned ^ cHigh;
      }
      aLow ^= low;
      aHigh ^= high;
    }
    into[at] = aLow ^ bLow ^ cLow ^ dLow;
    into[at + 1] = aHigh ^ bHigh ^ cHigh ^ dHigh;
  };
}
