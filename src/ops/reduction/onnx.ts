/**
 * Reductions as ops of ONNX.
 *
 * @module
 */

import {allElementsOf} from '../../graph/known.js';
import {notLowered} from '../../onnx/not_lowered.js';
import type {Lower, LowerTable} from '../lowering.js';

const reduce =
  (op: string): Lower =>
  ([x, axes], {attrs}, to) => {
    const known = allElementsOf(axes) ?? notLowered('the axes are not known');
    if (known.length === 0) return x!;
    return to.op(op, [x, to.ints(known)], {keepdims: attrs.bool('keep_dims') ? 1 : 0});
  };

export const onnx: LowerTable = {
  Sum: reduce('ReduceSum'),
  Mean: reduce('ReduceMean'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  Prod: reduce('ReduceProd'),
};
