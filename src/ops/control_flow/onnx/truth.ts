/**
 * What TensorFlow takes for true: a scalar that is not zero, any other tensor that has elements.
 *
 * @module
 */

import {elementOf} from '../../../graph/known.js';
import {elementAt, sizeOf} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {rankOf} from '../../lower_rules.js';

/** A condition as a scalar truth value. */
export function truthOf(x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const known = knownTruth(x);
  if (known !== undefined) return to.scalar('bool', known ? 1 : 0);
  if (rankOf(x) > 0) {
    const size = to.op('Size', [x], {}, {dtype: 'int64', shape: []});
    return to.op('Greater', [size, to.scalar('int64', 0)], {}, {dtype: 'bool', shape: []});
  }
  if (x.dtype === 'bool') return x;
  const isZero = to.op('Equal', [x, to.scalar(x.dtype, 0)], {}, {dtype: 'bool', shape: []});
  return to.op('Not', [isZero], {}, {shape: []});
}

/** Whether a condition holds; undefined where it is not known before. */
export function knownTruth(x: OnnxTensor): boolean | undefined {
  const {shape, value} = x;
  if (shape !== null && shape.length > 0) {
    return shape.includes(null) ? undefined : sizeOf(shape as readonly number[]) > 0;
  }
  if (shape === null) return undefined;
  const element = value === undefined ? elementOf(x) : Number(elementAt(value.data, 0));
  return element === undefined ? undefined : element !== 0;
}
