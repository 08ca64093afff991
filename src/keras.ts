/**
 * Keras layers from handles.
 *
 * @module
 */

import type {ModelSource} from './hub/resolver.js';
import {KerasLayer, type KerasLayerConfig} from './keras/keras_layer.js';
import {type LoadOptions, load} from './load.js';

/** How to load a layer and make it. */
export interface LoadedKerasLayerConfig extends KerasLayerConfig {
  /** Which of the model's graphs; needed where it has several. */
  tags?: readonly string[];
  /** How the handle is resolved and loaded. */
  loadOptions?: LoadOptions;
}

/**
 * Loads a model and wraps it as a layer of tfjs-layers.
 *
 * Mirrors `tensorflow_hub.KerasLayer(handle, ...)`; loading is asynchronous here, so making a layer of a handle is, too.
 *
 * @throws what {@link load} throws, and CallError for a configuration that does not fit the model.
 * @example
 * const embed = await kerasLayer('https://tfhub.dev/google/nnlm-en-dim50/2');
 * const model = layers.sequential({layers: [embed, layers.layers.dense({units: 1, activation: 'sigmoid'})]});
 */
export async function kerasLayer(
  handle: ModelSource,
  config: LoadedKerasLayerConfig = {},
): Promise<KerasLayer> {
  const {tags, loadOptions, ...rest} = config;
  const object = await load(handle, {...loadOptions, ...(tags && {tags})});
  return new KerasLayer(object, rest);
}
