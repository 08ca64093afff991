/**
 * Fine-tunes a model in a process of its own, and prints how long a step takes, and what is left in memory after many.
 *
 *     node build/bench/finetune_child/finetune_child.js DIRECTORY mobilenet|text|digits cpu|wasm STEPS
 *     node build/bench/finetune_child/finetune_child.js DIRECTORY mobilenet|text|digits cpu|wasm EPOCHS frozen
 *
 * Where the layer is frozen, `fit` trains what is on top of it.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {layers, sequential} from '@tensorflow/tfjs-layers';
import {KerasLayer} from '../src/keras/keras_layer.js';
import {localDirectory} from '../src/platform/node.js';
import {loadModel} from '../src/savedmodel/load/load.js';
import {collectGarbage} from '../src/testing/collect_garbage.js';
import {quietCpuBackend} from '../src/tfjs/cpu_backend.js';
import {type FinetuneMeasurement, median} from './measure.js';

/** Steps after which everything is warm, and all there will be in memory is there. */
const WARM_UP = 3;
/** Of `fit`; the first epoch warms up. */
const STEPS_IN_EPOCH = 20;
const WORDS_IN_SENTENCE = 12;

interface Task {
  /** Inputs and labels. */
  batch(): [tf.Tensor, tf.Tensor];
  /** Units and activation of the dense layers on top. */
  readonly head: readonly (readonly [number, 'relu' | 'sigmoid' | 'softmax'])[];
  readonly loss: string;
}

/** The same as in finetune_tensorflow.py; and a small one, to take many steps with. */
const TASKS: Readonly<Record<string, Task>> = {
  mobilenet: {
    batch: () => [tf.randomUniform([16, 96, 96, 3]), classes(16, 5)],
    head: [[5, 'softmax']],
    loss: 'categoricalCrossentropy',
  },
  text: {
    batch: () => [
      tf.tensor(Array.from({length: 32}, sentence)),
      tf.tensor2d(Array.from({length: 32}, (_, i) => [i % 2])),
    ],
    head: [
      [16, 'relu'],
      [1, 'sigmoid'],
    ],
    loss: 'binaryCrossentropy',
  },
  digits: {
    batch: () => [tf.randomUniform([2, 8, 8, 1]), classes(2, 5)],
    head: [[5, 'softmax']],
    loss: 'categoricalCrossentropy',
  },
};

function classes(count: number, of: number): tf.Tensor {
  const indices = Array.from({length: count}, (_, i) => i % of);
  return tf.tidy(() => tf.cast(tf.oneHot(indices, of), 'float32'));
}

function sentence(): string {
  const word = () => `word${Math.floor(Math.random() * 5000)}`;
  return Array.from({length: WORDS_IN_SENTENCE}, word).join(' ');
}

function inUse(): Omit<FinetuneMeasurement, 'milliseconds'> {
  collectGarbage();
  const {numTensors, numBytes} = tf.memory();
  return {tensors: numTensors, tensorBytes: numBytes, heapBytes: process.memoryUsage().heapUsed};
}

const [directory = '', name = '', backend = 'cpu', count = '5', frozen] = process.argv.slice(2);
await quietCpuBackend();
await tf.setBackend(backend);
const {batch, head, loss} = TASKS[name]!;
const object = await loadModel(localDirectory(directory));
const model = sequential({
  layers: [
    new KerasLayer(object, {trainable: frozen === undefined}),
    ...head.map(([units, activation]) => layers.dense({units, activation})),
  ],
});
model.compile({optimizer: tf.train.adam(0.001), loss});
const times: number[] = [];
let before = inUse();
if (frozen === undefined) {
  const [inputs, labels] = batch();
  for (let step = 0; step < WARM_UP + Number(count); step++) {
    if (step === WARM_UP) before = inUse();
    const start = performance.now();
    await model.trainOnBatch(inputs, labels);
    times.push(performance.now() - start);
  }
  times.splice(0, WARM_UP);
} else {
  const batches = Array.from({length: STEPS_IN_EPOCH}, batch);
  const [inputs, labels] = [0, 1].map((part) => tf.concat(batches.map((each) => each[part]!))) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const batchSize = inputs.shape[0]! / STEPS_IN_EPOCH;
  for (let epoch = 0; epoch <= Number(count); epoch++) {
    if (epoch === 1) before = inUse();
    const start = performance.now();
    await model.fit(inputs, labels, {batchSize, epochs: 1, shuffle: false, verbose: 0});
    times.push((performance.now() - start) / STEPS_IN_EPOCH);
  }
  times.shift();
}
const after = inUse();
const measured: FinetuneMeasurement = {
  milliseconds: median(times),
  tensors: after.tensors - before.tensors,
  tensorBytes: after.tensorBytes - before.tensorBytes,
  heapBytes: after.heapBytes - before.heapBytes,
};
console.log(JSON.stringify(measured));
