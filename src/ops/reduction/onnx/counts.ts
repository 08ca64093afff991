/**
 * Counts of numbers as ops of ONNX.
 *
 * @module
 */

import {elementOf} from '../../../graph/known.js';
import type {DType} from '../../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {extremum, rankOf, shapedLike, truth} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';

/** A number that no dimension reaches. */
const OUT_OF_RANGE = 2 ** 31 - 1;

/**
 * Counts along the last axis. Numbers from `size` on share a bin that is cut off in the end, and a negative one is out of range, so that
 * the session throws.
 *
 * @param weights - what each number counts for; 1 where it is left out
 */
function counted(
  numbers: OnnxTensor,
  size: number,
  weights: OnnxTensor | undefined,
  {dtype, isBinary}: {readonly dtype: DType; readonly isBinary: boolean},
  to: OnnxBuilder,
): OnnxTensor {
  const axis = rankOf(numbers) - 1;
  const isNegative = truth('Less', [numbers, to.scalar(numbers.dtype, 0)], to);
  const within = extremum('Min', numbers, to.scalar(numbers.dtype, size), to);
  const bins = to.op('Where', [isNegative, to.scalar(numbers.dtype, OUT_OF_RANGE), within]);
  const ones = () => to.op('Expand', [to.scalar(dtype, 1), to.shapeOf(numbers)]);
  const updates = isBinary ? ones() : (weights ?? ones());
  const rows = axis === 0 ? [] : [to.op('Shape', [numbers], {end: axis}, {dtype: 'int64'})];
  const shape =
    rows.length === 0 ? to.ints([size + 1]) : to.op('Concat', [...rows, to.ints([size + 1])], {axis: 0});
  const zeros = to.op('Expand', [to.scalar(dtype, 0), shape]);
  const attrs = {axis, ...(isBinary ? {} : {reduction: 'add'})};
  const counts = to.op('ScatterElements', [zeros, bins, updates], attrs);
  return to.op('Slice', [counts, to.ints([0]), to.ints([size]), to.ints([axis])]);
}

/** Weights of numbers, which have their shape; undefined for no weights at all, which stand for 1 each. */
function weightsOf(numbers: OnnxTensor, weights: OnnxTensor, to: OnnxBuilder): OnnxTensor | undefined {
  const {shape} = weights;
  if (shape === null || shape.includes(null)) notLowered('it is not known whether there are weights');
  return shape!.includes(0) ? undefined : shapedLike(weights, numbers, to);
}

function sizeFrom(size: OnnxTensor | undefined): number {
  const known = elementOf(size) ?? notLowered('the number of bins is not known');
  if (known < 1) notLowered('there are no bins');
  return known;
}

const bincount: Lower = ([numbers, size, weights], _node, to) => {
  const flat = (x: OnnxTensor) => (rankOf(x) === 1 ? x : to.reshape(x, [-1]));
  const each = weightsOf(numbers!, weights!, to);
  const form = {dtype: weights!.dtype, isBinary: false};
  return counted(flat(numbers!), sizeFrom(size), each && flat(each), form, to);
};

const denseBincount: Lower = ([numbers, size, weights], {attrs}, to) => {
  const rank = rankOf(numbers!);
  if (rank < 1 || rank > 2) notLowered('numbers are no vector and no matrix');
  const form = {dtype: weights!.dtype, isBinary: attrs.bool('binary_output')};
  return counted(numbers!, sizeFrom(size), weightsOf(numbers!, weights!, to), form, to);
};

export const counts: LowerTable = {Bincount: bincount, DenseBincount: denseBincount};
