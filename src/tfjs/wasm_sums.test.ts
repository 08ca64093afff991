/** Checks that sums on the wasm backend are as accurate as float32 allows. */

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import {beforeAll, describe, expect, it} from 'vitest';
import {completeBackend} from './backend_kernels.js';

beforeAll(async () => {
  await tf.setBackend('wasm');
  completeBackend('wasm');
});

describe('sums on the wasm backend', () => {
  const data = (size: number) => Float32Array.from({length: size}, (_, i) => 0.1 + (i % 7) * 0.01);
  const total = (values: Float32Array) => values.reduce((sum, each) => sum + each, 0);

  for (const size of [256, 257, 4096, 100_003, 1_000_000]) {
    it(`keep the precision of float32 over ${size} elements`, () => {
      const values = data(size);
      const {sum, mean} = tf.tidy(() => {
        const x = tf.tensor1d(values);
        return {sum: tf.sum(x).dataSync()[0]!, mean: tf.mean(x).dataSync()[0]!};
      });
      expect(sum / total(values)).toBeCloseTo(1, 5);
      expect((mean * size) / total(values)).toBeCloseTo(1, 5);
    });
  }

  it('add up columns', () => {
    for (const [outer, count, inner] of [
      [1, 36_864, 3],
      [1, 1009, 4],
      [3, 1009, 2],
      [3, 2, 5],
      [2, 777, 1],
    ] as const) {
      const values = data(outer * count * inner);
      const sums = tf.tidy(() => tf.sum(tf.tensor3d(values, [outer, count, inner]), 1).dataSync());
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          const column = Float32Array.from({length: count}, (_, k) => values[(o * count + k) * inner + i]!);
          expect(sums[o * inner + i]! / total(column)).toBeCloseTo(1, 5);
        }
      }
    }
  });

  it('of whole numbers are whole', () => {
    for (const inner of [1, 2, 3, 5000]) {
      for (const count of [41, 47, 55, 61, 82, 97, 255, 256, 1009, 4097].filter((n) => n * inner < 500_000)) {
        const sums = tf.tidy(() => tf.sum(tf.ones([count, inner]), 0).dataSync());
        expect(new Set(sums)).toEqual(new Set([count]));
      }
    }
  });

  it('of rows of any length leave the backend intact', () => {
    for (const [count, inner] of [
      [8, 16_383],
      [8, 16_384],
      [8, 16_640],
      [8, 65_536],
      [9, 300_007],
      [128, 16_640],
    ] as const) {
      const [sums, means] = tf.tidy(() => {
        const x = tf.ones([count, inner]);
        return [tf.sum(x, 0).dataSync(), tf.mean(x, 0).dataSync()];
      });
      expect(new Set(sums)).toEqual(new Set([count]));
      expect(new Set(means)).toEqual(new Set([1]));
    }
    expect(tf.tidy(() => tf.sum(tf.ones([1000])).dataSync()[0])).toBe(1000);
  });

  it('give the gradient of position embeddings, which all sentences of a batch share', () => {
    tf.tidy(() => {
      const words = tf.ones([8, 128, 130]);
      const gradient = tf.grad((positions) => tf.sum(tf.mul(tf.add(words, positions), 3)))(
        tf.zeros([128, 130]),
      );
      expect(gradient.shape).toEqual([128, 130]);
      expect(new Set(gradient.dataSync())).toEqual(new Set([24]));
    });
  });

  it('keep what is no number, and infinities', () => {
    const x = tf.tensor2d([
      [1, Number.NaN, Infinity, -Infinity, 1],
      [2, 3, 4, 5, Infinity],
    ]);
    expect([...tf.sum(x, 0).dataSync()]).toEqual([3, Number.NaN, Infinity, -Infinity, Infinity]);
    expect([...tf.mean(x, 0).dataSync()]).toEqual([1.5, Number.NaN, Infinity, -Infinity, Infinity]);
    expect(tf.sum(tf.fill([400, 2], Number.NaN)).dataSync()[0]).toBeNaN();
  });

  it('of nothing are zero, means no numbers', () => {
    expect([...tf.sum(tf.zeros([0, 3]), 0).dataSync()]).toEqual([0, 0, 0]);
    expect([...tf.mean(tf.zeros([0, 2]), 0).dataSync()]).toEqual([Number.NaN, Number.NaN]);
    expect(tf.sum(tf.zeros([0, 3])).dataSync()[0]).toBe(0);
  });

  it('reduce any axes, and leave no tensors behind', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const x = tf.tensor(data(2 * 300 * 3 * 5), [2, 300, 3, 5]);
      const sum = tf.sum(x, [1, 3]);
      const kept = tf.mean(x, [-1, 1], true);
      expect(sum.shape).toEqual([2, 3]);
      expect(kept.shape).toEqual([2, 1, 3, 1]);
      const ones = tf.sum(tf.ones([2, 300, 3, 5]), [1, 3]);
      expect([...ones.dataSync()]).toEqual(new Array(6).fill(1500));
      expect(kept.dataSync()[0]! * 1500).toBeCloseTo(sum.dataSync()[0]!, 2);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
