/**
 * Products (of a convolution, of matrices) with a bias, a normalization, an activation in one op: made by graph optimisers.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {ownEntry} from '../../../own_entry.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {DEVICE_ACTIVATIONS, leakyRelu} from '../../nn/kernels/activation.js';
import {checkRank, unsupported} from '../../node.js';
import {channelsFirst} from '../plan.js';
import {CONV2D, convolve, DEPTHWISE, type Kind} from './conv.js';
import {fromChannelsLast, toChannelsLast} from './layout.js';

type Fusion = (x: tf.Tensor, extra: tf.Tensor[], ctx: KernelContext) => tf.Tensor;

/** What may follow the product in a fused op, on a tensor with the channels last. Each takes its operands off `extra`. */
const FUSIONS: Readonly<Record<string, Fusion>> = {
  ...Object.fromEntries(
    Object.entries(DEVICE_ACTIVATIONS).map(([name, f]): [string, Fusion] => [name, (x) => f(x)]),
  ),
  BiasAdd: (x, extra) => tf.add(x, extra.shift()!),
  Add: (x, extra) => tf.add(x, extra.shift()!),
  LeakyRelu: (x, _, ctx) => leakyRelu(x, ctx.attrs.float('leakyrelu_alpha')),
  Tanh: (x) => tf.tanh(x),
  Sigmoid: (x) => tf.sigmoid(x),
  FusedBatchNorm: (x, extra, ctx) => {
    const [scale, offset, mean, variance] = extra.splice(0, 4) as tf.Tensor[];
    const factor = tf.mul(scale!, tf.rsqrt(tf.add(variance!, ctx.attrs.float('epsilon'))));
    return tf.add(tf.mul(tf.sub(x, mean!), factor), offset!);
  },
};

/** Applies the node's `fused_ops` to the product of its first two inputs. */
function fuse(product: Value, inputs: readonly Value[], ctx: KernelContext): Value {
  const extra = inputs.slice(2).map((value) => value.tensor());
  let x = product.tensor();
  for (const name of ctx.attrs.strings('fused_ops')) {
    const fusion = ownEntry(FUSIONS, name);
    if (fusion === undefined) throw unsupported(ctx, `the fused op ${name}`);
    x = fusion(x, extra, ctx);
  }
  return fromTensor(x, product.dtype);
}

function fusedConvolution(kind: Kind): Kernel {
  return (inputs, ctx) => {
    checkRank(inputs[0]!.shape, kind.rank, 'the input', ctx);
    const first = channelsFirst(ctx);
    const product = convolve(kind, toChannelsLast(inputs[0]!, first), inputs[1]!, ctx);
    return fromChannelsLast(fuse(product, inputs, ctx), first);
  };
}

const fusedMatMul: Kernel = (inputs, ctx) => {
  const [a, b] = inputs as [Value, Value];
  const product = tf.matMul(
    a.tensor() as tf.Tensor2D,
    b.tensor() as tf.Tensor2D,
    ctx.attrs.bool('transpose_a'),
    ctx.attrs.bool('transpose_b'),
  );
  return fuse(fromTensor(product, a.dtype), inputs, ctx);
};

const FUSED_LIMITS = `fused_ops: ${Object.keys(FUSIONS).join(', ')}`;

/** What graph optimisers make of a product and what follows it. */
export const fusions: OpFamily = {
  _FusedConv2D: {kernel: fusedConvolution(CONV2D), limits: FUSED_LIMITS},
  _FusedDepthwiseConv2dNative: {kernel: fusedConvolution(DEPTHWISE), limits: FUSED_LIMITS},
  _FusedMatMul: {kernel: fusedMatMul, limits: FUSED_LIMITS},
};
