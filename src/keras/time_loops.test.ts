import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {LAYERS_CASES, randomizeWeights} from './testing/layers_models.js';
import {withTimeLoops} from './time_loops.js';

beforeAll(quietCpuBackend);

const list = (values: unknown): tf.Tensor[] => (Array.isArray(values) ? values : [values]) as tf.Tensor[];

const apply = (model: tfl.LayersModel, inputs: tf.Tensor[]): tf.Tensor[] =>
  list(model.apply(inputs.length === 1 ? inputs[0]! : inputs, {training: false}));

const recurrent = LAYERS_CASES.filter(({name}) =>
  /rnn|lstm|gru|bidirectional|time|cells|masking|masked|states/.test(name),
);

describe('stepping through time by a loop', () => {
  it.each(recurrent)('computes what tfjs-layers does: $name', ({build, inputs}) => {
    const model = build();
    randomizeWeights(model);
    for (const batch of [1, 3]) {
      const given = inputs(batch);
      const expected = apply(model, given);
      const actual = withTimeLoops(model, new Map(), () => apply(model, given));
      expect(actual.map(({shape}) => shape)).toEqual(expected.map(({shape}) => shape));
      for (const [i, tensor] of actual.entries()) {
        const difference = tf.max(tf.abs(tf.sub(tensor, expected[i]!))).dataSync()[0];
        expect(difference).toBeLessThan(1e-6);
      }
    }
  });

  it('leaves the layers as they were', () => {
    const layer = tfl.layers.simpleRNN({units: 2, recurrentInitializer: 'zeros', inputShape: [null, 1]});
    const model = tfl.sequential({layers: [layer]});
    const {call} = layer;
    expect(() =>
      withTimeLoops(model, new Map(), () => {
        expect(layer.call).not.toBe(call);
        throw new Error('in between');
      }),
    ).toThrowWithMessage(Error, 'in between');
    expect(layer.call).toBe(call);
  });

  it('drops the same at each step, and anew in each call', () => {
    const layer = tfl.layers.simpleRNN({
      units: 64,
      dropout: 0.5,
      activation: 'linear',
      useBias: false,
      kernelInitializer: tfl.initializers.identity({gain: 1}),
      recurrentInitializer: 'zeros',
      returnSequences: true,
      inputShape: [null, 64],
    });
    const model = tfl.sequential({layers: [layer]});
    // The identity shows what was dropped of each step's input: 64 ones, each kept (and doubled) or not.
    const call = () =>
      withTimeLoops(model, new Map(), () => {
        const output = model.apply(tf.ones([1, 3, 64]), {training: true}) as tf.Tensor;
        return tf.squeeze(output, [0]).arraySync() as number[][];
      });
    const [first, second, third] = call();
    expect(first).toEqual(second);
    expect(first).toEqual(third);
    expect(new Set(first)).toEqual(new Set([0, 2]));
    expect(call()[0]).not.toEqual(first);
  });

  it('keeps the state of stateful layers in variables', () => {
    const layer = tfl.layers.simpleRNN({
      units: 1,
      stateful: true,
      activation: 'linear',
      kernelInitializer: 'ones',
      recurrentInitializer: 'ones',
      batchInputShape: [1, null, 1],
    });
    const model = tfl.sequential({layers: [layer]});
    const state = tf.variable(tf.tensor2d([[10]]), false);
    const call = () =>
      withTimeLoops(model, new Map([[layer, [state]]]), () =>
        (model.apply(tf.tensor3d([[[1], [2]]])) as tf.Tensor).arraySync(),
      );
    expect(call()).toEqual([[13]]);
    expect(state.arraySync()).toEqual([[13]]);
    expect(call()).toEqual([[16]]);
  });
});
