/**
 * Where: coordinates of the elements that are not zero.
 *
 * @module
 */

import {lanes} from '../../../host/dtypes.js';
import {stridesOf} from '../../../host/shape.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Row by row. */
const where: Kernel = ([condition], ctx) => {
  if (condition!.rank === 0) throw invalid(ctx, 'a scalar has no coordinates');
  const {shape, rank, size} = condition!;
  const data = condition!.numeric();
  const width = lanes(condition!.dtype);
  const strides = stridesOf(shape);
  const found: number[] = [];
  for (let i = 0; i < size; i++) {
    if (Number(data[i * width]) !== 0 || (width > 1 && data[i * width + 1] !== 0)) found.push(i);
  }
  const out = new BigInt64Array(found.length * rank);
  found.forEach((index, row) => {
    for (let k = 0; k < rank; k++) {
      out[row * rank + k] = BigInt(Math.floor(index / strides[k]!) % shape[k]!);
    }
  });
  return Value.host('int64', [found.length, rank], out);
};

/** The op on its own. */
export const whereOps: OpFamily = {Where: {kernel: where}};
