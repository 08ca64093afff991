/**
 * Softmax, and the cross entropies of what it gives.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {formatShape} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {broadcastOrThrow, mapBinary} from '../../../tensors/host.js';
import {stopGradient} from '../../../tensors/linear.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

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

/** Softmax and cross entropies. */
export const softmaxes: OpFamily = {
  Softmax: {
    kernel: rowwise(softmax, (x, logSum) => Math.exp(x - logSum)),
  },
  LogSoftmax: {
    kernel: rowwise(logSoftmax, (x, logSum) => x - logSum),
  },
  SoftmaxCrossEntropyWithLogits: {kernel: softmaxCrossEntropy},
  SparseSoftmaxCrossEntropyWithLogits: {kernel: sparseSoftmaxCrossEntropy},
};
