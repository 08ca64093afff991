/**
 * How a compiled model is trained, in Keras 2's words: `training_config`, from which `load_model` compiles it again.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {type Json, type JsonObject, snakeCase} from './metadata_config.js';

/** Losses that Keras 2 computes alike, by their names in tfjs-layers, where not just the spelling differs. */
const LOSSES: Readonly<Record<string, string>> = {
  meanSquaredError: 'mean_squared_error',
  meanAbsoluteError: 'mean_absolute_error',
  meanAbsolutePercentageError: 'mean_absolute_percentage_error',
  meanSquaredLogarithmicError: 'mean_squared_logarithmic_error',
  squaredHinge: 'squared_hinge',
  hinge: 'hinge',
  categoricalHinge: 'categorical_hinge',
  logcosh: 'log_cosh',
  categoricalCrossentropy: 'categorical_crossentropy',
  sparseCategoricalCrossentropy: 'sparse_categorical_crossentropy',
  binaryCrossentropy: 'binary_crossentropy',
  kullbackLeiblerDivergence: 'kl_divergence',
  poisson: 'poisson',
  cosineProximity: 'cosine_similarity',
};

const METRICS: Readonly<Record<string, string>> = {
  ...LOSSES,
  accuracy: 'accuracy',
  acc: 'accuracy',
  crossentropy: 'crossentropy',
  ce: 'crossentropy',
  binaryAccuracy: 'binary_accuracy',
  categoricalAccuracy: 'categorical_accuracy',
  mse: 'mean_squared_error',
  MSE: 'mean_squared_error',
  mae: 'mean_absolute_error',
  MAE: 'mean_absolute_error',
  mape: 'mean_absolute_percentage_error',
  MAPE: 'mean_absolute_percentage_error',
  cosine: 'cosine_similarity',
};

/** An optimizer of Keras 2 that does what one of tfjs does. */
interface OptimizerRule {
  readonly name: string;
  /** Settings whose names are no mere respelling; null where Keras's has none such. */
  readonly settings?: Readonly<Record<string, string | null>>;
}

/** By the class names of tfjs. */
export const OPTIMIZERS: Readonly<Record<string, OptimizerRule>> = {
  SGD: {name: 'SGD'},
  Momentum: {name: 'SGD', settings: {useNesterov: 'nesterov'}},
  Adagrad: {name: 'Adagrad'},
  Adadelta: {name: 'Adadelta'},
  Adam: {name: 'Adam', settings: {beta1: 'beta_1', beta2: 'beta_2'}},
  Adamax: {name: 'Adamax', settings: {beta1: 'beta_1', beta2: 'beta_2', decay: null}},
  RMSProp: {name: 'RMSprop', settings: {decay: 'rho'}},
};

/** A nest of losses or metrics, translated; undefined if one of them Keras does not know. */
function translated(nest: unknown, table: Readonly<Record<string, string>>): Json | undefined {
  if (nest === null || nest === undefined) return null;
  if (typeof nest === 'string') return table[nest];
  if (Array.isArray(nest)) {
    const items = nest.map((item) => translated(item, table));
    return items.includes(undefined) ? undefined : (items as Json[]);
  }
  if (typeof nest !== 'object') return undefined;
  const fields = Object.entries(nest).map(([key, item]) => [key, translated(item, table)] as const);
  return fields.some(([, item]) => item === undefined)
    ? undefined
    : (Object.fromEntries(fields) as JsonObject);
}

/** An optimizer as Keras 2 serialises it; undefined for one it does not have. */
export function optimizerConfig(optimizer: tf.Optimizer): JsonObject | undefined {
  const rule = OPTIMIZERS[optimizer.getClassName()];
  if (rule === undefined) return undefined;
  const settings = Object.entries(optimizer.getConfig()).flatMap(([key, value]): [string, Json][] => {
    const name = rule.settings?.[key];
    return name === null ? [] : [[name ?? snakeCase(key), value as Json]];
  });
  const config = {name: rule.name, is_legacy_optimizer: false, ...Object.fromEntries(settings)};
  return {class_name: rule.name, config};
}

/**
 * `{training_config}` of a compiled model. Nothing for one that is not compiled, and for one whose optimizer, loss or metrics
 * are functions of the user's own or unknown to Keras: load_model then leaves compiling to the user.
 */
export function trainingConfig(model: LayersModel): JsonObject {
  const {optimizer, loss, metrics} = model as Partial<LayersModel>;
  const optimizerSetting = optimizer && optimizerConfig(optimizer);
  const lossSetting = translated(loss, LOSSES);
  const metricsSetting = translated(metrics, METRICS);
  if (!optimizerSetting || !lossSetting || metricsSetting === undefined) return {};
  return {
    training_config: {
      loss: lossSetting,
      metrics: metricsSetting,
      weighted_metrics: null,
      loss_weights: null,
      optimizer_config: optimizerSetting,
    },
  };
}
