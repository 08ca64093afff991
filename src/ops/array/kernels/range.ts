/**
 * Ops that count: Range and LinSpace.
 *
 * @module
 */

import {type DType, isBigInt} from '../../../host/dtypes.js';
import {setInteger, wordsOf} from '../../../host/int64.js';
import {roundToDType} from '../../../host/rounding.js';
import {allocate} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {rangeLength} from '../plan.js';

const range: Kernel = ([start, limit, delta], ctx) => {
  const {dtype} = start!;
  const [from, to, step] = [start!, limit!, delta!].map((each) => each.numeric()[0]!);
  const count = rangeLength(dtype, [from!, to!, step!], ctx);
  return Value.host(dtype, [count], counting(dtype, count, from!, step!));
};

function counting(dtype: DType, count: number, from: number | bigint, step: number | bigint) {
  const out = allocate(dtype, count);
  if (isBigInt(dtype)) {
    const [first, by] = [Number(from), Number(step)];
    if ([first, by, first + count * by].every(Number.isSafeInteger)) {
      const words = wordsOf(out as BigInt64Array);
      for (let i = 0; i < count; i++) setInteger(words, i, first + i * by);
      return out;
    }
  }
  for (let i = 0; i < count; i++) {
    out[i] = (
      isBigInt(dtype)
        ? BigInt(from) + BigInt(i) * BigInt(step)
        : roundToDType(Number(from) + roundToDType(i * Number(step), dtype), dtype)
    ) as never;
  }
  return out;
}

const linSpace: Kernel = ([start, stop, num], ctx) => {
  const {dtype} = start!;
  const count = num!.number();
  if (count <= 0) throw invalid(ctx, `the number of values must be positive, not ${count}`);
  const [from, to] = [start!.number(), stop!.number()];
  const step = roundToDType(count > 1 ? (to - from) / (count - 1) : 0, dtype);
  const out = counting(dtype, count, from, step);
  if (count > 1) out[count - 1] = to as never;
  return Value.host(dtype, [count], out);
};

/** Ops that count. */
export const rangeOps: OpFamily = {
  Range: {kernel: range},
  LinSpace: {kernel: linSpace},
};
