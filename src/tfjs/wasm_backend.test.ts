import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, expect, it} from 'vitest';
import {quietCpuBackend} from './cpu_backend.js';
import {wasmBackend} from './wasm_backend.js';
import {heapView} from './wasm_views.js';

afterAll(quietCpuBackend);

it('is not started by who asks for it', async () => {
  await quietCpuBackend();
  const tensor = tf.tensor([1, 2]);
  expect(wasmBackend()).toBeUndefined();
  expect(heapView(tensor)).toBeUndefined();
  expect(tf.add(tensor, 1).dataSync()).toEqual(Float32Array.of(2, 3));
  await tf.setBackend('wasm');
  expect(wasmBackend()).toBe(tf.backend());
});
