/**
 * Positions of extremes and the largest elements, as ops of ONNX.
 *
 * @module
 */

import {elementOf} from '../../../graph/known.js';
import {isFloating} from '../../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {truth} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';

/** The position of the first extreme. TensorFlow passes over what is no number, ONNX Runtime does not where it comes first. */
const position =
  (op: string, worst: number): Lower =>
  ([x, dimension], {attrs}, to) => {
    const axis = elementOf(dimension) ?? notLowered('the axis is not known');
    return to.cast(
      to.op(op, [comparable(x!, worst, to)], {axis, keepdims: 0}, {dtype: 'int64'}),
      attrs.dtype('output_type'),
    );
  };

function comparable(x: OnnxTensor, worst: number, to: OnnxBuilder): OnnxTensor {
  if (x.dtype === 'bool') return to.cast(x, 'uint8');
  if (!isFloating(x.dtype)) return x;
  return to.op('Where', [truth('IsNaN', [x], to), to.scalar(x.dtype, worst), x]);
}

/** The `k` largest elements of the last axis in descending order, also where any order would do. */
function largest(x: OnnxTensor, k: OnnxTensor, to: OnnxBuilder): OnnxTensor[] {
  return to.ops('TopK', [x, k], {axis: -1, largest: 1, sorted: 1}, [{}, {dtype: 'int64'}]);
}

const topK: Lower = ([x], {attrs}, to) => {
  const [values, indices] = largest(x!, to.ints([attrs.int('k')]), to);
  return [values!, to.cast(indices!, 'int32')];
};

const topKV2: Lower = ([x, k], {attrs}, to) => {
  const known = elementOf(k);
  const count = known === undefined ? to.reshape(to.cast(k!, 'int64'), [1]) : to.ints([known]);
  const [values, indices] = largest(x!, count, to);
  return [values!, to.cast(indices!, attrs.dtype('index_type'))];
};

/**
 * Whether fewer than `k` predictions are larger than that of the target: never where the target is no class, or where a prediction is not
 * finite.
 */
function inTopK(predictions: OnnxTensor, targets: OnnxTensor, k: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const infinity = to.scalar(predictions.dtype, Number.POSITIVE_INFINITY);
  const areFinite = to.op(
    'ReduceMin',
    [truth('Less', [to.op('Abs', [predictions]), infinity], to), to.ints([1])],
    {keepdims: 0},
  );
  const classes = to.cast(to.op('Shape', [predictions], {start: 1, end: 2}, {dtype: 'int64'}), targets.dtype);
  const zero = to.scalar(targets.dtype, 0);
  const isNegative = truth('Less', [targets, zero], to);
  const isClass = to.op('And', [to.op('Not', [isNegative]), truth('Less', [targets, classes], to)]);
  const positions = to.unsqueeze(to.op('Where', [isClass, targets, zero]), [1]);
  const score = to.op('GatherElements', [predictions, positions], {axis: 1});
  const areLarger = to.cast(truth('Greater', [predictions, score], to), 'int32');
  const rank = to.cast(to.op('ReduceSum', [areLarger, to.ints([1])], {keepdims: 0}), k.dtype);
  return to.op('And', [to.op('And', [areFinite, isClass]), truth('Less', [rank, k], to)]);
}

export const positions: LowerTable = {
  ArgMax: position('ArgMax', Number.NEGATIVE_INFINITY),
  ArgMin: position('ArgMin', Number.POSITIVE_INFINITY),
  TopK: topK,
  TopKV2: topKV2,
  InTopK: ([predictions, targets], {attrs}, to) =>
    inTopK(predictions!, targets!, to.scalar('int32', attrs.int('k')), to),
  InTopKV2: ([predictions, targets, k], _node, to) => inTopK(predictions!, targets!, k!, to),
};
