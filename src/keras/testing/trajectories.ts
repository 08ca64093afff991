/**
 * Takes the training steps that `fixtures/trajectories.py` recorded of Python's `hub.KerasLayer`.
 *
 * @module
 */

import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {layers, regularizers, type Sequential, sequential} from '@tensorflow/tfjs-layers';
import type {HostTensor} from '../../host/tensor.js';
import {elementsOf} from '../../host/tensor.js';
import {localDirectory} from '../../platform/node.js';
import {loadModel} from '../../savedmodel/load/load.js';
import type {CallableObject} from '../../savedmodel/load/loaded_object.js';
import {decodeTensor} from '../../savedmodel/testing/fixture_cases.js';
import {KerasLayer} from '../keras_layer.js';

type JsonTensor = Parameters<typeof decodeTensor>[0];

/** The weights in the order in which both layers list them. */
interface Weights<T> {
  readonly trainable: readonly T[];
  readonly nonTrainable: readonly T[];
  readonly head: readonly T[];
}

interface RecordedSteps {
  /** What the optimizer is configured with, by tfjs's names. */
  readonly config: Readonly<Record<string, number>>;
  /** Before each step. */
  readonly losses: readonly number[];
  /** Weights after some of the steps. */
  readonly after: Readonly<Record<string, Weights<JsonTensor>>>;
  /** Of the trainable weights, then of the others. */
  readonly names: readonly string[];
}

/** A model, what it was trained on, and where that led. */
export interface Trajectory {
  readonly name: string;
  readonly directory: string;
  readonly description: string;
  readonly loss: 'categoricalCrossentropy' | 'meanSquaredError';
  readonly headL2: number;
  /** Share of a weight's largest element below which elements are compared as if they were that. */
  readonly floor: number;
  readonly head: readonly JsonTensor[];
  readonly inputs: readonly JsonTensor[];
  readonly labels: readonly JsonTensor[];
  readonly optimizers: Readonly<Record<OptimizerName, RecordedSteps>>;
}

/** Two values of one thing, ours and TensorFlow's. */
export interface Compared {
  readonly what: string;
  readonly ours: ArrayLike<number>;
  readonly theirs: ArrayLike<number>;
}

export const OPTIMIZERS = {
  sgd: ({learningRate}) => tf.train.sgd(learningRate!),
  momentum: ({learningRate, momentum}) => tf.train.momentum(learningRate!, momentum!),
  adam: ({learningRate, beta1, beta2, epsilon}) => tf.train.adam(learningRate, beta1, beta2, epsilon),
  rmsprop: ({learningRate, decay, epsilon}) => tf.train.rmsprop(learningRate!, decay, 0, epsilon),
} as const satisfies Record<string, (config: Readonly<Record<string, number>>) => tf.Optimizer>;

export type OptimizerName = keyof typeof OPTIMIZERS;

/** Every trajectory of a directory. */
export function readTrajectories(directory: string): Trajectory[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.json'.length);
      const content = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Trajectory;
      return {...content, name, directory: join(directory, name)};
    });
}

/** Trains with one optimizer from the recorded start; what was compared, in the order of the steps. */
export async function retrace(trajectory: Trajectory, optimizer: OptimizerName): Promise<Compared[]> {
  const {config, losses, after, names} = trajectory.optimizers[optimizer];
  const object = (await loadModel(localDirectory(trajectory.directory))) as CallableObject;
  const hubLayer = new KerasLayer(object, {trainable: true});
  const model = buildModel(trajectory, hubLayer);
  const updates = OPTIMIZERS[optimizer](config);
  model.compile({optimizer: updates, loss: trajectory.loss});
  const compared: Compared[] = [];
  try {
    for (const [i, theirs] of losses.entries()) {
      const [x, y] = [trajectory.inputs[i]!, trajectory.labels[i]!].map(toTensor) as [tf.Tensor, tf.Tensor];
      const ours = (await model.trainOnBatch(x, y)) as number;
      tf.dispose([x, y]);
      const step = i + 1;
      compared.push({what: `loss of step ${step}`, ours: [ours], theirs: [theirs]});
      const recorded = after[step];
      if (recorded !== undefined)
        compared.push(...(await compareWeights(hubLayer, model, recorded, names, step)));
    }
  } finally {
    model.dispose();
    updates.dispose();
    object.dispose();
  }
  return compared;
}

/** The hub layer and a dense head with the recorded weights. */
function buildModel({head, headL2, loss}: Trajectory, hubLayer: KerasLayer): Sequential {
  const [kernel, bias] = head.map(toTensor) as [tf.Tensor, tf.Tensor];
  const dense = layers.dense({
    units: bias.size,
    activation: loss === 'categoricalCrossentropy' ? 'softmax' : 'linear',
    kernelRegularizer: regularizers.l2({l2: headL2}),
  });
  const model = sequential({layers: [hubLayer, dense]});
  dense.setWeights([kernel, bias]);
  tf.dispose([kernel, bias]);
  return model;
}

async function compareWeights(
  hubLayer: KerasLayer,
  model: Sequential,
  recorded: Weights<JsonTensor>,
  names: readonly string[],
  step: number,
): Promise<Compared[]> {
  const ours = [
    ...hubLayer.trainableWeights,
    ...hubLayer.nonTrainableWeights,
    ...model.layers.at(-1)!.weights,
  ];
  const theirs = [...recorded.trainable, ...recorded.nonTrainable, ...recorded.head].map(decodeTensor);
  if (ours.length !== theirs.length) throw new Error(`${ours.length} weights instead of ${theirs.length}`);
  return Promise.all(
    ours.map(async (weight, i) => ({
      what: `${names[i] ?? `the head's ${weight.name}`} after step ${step}`,
      ours: await weight.read().data<'float32'>(),
      theirs: theirs[i]!.data as ArrayLike<number>,
    })),
  );
}

function toTensor(json: JsonTensor): tf.Tensor {
  const {dtype, shape, data}: HostTensor = decodeTensor(json);
  return tf.tensor(elementsOf(data) as tf.TypedArray, [...shape], dtype as tf.DataType);
}
