import '@tensorflow/tfjs-backend-cpu';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import * as hub from '../index.js';
import {decodeMessage, KerasSavedMetadata} from '../proto/index.js';
import {fixturePath} from '../savedmodel/testing/fixtures.js';
import {inputNames, outputNames, variableNames, variablesOf} from './layer_parts.js';
import {LAYERS_CASES, type LayersCase, randomizeWeights} from './testing/layers_models.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
});
afterAll(() => rm(folder, {recursive: true}));

const list = (values: unknown): tf.Tensor[] => (Array.isArray(values) ? values : [values]) as tf.Tensor[];

const apply = (model: tfl.LayersModel, inputs: tf.Tensor[], training: boolean): tf.Tensor[] =>
  list(model.apply(inputs.length === 1 ? inputs[0]! : inputs, {training}));

const caseNamed = (name: string): LayersCase => LAYERS_CASES.find((each) => each.name === name)!;

/** What is to be disposed when the test is over, so that the names of variables are free again. */
const used: {dispose(): unknown}[] = [];
afterEach(() => {
  for (const each of used.splice(0)) each.dispose();
});

/** Saves a model and loads it again. */
async function again(model: tfl.LayersModel, name = model.name): Promise<hub.CallableObject> {
  await hub.savedModel.save(model, join(folder, name));
  const loaded = await hub.load(join(folder, name));
  used.push(model, loaded);
  return loaded;
}

function expectSame(actual: readonly tf.Tensor[], expected: readonly tf.Tensor[]): void {
  expect(actual.map(({shape}) => shape)).toEqual(expected.map(({shape}) => shape));
  for (const [i, tensor] of actual.entries()) {
    const difference = tf.max(tf.abs(tf.sub(tensor, expected[i]!))).dataSync()[0];
    expect(difference).toBeLessThan(2e-5);
  }
}

describe('a saved model of tfjs-layers', () => {
  // All of LAYERS_CASES are compared with TensorFlow itself by `npm run conformance`.
  const chosen = [
    'dense',
    'conv1d',
    'batch_normalization',
    'embedding',
    'lstm',
    'bidirectional',
    'time_distributed',
    'merging',
    'shapes',
    'masking',
    'nested',
    'initial_states',
    'layers_of_other_ways',
  ].map(caseNamed);

  it.each(chosen)('computes the same when it is loaded: $name', async (each) => {
    const model = each.build();
    randomizeWeights(model);
    const loaded = await again(model, each.name);
    for (const batch of [1, 4]) {
      const inputs = each.inputs(batch);
      const expected = apply(model, inputs, false);
      const given = inputs.length === 1 ? inputs[0]! : inputs;
      expectSame(list(loaded(given, {training: false})), expected);
      const named = Object.fromEntries(inputNames(model).map((name, i) => [name, inputs[i]!]));
      const outputs = loaded.signatures.serving_default!(named) as Record<string, tf.Tensor>;
      expectSame(
        Object.values(outputs),
        Object.keys(outputs).map((name) => expected[outputNames(model).indexOf(name)]!),
      );
      if (!each.randomInTraining) {
        expectSame(list(loaded(given, {training: true})), apply(model, inputs, true));
      }
    }
  });

  it('has its variables in the order and by the names of Keras', async () => {
    const model = caseNamed('bidirectional').build();
    const loaded = await again(model, 'names');
    expect(loaded.variables.map(({name}) => name.replace(/_\d+$/, '')).slice(0, 6)).toEqual([
      'both/forward_lstm/lstm_cell/kernel',
      'both/forward_lstm/lstm_cell/recurrent_kernel',
      'both/forward_lstm/lstm_cell/bias',
      'both/backward_lstm/lstm_cell/kernel',
      'both/backward_lstm/lstm_cell/recurrent_kernel',
      'both/backward_lstm/lstm_cell/bias',
    ]);
  });

  it('updates the statistics of batch normalization in training, and saving leaves them alone', async () => {
    const model = caseNamed('batch_normalization').build();
    randomizeWeights(model);
    const before = variablesOf(model).map((variable) => variable.arraySync());
    const loaded = await again(model, 'statistics');
    expect(variablesOf(model).map((variable) => variable.arraySync())).toEqual(before);
    const inputs = tf.tensor2d([
      [1, 2, 3],
      [4, 5, 7],
      [1, 0, -1],
    ]);
    loaded(inputs, {training: false});
    expectSame(loaded.variables as tf.Tensor[], variablesOf(model) as tf.Tensor[]);
    loaded(inputs, {training: true});
    model.apply(inputs, {training: true});
    expect(variablesOf(model).map((variable) => variable.arraySync())).not.toEqual(before);
    expectSame(loaded.variables as tf.Tensor[], variablesOf(model) as tf.Tensor[]);
  });

  it('has its regularization losses, with their coefficients', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({
          units: 1,
          inputShape: [2],
          kernelInitializer: tfl.initializers.constant({value: 3}),
          kernelRegularizer: tfl.regularizers.l1l2({l1: 0.1, l2: 0.01}),
          biasInitializer: 'ones',
          biasRegularizer: tfl.regularizers.l2({l2: 0.5}),
        }),
      ],
    });
    const loaded = await again(model, 'regularized');
    // 0.1 (3 + 3) + 0.01 (9 + 9), and 0.5 * 1.
    const losses = loaded.regularizationLosses.map((loss) => (loss() as tf.Tensor).dataSync()[0]);
    expect(losses[0]).toBeCloseTo(0.78, 5);
    expect(losses[1]).toBeCloseTo(0.5, 5);
  });

  it('drops anew in each call in training', async () => {
    const model = tfl.sequential({layers: [tfl.layers.dropout({rate: 0.5, inputShape: [64]})]});
    const loaded = await again(model, 'dropped');
    const ones = tf.ones([2, 64]);
    const call = () => (loaded(ones, {training: true}) as tf.Tensor).arraySync();
    const first = call() as number[][];
    expect(new Set(first.flat())).toEqual(new Set([0, 2]));
    expect(first[0]).not.toEqual(first[1]);
    expect(call()).not.toEqual(first);
    expect((loaded(ones) as tf.Tensor).arraySync()).toEqual(ones.arraySync());
  });

  it('leaves out of trainable variables those of frozen layers', async () => {
    const frozen = tfl.layers.dense({name: 'frozen', units: 2, inputShape: [2], trainable: false});
    const model = tfl.sequential({layers: [frozen, tfl.layers.dense({name: 'free', units: 1})]});
    const loaded = await again(model, 'partly_frozen');
    expect(loaded.variables).toHaveLength(4);
    expect(loaded.trainableVariables.map(({shape}) => shape)).toEqual([[2, 1], [1]]);
  });

  it('may be a piece of another', async () => {
    const whole = caseNamed('conv2d').build();
    const piece = tfl.model({
      inputs: whole.getLayer('c1').input as tfl.SymbolicTensor,
      outputs: whole.getLayer('c2').output as tfl.SymbolicTensor,
    });
    const loaded = await again(piece, 'piece');
    const image = tf.randomNormal([2, 9, 8, 3]);
    expectSame([loaded(image) as tf.Tensor], [piece.apply(image) as tf.Tensor]);
    expect(loaded.variables).toHaveLength(3);
  });

  it('tells Keras of each layer', async () => {
    const model = caseNamed('nested').build();
    await again(model, 'told');
    const bytes = await readFile(join(folder, 'told', 'keras_metadata.pb'));
    const {nodes} = decodeMessage(KerasSavedMetadata, bytes, 'the metadata');
    const told = nodes.map(({identifier, nodePath, metadata}) => [
      identifier,
      nodePath.split('.').length,
      JSON.parse(metadata).name,
    ]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['_tf_keras_network', 1, 'nested'],
        ['_tf_keras_input_layer', 2, 'x'],
        ['_tf_keras_layer', 2, 'first'],
        ['_tf_keras_network', 2, 'residual'],
        ['_tf_keras_sequential', 3, 'block'],
        ['_tf_keras_layer', 4, 'inner'],
        ['_tf_keras_layer', 4, 'bn'],
      ]),
    );
    expect(nodes.map(({nodeId}) => nodeId)).toEqual(nodes.map(({nodeId}) => nodeId).sort((a, b) => a - b));
    expect([...variableNames(model).values()]).toContain('inner/kernel');
  });

  it('can be trained further: gradients go through its loops', async () => {
    const each = caseNamed('masking');
    const model = each.build();
    randomizeWeights(model);
    const loaded = await again(model, 'further');
    const [inputs] = each.inputs(3) as [tf.Tensor];
    const lossOf = (call: () => unknown) => () => tf.sum(tf.square(call() as tf.Tensor)) as tf.Scalar;
    const actual = tf.variableGrads(lossOf(() => loaded(inputs, {training: true})));
    const expected = tf.variableGrads(lossOf(() => model.apply(inputs, {training: true})));
    expectSame(
      loaded.trainableVariables.map(({name}) => actual.grads[name]!),
      model.trainableWeights.map((weight) => expected.grads[(weight.read() as tf.Variable).name]!),
    );
  });

  it('takes strings where its first layer is a loaded one that does', async () => {
    const text = tfl.input({name: 'text', shape: [], dtype: 'string'});
    const object = await hub.load(fixturePath('text_vocabulary'));
    const embedded = new hub.KerasLayer(object).apply(text) as tfl.SymbolicTensor;
    const out = tfl.layers.dense({name: 'class', units: 2}).apply(embedded) as tfl.SymbolicTensor;
    const model = tfl.model({name: 'texts', inputs: text, outputs: out});
    used.push(object);
    const loaded = await again(model);
    const texts = tf.tensor(['the cat sat', '', 'unknown words']);
    expectSame([loaded(texts) as tf.Tensor], [model.apply(texts) as tf.Tensor]);
    const named = loaded.signatures.serving_default!({text: texts}) as Record<string, tf.Tensor>;
    expectSame([named.class!], [model.apply(texts) as tf.Tensor]);
  });

  it('has the variables of a loaded layer in it once', async () => {
    const object = await hub.load(fixturePath('mymul'));
    const layer = new hub.KerasLayer(object, {trainable: true});
    const x = tfl.input({name: 'x', shape: [2]});
    const twice = layer.apply(layer.apply(x) as tfl.SymbolicTensor) as tfl.SymbolicTensor;
    const model = tfl.model({name: 'twice', inputs: x, outputs: twice});
    object.trainableVariables[0]!.assign(tf.scalar(3));
    used.push(object);
    const loaded = await again(model);
    expect((loaded(tf.tensor2d([[1, 2]])) as tf.Tensor).arraySync()).toEqual([[9, 18]]);
    expect(loaded.variables).toHaveLength(1);
    loaded.trainableVariables[0]!.assign(tf.scalar(2));
    expect((loaded(tf.tensor2d([[1, 2]])) as tf.Tensor).arraySync()).toEqual([[4, 8]]);
  });

  it('keeps the state of stateful layers, which starts as it is now', async () => {
    const layer = tfl.layers.simpleRNN({
      units: 1,
      stateful: true,
      activation: 'linear',
      kernelInitializer: 'ones',
      recurrentInitializer: 'ones',
      batchInputShape: [1, null, 1],
    });
    const model = tfl.sequential({name: 'stateful', layers: [layer]});
    const sequence = tf.tensor3d([[[1], [2]]]);
    model.apply(sequence);
    const loaded = await again(model);
    expect((model.apply(sequence) as tf.Tensor).arraySync()).toEqual([[6]]);
    expect((loaded(sequence) as tf.Tensor).arraySync()).toEqual([[6]]);
    expect((loaded(sequence) as tf.Tensor).arraySync()).toEqual([[9]]);
  });

  it('is saved with the state of its optimizer if that is asked for', async () => {
    const model = tfl.sequential({
      layers: [tfl.layers.dense({name: 'd', units: 1, kernelInitializer: 'ones', inputShape: [1]})],
    });
    model.compile({optimizer: tf.train.momentum(0.5, 0.9), loss: 'meanSquaredError'});
    // The error is 1 and its gradient 2 for kernel and bias alike: Keras keeps the step, -0.5 * 2.
    await model.fit(tf.ones([1, 1]), tf.zeros([1, 1]), {verbose: 0});
    await hub.savedModel.save(model, join(folder, 'with_optimizer'), {includeOptimizer: true});
    await hub.savedModel.save(model, join(folder, 'without'), {includeOptimizer: false});
    const loaded = await hub.load(join(folder, 'with_optimizer'));
    const without = await hub.load(join(folder, 'without'));
    used.push(model, loaded, without);
    const {optimizer} = loaded as unknown as {optimizer: hub.LoadedObject};
    const [steps, kernel, bias] = optimizer.get('_variables') as tf.Variable[];
    expect(steps!.dataSync()[0]).toBe(1);
    expect(kernel!.arraySync()).toEqual([[-1]]);
    expect(bias!.arraySync()).toEqual([-1]);
    expect((optimizer.get('_learning_rate') as tf.Variable).dataSync()[0]).toBe(0.5);
    expect(without.get('optimizer')).toBeUndefined();
  });

  it('is refused while the shape of its input is unknown', async () => {
    await expect(hub.savedModel.save(tfl.sequential(), join(folder, 'unbuilt'))).rejects.toThrowWithMessage(
      hub.SaveError,
      /inputShape/,
    );
  });
});

describe('a saved KerasLayer', () => {
  it('is callable like the object it wraps, and has its variables and losses', async () => {
    const object = await hub.load(fixturePath('mymul'));
    const layer = new hub.KerasLayer(object, {trainable: true});
    await hub.savedModel.save(layer, join(folder, 'layer'));
    const loaded = await hub.load(join(folder, 'layer'));
    used.push(object, loaded);
    const x = tf.tensor1d([10, 20]);
    expectSame([loaded(x) as tf.Tensor], [object(x) as tf.Tensor]);
    expect(loaded.trainableVariables).toHaveLength(1);
    const losses = [loaded, object].map(({regularizationLosses}) =>
      regularizationLosses.map((loss) => (loss() as tf.Tensor).dataSync()[0]),
    );
    expect(losses[0]).toEqual(losses[1]);
    expect(new hub.KerasLayer(loaded, {trainable: true}).trainableWeights).toHaveLength(1);
  });
});
