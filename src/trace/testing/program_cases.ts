/**
 * Functions that are more than one kernel: loops, branches, gradients, attention; to be traced and compared like kernels.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {cond, whileLoop} from '../func.js';
import {floats, ints, type KernelCase} from './kernel_cases.js';

const scalar = (value: number): tf.Tensor => tf.scalar(value, 'int32');
const zero = (): tf.Tensor => tf.scalar(0, 'int32');

/** A recurrent step over unknown time, its outputs placed in a tensor that is there before. */
const recurrent = (x: tf.Tensor): tf.Tensor => {
  const [batch, time] = x.shape as [number, number];
  const w = tf.mul(tf.eye(4), 0.5);
  const steps = tf.transpose(x, [1, 0, 2]);
  const length = tf.sum(tf.ones([time], 'int32'));
  const [, outputs] = whileLoop(
    ([t]) => tf.less(t!, length),
    ([t, all, state]) => {
      const next = tf.tanh(tf.add(tf.gather(steps, t!), tf.matMul(state as tf.Tensor2D, w)));
      const placed = tf.tensorScatterUpdate(all!, tf.reshape(t!, [1, 1]), tf.expandDims(next, 0));
      return [tf.add(t!, tf.scalar(1, 'int32')), placed, next];
    },
    [zero(), tf.zeros([time, batch, 4]), tf.zeros([batch, 4])],
  );
  return tf.transpose(outputs!, [1, 0, 2]);
};

/** Attention of two heads, as written for tensors of unknown batch and length. */
const attention = (x: tf.Tensor): tf.Tensor => {
  const [batch, time, width] = x.shape as [number, number, number];
  const heads = (each: tf.Tensor) =>
    tf.transpose(tf.reshape(each, [batch, time, 2, width / 2]), [0, 2, 1, 3]);
  const [q, k, v] = [heads(x), heads(tf.mul(x, 0.5)), heads(tf.neg(x))];
  const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(width / 2));
  const causal = tf.sub(tf.linalg.bandPart(tf.ones([time, time]), -1, 0), 1);
  const weights = tf.softmax(tf.add(scores, tf.mul(causal, 1e9)));
  return tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [batch, time, width]);
};

/** By a name for the case. */
export const PROGRAM_CASES: Readonly<Record<string, KernelCase>> = {
  'a loop whose turns are an argument': {
    f: (x, n) =>
      whileLoop(
        ([i]) => tf.less(i!, n!),
        ([i, y]) => [tf.add(i!, scalar(1)), tf.mul(y!, x!)],
        [zero(), tf.onesLike(x!)],
      )[1]!,
    specs: [
      [[null], 'float32'],
      [[], 'int32'],
    ],
    inputs: [() => [floats([3]), scalar(3)], () => [floats([5]), scalar(0)]],
  },
  'a loop that lets a tensor grow': {
    f: (n) =>
      whileLoop(
        ([i]) => tf.less(i!, n!),
        ([i, rows]) => [tf.add(i!, scalar(1)), tf.concat([rows!, tf.cast(tf.fill([1, 2], 1), 'float32')])],
        [zero(), tf.zeros([0, 2])],
      )[1]!,
    specs: [[[], 'int32']],
    inputs: [() => [scalar(4)], () => [scalar(0)]],
  },
  'a branch': {
    f: (x) =>
      cond(
        tf.greater(tf.sum(x!), 0),
        () => [tf.mul(x!, 2)],
        () => [tf.neg(x!)],
      ),
    specs: [[[null], 'float32']],
    inputs: [() => [tf.tensor1d([1, 2])], () => [tf.tensor1d([-1, -2, 0.5])]],
  },
  'a recurrence over unknown time': {
    f: (x) => recurrent(x!),
    specs: [[[null, null, 4], 'float32']],
    inputs: [() => [floats([2, 5, 4])], () => [floats([1, 1, 4])]],
  },
  attention: {
    f: (x) => attention(x!),
    specs: [[[null, null, 6], 'float32']],
    inputs: [() => [floats([2, 5, 6])], () => [floats([1, 1, 6])], () => [floats([3, 2, 6])]],
  },
  'the gradient of a loss': {
    f: (x, w, labels) => {
      const loss = (weights: tf.Tensor) => {
        const logits = tf.matMul(tf.relu(x!) as tf.Tensor2D, weights as tf.Tensor2D);
        return tf.losses.softmaxCrossEntropy(tf.oneHot(labels as tf.Tensor1D, 3), logits);
      };
      const {value, grad} = tf.valueAndGrad(loss)(w!);
      return [value, grad];
    },
    specs: [
      [[null, 4], 'float32'],
      [[4, 3], 'float32'],
      [[null], 'int32'],
    ],
    inputs: [
      () => [floats([5, 4]), floats([4, 3]), ints([5], 3)],
      () => [floats([1, 4]), floats([4, 3]), ints([1], 3)],
    ],
  },
  'layer normalisation of unknown rank': {
    f: (x) => {
      const {mean, variance} = tf.moments(x!, -1, true);
      return tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, 1e-3)));
    },
    specs: [[null, 'float32']],
    inputs: [() => [floats([4])], () => [floats([2, 3, 5])]],
  },
};
