/** Pins what is repaired in tfjs's engine. */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {beforeEach, describe, expect, it} from 'vitest';
import {completeBackend} from './backend_kernels.js';
import {installEngineBooks} from './engine_books.js';

const use = async (backend: string): Promise<void> => {
  await tf.setBackend(backend);
  completeBackend(backend);
};

describe.each(['cpu', 'wasm'])('the engine, with the %s backend', (backend) => {
  beforeEach(() => use(backend));

  it('counts the bytes of string tensors that share data, and no others', () => {
    installEngineBooks();
    const before = tf.memory().numBytes;
    const text = tf.tensor1d(['ab', 'cde']);
    const one = tf.memory().numBytes - before;
    expect(one).toBeGreaterThan(0);
    const shapes = [tf.clone(text), tf.reshape(text, [1, 2]), tf.variable(text)];
    expect(tf.memory().numBytes - before).toBe(one * (shapes.length + 1));
    text.dispose();
    expect(shapes[1]!.dataSync()).toEqual(['ab', 'cde'] as unknown as Float32Array);
    tf.dispose(shapes);
    expect(tf.memory().numBytes).toBe(before);
  });

  it('keeps what a variable is assigned, whichever backend holds it', async () => {
    const before = [tf.memory().numTensors, tf.memory().numDataBuffers, tf.memory().numBytes];
    const variables = tf.tidy(() => [tf.variable(tf.complex([1], [2])), tf.variable(tf.tensor1d([1]))]);
    const other = backend === 'cpu' ? 'wasm' : 'cpu';
    const values = tf.tidy(() => [tf.complex([3], [4]), tf.tensor1d([5])]);
    await use(other);
    for (const [i, variable] of variables.entries()) variable.assign(values[i]!);
    tf.dispose(values);
    expect(variables.map((variable) => [...variable.dataSync()])).toEqual([[3, 4], [5]]);
    await use(backend);
    const copies = variables.map((variable) => tf.clone(variable as tf.Tensor));
    expect(copies.map((copy) => [...copy.dataSync()])).toEqual([[3, 4], [5]]);
    tf.dispose(copies);
    tf.dispose(variables);
    expect([tf.memory().numTensors, tf.memory().numDataBuffers, tf.memory().numBytes]).toEqual(before);
  });
});
