/**
 * Counts of numbers as ops of ONNX.
 *
 * @module
 */

import {elementOf} from '../../../graph/known.js';
import {sizeOf} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {extremum, rankOf, shapedLike, truth} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';

/** A number that no dimension reaches. */
const OUT_OF_RANGE = 2 ** 31 - 1;

/**
 * Counts along the last axis. Numbers from `size` on share a bin that is cut off in the end, and a negative one is out of range, so that
 * the session throws.
 */
function counted(
  numbers: OnnxTensor,
  size: number,
  weights: OnnxTensor,
  isBinary: boolean,
  to: OnnxBuilder,
): OnnxTensor {
  const axis = rankOf(numbers) - 1;
  const isNegative = truth('Less', [numbers, to.scalar(numbers.dtype, 0)], to);
  const within = extremum('Min', numbers, to.scalar(numbers.dtype, size), to);
  const bins = to.op('Where', [isNegative, to.scalar(numbers.dtype, OUT_OF_RANGE), within]);
  const one = to.scalar(weights.dtype, 1);
  const isWeighted = !isBinary && !isEmpty(weights);
  const updates = isWeighted ? shapedLike(weights, numbers, to) : to.op('Expand', [one, to.shapeOf(numbers)]);
  const rows = axis === 0 ? [] : [to.op('Shape', [numbers], {end: axis}, {dtype: 'int64'})];
  const shape =
    rows.length === 0 ? to.ints([size + 1]) : to.op('Concat', [...rows, to.ints([size + 1])], {axis: 0});
  const zeros = to.op('Expand', [to.scalar(weights.dtype, 0), shape]);
  const attrs = {axis, ...(isBinary ? {} : {reduction: 'add'})};
  const counts = to.op('ScatterElements', [zeros, bins, updates], attrs);
  return to.op('Slice', [counts, to.ints([0]), to.ints([size]), to.ints([axis])]);
}

/** No weights at all stand for 1 each. */
function isEmpty({shape}: OnnxTensor): boolean {
  if (shape === null || shape.includes(null)) notLowered('it is not known whether there are weights');
  return sizeOf(shape as readonly number[]) === 0;
}

function sizeFrom(size: OnnxTensor | undefined): number {
  const known = elementOf(size) ?? notLowered('the number of bins is not known');
  if (known < 1) notLowered('there are no bins');
  return known;
}

const bincount: Lower = ([numbers, size, weights], _node, to) => {
  const flat = (x: OnnxTensor) => (rankOf(x) === 1 ? x : to.reshape(x, [-1]));
  const each = isEmpty(weights!) ? weights! : flat(shapedLike(weights!, numbers!, to));
  return counted(flat(numbers!), sizeFrom(size), each, false, to);
};

const denseBincount: Lower = ([numbers, size, weights], {attrs}, to) => {
  const rank = rankOf(numbers!);
  if (rank < 1 || rank > 2) notLowered('numbers are no vector and no matrix');
  return counted(numbers!, sizeFrom(size), weights!, attrs.bool('binary_output'), to);
};

export const counts: LowerTable = {Bincount: bincount, DenseBincount: denseBincount};
