/**
 * Normalizations as ops of ONNX.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {OnnxBuilder, OnnxTensor} from '../../onnx/builder.js';
import {withChannelsFirst} from '../convolution/onnx/layout.js';
import {channelsFirst} from '../convolution/plan.js';
import {withRank} from '../infer_rules.js';
import type {Lower, LowerTable} from '../lowering.js';
import {thirdReserveShape} from './plan.js';

interface Statistics {
  readonly mean: OnnxTensor;
  readonly variance: OnnxTensor;
}

/** The statistics of the images themselves, whose channels are the axis `axis`. */
function statisticsOf(x: OnnxTensor, axis: number, rank: number, to: OnnxBuilder): Statistics {
  const axes = Array.from({length: rank}, (_, i) => i).filter((each) => each !== axis);
  const wide = to.cast(x, 'float32');
  const mean = to.op('ReduceMean', [wide, to.ints(axes)], {keepdims: 1});
  const away = to.op('Sub', [wide, mean]);
  const variance = to.op('ReduceMean', [to.op('Mul', [away, away]), to.ints(axes)], {keepdims: 0});
  return {mean: to.squeeze(mean, axes), variance};
}

/** What is kept for later: the statistics of the images, averaged with those before. The variance is that of a sample. */
function running(
  x: OnnxTensor,
  before: Statistics,
  now: Statistics,
  {attrs}: OpNode,
  to: OnnxBuilder,
): OnnxTensor[] {
  const factor = attrs.has('exponential_avg_factor') ? attrs.float('exponential_avg_factor') : 1;
  const size = to.op('Size', [x], {}, {dtype: 'int64', shape: []});
  const channels = to.op('Size', [now.mean], {}, {dtype: 'int64', shape: []});
  const [all, columns] = [to.cast(size, 'float32'), to.cast(channels, 'float32')];
  const count = to.op('Div', [all, columns]);
  const one = to.scalar('float32', 1);
  const correction = to.op('Div', [count, to.op('Max', [to.op('Sub', [count, one]), one])]);
  const mixed = (old: OnnxTensor, recent: OnnxTensor): OnnxTensor => {
    if (factor === 1) return recent;
    const [kept, added] = [to.scalar('float32', 1 - factor), to.scalar('float32', factor)];
    return to.op('Add', [to.op('Mul', [old, kept]), to.op('Mul', [recent, added])]);
  };
  return [mixed(before.mean, now.mean), mixed(before.variance, to.op('Mul', [now.variance, correction]))];
}

const batchNorm: Lower = ([x, scale, offset, mean, variance], node, to) => {
  const {attrs} = node;
  const rank = attrs.string('data_format').length;
  const images = {...x!, shape: withRank(x!, rank, 'the input', node)};
  const isFirst = channelsFirst(node);
  const given = {mean: mean!, variance: variance!};
  const isTraining = attrs.bool('is_training');
  const used = isTraining ? statisticsOf(images, isFirst ? 1 : rank - 1, rank, to) : given;
  const epsilon = {float: attrs.float('epsilon')};
  const y = withChannelsFirst(images, rank, isFirst, to, (each) =>
    to.op('BatchNormalization', [each, scale, offset, used.mean, used.variance], {epsilon}),
  );
  const kept = isTraining ? running(images, given, used, node, to) : [mean!, variance!];
  const outputs = [y, ...kept, used.mean, used.variance];
  if (to.results.length <= outputs.length) return outputs;
  const isEmpty = thirdReserveShape(rank, x!.dtype).length === 1;
  return [...outputs, isEmpty ? to.vector('float32', []) : to.scalar('float32', 0)];
};

/** ONNX divides `alpha` by how many channels are summed. */
const lrn: Lower = ([x], node, to) => {
  const {attrs} = node;
  const images = {...x!, shape: withRank(x!, 4, 'the input', node)};
  const size = 2 * attrs.int('depth_radius') + 1;
  return withChannelsFirst(images, 4, false, to, (each) =>
    to.op('LRN', [each], {
      size,
      alpha: {float: attrs.float('alpha') * size},
      beta: {float: attrs.float('beta')},
      bias: {float: attrs.float('bias')},
    }),
  );
};

export const onnx: LowerTable = {
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  LRN: lrn,
};
