/**
 * Loaded variables as the weights of a tfjs-layers layer.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {Variable} from '../ops/variable/variable.js';
import {installSharedWeights} from '../tfjs/layers/shared_weights.js';
import {variableWeight} from '../tfjs/layers/variable_weight.js';

/** Variables that are weights of some layer. */
const WRAPPED = new WeakSet<tf.Variable>();

/**
 * Wraps variables as weights of the named layer, without copying them. Weights are called `<layer>/<variable>`, by the
 * variables' saved names, with a number appended where a name comes again.
 */
export function loadedWeights(variables: readonly tf.Variable[], layerName: string): LayerVariable[] {
  if (variables.some((variable) => WRAPPED.has(variable))) installSharedWeights();
  const taken = new Set<string>();
  return variables.map((variable) => {
    const name = `${layerName}/${Variable.of(variable).name}`;
    let unique = name;
    for (let n = 1; taken.has(unique); n++) unique = `${name}_${n}`;
    taken.add(unique);
    WRAPPED.add(variable);
    return variableWeight(variable, unique);
  });
}
