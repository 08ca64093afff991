/**
 * What the tests of Python's `hub.KerasLayer` demand (`tensorflow_hub/keras_layer_test.py`), under their names; the numbers
 * are those that Python gives for the same models.
 */
import {readFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it, vi} from 'vitest';
import * as hub from '../index.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {arrayOf, elements, expectClose} from './testing/values.js';

beforeAll(quietCpuBackend);
afterEach(() => {
  vi.restoreAllMocks();
});

/** A model of the layer, and others on top of it. */
function modelOf(layer: hub.KerasLayer, ...rest: tfl.layers.Layer[]): tfl.LayersModel {
  const inputs = tfl.input({shape: [1]});
  let outputs = layer.apply(inputs) as tfl.SymbolicTensor;
  for (const each of rest) outputs = each.apply(outputs) as tfl.SymbolicTensor;
  return tfl.model({inputs, outputs});
}

const lossesOf = (model: tfl.LayersModel) => model.calculateLosses().flatMap(elements);

const column = (...values: number[]) => tf.tensor2d(values, [values.length, 1]);

const values = (weights: readonly tfl.LayerVariable[]) => weights.map((weight) => elements(weight.read()));

const byName = (layer: hub.KerasLayer, suffix: string) =>
  layer.weights.find(({originalName}) => originalName.endsWith(suffix))!.read();

function jsonCycle(config: tf.serialization.ConfigDict): tf.serialization.ConfigDict {
  return JSON.parse(JSON.stringify(config));
}

/** What `KerasLayer.from_config(json_cycle(layer.get_config()))` is in Python. */
async function again(layer: hub.KerasLayer): Promise<hub.KerasLayer> {
  const config = jsonCycle(layer.getConfig());
  await hub.preload((config.handle as {name: string}).name);
  return hub.KerasLayer.fromConfig(hub.KerasLayer as never, config) as hub.KerasLayer;
}

describe('KerasTest', () => {
  it.each(['half_plus_one', 'half_plus_one_keras'])('testHalfPlusOneRetraining: %s', async (name) => {
    const imported = await hub.kerasLayer(fixturePath(name), {trainable: true});
    const model = modelOf(imported);
    expect(arrayOf(model.predict(column(0, 8, 10, 12)))).toEqual([[1], [5], [6], [7]]);
    expectClose(lossesOf(model), [0.0025]);
    expect(model.trainableWeights.map(({shape}) => shape)).toEqual([[1, 1]]);
    expect(model.nonTrainableWeights.map(({shape}) => shape)).toEqual([[1, 1], [1]]);
    const names = new Set(model.weights.map((weight) => weight.name));
    expect(names.size).toBe(3);
    model.compile({optimizer: tf.train.sgd(0.002), loss: 'meanSquaredError'});
    const xs = Array.from({length: 10}, () => [9, 10, 11]).flat();
    const history = await model.fit(column(...xs), column(...xs.map((x) => x / 2 + 6)), {
      batchSize: 30,
      epochs: 10,
      verbose: 0,
    });
    expectClose(
      history.history.loss as number[],
      [
        25.0025005, 9.0327606, 3.3354068, 1.3028224, 0.5776805, 0.3189787, 0.226685, 0.1937578, 0.1820111,
        0.17782,
      ],
    );
    expectClose(values(model.weights).flat(), [0.9937198, 1, 1]);
    expectClose(elements(model.predict(column(0))), [1]);
    expectClose(elements(model.predict(column(10))), [10.937198]);
    expectClose(lossesOf(model), [0.009874789]);
  });

  it.each(['half_plus_one', 'half_plus_one_keras'])('testRegularizationLoss: %s', async (name) => {
    const imported = await hub.kerasLayer(fixturePath(name), {trainable: false});
    const model = modelOf(imported);
    for (const trainable of [false, true, false, true]) {
      imported.trainable = trainable;
      expectClose(lossesOf(model), [trainable ? 0.0025 : 0]);
    }
  });

  it.each(['batch_norm', 'batch_norm_keras'])('testBatchNormRetraining: %s', async (name) => {
    const imported = await hub.kerasLayer(fixturePath(name), {trainable: true});
    const model = modelOf(imported);
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    const x = column(11, 12, 13);
    const train = (epochs: number) =>
      model.fit(x, column(22, 24, 26), {batchSize: 3, epochs, verbose: 0, shuffle: false});
    const {history} = await train(3);
    expectClose(history.loss as number[], [576.4016113, 368.8972168, 236.0943604]);
    const expectVariables = (beta: number, gamma: number, mean: number, variance: number) =>
      expectClose(
        ['beta', 'gamma', 'moving_mean', 'moving_variance'].flatMap((suffix) =>
          elements(byName(imported, suffix)),
        ),
        [beta, gamma, mean, variance],
      );
    expectVariables(11.7120009, 1.3091277, 5.856, 0.8373333);
    await train(97);
    expectVariables(23.9999962, 1.6342167, 11.9999981, 0.6666668);
    // Inference goes by the statistics collected, and leaves them alone.
    for (let i = 0; i < 100; i++) {
      expectClose(elements(model.predict(column(10, 20, 30))), [20.000002, 39.999992, 59.999985]);
    }
    expectVariables(23.9999962, 1.6342167, 11.9999981, 0.6666668);
  });

  it.each(['batch_norm', 'batch_norm_keras'])('testBatchNormFreezing: %s', async (name) => {
    const imported = await hub.kerasLayer(fixturePath(name), {trainable: false});
    const kernelInitializer = tfl.initializers.constant({value: 1.5});
    const model = modelOf(imported, tfl.layers.dense({units: 1, kernelInitializer, useBias: false}));
    const before = values(imported.weights);
    model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
    const x = column(1, 2, 3);
    await model.fit(x, column(2, 4, 6), {batchSize: 3, epochs: 20, verbose: 0});
    expect(values(imported.weights)).toEqual(before);
    expect(
      ['beta', 'gamma', 'moving_mean', 'moving_variance'].map((s) => elements(byName(imported, s))[0]),
    ).toEqual([0, 1, 0, 1]);
    // The batch norm divides by sqrt(1 + 1e-3).
    expectClose(elements(model.predict(x)), [2, 4, 6], 1e-4);
  });

  it.each(['custom_attributes', 'custom_attributes_keras'])('testCustomAttributes: %s', async (name) => {
    const imported = await hub.kerasLayer(fixturePath(name));
    const object = imported.resolvedObject as hub.LoadedObject;
    const expected = arrayOf(object.get('sample_output'));
    const {path} = object.get('sample_input') as {path: string};
    const text = readFileSync(path, 'utf8');
    expect(arrayOf(imported.apply(tf.tensor2d([[text]], [1, 1], 'string')))).toEqual(expected);
    expect(expected).toEqual([[12345]]);
  });

  it.each([false, true])('testInputOutputDict: with outputShape %s', async (passOutputShape) => {
    const x = tfl.input({shape: [1]});
    const y = tfl.input({shape: [1]});
    const imported = await hub.kerasLayer(fixturePath('dict_in_dict_out'), {
      arguments: {return_dict: true},
      ...(passOutputShape && {outputShape: {sigma: [2], delta: [1]}}),
    });
    const out = imported.apply({x, y}) as {delta: tfl.SymbolicTensor; sigma: tfl.SymbolicTensor};
    expect([out.delta.shape, out.sigma.shape]).toEqual([
      [null, 1],
      [null, 2],
    ]);
    const concat = tfl.layers.concatenate().apply([out.delta, out.sigma]) as tfl.SymbolicTensor;
    const model = tfl.model({inputs: [x, y], outputs: [out.delta, out.sigma, concat]});
    const outputs = model.predict([column(11, 22, 33), column(1, 2, 3)]) as tf.Tensor[];
    expect(outputs.map(arrayOf)).toEqual([
      [[10], [20], [30]],
      [
        [12, 13],
        [24, 26],
        [36, 39],
      ],
      [
        [10, 12, 13],
        [20, 24, 26],
        [30, 36, 39],
      ],
    ]);
    const config = imported.getConfig();
    const restored = await again(imported);
    expect(restored.getConfig()).toEqual(config);
    expect('outputShape' in config).toBe(passOutputShape);
  });

  it.each([false, true])('testOutputShapeList: with outputShape %s', async (passOutputShape) => {
    const input = tfl.input({shape: [1]});
    const imported = await hub.kerasLayer(
      fixturePath('unknown_shapes'),
      passOutputShape ? {outputShape: [[1], [2, 2], [3, 3, 3]]} : {},
    );
    const outputs = imported.apply(input) as tfl.SymbolicTensor[];
    expect(outputs.map(({shape}) => shape)).toEqual([
      [null, 1],
      [null, 2, 2],
      [null, 3, 3, 3],
    ]);
    const model = tfl.model({inputs: input, outputs});
    const results = model.predict(column(1, 10)) as tf.Tensor[];
    const filled = (dims: number[]) => arrayOf(tf.stack([1, 10].map((x) => tf.fill(dims, dims.length * x))));
    expect(results.map(arrayOf)).toEqual([filled([1]), filled([2, 2]), filled([3, 3, 3])]);
    const restored = await again(imported);
    expect(restored.getConfig()).toEqual(imported.getConfig());
  });

  it.each(['half_plus_one', 'half_plus_one_keras'])('testComputeOutputShape: %s', async (name) => {
    const layer = await hub.kerasLayer(fixturePath(name));
    expect(layer.computeOutputShape([10, 1])).toEqual([10, 1]);
    expect(layer.computeOutputShape([null, 1])).toEqual([null, 1]);
    layer.getConfig();
  });

  it.each(['text_length', 'text_length_keras'])('testComputeOutputShapeDifferentDtypes: %s', async (name) => {
    for (const config of [{outputShape: [2]}, {}]) {
      const layer = await hub.kerasLayer(fixturePath(name), config);
      expect(layer.computeOutputShape([null, 1])).toEqual([null, 2]);
      expect(layer.computeOutputShape([3, 1])).toEqual([3, 2]);
    }
  });

  it.each(['half_plus_one', 'half_plus_one_keras'])('testGetConfigFromConfig: %s', async (name) => {
    const layer = await hub.kerasLayer(fixturePath(name));
    const restored = await again(layer);
    expect(arrayOf(restored.apply(column(10)))).toEqual(arrayOf(layer.apply(column(10))));
  });

  it('testGetConfigFromConfigWithHParams', async () => {
    const layer = await hub.kerasLayer(fixturePath('hyperparameters'), {arguments: {a: 10}});
    expect(arrayOf(layer.apply(column(1, 2, 3)))).toEqual([[10], [20], [30]]);
    const restored = await again(layer);
    expect(arrayOf(restored.apply(column(1, 2, 3)))).toEqual([[10], [20], [30]]);
  });

  it.each(['half_plus_one', 'half_plus_one_keras'])('testSaveModelConfig: %s', async (name) => {
    const model = modelOf(await hub.kerasLayer(fixturePath(name)));
    const json = model.toJSON() as string;
    await hub.preload(json);
    const restored = await tfl.models.modelFromJSON(JSON.parse(json));
    expect(arrayOf(restored.predict(column(10)))).toEqual(arrayOf(model.predict(column(10))));
  });
});

describe('KerasLayerTest', () => {
  const ten = () => tf.scalar(10);

  it('test_load_with_defaults', async () => {
    const layer = await hub.kerasLayer(fixturePath('plus_one'));
    expect(arrayOf(layer.apply(ten()))).toBe(11);
  });

  it.each([
    {},
    {signature: 'serving_default', signatureOutputsAsDict: true},
    {signature: 'serving_default', outputKey: 'output_0'},
  ])('test_load_callable_saved_model_v2_with_signature: %o', async (config) => {
    const layer = await hub.kerasLayer(fixturePath('plus_one'), config);
    const output = layer.apply(ten());
    const tensor = config.signatureOutputsAsDict
      ? (output as never as {output_0: tf.Tensor}).output_0
      : output;
    expect(arrayOf(tensor)).toBe(11);
  });

  it('test_load_callable_keras_default_saved_model_v2_with_signature', async () => {
    const layer = await hub.kerasLayer(fixturePath('plus_one_signature'), {
      signature: 'plus_one',
      signatureOutputsAsDict: true,
    });
    const output = layer.apply(ten()) as never as {output_0: tf.Tensor};
    expect(Object.keys(output)).toEqual(['output_0']);
    expect(arrayOf(output.output_0)).toBe(11);
  });

  it.each([
    {},
    {signature: 'serving_default', signatureOutputsAsDict: true},
    {signature: 'serving_default', outputKey: 'output_0'},
  ])('test_keras_layer_get_config: %o', async (config) => {
    const layer = await hub.kerasLayer(fixturePath('plus_one'), config);
    const restored = await again(layer);
    const flat = (output: unknown) =>
      Object.values(output instanceof tf.Tensor ? {output} : (output as object));
    expect(flat(restored.apply(ten())).map(arrayOf)).toEqual(flat(layer.apply(ten())).map(arrayOf));
  });

  const failure = (name: string, config: hub.LoadedKerasLayerConfig) =>
    expect(hub.kerasLayer(fixturePath(name), config));
  const either = 'When using a signature, either outputKey or signatureOutputsAsDict: true should be set.';

  it('test_keras_layer_fails_if_signature_output_not_specified', async () => {
    await failure('plus_one', {signature: 'serving_default'}).rejects.toThrowWithMessage(
      hub.CallError,
      either,
    );
  });

  it('test_keras_layer_fails_if_with_outputs_as_dict_but_no_signature', async () => {
    await failure('plus_one', {signatureOutputsAsDict: true}).rejects.toThrowWithMessage(
      hub.CallError,
      'signatureOutputsAsDict is only valid if specifying a signature',
    );
  });

  it('test_keras_layer_fails_if_saved_model_v2_with_tags', async () => {
    await failure('plus_one', {tags: ['train']}).rejects.toThrow(hub.CallError);
  });

  it('test_keras_layer_fails_if_setting_both_output_key_and_as_dict', async () => {
    await failure('plus_one', {
      signature: 'serving_default',
      signatureOutputsAsDict: true,
      outputKey: 'output',
    }).rejects.toThrowWithMessage(hub.CallError, either);
  });

  it('test_keras_layer_fails_if_output_is_not_dict', async () => {
    const layer = await hub.kerasLayer(fixturePath('plus_one'), {outputKey: 'output_0'});
    expect(() => layer.apply(ten())).toThrowWithMessage(
      hub.CallError,
      'Specifying `outputKey` is forbidden if output type',
    );
  });

  it('test_keras_layer_fails_if_signature_trainable', async () => {
    const layer = await hub.kerasLayer(fixturePath('plus_one'), {
      signature: 'serving_default',
      signatureOutputsAsDict: true,
      trainable: true,
    });
    layer.trainable = true;
    expect(() => layer.apply(ten())).toThrowWithMessage(hub.CallError, /trainable.*=.*true.*unsupported/);
    layer.trainable = false;
    layer.apply(ten());
  });

  it('test_keras_layer_logs_if_training_zero_variables', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const layer = await hub.kerasLayer(fixturePath('hyperparameters'), {trainable: true});
    layer.apply(column(10));
    layer.apply(column(10));
    expect(log.mock.calls).toEqual([['hub.KerasLayer is trainable but has zero trainable weights.']]);
  });
});
