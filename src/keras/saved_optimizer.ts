/**
 * The state of an optimizer of tfjs as Keras 2 saves the state of its own.
 *
 * Source: `keras/src/optimizers/` of Keras 2.15.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {DType} from '../host/dtypes.js';
import type {HostData} from '../host/tensor.js';
import {Variable} from '../ops/variable/variable.js';
import {accumulatorsOf, OPTIMIZER_SLOTS} from '../savedmodel/checkpoint/optimizer_slots.js';
import {SAVED_OBJECT, type SavedObjectSpec, Trackable} from '../savedmodel/save/trackable.js';
import {Value} from '../tensors/value.js';
import {iterationsOf, learningRateOf} from '../tfjs/optimizers.js';
import {OPTIMIZERS} from './compile_config.js';
import {type Part, trainableVariablesOf} from './layer_parts.js';

/** An optimizer as it is saved. */
class SavedOptimizer extends Trackable {
  constructor(
    readonly children: readonly Part<unknown>[],
    readonly names: ReadonlyMap<tf.Variable, string>,
  ) {
    super();
  }

  override [SAVED_OBJECT](): SavedObjectSpec {
    return {
      identifier: 'experimentalOptimizer',
      version: {producer: 2, minConsumer: 1},
      children: this.children,
    };
  }
}

/** Variables that are made to be saved, by optimizer and name: made once, however often it is saved. */
const MADE = new WeakMap<tf.Optimizer, Map<string, Variable>>();

/** A variable of the optimizer that tfjs keeps as a number, or in another measure. */
function madeVariable(
  optimizer: tf.Optimizer,
  name: string,
  dtype: DType,
  shape: readonly number[],
  data: HostData,
): tf.Variable {
  let made = MADE.get(optimizer);
  if (made === undefined) MADE.set(optimizer, (made = new Map()));
  let variable = made.get(name);
  if (variable === undefined) {
    made.set(name, (variable = new Variable({name, dtype, shape, trainable: false})));
  }
  variable.assign(Value.host(dtype, shape, data));
  return variable.face();
}

/**
 * The optimizer of a compiled model as Keras 2 saves it; undefined for a model that is not compiled, and for an optimizer
 * that Keras does not have.
 *
 * @param variableNames - What the model's variables are saved as.
 */
export function savedOptimizer(
  model: LayersModel,
  variableNames: ReadonlyMap<tf.Variable, string>,
): SavedOptimizer | undefined {
  const {optimizer} = model as Partial<LayersModel>;
  if (!optimizer) return undefined;
  const rule = OPTIMIZERS[optimizer.getClassName()];
  const slots = OPTIMIZER_SLOTS[optimizer.getClassName()];
  if (rule === undefined || slots === undefined) return undefined;
  const steps = BigInt64Array.of(BigInt(iterationsOf(optimizer)));
  const rate = Float32Array.of(learningRateOf(optimizer));
  const iterations = madeVariable(optimizer, 'iteration', 'int64', [], steps);
  const learningRate = madeVariable(optimizer, 'learning_rate', 'float32', [], rate);

  const names = new Map([
    [iterations, 'iteration'],
    [learningRate, 'learning_rate'],
  ]);
  const trained = trainableVariablesOf(model);
  const lists = slots.lists.map((list): Part<tf.Variable[]> => {
    const variables = accumulatorsOf(optimizer, list).map(({variable}, i) => {
      const name = `${rule.name}/${list.infix}/${variableNames.get(trained[i]!) ?? i}`;
      const saved = list.factor === undefined ? variable : scaled(optimizer, name, variable, list.factor);
      names.set(saved, name);
      return saved;
    });
    return [list.attribute, variables];
  });
  const all = slots.interleaved
    ? (lists[0]?.[1] ?? []).flatMap((_, i) => lists.map(([, variables]) => variables[i]!))
    : lists.flatMap(([, variables]) => variables);
  const children: Part<unknown>[] = [
    ['_variables', [iterations, ...all]],
    ['_iterations', iterations],
    ['_learning_rate', learningRate],
    ...lists,
  ];
  return new SavedOptimizer(children, names);
}

function scaled(
  optimizer: tf.Optimizer,
  name: string,
  variable: tf.Variable,
  factor: (learningRate: number) => number,
): tf.Variable {
  const by = factor(learningRateOf(optimizer));
  const data = Float32Array.from(variable.dataSync(), (x) => x * by);
  return madeVariable(optimizer, name, 'float32', variable.shape, data);
}
