/**
 * Saves models of tfjs-layers, every standard layer among them, and has TensorFlow compute what they compute.
 * `tsx scripts/conformance_layers.ts FOLDER PYTHON...`: a folder of its own, and the Python of each release to compare with;
 * the first has Keras 2.
 *
 * @module
 */

import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as hub from '../src/index.js';
import {
  allLosses,
  inputNames,
  outputNames,
  trainableVariablesOf,
  variableNames,
  variablesOf,
} from '../src/keras/layer_parts.js';
import {
  LAYERS_CASES,
  type LayersCase,
  numbers,
  randomizeWeights,
} from '../src/keras/testing/layers_models.js';
import {Variable} from '../src/ops/variable/variable.js';
import {accumulatorsIn} from '../src/tfjs/optimizers.js';
import {tell} from './score.js';
import {verdictsOf} from './verdicts.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODELS = join(ROOT, 'fixtures', 'models');
const BATCHES = [1, 3, 17];

/** A tensor in JSON. */
interface TensorJson {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

const json = (tensor: tf.Tensor): TensorJson => ({
  dtype: tensor.dtype,
  shape: tensor.shape,
  data: Array.from(tensor.dataSync() as ArrayLike<number | string>),
});

const list = <T>(values: T | T[]): T[] => (Array.isArray(values) ? values : [values]);

function apply(model: tfl.LayersModel, inputs: tf.Tensor[], training: boolean): tf.Tensor[] {
  return list(model.apply(inputs.length === 1 ? inputs[0]! : inputs, {training}) as tf.Tensor | tf.Tensor[]);
}

/** What a model computes, for the Python side to compare with. */
function measure(model: tfl.LayersModel, each: LayersCase): Record<string, unknown> {
  const variables = variablesOf(model);
  const trainable = trainableVariablesOf(model);
  const names = variableNames(model);
  const nameOf = (variable: tf.Variable) => names.get(variable) ?? Variable.of(variable).name;
  const batches = (each.batch === undefined ? BATCHES : [each.batch]).map((size) => {
    const inputs = each.inputs(size);
    if (model.stateful) model.resetStates();
    const outputs = apply(model, inputs, false).map(json);
    if (model.stateful) model.resetStates();
    const before = variables.map((variable) => variable.clone());
    const trained = apply(model, inputs, true).map(json);
    const after = variables.map(json);
    for (const [i, variable] of variables.entries()) variable.assign(before[i]!);
    return {
      size,
      inputs: inputs.map(json),
      outputs,
      ...(each.randomInTraining ? {} : {trainingOutputs: trained, variablesAfter: after}),
    };
  });
  if (model.stateful) model.resetStates();
  const inputs = each.inputs(each.batch ?? BATCHES.at(-1)!);
  const loss = () =>
    tf.addN(apply(model, inputs, false).map((output) => tf.sum(tf.square(output)))) as tf.Scalar;
  return {
    name: each.name,
    stateful: model.stateful,
    inputNames: inputNames(model),
    outputNames: outputNames(model),
    variables: variables.map(nameOf),
    trainableVariables: trainable.map(nameOf),
    losses: allLosses(model).map((regularization) => regularization().dataSync()[0]),
    revivedFromFunctions: each.revivedFromFunctions ?? [],
    gradients: gradients(loss, trainable),
    batches,
  };
}

/** What tfjs finds for gradients; undefined where it lacks that of an op. */
function gradients(loss: () => tf.Scalar, variables: tf.Variable[]): TensorJson[] | undefined {
  if (variables.length === 0) return undefined;
  try {
    const {grads} = tf.variableGrads(loss, variables);
    return variables.map((variable) => json(grads[variable.name]!));
  } catch {
    return undefined;
  }
}

/** A model with a loaded one in it. */
async function withHubLayer(): Promise<LayersCase> {
  const handle = join(MODELS, 'mlp');
  const object = await hub.load(handle);
  const [input] = Object.values(object.signatures.serving_default!.inputs);
  const width = input!.shape![1]!;
  return {
    name: 'hub_layer',
    build: () =>
      tfl.sequential({
        name: 'with_hub_layer',
        layers: [
          tfl.layers.dense({name: 'before', units: width, inputShape: [3]}),
          new hub.KerasLayer(object, {name: 'hub', trainable: true}),
          tfl.layers.dense({name: 'after', units: 2}),
        ],
      }),
    inputs: (batch) => [tf.tensor(numbers(batch * 3, 1, -1, 1), [batch, 3])],
    revivedFromFunctions: ['hub'],
  };
}

/** A model that takes strings. */
async function withStrings(): Promise<LayersCase> {
  const object = await hub.load(join(MODELS, 'text_vocabulary'));
  const words = ['a long sentence', 'single-word', '', 'the cat sat on the mat', 'unknown words zxcvb'];
  return {
    name: 'strings',
    build: () => {
      const text = tfl.input({name: 'text', shape: [], dtype: 'string'});
      const embedded = new hub.KerasLayer(object, {name: 'embed'}).apply(text) as tfl.SymbolicTensor;
      const out = tfl.layers.dense({name: 'out', units: 2}).apply(embedded) as tfl.SymbolicTensor;
      return tfl.model({name: 'strings', inputs: text, outputs: out});
    },
    inputs: (batch) => [tf.tensor(Array.from({length: batch}, (_, i) => words[i % words.length]!))],
    revivedFromFunctions: ['embed'],
  };
}

/** The first layers of a model. */
const piece = (): LayersCase => {
  const whole = LAYERS_CASES.find(({name}) => name === 'conv2d')!;
  return {
    ...whole,
    name: 'piece',
    build: () => {
      const model = whole.build();
      return tfl.model({
        name: 'piece',
        inputs: model.getLayer('c1').input as tfl.SymbolicTensor,
        outputs: model.getLayer('pool').output as tfl.SymbolicTensor,
      });
    },
  };
};

/** A model that keeps state from call to call. */
const stateful: LayersCase = {
  name: 'stateful',
  build: () =>
    tfl.sequential({
      name: 'stateful',
      layers: [
        tfl.layers.lstm({
          name: 'lstm',
          units: 2,
          stateful: true,
          recurrentInitializer: 'glorotUniform',
          batchInputShape: [3, null, 2],
        }),
      ],
    }),
  inputs: (batch) => [tf.tensor(numbers(batch * 8, 1, -1, 1), [batch, 4, 2])],
  batch: 3,
};

const OPTIMIZERS: Readonly<Record<string, () => tf.Optimizer>> = {
  SGD: () => tf.train.sgd(0.1),
  Momentum: () => tf.train.momentum(0.05, 0.8),
  Nesterov: () => tf.train.momentum(0.05, 0.8, true),
  Adagrad: () => tf.train.adagrad(0.1, 0.2),
  Adadelta: () => tf.train.adadelta(0.5, 0.9, 1e-6),
  Adam: () => tf.train.adam(0.02, 0.8, 0.9, 1e-6),
  Adamax: () => tf.train.adamax(0.02, 0.8, 0.9, 1e-6),
  RMSprop: () => tf.train.rmsprop(0.02, 0.8, 0.7, 1e-6),
};

/** What Adadelta keeps, in Keras's order. */
function savedSlots(optimizer: tf.Optimizer): TensorJson[] {
  const grads = accumulatorsIn(optimizer, 'accumulatedGrads');
  return accumulatorsIn(optimizer, 'accumulatedUpdates').flatMap(({variable}, i) => [
    json(grads[i]!.variable),
    json(variable),
  ]);
}

/** Trains a model for some steps, saves it with the state of its optimizer, and trains it for one step more. */
async function saveInTraining(folder: string, kind: string): Promise<void> {
  const name = `optimizer_${kind.toLowerCase()}`;
  const model = tfl.sequential({
    name,
    layers: [
      tfl.layers.dense({name: 'hidden', units: 4, activation: 'tanh', inputShape: [3]}),
      tfl.layers.dense({name: 'out', units: 1}),
    ],
  });
  randomizeWeights(model);
  model.compile({optimizer: OPTIMIZERS[kind]!(), loss: 'meanSquaredError', metrics: ['mae']});
  const inputs = tf.tensor(numbers(24, 3, -1, 1), [8, 3]);
  const targets = tf.tensor(numbers(8, 4, -1, 1), [8, 1]);
  const step = () => model.fit(inputs, targets, {batchSize: 8, epochs: 1, verbose: 0, shuffle: false});
  for (let i = 0; i < 3; i++) await step();
  await hub.savedModel.save(model, join(folder, name), {includeOptimizer: true});
  const slots = savedSlots(model.optimizer);
  await step();
  const expected = {
    class:
      model.optimizer.getClassName() === 'RMSProp' ? 'RMSprop' : kind.replace(/Momentum|Nesterov/, 'SGD'),
    iterations: 3,
    inputs: json(inputs),
    targets: json(targets),
    // tfjs's Adadelta divides by the average before the step, Keras's by that after it.
    ...(kind === 'Adadelta' ? {slots} : {variablesAfterNextStep: variablesOf(model).map(json)}),
  };
  writeFileSync(join(folder, `${name}.cases.json`), JSON.stringify({name, optimizer: expected}));
}

/** Saves all models to a folder, with what they compute. */
async function saveAll(folder: string, details: string[]): Promise<void> {
  const cases = [...LAYERS_CASES.map((each) => () => each), piece, () => stateful, withHubLayer, withStrings];
  for (const make of cases) {
    const each = await make();
    try {
      const model = each.build();
      randomizeWeights(model);
      const measured = measure(model, each);
      if (model.stateful) model.resetStates();
      await hub.savedModel.save(model, join(folder, each.name), {includeOptimizer: false});
      writeFileSync(join(folder, `${each.name}.cases.json`), JSON.stringify(measured));
      model.dispose();
    } catch (error) {
      details.push(`FAIL saving ${each.name}: ${process.env.VERBOSE ? (error as Error).stack : error}`);
    }
  }
  for (const kind of Object.keys(OPTIMIZERS)) {
    try {
      await saveInTraining(folder, kind);
    } catch (error) {
      details.push(`FAIL saving with optimizer ${kind}: ${error}`);
    }
  }
}

const [folder, ...pythons] = process.argv.slice(2);
if (!folder || pythons.length === 0) throw new Error('usage: conformance_layers.ts FOLDER PYTHON...');
rmSync(folder, {recursive: true, force: true});
mkdirSync(folder, {recursive: true});
await tf.setBackend('cpu');
const unsaved: string[] = [];
await saveAll(folder, unsaved);
const verdicts = await Promise.all(
  pythons.map((python, i) =>
    verdictsOf(python, ['fixtures/check_layers.py', folder, ...(i === 0 ? ['--keras'] : [])]),
  ),
);
const failures = [...unsaved, ...verdicts.flatMap((each) => each.failures)];
const passed = verdicts.reduce((sum, each) => sum + each.passed, 0);
tell([{part: 'models of tfjs-layers, saved', passed, failed: failures.length, details: failures}]);
