import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {testOpFamily} from '../../testing/op_cases.js';
import {convolution} from '../kernels.js';
import type {Window} from '../plan.js';
import {dense, depthwise} from './convolution.js';
import {average, maximum} from './pooling.js';

testOpFamily('conv', convolution);

describe('second derivatives', () => {
  /** Numbers without pattern, no two alike. */
  const numbers = (...shape: number[]): tf.Tensor => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({length: size}, (_, i) => Math.sin(1 + i * i) * 2);
    return tf.tensor(data, shape);
  };
  const filterFrom = (x: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.slice(tf.reshape(x, [50]), 7, 24), [2, 2, 2, 3]);
  const window: Window = {size: 2, dilation: 1, stride: 2, before: 0, after: 1, input: 5, output: 3};
  const plane = [window, {...window, dilation: 2, stride: 1, output: 4}] as const;
  const wide = [window, window] as const;

  it.each([
    ['dense', (x: tf.Tensor) => dense.forward(x, numbers(2, 2, 2, 3), plane)],
    ['dense (of its filter)', (x: tf.Tensor) => dense.forward(numbers(1, 5, 5, 2), filterFrom(x), plane)],
    ['depthwise', (x: tf.Tensor) => depthwise.forward(x, numbers(2, 2, 2, 2), plane)],
    ['average', (x: tf.Tensor) => average.forward(x, wide)],
    ['maximum', (x: tf.Tensor) => maximum.forward(x, wide)],
  ])('of a %s window', async (_, f) => {
    await tf.setBackend('cpu');
    tf.tidy(() => {
      const x = numbers(1, 5, 5, 2);
      const direction = tf.reshape(tf.cos(tf.range(0, 50)), [1, 5, 5, 2]);
      const loss = (t: tf.Tensor): tf.Tensor => tf.sum(tf.pow(f(t), 3));
      const slope = (t: tf.Tensor): tf.Tensor => tf.sum(tf.mul(tf.grad(loss)(t), direction));
      const second = tf.sum(tf.mul(tf.grad(slope)(x), direction)).dataSync()[0]!;
      const along = (h: number): number => slope(tf.add(x, tf.mul(direction, h))).dataSync()[0]!;
      const expected = (along(0.005) - along(-0.005)) / 0.01;
      expect(Math.abs(second - expected)).toBeLessThan(0.01 * Math.abs(expected) + 0.01);
    });
  });
});
