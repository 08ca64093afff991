/**
 * ArgMax and ArgMin: positions of extremes along an axis.
 *
 * @module
 */

import {sizeOf} from '../../../host/tensor.js';
import {convertNumbers} from '../../../tensors/host.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {positionPlan} from '../plan.js';

type Element = number | bigint;

const missing = (x: Element): boolean => Number.isNaN(x);

/** The position, along one axis, of the first element that no other one is `better` than; a NaN is worse than all. */
function argExtreme(better: (x: Element, best: Element) => boolean): Kernel {
  return ([x, dimension], ctx) => {
    const {axis, shape} = positionPlan(x!.shape, dimension!.number(), ctx);
    const length = x!.shape[axis]!;
    const inner = sizeOf(x!.shape.slice(axis + 1));
    const source = x!.numeric();
    const out = new Int32Array(source.length / length);
    for (let at = 0; at < out.length; at++) {
      const start = Math.floor(at / inner) * length * inner + (at % inner);
      for (let i = 1, best = source[start]!; i < length; i++) {
        const each = source[start + i * inner]!;
        if (better(each, best) || (missing(best) && !missing(each))) [best, out[at]] = [each, i];
      }
    }
    const dtype = ctx.attrs.dtype('output_type');
    return Value.host(dtype, shape, convertNumbers(out, dtype));
  };
}

/** Positions of extremes. */
export const positions: OpFamily = {
  ArgMax: {kernel: argExtreme((x, best) => x > best)},
  ArgMin: {kernel: argExtreme((x, best) => x < best)},
};
