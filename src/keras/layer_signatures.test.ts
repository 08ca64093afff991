/** Layers of signatures: names of inputs, shapes, and results that tfjs cannot hold beside the one that is asked for. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import * as hub from '../index.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {arrayOf} from './testing/values.js';

beforeAll(quietCpuBackend);

const NAMES = ['input.1', '0', 'geo.Heated', 'states/state', 'a-b', 'toString'];
const MIXED = ['input_1', '0', 'geo_Heated', 'states/state', 'a_b', 'toString'];

/** What `odd_names` computes: in the order of the identifiers, each input ten times the one before. */
const ORDER = ['a-b', '0', 'geo.Heated', 'input.1', 'states/state', 'toString'];
const expected = (value: (name: string) => number) =>
  ORDER.reduce((sum, name, i) => sum + value(name) * 10 ** i, 0);

describe('inputs whose names are no identifiers', () => {
  it.each([
    ['the names of the file', NAMES],
    ['identifiers, and names of the file', MIXED],
  ])('are given by %s', async (_, names) => {
    const layer = await hub.kerasLayer(fixturePath('odd_names'), {
      signature: 'serving_default',
      outputKey: 'sum',
    });
    const inputs = Object.fromEntries(names.map((name, i) => [name, tf.tensor([i, i + 1])]));
    const sum = (add: number) => expected((name) => NAMES.indexOf(name) + add);
    expect(arrayOf(layer.apply(inputs))).toEqual([sum(0), sum(1)]);
    layer.dispose();
  });

  it('are inputs of models', async () => {
    const object = await hub.load(fixturePath('odd_names'));
    const layer = new hub.KerasLayer(object, {signature: 'serving_default', outputKey: 'sum'});
    const inputs = MIXED.map((name) => tfl.input({batchShape: [2], name: `in_${name.replace(/\W/g, '_')}`}));
    const output = layer.apply(Object.fromEntries(MIXED.map((name, i) => [name, inputs[i]!])));
    expect((output as tfl.SymbolicTensor).shape).toEqual([2]);
    object.dispose();
  });

  it('are arguments of the layer', async () => {
    const object = await hub.load(fixturePath('odd_names'));
    const values = Object.fromEntries(MIXED.slice(1).map((name, i) => [name, [i + 1, i + 1]]));
    const layer = new hub.KerasLayer(object, {
      signature: 'serving_default',
      outputKey: 'sum',
      arguments: values,
    });
    const sum = expected((name) => NAMES.indexOf(name));
    expect(arrayOf(layer.apply(tf.tensor([0, 0])))).toEqual([sum, sum]);
    object.dispose();
  });
});

describe('a signature', () => {
  it('runs on another shape than it was declared for', async () => {
    const layer = await hub.kerasLayer(fixturePath('other_shapes'), {
      signature: 'serving_default',
      outputKey: 'output_0',
    });
    expect(arrayOf(layer.apply(tf.ones([4, 3])))).toEqual([[6], [6], [6], [6]]);
    // As in Keras, a model is not built of what cannot fit.
    expect(() => layer.apply(tfl.input({shape: [4]}))).toThrow(hub.CallError);
    layer.dispose();
  });

  it('of one output among which another is beyond int32 can be trained around', async () => {
    const layer = await hub.kerasLayer(fixturePath('wide_integers'), {
      signature: 'serving_default',
      outputKey: 'emb',
    });
    expect(arrayOf(layer.apply(tf.tensor([[1, 2]])))).toEqual([[1, 4]]);
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({units: 2, inputShape: [2], kernelInitializer: 'ones'}),
        layer,
        tfl.layers.dense({units: 1, kernelInitializer: 'ones'}),
      ],
    });
    model.compile({optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError'});
    const before = await model.trainOnBatch(tf.ones([4, 2]), tf.zeros([4, 1]));
    const after = await model.trainOnBatch(tf.ones([4, 2]), tf.zeros([4, 1]));
    expect(after as number).toBeLessThan(before as number);
    layer.dispose();
  });

  it('gives all outputs by name, of which some cannot be read', async () => {
    const layer = await hub.kerasLayer(fixturePath('wide_integers'), {
      signature: 'serving_default',
      signatureOutputsAsDict: true,
    });
    const apply = () => layer.apply(tf.tensor([[1, 2]])) as unknown as Record<string, tf.Tensor>;
    expect(arrayOf(apply().emb)).toEqual([[1, 4]]);
    expect(() => apply().id!.dataSync()).toThrowWithMessage(hub.CallError, /does not fit int32/);
    const {value} = tf.variableGrads(() => tf.sum(tf.mul(apply().emb!, scale)) as tf.Scalar);
    expect(arrayOf(value)).toBe(10);
    layer.dispose();
  });
});

const scale = tf.variable(tf.scalar(2));

describe('a layer of a handle', () => {
  it('keeps its tags in its config, however they were given', async () => {
    for (const tags of ['serve', ['serve'], new Set(['serve'])]) {
      const layer = await hub.kerasLayer(fixturePath('mymul'), {tags});
      expect(layer.getConfig().tags).toEqual({name: '["serve"]'});
      layer.dispose();
    }
  });
});
