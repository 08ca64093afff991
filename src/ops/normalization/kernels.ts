/**
 * Batch normalization, local response normalization and their gradients.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {formatShape, sameShape} from '../../host/shape.js';
import {sizeOf} from '../../host/tensor.js';
import {ownEntry} from '../../own_entry.js';
import {withGradient} from '../../tensors/differentiable.js';
import {fromTensor} from '../../tensors/from_tensor.js';
import {constant, stopGradient} from '../../tensors/linear.js';
import {Value} from '../../tensors/value.js';
import {isTaping} from '../../tfjs/tape.js';
import {fromChannelsLast, toChannelsLast} from '../convolution/kernels/layout.js';
import {channelsFirst} from '../convolution/plan.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {DEVICE_ACTIVATIONS} from '../nn/kernels/activation.js';
import {invalid, unsupported} from '../node.js';
import {thirdReserveShape} from './plan.js';

/** Mean and (biased) variance of each column. */
function statistics(x: tf.Tensor): {mean: tf.Tensor; variance: tf.Tensor} {
  const mean = tf.mean(x, 0);
  return {mean, variance: tf.mean(tf.square(tf.sub(x, mean)), 0)};
}

interface Gradients {
  readonly x: tf.Tensor;
  readonly scale: tf.Tensor;
  readonly offset: tf.Tensor;
}

/**
 * The gradients of `(x - mean) / sqrt(variance + epsilon) * scale + offset` for rows `x`; in training, mean and variance
 * are those of `x` and take part.
 */
function batchNormGradients(
  dy: tf.Tensor,
  x: tf.Tensor,
  scale: tf.Tensor,
  {mean, variance}: {mean: tf.Tensor; variance: tf.Tensor},
  epsilon: number,
  isTraining: boolean,
): Gradients {
  const rows = x.shape[0]!;
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const centered = tf.sub(x, mean);
  const offset = tf.sum(dy, 0);
  const ofScale = tf.mul(tf.sum(tf.mul(dy, centered), 0), inverse);
  const factor = tf.mul(scale, inverse);
  if (!isTraining) return {x: tf.mul(dy, factor), scale: ofScale, offset};
  const slope = tf.div(tf.mul(inverse, ofScale), rows);
  const common = tf.add(tf.mul(centered, slope), tf.div(offset, rows));
  return {x: tf.mul(tf.sub(dy, common), factor), scale: ofScale, offset};
}

/** Normalizes rows; statistics are not differentiated through, but for their own share of the rows' gradient. */
function normalize(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  given: {mean: tf.Tensor; variance: tf.Tensor},
  epsilon: number,
  isTraining: boolean,
): tf.Tensor {
  const [rows, channels] = x.shape as [number, number];
  return withGradient(
    [x, scale, offset],
    (input, gamma, beta) => {
      const image = tf.reshape(input!, [1, 1, rows, channels]) as tf.Tensor4D;
      const vectors = [given.mean, given.variance, beta, gamma] as [
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
      ];
      return tf.reshape(tf.batchNorm(image, ...vectors, epsilon), [rows, channels]);
    },
    (dy, [input, gamma], _, [mean, variance]) => {
      // A tape that records the gradient itself needs the statistics as functions of the input.
      const used = isTraining && isTaping() ? statistics(input!) : {mean: mean!, variance: variance!};
      const gradients = batchNormGradients(dy, input!, gamma!, used, epsilon, isTraining);
      return [gradients.x, gradients.scale, gradients.offset];
    },
    [given.mean, given.variance],
  );
}

/** Inputs of a batch normalization: the rows with channels last, the vectors as float32 tensors. */
interface Operands {
  readonly x: Value;
  readonly rows: tf.Tensor;
  readonly channels: number;
  readonly vectors: tf.Tensor[];
}

function operandsOf([input, ...vectors]: readonly Value[], ctx: KernelContext): Operands {
  if (input!.rank !== 4 && input!.rank !== 5) {
    throw invalid(ctx, `the input must have 4 or 5 dimensions, got shape ${formatShape(input!.shape)}`);
  }
  const x = toChannelsLast(input!, channelsFirst(ctx));
  const channels = x.shape.at(-1)!;
  for (const [i, vector] of vectors.entries()) {
    // The statistics, which come after scale and offset, are empty in training.
    if ((vector.size !== 0 || i === 0) && !sameShape(vector.shape, [channels])) {
      throw invalid(ctx, `expected a vector of ${channels} elements, got shape ${formatShape(vector.shape)}`);
    }
  }
  const rows = tf.reshape(x.tensor(), [sizeOf(x.shape) / channels || 0, channels]);
  return {x, rows, channels, vectors: vectors.map((vector) => vector.tensor())};
}

/** The normalized rows and the four vectors of statistics that the op gives beside them. */
function batchNorm({rows, channels, vectors}: Operands, ctx: KernelContext): [tf.Tensor, tf.Tensor[]] {
  const [scale, offset, mean, variance] = vectors as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const epsilon = ctx.attrs.float('epsilon');
  if (rows.size === 0) {
    const [nothing, zero] = [tf.fill([channels], Number.NaN), tf.zeros([channels])];
    return [tf.clone(rows), [nothing, nothing, zero, zero]];
  }
  if (!ctx.attrs.bool('is_training')) {
    if (mean.size !== channels || variance.size !== channels) {
      throw invalid(ctx, 'mean and variance must be given when not training');
    }
    const given = {mean: stopGradient(mean), variance: stopGradient(variance)};
    const y = normalize(rows, scale, offset, given, epsilon, false);
    return [y, [given.mean, given.variance, given.mean, given.variance]];
  }
  const [ownMean, ownVariance] = constant(() => Object.values(statistics(rows))) as [tf.Tensor, tf.Tensor];
  const own = {mean: ownMean, variance: ownVariance};
  const y = normalize(rows, scale, offset, own, epsilon, true);
  const count = rows.shape[0]!;
  const unbiased = tf.mul(own.variance, count / Math.max(1, count - 1));
  return [y, [running(mean, own.mean, ctx), running(variance, unbiased, ctx), own.mean, own.variance]];
}

/** The batch's statistic, averaged with the one before. */
function running(before: tf.Tensor, now: tf.Tensor, ctx: KernelContext): tf.Tensor {
  const factor = ctx.attrs.has('exponential_avg_factor') ? ctx.attrs.float('exponential_avg_factor') : 1;
  if (factor === 1) return now;
  return tf.add(tf.mul(stopGradient(before), 1 - factor), tf.mul(now, factor));
}

function thirdReserve(input: Value, {dtype}: Value): Value {
  const shape = thirdReserveShape(input.rank, input.dtype);
  return Value.host(dtype, shape, new Float32Array(sizeOf(shape)));
}

function fusedBatchNorm(version: 1 | 2 | 3): Kernel {
  return (inputs, ctx) => {
    const operands = operandsOf(inputs, ctx);
    const [y, statistic] = batchNorm(operands, ctx);
    return outputs(y, statistic, inputs, operands, version, ctx);
  };
}

function outputs(
  y: tf.Tensor,
  statistic: tf.Tensor[],
  [input, scale]: readonly Value[],
  {x}: Operands,
  version: 1 | 2 | 3,
  ctx: KernelContext,
): Value[] {
  const result = fromTensor(tf.reshape(y, x.shape as number[]), input!.dtype);
  const values = [
    fromChannelsLast(result, channelsFirst(ctx)),
    ...statistic.map((vector) => fromTensor(vector, scale!.dtype)),
  ];
  return version < 3 ? values : [...values, thirdReserve(input!, scale!)];
}

/** `FusedBatchNormV3` with a tensor added to the result and an activation after it: made by graph optimisers. */
const fusedBatchNormEx: Kernel = (inputs, ctx) => {
  const operands = operandsOf(inputs.slice(0, 5), ctx);
  const [y, statistic] = batchNorm(operands, ctx);
  const sides = inputs.slice(5).map((side) => toChannelsLast(side, channelsFirst(ctx)).tensor());
  const sum = sides.reduce((total, side) => tf.add(total, tf.reshape(side, total.shape)), y);
  const mode = ctx.attrs.string('activation_mode');
  const activation = mode === 'Identity' ? (x: tf.Tensor) => x : ownEntry(DEVICE_ACTIVATIONS, mode);
  if (activation === undefined) throw unsupported(ctx, `activation_mode ${mode}`);
  return outputs(activation(sum), statistic, inputs, operands, 3, ctx);
};

const fusedBatchNormGrad: Kernel = ([yBackprop, input, scale, mean, variance], ctx) => {
  const {x, rows, channels, vectors} = operandsOf([input!, scale!, mean!, variance!], ctx);
  const [gamma, m, v] = vectors as [tf.Tensor, tf.Tensor, tf.Tensor];
  const dy = tf.reshape(toChannelsLast(yBackprop!, channelsFirst(ctx)).tensor(), rows.shape);
  const {dtype} = scale!;
  const isTraining = ctx.attrs.bool('is_training');
  const reserves = [Value.scalar(dtype, 0), Value.scalar(dtype, 0)];
  if (rows.size === 0) {
    const zero = fromTensor(tf.zeros([channels]), dtype);
    return [input!, zero, zero, ...reserves];
  }
  const epsilon = ctx.attrs.float('epsilon');
  // In training, the statistics are functions of the input.
  const used =
    isTraining && isTaping() ? statistics(rows) : {mean: stopGradient(m), variance: stopGradient(v)};
  const gradients = batchNormGradients(dy, rows, gamma, used, epsilon, isTraining);
  const dx = fromTensor(tf.reshape(gradients.x, x.shape as number[]), input!.dtype);
  return [
    fromChannelsLast(dx, channelsFirst(ctx)),
    fromTensor(gradients.scale, dtype),
    fromTensor(gradients.offset, dtype),
    ...reserves,
  ];
};

function lrnAttrs(ctx: KernelContext): tf.NamedAttrMap {
  const {attrs} = ctx;
  return {
    depthRadius: attrs.int('depth_radius'),
    bias: attrs.float('bias'),
    alpha: attrs.float('alpha'),
    beta: attrs.float('beta'),
  };
}

const lrn: Kernel = ([x], ctx) => {
  if (x!.rank !== 4) throw invalid(ctx, `the input must have 4 dimensions, got ${formatShape(x!.shape)}`);
  if (x!.size === 0) return x!;
  return fromTensor(tf.engine().runKernel(tf.LRN, {x: x!.tensor()}, lrnAttrs(ctx)) as tf.Tensor, x!.dtype);
};

const lrnGrad: Kernel = ([dy, x, y], ctx) => {
  if (x!.size === 0) return dy!;
  const operands = {x: x!.tensor(), y: y!.tensor(), dy: dy!.tensor()};
  const dx = constant(() => tf.engine().runKernel(tf.LRNGrad, operands, lrnAttrs(ctx)) as tf.Tensor);
  return fromTensor(dx, x!.dtype);
};

const BATCH_STATISTICS = 'the gradient with respect to the statistics it returns is zero, as in TensorFlow';

/** Normalizations. */
export const normalizations: OpFamily = {
  FusedBatchNorm: {kernel: fusedBatchNorm(1), limits: BATCH_STATISTICS},
  FusedBatchNormV2: {kernel: fusedBatchNorm(2), limits: BATCH_STATISTICS},
  FusedBatchNormV3: {kernel: fusedBatchNorm(3), limits: BATCH_STATISTICS},
  _FusedBatchNormEx: {kernel: fusedBatchNormEx, limits: BATCH_STATISTICS},
  FusedBatchNormGrad: {kernel: fusedBatchNormGrad},
  FusedBatchNormGradV2: {kernel: fusedBatchNormGrad},
  FusedBatchNormGradV3: {kernel: fusedBatchNormGrad},
  LRN: {kernel: lrn},
  LRNGrad: {kernel: lrnGrad, limits: 'not differentiable'},
};
