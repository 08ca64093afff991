/**
 * A model that says one number in two ways, by its graph and by its variables: one of mixed parts contradicts itself.
 *
 * @module
 */

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {setPlatform} from '../src/platform/current.js';
import {nodePlatform} from '../src/platform/node.js';
import type {ModelDirectory} from '../src/platform/platform.js';
import {MemoryOutput} from '../src/platform/testing/memory_output.js';
import {loadModel} from '../src/savedmodel/load/load.js';
import type {RestoredFunction} from '../src/savedmodel/load/restored_function.js';
import {writeSavedModel} from '../src/savedmodel/save/save.js';
import {Trackable} from '../src/savedmodel/save/trackable.js';
import {func} from '../src/trace/func.js';

/** Large enough that writing it takes a while. */
const ELEMENTS = 100_000;

// Said, for a bundler takes the import alone for one without effect.
setPlatform(nodePlatform);
await tf.setBackend('cpu');

class Numbered extends Trackable {
  readonly v: tf.Variable;
  readonly numbers;

  constructor(number: number) {
    super();
    this.v = tf.variable(tf.fill([ELEMENTS], number));
    this.numbers = func(() => [tf.max(this.v), tf.min(this.v), tf.scalar(number)], {inputSignature: []});
  }
}

let previous: tf.Variable | undefined;

export async function numbered(number: number): Promise<{model: Trackable; warmUp(): Promise<void>}> {
  previous?.dispose();
  const model = new Numbered(number);
  previous = model.v;
  return {model, warmUp: () => writeSavedModel(model, new MemoryOutput())};
}

/** The number that the model says, if it says but one. */
export async function numberOf(directory: ModelDirectory): Promise<number> {
  const model = await loadModel(directory);
  try {
    const said = (model.get('numbers') as RestoredFunction)() as {
      dataSync(): Float32Array;
      dispose(): void;
    }[];
    const numbers = said.map((tensor) => tensor.dataSync()[0]!);
    for (const tensor of said) tensor.dispose();
    if (new Set(numbers).size !== 1) throw new Error(`parts of several models: ${numbers}`);
    return numbers[0]!;
  } finally {
    model.dispose();
  }
}
