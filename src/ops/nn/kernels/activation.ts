/**
 * Activation functions, softmax and cross entropy, biases; and the gradient ops that saved training functions contain.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isFloating} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {withDerivative, withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {broadcastOrThrow, mapBinary} from '../../../tensors/host.js';
import {stopGradient} from '../../../tensors/linear.js';
import {preferHost, Value} from '../../../tensors/value.js';
import {binary, unary} from '../../elementwise.js';
import type {Kernel, KernelContext, OpFamily, OpImplementation} from '../../kernel.js';
import {invalid} from '../../node.js';

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
    device: (x) => tf.relu(x),
    of: 'input',
    slope: {float: (x) => (x > 0 ? 1 : 0), device: (x) => tf.step(x)},
  },
  Relu6: {
    float: (x) => Math.min(Math.max(x, 0), 6),
    int: (x) => Math.min(Math.max(x, 0), 6),
    bigint: (x) => (x < 0n ? 0n : x > 6n ? 6n : x),
    device: (x) => tf.relu6(x),
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

/** Applies `row` to each row along the last axis of a host value: reads `x` and writes `out` from `at` to `at + n`. */
function mapRows(
  value: Value,
  row: (x: ArrayLike<number>, out: Record<number, number>, at: number, n: number) => void,
): Value {
  const x = value.numeric() as Float64Array;
  const n = value.shape.at(-1) ?? 1;
  const out = new Float64Array(x.length);
  for (let at = 0; at < x.length; at += n) row(x, out, at, n);
  return Value.host('float64', value.shape, out);
}

/** log(sum(exp(x))) of one row. */
function logSumExp(x: ArrayLike<number>, at: number, n: number): number {
  let max = -Infinity;
  for (let i = at; i < at + n; i++) max = Math.max(max, x[i]!);
  let sum = 0;
  for (let i = at; i < at + n; i++) sum += Math.exp(x[i]! - max);
  return max + Math.log(sum);
}

/** An op along the last axis: on the host for float64, else by `device` on `[rows, n]`. */
function rowwise(device: (x: tf.Tensor2D) => tf.Tensor, host: (x: number, logSum: number) => number): Kernel {
  return ([logits], ctx) => {
    const {dtype, shape, rank} = logits!;
    if (rank < 1) throw invalid(ctx, 'logits must have at least one dimension');
    if (dtype === 'float64' && logits!.hostReady) {
      return mapRows(logits!, (x, out, at, n) => {
        const logSum = logSumExp(x, at, n);
        for (let i = at; i < at + n; i++) out[i] = host(x[i]!, logSum);
      });
    }
    const x = logits!.tensor();
    if (x.size === 0) return logits!;
    const rows = tf.reshape(x, [-1, shape.at(-1)!]) as tf.Tensor2D;
    return fromTensor(tf.reshape(device(rows), x.shape), dtype);
  };
}

// tfjs differentiates both of these once only: a tape cannot follow the results that its gradients save.

function softmax(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (input) => tf.softmax(input!),
    (dy, _, y) => {
      const shares = tf.mul(dy, y);
      return [tf.sub(shares, tf.mul(y, tf.sum(shares, -1, true)))];
    },
  );
}

function logSoftmax(x: tf.Tensor): tf.Tensor {
  return withGradient(
    [x],
    (input) => tf.logSoftmax(input!),
    (dy, _, y) => [tf.sub(dy, tf.mul(tf.exp(y), tf.sum(dy, -1, true)))],
  );
}

/**
 * Loss and its gradient with respect to the logits, `[rows]` and `[rows, classes]`. The gradient of the loss is what
 * the op itself gives as its second output, also for labels that do not sum to 1.
 */
function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const loss = withGradient(
    [logits, labels],
    (x, p) => {
      // 0 * log(0) is 0 here: a class of zero probability costs nothing.
      const cost = tf.mul(p, tf.neg(tf.logSoftmax(x)));
      return tf.sum(tf.where(tf.equal(p, 0), tf.zerosLike(cost), cost), -1);
    },
    (dy, [x, p]) => {
      const rows = tf.expandDims(dy, -1);
      return [() => tf.mul(rows, tf.sub(softmax(x!), p!)), () => tf.mul(rows, tf.neg(logSoftmax(x!)))];
    },
  );
  return [loss, tf.sub(softmax(logits), stopGradient(labels))];
}

function crossEntropyHost(logits: Value, labels: Value): Value[] {
  const [rows, classes] = logits.shape as [number, number];
  const x = logits.numeric() as Float64Array;
  const p = labels.numeric() as Float64Array;
  const loss = new Float64Array(rows);
  const backprop = new Float64Array(x.length);
  for (let row = 0; row < rows; row++) {
    const logSum = logSumExp(x, row * classes, classes);
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      if (p[i] !== 0) loss[row]! += p[i]! * (logSum - x[i]!);
      backprop[i] = Math.exp(x[i]! - logSum) - p[i]!;
    }
  }
  return [Value.host('float64', [rows], loss), Value.host('float64', logits.shape, backprop)];
}

function broadcastValue(value: Value, shape: readonly number[]): Value {
  return mapBinary(value, Value.host(value.dtype, shape, allocate(value.dtype, sizeOf(shape))), {
    number: (x) => x,
  });
}

const softmaxCrossEntropy: Kernel = ([logits, labels], ctx) => {
  const {dtype} = logits!;
  if (logits!.rank > 2 || labels!.rank > 2) {
    throw invalid(ctx, `logits and labels must be matrices, got ${formatShape(logits!.shape)}`);
  }
  const shape = broadcastOrThrow(logits!.shape, labels!.shape);
  if (shape.length !== 2) throw invalid(ctx, `logits must be a matrix, got ${formatShape(shape)}`);
  if (dtype === 'float64' && logits!.hostReady && labels!.hostReady) {
    return crossEntropyHost(broadcastValue(logits!, shape), broadcastValue(labels!, shape));
  }
  if (sizeOf(shape) === 0) return emptyCrossEntropy(shape, dtype);
  const x = tf.broadcastTo(logits!.tensor(), shape);
  const p = tf.broadcastTo(labels!.tensor(), shape);
  return crossEntropy(x, p).map((result) => fromTensor(result, dtype));
};

function emptyCrossEntropy(shape: readonly number[], dtype: Value['dtype']): Value[] {
  return [
    Value.host(dtype, [shape[0]!], allocate(dtype, shape[0]!)),
    Value.host(dtype, shape, allocate(dtype, 0)),
  ];
}

const sparseSoftmaxCrossEntropy: Kernel = ([logits, labels], ctx) => {
  const {dtype, shape} = logits!;
  if (logits!.rank !== 2 || labels!.rank !== 1 || shape[0] !== labels!.shape[0]) {
    const shapes = `${formatShape(shape)} and ${formatShape(labels!.shape)}`;
    throw invalid(ctx, `logits must be a matrix and labels a vector with its number of rows, got ${shapes}`);
  }
  const classes = shape[1]!;
  if (sizeOf(shape) === 0 && shape[0]! > 0) throw invalid(ctx, 'there must be at least one class');
  const oneHot = new Float64Array(sizeOf(shape));
  labels!.numbers().forEach((label, row) => {
    if (label < 0 || label >= classes) {
      throw invalid(ctx, `label ${label} is outside of the valid range [0, ${classes})`);
    }
    oneHot[row * classes + label] = 1;
  });
  if (dtype === 'float64' && logits!.hostReady) {
    return crossEntropyHost(logits!, Value.host(dtype, shape, oneHot));
  }
  if (sizeOf(shape) === 0) return emptyCrossEntropy(shape, dtype);
  const target = tf.tensor(Float32Array.from(oneHot), shape as number[]);
  return crossEntropy(logits!.tensor(), target).map((result) => fromTensor(result, dtype));
};

/** The value's axes seen as `[outer, channels, inner]`. */
function channelView(shape: readonly number[], ctx: KernelContext): [number, number, number] {
  const first = ctx.attrs.has('data_format') && ctx.attrs.string('data_format').startsWith('NC');
  const axis = first ? 1 : shape.length - 1;
  return [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
}

const biasAdd: Kernel = ([value, bias], ctx) => {
  const {dtype, shape, rank} = value!;
  if (rank < 2) throw invalid(ctx, `the input must have at least 2 dimensions, got ${formatShape(shape)}`);
  if (bias!.rank !== 1) throw invalid(ctx, `the bias must be a vector, got ${formatShape(bias!.shape)}`);
  const view = channelView(shape, ctx);
  if (bias!.shape[0] !== view[1]) {
    throw invalid(ctx, `the bias has ${bias!.shape[0]} elements where the input has ${view[1]} channels`);
  }
  if (preferHost(value!, bias!) || !isFloating(dtype)) {
    const sum = mapBinary(value!.reshape(view), bias!.reshape([view[1], 1]), {
      number: (x, b) => x + b,
      bigint: (x, b) => x + b,
    });
    return sum.reshape(shape);
  }
  return fromTensor(addBias(value!.tensor(), bias!.tensor(), view), dtype);
};

/** `x` with the bias of each channel added, `view` being `[outer, channels, inner]`. */
function addBias(x: tf.Tensor, bias: tf.Tensor, view: [number, number, number]): tf.Tensor {
  if (x.size === 0) return tf.clone(x);
  const [outer, channels, inner] = view;
  if (inner === 1) return tf.reshape(tf.add(tf.reshape(x, [outer, channels]), bias), x.shape);
  return tf.reshape(tf.add(tf.reshape(x, view), tf.reshape(bias, [channels, 1])), x.shape);
}

const biasAddGrad: Kernel = ([dy], ctx) => {
  const {dtype, shape, rank} = dy!;
  if (rank < 2) throw invalid(ctx, `the input must have at least 2 dimensions, got ${formatShape(shape)}`);
  const [outer, channels, inner] = channelView(shape, ctx);
  if (preferHost(dy!) || !isFloating(dtype)) return sumOverHost(dy!, outer, channels, inner);
  if (dy!.size === 0) return fromTensor(tf.zeros([channels]), dtype);
  return fromTensor(tf.sum(tf.reshape(dy!.tensor(), [outer, channels, inner]), [0, 2]), dtype);
};

function sumOverHost(dy: Value, outer: number, channels: number, inner: number): Value {
  let sum = Value.host(dy.dtype, [channels], allocate(dy.dtype, channels));
  const source = dy.numeric();
  const add = {number: (a: number, b: number) => a + b, bigint: (a: bigint, b: bigint) => a + b};
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const part = allocate(dy.dtype, channels);
      for (let c = 0; c < channels; c++) part[c] = source[(o * channels + c) * inner + i]! as never;
      sum = mapBinary(sum, Value.host(dy.dtype, [channels], part), add);
    }
  }
  return sum;
}

const COMPLEX_BIAS = 'complex inputs are not supported';
const COMPLEX = {T: ['complex64', 'complex128']} as const;

/** Activations, softmax, cross entropy, bias. */
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
  Softmax: {
    kernel: rowwise(softmax, (x, logSum) => Math.exp(x - logSum)),
  },
  LogSoftmax: {
    kernel: rowwise(logSoftmax, (x, logSum) => x - logSum),
  },
  SoftmaxCrossEntropyWithLogits: {kernel: softmaxCrossEntropy},
  SparseSoftmaxCrossEntropyWithLogits: {kernel: sparseSoftmaxCrossEntropy},
  BiasAdd: {kernel: biasAdd, limits: COMPLEX_BIAS, unsupportedDtypes: COMPLEX},
  BiasAddV1: {kernel: biasAdd, limits: COMPLEX_BIAS, unsupportedDtypes: COMPLEX},
  BiasAddGrad: {kernel: biasAddGrad, limits: COMPLEX_BIAS, unsupportedDtypes: COMPLEX},
};
