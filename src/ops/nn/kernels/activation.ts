/**
 * Activation functions, and the gradient ops that saved training functions contain.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {withDerivative} from '../../../tensors/differentiable.js';
import {unaryKernel} from '../../../tfjs/kernels.js';
import {binary, unary} from '../../elementwise.js';
import type {Kernel, OpFamily, OpImplementation} from '../../kernel.js';

/** Constants of the scaled exponential linear unit (Klambauer et al., 2017). */
const SELU_SCALE = 1.0507009873554805;
const SELU_SCALE_ALPHA = 1.7580993408473768;

/**
 * An activation and its gradient op. `slope` is the derivative, of the input or (`of: 'output'`) of the result, as
 * TensorFlow defines it at the points where there is none. It is written with `step`, which tfjs can differentiate
 * once more, not with comparisons, which it cannot.
 */
interface Activation {
  readonly float: (x: number) => number;
  readonly int?: (x: number) => number;
  readonly bigint?: (x: bigint) => bigint;
  readonly device: (x: tf.Tensor) => tf.Tensor;
  readonly of: 'input' | 'output';
  readonly slope: {
    readonly float: (v: number) => number;
    readonly device: (v: tf.Tensor) => tf.Tensor;
  };
}

const ACTIVATIONS = {
  Relu: {
    float: (x) => Math.max(x, 0),
    int: (x) => Math.max(x, 0),
    bigint: (x) => (x < 0n ? 0n : x),
    device: unaryKernel(tf.Relu),
    of: 'input',
    slope: {float: (x) => (x > 0 ? 1 : 0), device: (x) => tf.step(x)},
  },
  Relu6: {
    float: (x) => Math.min(Math.max(x, 0), 6),
    int: (x) => Math.min(Math.max(x, 0), 6),
    bigint: (x) => (x < 0n ? 0n : x > 6n ? 6n : x),
    device: unaryKernel(tf.Relu6),
    of: 'input',
    slope: {
      float: (x) => (x > 0 && x < 6 ? 1 : 0),
      device: (x) => tf.mul(tf.step(x), tf.step(tf.sub(6, x))),
    },
  },
  Elu: {
    float: (x) => (x < 0 ? Math.expm1(x) : x),
    device: (x) => tf.elu(x),
    of: 'output',
    slope: {
      float: (y) => (y < 0 ? y + 1 : 1),
      device: (y) => tf.add(tf.minimum(y, 0), 1),
    },
  },
  Selu: {
    float: (x) => (x < 0 ? SELU_SCALE_ALPHA * Math.expm1(x) : SELU_SCALE * x),
    device: (x) => tf.selu(x),
    of: 'output',
    slope: {
      float: (y) => (y < 0 ? y + SELU_SCALE_ALPHA : SELU_SCALE),
      device: (y) => {
        const bend = tf.mul(tf.step(tf.neg(y)), tf.add(y, SELU_SCALE_ALPHA - SELU_SCALE));
        return tf.add(bend, SELU_SCALE);
      },
    },
  },
  Softplus: {
    // Beyond this bound the other term is below the precision of a double.
    float: (x) => (x > 37 ? x : x < -37 ? Math.exp(x) : Math.log1p(Math.exp(x))),
    device: (x) => tf.softplus(x),
    of: 'input',
    slope: {float: (x) => 1 / (Math.exp(-x) + 1), device: (x) => tf.sigmoid(x)},
  },
  Softsign: {
    float: (x) => x / (1 + Math.abs(x)),
    device: (x) => tf.div(x, tf.add(tf.abs(x), 1)),
    of: 'input',
    slope: {
      float: (x) => 1 / (1 + Math.abs(x)) ** 2,
      device: (x) => tf.reciprocal(tf.square(tf.add(tf.abs(x), 1))),
    },
  },
} as const satisfies Record<string, Activation>;

function activation({float, int, bigint, device, of, slope}: Activation): OpImplementation {
  const derivative = (x: tf.Tensor, y: tf.Tensor) => slope.device(of === 'input' ? x : y);
  return unary({
    float,
    ...(int && {int}),
    ...(bigint && {bigint}),
    device: (x) => withDerivative(x, device, derivative),
  });
}

/** `<Activation>Grad(gradients, features or outputs)`. */
function activationGrad({slope}: Activation): OpImplementation {
  return binary({
    // A zero slope stops even an infinite gradient.
    float: (dy, v) => (slope.float(v) === 0 ? 0 : dy * slope.float(v)),
    int: (dy, v) => dy * slope.float(v),
    bigint: (dy, v) => dy * BigInt(slope.float(Number(v))),
    device: (dy, v) => tf.mul(dy, slope.device(v)),
  });
}

const leakySlope = (x: tf.Tensor, alpha: number): tf.Tensor => tf.add(tf.mul(tf.step(x), 1 - alpha), alpha);

/** The leaky rectifier of a float tensor, differentiated as TensorFlow does. */
export function leakyRelu(x: tf.Tensor, alpha: number): tf.Tensor {
  return withDerivative(
    x,
    (input) => tf.leakyRelu(input, alpha),
    (input) => leakySlope(input, alpha),
  );
}

/** Activations of float tensors by op name, differentiable: what fused ops apply to their result. */
export const DEVICE_ACTIVATIONS: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = Object.fromEntries(
  Object.entries(ACTIVATIONS as Record<string, Activation>).map(([name, {device, of, slope}]) => [
    name,
    (x) => withDerivative(x, device, (input, y) => slope.device(of === 'input' ? input : y)),
  ]),
);

const leakyReluKernel: Kernel = (inputs, ctx) => {
  const alpha = ctx.attrs.float('alpha');
  return unary({
    float: (x) => (x > 0 ? x : x * alpha),
    device: (x) => leakyRelu(x, alpha),
  }).kernel(inputs, ctx);
};

const leakyReluGradKernel: Kernel = (inputs, ctx) => {
  const alpha = ctx.attrs.float('alpha');
  return binary({
    float: (dy, x) => (x > 0 ? dy : dy * alpha),
    device: (dy, x) => tf.mul(dy, leakySlope(x, alpha)),
  }).kernel(inputs, ctx);
};

/** Activations and their gradients. */
export const activations: OpFamily = {
  Relu: activation(ACTIVATIONS.Relu),
  Relu6: activation(ACTIVATIONS.Relu6),
  LeakyRelu: {kernel: leakyReluKernel},
  Elu: activation(ACTIVATIONS.Elu),
  Selu: activation(ACTIVATIONS.Selu),
  Softplus: activation(ACTIVATIONS.Softplus),
  Softsign: activation(ACTIVATIONS.Softsign),
  ReluGrad: activationGrad(ACTIVATIONS.Relu),
  Relu6Grad: activationGrad(ACTIVATIONS.Relu6),
  LeakyReluGrad: {kernel: leakyReluGradKernel},
  EluGrad: activationGrad(ACTIVATIONS.Elu),
  SeluGrad: activationGrad(ACTIVATIONS.Selu),
  SoftplusGrad: activationGrad(ACTIVATIONS.Softplus),
  SoftsignGrad: activationGrad(ACTIVATIONS.Softsign),
};
