/**
 * Numbers as a dtype holds them, where that is narrower than the array they are kept in.
 *
 * @module
 */

import {roundToBfloat16, roundToFloat16} from '../algorithms/small_floats.js';
import type {DType} from './dtypes.js';

/** Typed arrays wrap integers and round float32 by themselves. */
const STORE: Partial<Record<DType, (x: number) => number>> = {
  float16: roundToFloat16,
  bfloat16: roundToBfloat16,
  int4: (x) => (x << 28) >> 28,
  uint4: (x) => x & 15,
};

/** Rounds or wraps what is stored wider than its dtype; undefined where the array does. */
export function storeOf(dtype: DType): ((x: number) => number) | undefined {
  return STORE[dtype];
}

/** A number as a float dtype holds it. */
export function roundToDType(x: number, dtype: DType): number {
  return dtype === 'float32' ? Math.fround(x) : (STORE[dtype]?.(x) ?? x);
}
