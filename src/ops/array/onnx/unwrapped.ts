/**
 * Choosing between tensors, and indices that ONNX would count from the back.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {FARTHEST} from './sizes.js';

/** `x` where a condition holds, `y` elsewhere. */
export function selected(condition: OnnxTensor, x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  if (x.dtype !== 'bool') return to.op('Where', [condition, x, y]);
  const [yes, no] = [x, y].map((each) => to.cast(each, 'uint8'));
  return to.cast(to.op('Where', [condition, yes, no]), 'bool');
}

/** `x` with numbers below 0, which ONNX counts from the back, replaced by some that are beyond every end. */
export function unwrapped(indices: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const {dtype, value} = indices;
  if (value !== undefined && (value.data as Int32Array).every((index) => index >= 0)) return indices;
  const isNegative = to.op('Less', [indices, to.scalar(dtype, 0)], {}, {dtype: 'bool'});
  return to.op('Where', [isNegative, to.scalar(dtype, FARTHEST), indices]);
}
