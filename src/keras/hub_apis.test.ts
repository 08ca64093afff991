/**
 * The common SavedModel APIs of TensorFlow Hub through a KerasLayer: image feature vectors, image classification, text
 * embeddings and text encoders. Expected values are TensorFlow's own (`fixtures/models_hub_apis.py`).
 */

import * as tf from '@tensorflow/tfjs-core';
import {input, layers, model as makeModel, type SymbolicTensor, sequential} from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {elementsOf} from '../host/tensor.js';
import {localDirectory} from '../platform/node.js';
import {prepareImages} from '../savedmodel/image.js';
import {loadModel} from '../savedmodel/load/load.js';
import type {CallableObject} from '../savedmodel/load/loaded_object.js';
import {
  decodeTensor,
  type Fixture,
  type JsonNest,
  readFixtures,
} from '../savedmodel/testing/fixture_cases.js';
import {MODELS} from '../savedmodel/testing/fixtures.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {closeScope, openScope} from '../tfjs/scope.js';
import {KerasLayer} from './keras_layer.js';

type JsonTensor = Parameters<typeof decodeTensor>[0];

const fixtures = new Map(readFixtures(MODELS).map((fixture) => [fixture.name, fixture]));

let fixture: Fixture;
let object: CallableObject;

async function load(name: string): Promise<void> {
  fixture = fixtures.get(name)!;
  object = (await loadModel(localDirectory(fixture.directory))) as CallableObject;
}

function tensorOf(json: JsonNest): tf.Tensor {
  const {dtype, shape, data} = decodeTensor(json as unknown as JsonTensor);
  return tf.tensor(elementsOf(data) as tf.TypedArray, [...shape], dtype as tf.DataType);
}

const fieldsOf = (json: JsonNest): Record<string, JsonNest> =>
  (json as unknown as {$dict: Record<string, JsonNest>}).$dict;

/** Compares with what TensorFlow gave. */
function expectTensor(actual: tf.Tensor, expected: JsonNest): void {
  const {shape, data} = decodeTensor(expected as unknown as JsonTensor);
  expect(actual.shape).toEqual(shape);
  const wanted = data as ArrayLike<number>;
  Array.from(actual.dataSync()).forEach((value, i) => {
    expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(1e-5 + 1e-4 * Math.abs(wanted[i]!));
  });
}

/** Compares every variable with what it was in TensorFlow after a call. */
function expectVariables(index: number): void {
  const after = fixture.cases[index]!.variables_after!;
  fixture.attributes!.variables!.forEach((name, i) => {
    expectTensor(object.variables[i]!, after[name!] as unknown as JsonNest);
  });
}

beforeAll(quietCpuBackend);
beforeEach(() => {
  openScope();
});
afterEach(() => {
  closeScope([]);
  object.dispose();
});

describe.each(['hub_image_feature_vector', 'hub_image_classification'])('%s', (name) => {
  // In the order of the calls in the fixture.
  const [PLAIN, OTHER_MOMENTUM, TRAINING, TRAINING_OTHER_MOMENTUM] = [0, 2, 3, 4] as const;
  const images = () => tensorOf(fixture.cases[0]!.args[0]!);

  it('gives what TensorFlow gives', async () => {
    await load(name);
    const layer = new KerasLayer(object);
    expectTensor(layer.apply(images()) as tf.Tensor, fixture.cases[PLAIN]!.outputs!);
  });

  it('passes hyperparameters as arguments', async () => {
    await load(name);
    const layer = new KerasLayer(object, {arguments: {batch_norm_momentum: 0.5}});
    expectTensor(layer.apply(images()) as tf.Tensor, fixture.cases[OTHER_MOMENTUM]!.outputs!);
  });

  it('updates batch statistics in training, with the momentum of its arguments', async () => {
    await load(name);
    const layer = new KerasLayer(object, {trainable: true});
    const output = layer.apply(images(), {training: true}) as tf.Tensor;
    expectTensor(output, fixture.cases[TRAINING]!.outputs!);
    expectVariables(TRAINING);
    const faster = new KerasLayer(object, {trainable: true, arguments: {batch_norm_momentum: 0.5}});
    faster.apply(images(), {training: true});
    expectVariables(TRAINING_OTHER_MOMENTUM);
  });

  it('keeps its batch statistics while it is frozen', async () => {
    await load(name);
    const before = object.variables.map((variable) => Array.from(variable.dataSync()));
    const layer = new KerasLayer(object);
    const output = layer.apply(images(), {training: true}) as tf.Tensor;
    expectTensor(output, fixture.cases[PLAIN]!.outputs!);
    expect(object.variables.map((variable) => Array.from(variable.dataSync()))).toEqual(before);
  });

  it('lists its weights and regularisation losses as the API says', async () => {
    await load(name);
    const layer = new KerasLayer(object, {trainable: true});
    const {trainable_variables: trainable, variables} = fixture.attributes!;
    expect(layer.trainableWeights.length).toBe(trainable!.length);
    expect(layer.nonTrainableWeights.length).toBe(variables!.length - trainable!.length);
    const [first, second] = layer.losses.map((loss) => loss());
    expect(layer.losses.length).toBe(2);
    expect(first!.shape).toEqual([]);
    const expected = fixture.cases.find(({call}) => call.function === 'regularization_losses.1')!.outputs!;
    expectTensor(second!, expected);
  });

  it('trains on decoded pixels', async () => {
    await load(name);
    const layer = new KerasLayer(object, {trainable: true});
    const model = sequential({layers: [layer, layers.dense({units: 2, activation: 'softmax'})]});
    model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
    const pixels = (shade: number) => ({
      data: new Uint8ClampedArray(20 * 30 * 4).fill(shade),
      width: 30,
      height: 20,
    });
    const x = prepareImages([pixels(40), pixels(200)], layer);
    expect(x.shape).toEqual([2, 16, 16, 3]);
    const y = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    const {history} = await model.fit(x, y, {epochs: 5, verbose: 0});
    expect(history.loss!.at(-1) as number).toBeLessThan(history.loss![0] as number);
  });
});

describe('hub_text_embedding', () => {
  it('embeds batches of strings, also as the first layer of a model', async () => {
    await load('hub_text_embedding');
    const [{args, outputs}] = fixture.cases as unknown as [{args: JsonNest[]; outputs: JsonNest}];
    const layer = new KerasLayer(object);
    expectTensor(layer.apply(tensorOf(args[0]!)) as tf.Tensor, outputs);
    const model = sequential({layers: [layer]});
    expectTensor(model.predict(tensorOf(args[0]!)) as tf.Tensor, outputs);
  });

  it('is fine-tuned: only the rows of words that occur move', async () => {
    await load('hub_text_embedding');
    const layer = new KerasLayer(object, {trainable: true});
    const model = sequential({layers: [layer, layers.dense({units: 1})]});
    model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
    const [table] = object.trainableVariables;
    const before = table!.arraySync() as number[][];
    await model.trainOnBatch(tf.tensor(['the cat', 'cat']), tf.tensor2d([[1], [-1]]));
    const after = table!.arraySync() as number[][];
    const moved = after.flatMap((row, i) => (row.some((value, j) => value !== before[i]![j]) ? [i] : []));
    // `the` and `cat` are the first words of the vocabulary.
    expect(moved).toEqual([0, 1]);
  });
});

describe('hub_text_encoder', () => {
  const NAMES = ['input_word_ids', 'input_mask', 'input_type_ids'];
  /** The case of a preprocessor's call, and that of the encoder on its results. */
  const cases = () => fixture.cases.slice(0, 2) as [Fixture['cases'][number], Fixture['cases'][number]];

  it('has a preprocessor that is a layer itself: strings in, a dict out', async () => {
    await load('hub_text_encoder');
    const preprocessor = new KerasLayer(object.preprocessor as CallableObject);
    const [{args, outputs}] = cases();
    const encoded = preprocessor.apply(tensorOf(args[0]!)) as unknown as Record<string, tf.Tensor>;
    expect(Object.keys(encoded).sort()).toEqual([...NAMES].sort());
    for (const name of NAMES) {
      expect(encoded[name]!.dtype).toBe('int32');
      expectTensor(encoded[name]!, fieldsOf(outputs!)[name]!);
    }
  });

  it('takes and gives dicts', async () => {
    await load('hub_text_encoder');
    const [, {args, outputs}] = cases();
    const inputs = Object.fromEntries(NAMES.map((name) => [name, tensorOf(fieldsOf(args[0]!)[name]!)]));
    const encoded = new KerasLayer(object).apply(inputs) as Record<string, tf.Tensor | tf.Tensor[]>;
    expectTensor(encoded.pooled_output as tf.Tensor, fieldsOf(outputs!).pooled_output!);
    expectTensor(encoded.sequence_output as tf.Tensor, fieldsOf(outputs!).sequence_output!);
    expect((encoded.encoder_outputs as tf.Tensor[]).map(({shape}) => shape)).toEqual([
      [3, 6, 8],
      [3, 6, 8],
    ]);
  });

  it('gives one of its outputs to a functional model', async () => {
    await load('hub_text_encoder');
    const [, {args, outputs}] = cases();
    const inputs = NAMES.map((name) => input({shape: [6], dtype: 'int32', name}));
    const dict = Object.fromEntries(NAMES.map((name, i) => [name, inputs[i]!]));
    const layer = new KerasLayer(object, {outputKey: 'pooled_output'});
    const pooled = layer.apply(dict) as SymbolicTensor;
    expect(pooled.shape).toEqual([null, 8]);
    const model = makeModel({inputs, outputs: pooled});
    const values = NAMES.map((name) => tensorOf(fieldsOf(args[0]!)[name]!));
    expectTensor(model.predict(values) as tf.Tensor, fieldsOf(outputs!).pooled_output!);
  });
});
