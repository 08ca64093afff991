/**
 * Keras layers from handles.
 *
 * @module
 */

import {serialization} from '@tensorflow/tfjs-core';
import type {ModelSource} from './hub/resolver.js';
import {KerasLayer, type KerasLayerConfig} from './keras/keras_layer.js';
import {readSavedConfig} from './keras/layer_config.js';
import {type LayerNeed, needsOf, offer} from './keras/preloaded.js';
import {type LoadOptions, load} from './load.js';
import {type Tags, tagList} from './savedmodel/load/read_model.js';

/** How to load a layer and make it. */
export interface LoadedKerasLayerConfig extends KerasLayerConfig {
  /** Which of the model's graphs, by its tag, or by all of its tags; needed where it has several. */
  tags?: Tags;
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
  const object = await load(handle, {...loadOptions, ...(tags !== undefined && {tags})});
  try {
    const source = {
      handle: typeof handle === 'string' ? handle : undefined,
      tags: tags === undefined ? undefined : tagList(tags),
    };
    return new KerasLayer(object, rest, source);
  } catch (error) {
    object.dispose();
    throw error;
  }
}

/**
 * Loads models for layers that are about to be made from their configs: `layers.models.modelFromJSON` and `loadLayersModel`
 * bring a {@link KerasLayer} back at once, while loading takes waiting.
 *
 * Each model loaded is for one layer: layers have variables of their own, even those of one handle.
 *
 * @param needed - a handle, or one for each layer; or a whole model: its JSON as text or object, or the content of a
 *   `model.json`, from which the handles are taken
 * @throws what {@link load} throws.
 * @example
 * const json = model.toJSON();
 * await preload(json);
 * const again = await layers.models.modelFromJSON(JSON.parse(json));
 */
export async function preload(
  needed: string | readonly string[] | Readonly<Record<string, unknown>>,
  options: LoadOptions = {},
): Promise<void> {
  // The class is known by its name as soon as it is imported, unless a bundler left out what nothing seems to use.
  serialization.registerClass(KerasLayer);
  for (const need of needsIn(needed)) {
    const tags = need.config === undefined ? undefined : readSavedConfig(need.config).tags;
    offer({...need, ...(tags && {tags}), object: await load(need.handle, {...options, ...(tags && {tags})})});
  }
}

function needsIn(needed: Parameters<typeof preload>[0]): LayerNeed[] {
  if (Array.isArray(needed)) return needed.map((handle: string) => ({handle}));
  if (typeof needed !== 'string') return needsOf(needed);
  return needed.trimStart().startsWith('{') ? needsOf(JSON.parse(needed)) : [{handle: needed}];
}
