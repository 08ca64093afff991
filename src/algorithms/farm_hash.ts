/**
 * FarmHash's `Fingerprint64`: the same on every platform and in every version.
 *
 * A 64-bit number is two words in local variables, its lower half and its upper one; names are those of the description.
 *
 * Source: the FarmHash description (`farmhashna`).
 *
 * @module
 */

import type {StringHash} from './string_hash.js';
import {carry, multiplyHigh} from './words64.js';

const K0_LOW = 0x97cb3127 | 0;
const K0_HIGH = 0xc3a5c85c | 0;
const K1_LOW = 0xbe98f273 | 0;
const K1_HIGH = 0xb492b66f | 0;
const K2_LOW = 0x2f90404f;
const K2_HIGH = 0x9ae16a3b | 0;

/** FarmHash's `Fingerprint64`. */
export const fingerprint64: StringHash = (view, start, end, into, at) => {
  const length = end - start;
  let uLow: number;
  let uHigh: number;
  let vLow: number;
  let vHigh: number;
  // Adding twice the length to the lower half of k2 carries nothing.
  const mixerLow = (K2_LOW + 2 * length) | 0;
  if (length > 64) return hashLong(view, start, length, into, at);
  if (length > 32) return hash33To64(view, start, length, into, at);
  if (length > 16) return hash17To32(view, start, length, into, at);
  if (length >= 8) {
    const aLow = view.getInt32(start, true);
    const bLow = view.getInt32(end - 8, true);
    const bHigh = view.getInt32(end - 4, true);
    const sLow = (aLow + K2_LOW) | 0;
    const sHigh = (view.getInt32(start + 4, true) + K2_HIGH + carry(aLow, K2_LOW, sLow)) | 0;
    const cLow = (bHigh >>> 5) | (bLow << 27);
    const cHigh = (bLow >>> 5) | (bHigh << 27);
    const pLow = Math.imul(cLow, mixerLow);
    const pHigh = multiplyHigh(cLow, mixerLow) + Math.imul(cLow, K2_HIGH) + Math.imul(cHigh, mixerLow);
    uLow = (pLow + sLow) | 0;
    uHigh = (pHigh + sHigh + carry(pLow, sLow, uLow)) | 0;
    const rLow = (sLow >>> 25) | (sHigh << 7);
    const rHigh = (sHigh >>> 25) | (sLow << 7);
    const dLow = (rLow + bLow) | 0;
    const dHigh = (rHigh + bHigh + carry(rLow, bLow, dLow)) | 0;
    vLow = Math.imul(dLow, mixerLow);
    vHigh = (multiplyHigh(dLow, mixerLow) + Math.imul(dLow, K2_HIGH) + Math.imul(dHigh, mixerLow)) | 0;
  } else if (length >= 4) {
    const first = view.getInt32(start, true);
    const shifted = first << 3;
    uLow = (shifted + length) | 0;
    uHigh = (first >>> 29) + carry(shifted, length, uLow);
    vLow = view.getInt32(end - 4, true);
    vHigh = 0;
  } else if (length > 0) {
    const first = view.getUint8(start) + (view.getUint8(start + (length >> 1)) << 8);
    const last = length + (view.getUint8(end - 1) << 2);
    const low = Math.imul(first, K2_LOW) ^ Math.imul(last, K0_LOW);
    const high =
      (multiplyHigh(first, K2_LOW) + Math.imul(first, K2_HIGH)) ^
      (multiplyHigh(last, K0_LOW) + Math.imul(last, K0_HIGH));
    const shifted = low ^ (high >>> 15);
    into[at] = Math.imul(shifted, K2_LOW);
    into[at + 1] = multiplyHigh(shifted, K2_LOW) + Math.imul(shifted, K2_HIGH) + Math.imul(high, K2_LOW);
    return;
  } else {
    into[at] = K2_LOW;
    into[at + 1] = K2_HIGH;
    return;
  }
  mix(uLow, uHigh, vLow, vHigh, mixerLow, K2_HIGH, into, at);
};

/** The upper half of a product. */
function high(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  return (multiplyHigh(aLow, bLow) + Math.imul(aLow, bHigh) + Math.imul(aHigh, bLow)) | 0;
}

/** `HashLen16`: mixes two numbers by an odd one, as Murmur does. */
function mix(
  uLow: number,
  uHigh: number,
  vLow: number,
  vHigh: number,
  byLow: number,
  byHigh: number,
  into: Int32Array,
  at: number,
): void {
  let low = uLow ^ vLow;
  let upper = high(low, uHigh ^ vHigh, byLow, byHigh);
  low = Math.imul(low, byLow) ^ (upper >>> 15) ^ vLow;
  upper = high(low, upper ^ vHigh, byLow, byHigh);
  low = Math.imul(low, byLow) ^ (upper >>> 15);
  into[at + 1] = high(low, upper, byLow, byHigh);
  into[at] = Math.imul(low, byLow);
}

/**
 * Mixes `rotate(p + q, 43) + rotate(r, 30) + t` and `p + rotate(q + u, 18) + r`, which is what is done with the ends of
 * strings of 17 to 64 bytes.
 */
function mixEnds(
  pLow: number,
  pHigh: number,
  qLow: number,
  qHigh: number,
  rLow: number,
  rHigh: number,
  tLow: number,
  tHigh: number,
  uLow: number,
  uHigh: number,
  byLow: number,
  into: Int32Array,
  at: number,
): void {
  let sum = (pLow + qLow) | 0;
  let upper = (pHigh + qHigh + carry(pLow, qLow, sum)) | 0;
  let yLow = (upper >>> 11) | (sum << 21);
  let yHigh = (sum >>> 11) | (upper << 21);
  let turned = (rLow >>> 30) | (rHigh << 2);
  sum = (yLow + turned) | 0;
  yHigh = (yHigh + ((rHigh >>> 30) | (rLow << 2)) + carry(yLow, turned, sum)) | 0;
  yLow = (sum + tLow) | 0;
  yHigh = (yHigh + tHigh + carry(sum, tLow, yLow)) | 0;

  sum = (qLow + uLow) | 0;
  upper = (qHigh + uHigh + carry(qLow, uLow, sum)) | 0;
  turned = (sum >>> 18) | (upper << 14);
  upper = (upper >>> 18) | (sum << 14);
  sum = (turned + pLow) | 0;
  upper = (upper + pHigh + carry(turned, pLow, sum)) | 0;
  const zLow = (sum + rLow) | 0;
  const zHigh = (upper + rHigh + carry(sum, rLow, zLow)) | 0;
  mix(yLow, yHigh, zLow, zHigh, byLow, K2_HIGH, into, at);
  SUM[0] = yLow;
  SUM[1] = yHigh;
}

/** The first of the two numbers that `mixEnds` mixed last. */
const SUM = new Int32Array(2);

/** Of 17 to 32 bytes. */
function hash17To32(view: DataView, start: number, length: number, into: Int32Array, at: number): void {
  const end = start + length;
  const byLow = (K2_LOW + 2 * length) | 0;
  const aLow = view.getInt32(start, true);
  const cLow = view.getInt32(end - 8, true);
  const dLow = view.getInt32(end - 16, true);
  mixEnds(
    Math.imul(aLow, K1_LOW),
    high(aLow, view.getInt32(start + 4, true), K1_LOW, K1_HIGH),
    view.getInt32(start + 8, true),
    view.getInt32(start + 12, true),
    Math.imul(cLow, byLow),
    high(cLow, view.getInt32(end - 4, true), byLow, K2_HIGH),
    Math.imul(dLow, K2_LOW),
    high(dLow, view.getInt32(end - 12, true), K2_LOW, K2_HIGH),
    K2_LOW,
    K2_HIGH,
    byLow,
    into,
    at,
  );
}

/** Of 33 to 64 bytes. */
function hash33To64(view: DataView, start: number, length: number, into: Int32Array, at: number): void {
  const end = start + length;
  const byLow = (K2_LOW + 2 * length) | 0;
  const first = view.getInt32(start, true);
  const aLow = Math.imul(first, K2_LOW);
  const aHigh = high(first, view.getInt32(start + 4, true), K2_LOW, K2_HIGH);
  const cLow = view.getInt32(end - 8, true);
  const dLow = view.getInt32(end - 16, true);
  mixEnds(
    aLow,
    aHigh,
    view.getInt32(start + 8, true),
    view.getInt32(start + 12, true),
    Math.imul(cLow, byLow),
    high(cLow, view.getInt32(end - 4, true), byLow, K2_HIGH),
    Math.imul(dLow, K2_LOW),
    high(dLow, view.getInt32(end - 12, true), K2_LOW, K2_HIGH),
    K2_LOW,
    K2_HIGH,
    byLow,
    into,
    at,
  );
  const yLow = SUM[0]!;
  const yHigh = SUM[1]!;
  const zLow = into[at]!;
  const zHigh = into[at + 1]!;
  const eLow = view.getInt32(start + 16, true);
  const gPart = view.getInt32(end - 32, true);
  const gLow = (yLow + gPart) | 0;
  const gHigh = (yHigh + view.getInt32(end - 28, true) + carry(yLow, gPart, gLow)) | 0;
  const hPart = view.getInt32(end - 24, true);
  const hLow = (zLow + hPart) | 0;
  const hHigh = (zHigh + view.getInt32(end - 20, true) + carry(zLow, hPart, hLow)) | 0;
  mixEnds(
    Math.imul(eLow, byLow),
    high(eLow, view.getInt32(start + 20, true), byLow, K2_HIGH),
    view.getInt32(start + 24, true),
    view.getInt32(start + 28, true),
    Math.imul(gLow, byLow),
    high(gLow, gHigh, byLow, K2_HIGH),
    Math.imul(hLow, byLow),
    high(hLow, hHigh, byLow, K2_HIGH),
    aLow,
    aHigh,
    byLow,
    into,
    at,
  );
}

/** Of more bytes. */
function hashLong(view: DataView, start: number, length: number, into: Int32Array, at: number): void {
  const end = start + length;
  const seed = 81;
  // y = seed * k1 + 113, z = shiftMix(y * k2 + 113) * k2, x = seed * k2 + the first bytes.
  let sum = Math.imul(seed, K1_LOW);
  let yLow = (sum + 113) | 0;
  let yHigh = (high(seed, 0, K1_LOW, K1_HIGH) + carry(sum, 113, yLow)) | 0;
  sum = Math.imul(yLow, K2_LOW);
  let zLow = (sum + 113) | 0;
  let zHigh = (high(yLow, yHigh, K2_LOW, K2_HIGH) + carry(sum, 113, zLow)) | 0;
  zLow ^= zHigh >>> 15;
  zHigh = high(zLow, zHigh, K2_LOW, K2_HIGH);
  zLow = Math.imul(zLow, K2_LOW);
  sum = Math.imul(seed, K2_LOW);
  let part = view.getInt32(start, true);
  let xLow = (sum + part) | 0;
  let xHigh = (high(seed, 0, K2_LOW, K2_HIGH) + view.getInt32(start + 4, true) + carry(sum, part, xLow)) | 0;
  // The pairs v and w: v1, v2, w1, w2.
  let v1Low = 0;
  let v1High = 0;
  let v2Low = 0;
  let v2High = 0;
  let w1Low = 0;
  let w1High = 0;
  let w2Low = 0;
  let w2High = 0;
  let byLow = K1_LOW;
  let byHigh = K1_HIGH;
  const rounds = Math.floor((length - 1) / 64);
  for (let round = 0; round <= rounds; round++) {
    const isLast = round === rounds;
    // The last round is over the last 64 bytes, and scales what it mixes in by 9.
    const from = isLast ? end - 64 : start + 64 * round;
    if (isLast) {
      byLow = (K1_LOW + ((zLow & 0xff) << 1)) | 0;
      byHigh = (K1_HIGH + carry(K1_LOW, (zLow & 0xff) << 1, byLow)) | 0;
      part = (length - 1) & 63;
      sum = (w1Low + part) | 0;
      w1High = (w1High + carry(w1Low, part, sum)) | 0;
      w1Low = sum;
      sum = (v1Low + w1Low) | 0;
      v1High = (v1High + w1High + carry(v1Low, w1Low, sum)) | 0;
      v1Low = sum;
      sum = (w1Low + v1Low) | 0;
      w1High = (w1High + v1High + carry(w1Low, v1Low, sum)) | 0;
      w1Low = sum;
    }
    // x = rotate(x + y + v1 + [8], 37) * by
    sum = (xLow + yLow) | 0;
    let upper = (xHigh + yHigh + carry(xLow, yLow, sum)) | 0;
    part = (sum + v1Low) | 0;
    upper = (upper + v1High + carry(sum, v1Low, part)) | 0;
    let bytes = view.getInt32(from + 8, true);
    sum = (part + bytes) | 0;
    upper = (upper + view.getInt32(from + 12, true) + carry(part, bytes, sum)) | 0;
    part = (upper >>> 5) | (sum << 27);
    xHigh = high(part, (sum >>> 5) | (upper << 27), byLow, byHigh);
    xLow = Math.imul(part, byLow);
    // y = rotate(y + v2 + [48], 42) * by
    sum = (yLow + v2Low) | 0;
    upper = (yHigh + v2High + carry(yLow, v2Low, sum)) | 0;
    bytes = view.getInt32(from + 48, true);
    part = (sum + bytes) | 0;
    upper = (upper + view.getInt32(from + 52, true) + carry(sum, bytes, part)) | 0;
    sum = (upper >>> 10) | (part << 22);
    yHigh = high(sum, (part >>> 10) | (upper << 22), byLow, byHigh);
    yLow = Math.imul(sum, byLow);
    // x ^= w2, y += v1 + [40]
    if (isLast) {
      xLow ^= Math.imul(w2Low, 9);
      xHigh ^= high(w2Low, w2High, 9, 0);
      part = Math.imul(v1Low, 9);
      upper = high(v1Low, v1High, 9, 0);
    } else {
      xLow ^= w2Low;
      xHigh ^= w2High;
      part = v1Low;
      upper = v1High;
    }
    sum = (yLow + part) | 0;
    yHigh = (yHigh + upper + carry(yLow, part, sum)) | 0;
    bytes = view.getInt32(from + 40, true);
    yLow = (sum + bytes) | 0;
    yHigh = (yHigh + view.getInt32(from + 44, true) + carry(sum, bytes, yLow)) | 0;
    // z = rotate(z + w1, 33) * by
    sum = (zLow + w1Low) | 0;
    upper = (zHigh + w1High + carry(zLow, w1Low, sum)) | 0;
    part = (upper >>> 1) | (sum << 31);
    zHigh = high(part, (sum >>> 1) | (upper << 31), byLow, byHigh);
    zLow = Math.imul(part, byLow);
    // v from 32 bytes, v2 * by and x + w1; then w from 32 bytes, z + w2 and y + [16].
    let aHigh = high(v2Low, v2High, byLow, byHigh);
    let aLow = Math.imul(v2Low, byLow);
    let bLow = (xLow + w1Low) | 0;
    let bHigh = (xHigh + w1High + carry(xLow, w1Low, bLow)) | 0;
    for (let half = from; ; half += 32) {
      // `WeakHashLen32WithSeeds`
      bytes = view.getInt32(half, true);
      sum = (aLow + bytes) | 0;
      aHigh = (aHigh + view.getInt32(half + 4, true) + carry(aLow, bytes, sum)) | 0;
      aLow = sum;
      const lastLow = view.getInt32(half + 24, true);
      const lastHigh = view.getInt32(half + 28, true);
      sum = (bLow + aLow) | 0;
      upper = (bHigh + aHigh + carry(bLow, aLow, sum)) | 0;
      part = (sum + lastLow) | 0;
      upper = (upper + lastHigh + carry(sum, lastLow, part)) | 0;
      bLow = (part >>> 21) | (upper << 11);
      bHigh = (upper >>> 21) | (part << 11);
      const firstLow = aLow;
      const firstHigh = aHigh;
      bytes = view.getInt32(half + 8, true);
      sum = (aLow + bytes) | 0;
      upper = (aHigh + view.getInt32(half + 12, true) + carry(aLow, bytes, sum)) | 0;
      bytes = view.getInt32(half + 16, true);
      aLow = (sum + bytes) | 0;
      aHigh = (upper + view.getInt32(half + 20, true) + carry(sum, bytes, aLow)) | 0;
      part = (aHigh >>> 12) | (aLow << 20);
      sum = (bLow + part) | 0;
      upper = (bHigh + ((aLow >>> 12) | (aHigh << 20)) + carry(bLow, part, sum)) | 0;
      bLow = (sum + firstLow) | 0;
      bHigh = (upper + firstHigh + carry(sum, firstLow, bLow)) | 0;
      sum = (aLow + lastLow) | 0;
      aHigh = (aHigh + lastHigh + carry(aLow, lastLow, sum)) | 0;
      aLow = sum;
      if (half !== from) break;
      v1Low = aLow;
      v1High = aHigh;
      v2Low = bLow;
      v2High = bHigh;
      aLow = (zLow + w2Low) | 0;
      aHigh = (zHigh + w2High + carry(zLow, w2Low, aLow)) | 0;
      bytes = view.getInt32(from + 16, true);
      bLow = (yLow + bytes) | 0;
      bHigh = (yHigh + view.getInt32(from + 20, true) + carry(yLow, bytes, bLow)) | 0;
    }
    w1Low = aLow;
    w1High = aHigh;
    w2Low = bLow;
    w2High = bHigh;
    sum = zLow;
    upper = zHigh;
    zLow = xLow;
    zHigh = xHigh;
    xLow = sum;
    xHigh = upper;
  }
  // mix(mix(v1, w1) + shiftMix(y) * k0 + z, mix(v2, w2) + x)
  mix(v1Low, v1High, w1Low, w1High, byLow, byHigh, into, at);
  yLow ^= yHigh >>> 15;
  part = Math.imul(yLow, K0_LOW);
  sum = (into[at]! + part) | 0;
  let upper = (into[at + 1]! + high(yLow, yHigh, K0_LOW, K0_HIGH) + carry(into[at]!, part, sum)) | 0;
  const uLow = (sum + zLow) | 0;
  upper = (upper + zHigh + carry(sum, zLow, uLow)) | 0;
  mix(v2Low, v2High, w2Low, w2High, byLow, byHigh, into, at);
  sum = (into[at]! + xLow) | 0;
  mix(uLow, upper, sum, (into[at + 1]! + xHigh + carry(into[at]!, xLow, sum)) | 0, byLow, byHigh, into, at);
}
