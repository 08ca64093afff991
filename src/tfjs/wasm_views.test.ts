import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {completeBackend} from './backend_kernels.js';
import {quietCpuBackend} from './cpu_backend.js';
import {onHostBackend} from './host_backend.js';

beforeAll(async () => {
  await quietCpuBackend();
  await tf.setBackend('wasm');
  completeBackend('wasm');
});

afterAll(() => expect(tf.memory().numTensors).toBe(0));

it('copies tensors that come from the cpu backend while the wasm heap grows for them', () => {
  // 40 MB each: more than the heap has room for, several times over.
  const size = 1e7;
  const tensors = [1, 2, 3, 4].map((value) =>
    onHostBackend(() => tf.tensor(new Float32Array(size).fill(value))),
  );
  tensors.forEach((tensor, i) => {
    const copy = tf.clone(tensor);
    expect(copy.dataSync()[size - 1]).toBe(i + 1);
    tf.dispose([copy, tensor]);
  });
});
