import * as tf from '@tensorflow/tfjs-core';
import {expect, it} from 'vitest';
import {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily} from '../testing/op_cases.js';
import {normalizations} from './kernels.js';

testOpFamily('normalization', normalizations);

it('differentiates a batch normalization in training twice', async () => {
  await tf.setBackend('cpu');
  const attrs = {
    epsilon: {type: 'float', value: 0.001 as never},
    exponential_avg_factor: {type: 'float', value: 1 as never},
    is_training: {type: 'bool', value: true as never},
    data_format: {type: 'string', value: 'TkhXQw==' as never},
  } as const;
  const ones = tf.ones([2]);
  const none = Value.host('float32', [0], new Float32Array(0));
  const x = tf.tensor4d([0.1, 2, -0.5, 0.7, 1.3, -1, 0.4, 0.9], [2, 2, 1, 2]);
  const direction = tf.tensor4d([1, -1, 2, 0.5, -0.3, 1, 0.2, 0.1], [2, 2, 1, 2]);
  const loss = (input: tf.Tensor): tf.Tensor => {
    const inputs = [Value.device(input), Value.device(ones), Value.device(ones), none, none];
    const [y] = runKernel({op: 'FusedBatchNormV3', attrs}, normalizations, inputs);
    return tf.sum(tf.pow(y!.tensor(), 3));
  };
  const slope = (input: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.grad(loss)(input), direction));
  const second = tf.sum(tf.mul(tf.grad(slope)(x), direction)).dataSync()[0]!;
  const along = (t: number): number => slope(tf.add(x, tf.mul(direction, t))).dataSync()[0]!;
  expect(second).toBeCloseTo((along(0.01) - along(-0.01)) / 0.02, 1);
});
