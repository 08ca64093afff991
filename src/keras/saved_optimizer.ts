/**
 * The state of an optimizer of tfjs as Keras 2 saves the state of its own.
 *
 * Source: `keras/src/optimizers/` of Keras 2.15.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {DType} from '../graph/dtypes.js';
import type {HostData} from '../graph/tensor.js';
import {Value} from '../ops/value.js';
import {Variable} from '../ops/variable.js';
import {SAVED_OBJECT, type SavedObjectSpec, Trackable} from '../savedmodel/trackable.js';
import {OPTIMIZERS} from './compile_config.js';
import {type Part, trainableVariablesOf} from './layer_parts.js';

/** What tfjs keeps for one trained variable. */
interface Accumulator {
  readonly variable: tf.Variable;
}

/** A list of what an optimizer keeps: one for each variable, in the order in which they were first trained. */
interface SlotList {
  /** The property of tfjs's optimizer. */
  readonly property: string;
  /** The attribute of Keras's. */
  readonly attribute: string;
  /** What Keras puts between the optimizer's name and the variable's. */
  readonly infix: string;
  /** By what tfjs's values are to be multiplied, given the learning rate. Left out where they mean the same. */
  readonly factor?: (learningRate: number) => number;
}

interface SlotRule {
  readonly lists: readonly SlotList[];
  /** Whether Keras lists all of the first variable before the next one; else list by list. */
  readonly interleaved: boolean;
}

/** By tfjs's class names. */
const SLOTS: Readonly<Record<string, SlotRule>> = {
  SGD: {lists: [], interleaved: false},
  Momentum: {
    // tfjs accumulates gradients, Keras the steps that are taken.
    lists: [{property: 'accumulations', attribute: 'momentums', infix: 'm', factor: (rate) => -rate}],
    interleaved: false,
  },
  Adagrad: {
    lists: [{property: 'accumulatedGrads', attribute: '_accumulators', infix: 'accumulator'}],
    interleaved: false,
  },
  Adadelta: {
    lists: [
      {property: 'accumulatedGrads', attribute: '_accumulated_grads', infix: 'accumulated_grad'},
      {property: 'accumulatedUpdates', attribute: '_accumulated_delta_vars', infix: 'accumulated_delta_var'},
    ],
    interleaved: true,
  },
  Adam: {
    lists: [
      {property: 'accumulatedFirstMoment', attribute: '_momentums', infix: 'm'},
      {property: 'accumulatedSecondMoment', attribute: '_velocities', infix: 'v'},
    ],
    interleaved: true,
  },
  Adamax: {
    lists: [
      {property: 'accumulatedFirstMoment', attribute: '_m', infix: 'm'},
      {property: 'accumulatedWeightedInfNorm', attribute: '_u', infix: 'u'},
    ],
    interleaved: true,
  },
  RMSProp: {
    lists: [
      {property: 'accumulatedMeanSquares', attribute: '_velocities', infix: 'velocity'},
      {property: 'accumulatedMoments', attribute: '_momentums', infix: 'momentum'},
      {property: 'accumulatedMeanGrads', attribute: '_average_gradients', infix: 'average_gradient'},
    ],
    interleaved: false,
  },
};

/** Parts of tfjs's optimizers that it does not declare public. */
type OptimizerInternals = Readonly<Record<string, unknown>> & {
  readonly iterations_?: number;
  readonly learningRate: number;
  readonly momentum?: number;
};

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
  const slots = SLOTS[optimizer.getClassName()];
  if (rule === undefined || slots === undefined) return undefined;
  const internals = optimizer as unknown as OptimizerInternals;
  const steps = BigInt64Array.of(BigInt(internals.iterations_ ?? 0));
  const rate = Float32Array.of(internals.learningRate);
  const iterations = madeVariable(optimizer, 'iteration', 'int64', [], steps);
  const learningRate = madeVariable(optimizer, 'learning_rate', 'float32', [], rate);

  const names = new Map([
    [iterations, 'iteration'],
    [learningRate, 'learning_rate'],
  ]);
  const trained = trainableVariablesOf(model);
  const lists = slots.lists.map((list): Part<tf.Variable[]> => {
    // tfjs accumulates RMSProp's moments without momentum as well, and does not read them.
    const unused = list.infix === 'momentum' && !internals.momentum;
    const accumulators = unused ? [] : ((internals[list.property] ?? []) as readonly Accumulator[]);
    const variables = accumulators.map(({variable}, i) => {
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
  const by = factor((optimizer as unknown as OptimizerInternals).learningRate);
  const data = Float32Array.from(variable.dataSync(), (x) => x * by);
  return madeVariable(optimizer, name, 'float32', variable.shape, data);
}
