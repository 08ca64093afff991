/**
 * LowerBound and UpperBound: where values belong in sorted rows (`tf.searchsorted`).
 *
 * @module
 */

import {formatShape} from '../../../host/shape.js';
import {allocate, numbersAs} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Where in each sorted row values would be inserted: before their equals, or after them. */
function bound(isBefore: (sorted: number | bigint, value: number | bigint) => boolean): Kernel {
  return ([sorted, values], ctx) => {
    if (sorted!.rank !== 2 || values!.rank !== 2 || sorted!.shape[0] !== values!.shape[0]) {
      throw invalid(
        ctx,
        `matrices of as many rows are expected, not ${formatShape(sorted!.shape)} and ${formatShape(values!.shape)}`,
      );
    }
    const [length, count] = [sorted!.shape[1]!, values!.shape[1]!];
    const [row, wanted] = [sorted!.numeric(), values!.numeric()];
    const dtype = ctx.attrs.dtype('out_type');
    const out = allocate('int32', values!.size) as Int32Array;
    for (let i = 0; i < values!.size; i++) {
      const start = Math.floor(i / count) * length;
      let [low, high] = [0, length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (isBefore(row[start + middle]!, wanted[i]!)) low = middle + 1;
        else high = middle;
      }
      out[i] = low;
    }
    return Value.host(dtype, values!.shape, dtype === 'int32' ? out : numbersAs(dtype, out));
  };
}

/** Ops that search sorted rows. */
export const searchSortedOps: OpFamily = {
  LowerBound: {kernel: bound((sorted, value) => sorted < value)},
  UpperBound: {kernel: bound((sorted, value) => !(value < sorted))},
};
