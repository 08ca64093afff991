/**
 * Where: coordinates of the elements that are not zero.
 *
 * @module
 */

import {lanes, type NumericArray} from '../../../host/dtypes.js';
import {wordsOf} from '../../../host/int64.js';
import {stridesOf} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Row by row. */
const where: Kernel = ([condition], ctx) => {
  if (condition!.rank === 0) throw invalid(ctx, 'a scalar has no coordinates');
  const {shape, rank, size} = condition!;
  const found = nonZero(condition!.numeric(), lanes(condition!.dtype), size);
  const strides = stridesOf(shape);
  const out = allocate('int64', found.length * rank) as BigInt64Array;
  const words = wordsOf(out);
  for (let row = 0; row < found.length; row++) {
    let rest = found[row]!;
    for (let k = 0; k < rank; k++) {
      const at = Math.floor(rest / strides[k]!);
      rest -= at * strides[k]!;
      words[2 * (row * rank + k)] = at;
    }
  }
  return Value.host('int64', [found.length, rank], out);
};

/** Positions of the elements that are not zero, of which each is `width` numbers. */
function nonZero(data: NumericArray, width: number, size: number): Int32Array {
  // Words are zero where their element is, and lie beside each other as parts of complex numbers do.
  const isWide = data instanceof BigInt64Array || data instanceof BigUint64Array;
  const numbers = isWide ? wordsOf(data) : data;
  const step = isWide ? 2 : width;
  const found = allocate('int32', size) as Int32Array;
  let count = 0;
  for (let i = 0; i < size; i++) {
    if (numbers[i * step] !== 0 || (step > 1 && numbers[i * step + 1] !== 0)) found[count++] = i;
  }
  return found.subarray(0, count);
}

/** The op on its own. */
export const whereOps: OpFamily = {Where: {kernel: where}};
