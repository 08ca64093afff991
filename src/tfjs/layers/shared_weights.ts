/**
 * Variables that are weights of several layers. A model of tfjs-layers lists such a variable once for each layer, and its
 * optimizer would move it as often in every step; Python's Keras moves it once.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {LayersModel, type LayerVariable} from '@tensorflow/tfjs-layers';

/** What a model does with its weights in training. */
interface ModelInternals {
  /** The weights that were trainable when the model was compiled. */
  collectedTrainableWeights: LayerVariable[];
  /** Gives the function that makes one step. */
  makeTrainFunction(): (data: tf.Tensor[]) => tf.Scalar[];
}

let isInstalled = false;

/** Lets models move each variable once in a step, whatever number of layers has it. Calling it again does nothing. */
export function installSharedWeights(): void {
  if (isInstalled) return;
  isInstalled = true;
  const prototype = LayersModel.prototype as unknown as ModelInternals;
  const {makeTrainFunction} = prototype;
  prototype.makeTrainFunction = function (this: ModelInternals) {
    const step = makeTrainFunction.call(this);
    return (data) => {
      const listed = this.collectedTrainableWeights;
      this.collectedTrainableWeights = unique(listed);
      try {
        return step(data);
      } finally {
        this.collectedTrainableWeights = listed;
      }
    };
  };
}

function unique(weights: readonly LayerVariable[]): LayerVariable[] {
  const seen = new Set<tf.Tensor>();
  return weights.filter((weight) => !seen.has(weight.read()) && seen.add(weight.read()));
}
