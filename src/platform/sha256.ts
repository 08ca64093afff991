/**
 * SHA-256 in JavaScript (FIPS 180-4, section 6.2), for browsers: theirs takes a whole file at once, and not on pages that
 * were not served securely.
 *
 * @module
 */

import type {Hash} from './services.js';

const BLOCK = 64;
/** Where in the last block the length of the message begins. */
const LENGTH = 56;

/** The first 32 bits of the fractional part of a number. */
const fraction = (value: number): number => Math.floor((value - Math.floor(value)) * 2 ** 32);

const PRIMES = Array.from({length: 312}, (_, n) => n).filter(
  (n) => n > 1 && Array.from({length: n}, (_, d) => d).every((d) => d < 2 || n % d !== 0),
);
/** Cube roots of the first 64 primes, and square roots of the first 8 (sections 4.2.2 and 5.3.3). */
const K = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const INITIAL = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

const rotate = (word: number, count: number): number => (word >>> count) | (word << (32 - count));

export function portableSha256(): Hash {
  const state = INITIAL.slice();
  const schedule = new Int32Array(BLOCK);
  const pending = new Uint8Array(BLOCK);
  let filled = 0;
  let length = 0;

  function update(bytes: Uint8Array): void {
    length += bytes.length;
    let offset = 0;
    if (filled > 0) {
      offset = Math.min(BLOCK - filled, bytes.length);
      pending.set(bytes.subarray(0, offset), filled);
      filled += offset;
      if (filled < BLOCK) return;
      compress(state, schedule, pending, 0);
    }
    for (; offset + BLOCK <= bytes.length; offset += BLOCK) compress(state, schedule, bytes, offset);
    pending.set(bytes.subarray(offset));
    filled = bytes.length - offset;
  }

  return {
    update,
    digest() {
      const bits = BigInt(length) * 8n;
      // A one, zeros, and the length: up to the end of this block or of the next.
      const padding = new Uint8Array((filled < LENGTH ? BLOCK : 2 * BLOCK) - filled);
      padding[0] = 0x80;
      new DataView(padding.buffer).setBigUint64(padding.length - 8, bits);
      update(padding);
      const result = new DataView(new ArrayBuffer(32));
      state.forEach((word, i) => {
        result.setInt32(4 * i, word);
      });
      return new Uint8Array(result.buffer);
    },
  };
}

function compress(state: Int32Array, w: Int32Array, bytes: Uint8Array, offset: number): void {
  for (let t = 0, at = offset; t < 16; t++, at += 4) {
    w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let t = 16; t < BLOCK; t++) {
    const early = w[t - 15]!;
    const late = w[t - 2]!;
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < BLOCK; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}
