/**
 * Models that are no longer used: what is left of those that were dropped, and what those that were disposed of say.
 */

import * as tf from '@tensorflow/tfjs-core';
import {beforeEach, describe, expect, it} from 'vitest';
import {loadFixture} from '../testing/fixtures.js';
import '@tensorflow/tfjs-backend-wasm';
import {CallError} from '../../errors.js';
import {KerasLayer} from '../../keras/keras_layer.js';
import {collectGarbage} from '../../testing/collect_garbage.js';

const X = {dtype: 'float32', shape: [2, 4], data: new Float32Array(8).fill(1)} as const;

/** Lets the collector work until there are so few tensors, or it has had every chance. */
async function tensorsLeft(wanted: number, rounds = 100): Promise<number> {
  for (let round = 0; round < rounds && tf.memory().numTensors > wanted; round++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return tf.memory().numTensors;
}

describe.each(['cpu', 'wasm'])('models dropped without dispose, on the %s backend', (backend) => {
  beforeEach(() => tf.setBackend(backend));

  /** Loads a model, uses it, and forgets it; the tensors it had. */
  async function useAndForget(): Promise<number> {
    const before = tf.memory().numTensors;
    const model = await loadFixture('mlp');
    tf.tidy(() => void model(X));
    return tf.memory().numTensors - before;
  }

  it('give back their constants and variables', async () => {
    const before = tf.memory().numTensors;
    expect(await useAndForget()).toBeGreaterThan(3);
    expect(await tensorsLeft(before)).toBe(before);
  });

  it('leave the variables that somebody has', async () => {
    const variables = await (async () => {
      const model = await loadFixture('mlp');
      tf.tidy(() => void model(X));
      return model.variables;
    })();
    await tensorsLeft(0, 5);
    for (const variable of variables) {
      expect(variable.isDisposed).toBe(false);
      expect(variable.dataSync().length).toBe(variable.size);
    }
    tf.dispose(variables);
  });
});

describe('after dispose', () => {
  const words = /the model was disposed/;

  it('functions, signatures and layers say so', async () => {
    const model = await loadFixture('mlp');
    const {signatures} = model;
    const layer = new KerasLayer(model, {inputShape: [4]});
    tf.tidy(() => void layer.apply(tf.ones([2, 4])));
    model.dispose();
    expect(() => model(X)).toThrowWithMessage(CallError, words);
    expect(() => model.invoke([X])).toThrowWithMessage(CallError, words);
    for (const signature of Object.values(signatures)) {
      const inputs = Object.fromEntries(Object.keys(signature.inputs).map((name) => [name, X]));
      expect(() => signature(inputs)).toThrowWithMessage(CallError, words);
    }
    tf.tidy(() => {
      expect(() => layer.apply(tf.ones([2, 4]))).toThrowWithMessage(CallError, words);
    });
    model.dispose();
  });

  it('models of TensorFlow 1 say so', async () => {
    const model = await loadFixture('v1_resource_variables');
    const {signatures} = model;
    const [signature] = Object.values(signatures);
    model.dispose();
    const inputs = Object.fromEntries(
      Object.values(signature!.inputs).map(({name, shape}) => [
        name,
        tf.zeros((shape ?? []).map((dim) => dim ?? 1)),
      ]),
    );
    expect(() => signature!(inputs)).toThrowWithMessage(CallError, words);
    tf.dispose(inputs);
  });
});
