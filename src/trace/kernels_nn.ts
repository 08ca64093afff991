/**
 * Normalisation and distributions as TensorFlow ops.
 *
 * @module
 */

import type {KernelRule, KernelRules} from './kernel_call.js';
import {rankOf} from './varying.js';

/** TensorFlow's fused op takes images and one number per channel; all else is put together. */
const batchNorm: KernelRule = (call) => {
  const {graph} = call;
  const x = call.tensor('x');
  const [mean, variance] = [call.tensor('mean'), call.tensor('variance')];
  const [scale, offset] = [call.optional('scale'), call.optional('offset')];
  const epsilon = call.number('varianceEpsilon');
  const perChannel = [mean, variance, scale, offset].every(
    (each) => each === undefined || rankOf(each) === 1,
  );
  if (rankOf(x) === 4 && perChannel) {
    const parameters = [
      scale?.operand ?? graph.op('OnesLike', [mean.operand]),
      offset?.operand ?? graph.op('ZerosLike', [mean.operand]),
    ];
    const inputs = [x.operand, ...parameters, mean.operand, variance.operand];
    return graph.op('FusedBatchNormV3', inputs, {epsilon, is_training: false});
  }
  const deviation = graph.op('AddV2', [variance.operand, graph.scalar('float32', epsilon)]);
  const inverse = graph.op('Rsqrt', [deviation]);
  const factor = scale === undefined ? inverse : graph.op('Mul', [inverse, scale.operand]);
  const scaled = graph.op('Mul', [graph.op('Sub', [x.operand, mean.operand]), factor]);
  return offset === undefined ? scaled : graph.op('AddV2', [scaled, offset.operand]);
};

/** Over the last dimension, which is the only one tfjs takes, too. */
const overLast =
  (op: string): KernelRule =>
  (call) =>
    call.coerced(op, [call.in('logits')]);

const lrnAttrs = (call: Parameters<KernelRule>[0]) => ({
  depth_radius: call.number('depthRadius'),
  bias: call.number('bias'),
  alpha: call.number('alpha'),
  beta: call.number('beta'),
});

const multinomial: KernelRule = (call) => {
  const {graph} = call;
  const given = call.in('logits');
  const logits = call.bool('normalized') ? graph.op('Log', [given]) : given;
  const count = graph.scalar('int32', call.number('numSamples'));
  // tfjs takes fractions for seeds as well.
  const seed = call.number('seed');
  const whole = Number.isInteger(seed) ? seed : Math.floor(seed * 2 ** 31);
  return graph.op('Multinomial', [logits, count], {seed: whole, output_dtype: 'int32'});
};

/** Normalisation and distributions. */
export const nnKernels: KernelRules = {
  FusedBatchNorm: batchNorm,
  LogSoftmax: overLast('LogSoftmax'),
  LRN: (call) => call.op('LRN', [call.in('x')], lrnAttrs(call)),
  LRNGrad: (call) => call.op('LRNGrad', [call.in('dy'), call.in('x'), call.in('y')], lrnAttrs(call)),
  Multinomial: multinomial,
  Softmax: overLast('Softmax'),
};
