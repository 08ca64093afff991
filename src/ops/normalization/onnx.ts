/**
 * Normalizations as ops of ONNX.
 *
 * @module
 */

import {notLowered} from '../../onnx/not_lowered.js';
import {rankOf} from '../lower_rules.js';
import type {Lower, LowerTable} from '../lowering.js';

/** When it is not being trained: then the statistics are given. */
const batchNorm: Lower = ([x, scale, offset, mean, variance], {attrs}, to) => {
  if (attrs.bool('is_training')) notLowered('it is training');
  const format = attrs.string('data_format');
  const rank = rankOf(x!);
  const isFirst = format.startsWith('NC');
  const inward = [0, rank - 1, ...Array.from({length: rank - 2}, (_, i) => i + 1)];
  const outward = [0, ...Array.from({length: rank - 2}, (_, i) => i + 2), 1];
  const given = isFirst ? x! : to.transpose(x!, inward);
  const epsilon = {float: attrs.float('epsilon')};
  const normal = to.op(
    'BatchNormalization',
    [given, scale, offset, mean, variance],
    {epsilon},
    {shape: given.shape},
  );
  const y = isFirst ? normal : to.transpose(normal, outward);
  const unused = to.vector('float32', []);
  return [y, mean!, variance!, mean!, variance!, unused].slice(0, to.results.length);
};

export const onnx: LowerTable = {
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
};
