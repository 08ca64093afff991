/**
 * Shapes of normalizations.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, type Known, SCALAR} from '../../graph/known.js';
import {channelsFirst} from '../convolution/plan.js';
import {commonShape, commonSize, forAll, withRank} from '../infer_rules.js';
import {thirdReserveShape} from './plan.js';

/** The shape of images, an axis for each letter of the data format, and their channels, which vectors have an element for each of. */
function imagesOf(
  images: Known,
  vectors: readonly Known[],
  node: OpNode,
): {shape: readonly (number | null)[]; channels: number | null} {
  const shape = withRank(images, node.attrs.string('data_format').length, 'the input', node);
  const axis = channelsFirst(node) ? 1 : -1;
  const counts = vectors.map((vector) => withRank(vector, 1, 'a vector for the channels', node)[0]!);
  const channels = commonSize([shape.at(axis)!, ...counts], 'the numbers of channels', node);
  return {shape: shape.with(axis, channels), channels};
}

/** The images, normalized, and four vectors of statistics. */
const batchNorm: Infer = ([x, scale, offset, mean, variance], node) => {
  // In training the statistics before may be empty.
  const given = node.attrs.bool('is_training') ? [] : [mean!, variance!];
  const {shape, channels} = imagesOf(x!, [scale!, offset!, ...given], node);
  const statistic: Inferred = {shape: [channels]};
  return [{shape}, statistic, statistic, statistic, statistic];
};

const batchNormV3: Infer = (inputs, node, functions) => {
  const all = batchNorm(inputs, node, functions);
  return [...all, {shape: thirdReserveShape(all[0]!.shape!.length, inputs[0]!.dtype)}];
};

/** The gradients of images, scale and offset, and two scalars without meaning. */
const batchNormGradient: Infer = ([dy, x, scale, mean, variance], node) => {
  const images = {...x!, shape: commonShape([dy!, x!], node)};
  const given = node.attrs.bool('is_training') ? [] : [mean!, variance!];
  const {shape, channels} = imagesOf(images, [scale!, ...given], node);
  return [{shape}, {shape: [channels]}, {shape: [channels]}, SCALAR, SCALAR];
};

const lrn: Infer = ([x], node) => [{shape: withRank(x!, 4, 'the input', node)}];

const lrnGradient: Infer = (inputs, node) => {
  const shape = commonShape(inputs, node);
  return [{shape: withRank({...inputs[0]!, shape}, 4, 'the input', node)}];
};

export const infer: InferTable = {
  ...forAll(batchNorm, ['FusedBatchNorm', 'FusedBatchNormV2']),
  ...forAll(batchNormV3, ['FusedBatchNormV3', '_FusedBatchNormEx']),
  ...forAll(batchNormGradient, ['FusedBatchNormGrad', 'FusedBatchNormGradV2', 'FusedBatchNormGradV3']),
  LRN: lrn,
  LRNGrad: lrnGradient,
};
