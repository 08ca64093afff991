/** Arithmetic on pairs of words against BigInt. */

import {describe, expect, it} from 'vitest';
import {carry, multiplyHigh, remainders} from './words64.js';

/** Numbers of every length, among them those around powers of 2, the same in every run. */
function* samples(bits: number): Generator<bigint> {
  let state = 1n;
  for (let length = 0; length <= bits; length++) {
    const power = 1n << BigInt(length);
    for (const near of [power - 1n, power, power + 1n])
      if (near > 0n && near < 1n << BigInt(bits)) yield near;
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    yield (state >> 1n) % power || 1n;
  }
}

describe('words', () => {
  it('multiply and carry like 64-bit integers', () => {
    for (const a of samples(32)) {
      for (const b of samples(32)) {
        expect(multiplyHigh(Number(a) | 0, Number(b) | 0)).toBe(Number((a * b) >> 32n) | 0);
        const sum = (Number(a) + Number(b)) | 0;
        expect(carry(Number(a) | 0, Number(b) | 0, sum)).toBe(Number((a + b) >> 32n));
      }
    }
  });

  it('have the remainders of unsigned 64-bit integers, by any divisor', () => {
    const numbers = [0n, ...samples(64)];
    for (const divisor of samples(63)) {
      const found = BigUint64Array.from(numbers);
      remainders(new Int32Array(found.buffer), divisor);
      expect([...found], `by ${divisor}`).toEqual(numbers.map((number) => number % divisor));
    }
  });
});
