/**
 * Models that are loaded before the layers that need them are made: bringing a layer back from a config cannot wait for a
 * file, and loading cannot do without.
 *
 * @module
 */

import {CallError} from '../errors.js';
import type {LoadedObject} from '../savedmodel/load/loaded_object.js';
import {shownHandle} from '../shown.js';

/** What a config asks for. */
export interface LayerNeed {
  readonly handle: string;
  readonly tags?: readonly string[];
  /** Name of the layer, where a whole model is being brought back. */
  readonly layer?: string;
  /** The layer's config as it was written, where a whole model is being brought back. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A model that waits for its layer. */
export interface Preloaded extends LayerNeed {
  readonly object: LoadedObject;
}

const WAITING: Preloaded[] = [];

/** Keeps a model for the layer that will ask for it. */
export function offer(preloaded: Preloaded): void {
  WAITING.push(preloaded);
}

/**
 * The model for a layer. Each is given once: two layers of one handle have variables of their own, as in Python.
 *
 * @throws CallError where none is left.
 */
export function take(need: LayerNeed): Preloaded {
  const fitting = WAITING.filter(
    (each) => sameHandle(each.handle, need.handle) && (each.layer === undefined || each.layer === need.layer),
  );
  // One that was loaded for this very layer first.
  const found = fitting.find(({layer}) => layer !== undefined) ?? fitting[0];
  if (found === undefined) {
    throw new CallError(
      `layer '${need.layer ?? 'KerasLayer'}' needs the model '${shownHandle(need.handle)}', and loading takes waiting: before the ` +
        "layer is made from its config, call `await hub.preload('<handle>')`, once for each layer that uses the handle, " +
        'or `await hub.preload(json)` with the JSON of the whole model',
    );
  }
  WAITING.splice(WAITING.indexOf(found), 1);
  return found;
}

/** tfjs-layers reads strings of a Python-made config to camel case. */
function sameHandle(known: string, asked: string): boolean {
  return known === asked || camelCase(known) === asked;
}

function camelCase(text: string): string {
  return text.replace(/_+(\w|$)/g, (_, next: string) => next.toUpperCase());
}

/** What the layers in a model's JSON need: an object as `toJSON` gives it, or Keras, or the content of a `model.json`. */
export function needsOf(json: unknown): LayerNeed[] {
  if (Array.isArray(json)) return json.flatMap(needsOf);
  if (typeof json !== 'object' || json === null) return [];
  const {class_name: className, config} = json as {class_name?: unknown; config?: Record<string, unknown>};
  // Python writes a registered class with its package: `Custom>KerasLayer`.
  if (typeof className === 'string' && /(^|>)KerasLayer$/.test(className) && config?.handle !== undefined) {
    const {handle, name} = config;
    const text = typeof handle === 'string' ? handle : (handle as {name?: unknown}).name;
    if (typeof text === 'string') {
      return [{handle: text, config, ...(typeof name === 'string' && {layer: name})}];
    }
  }
  return Object.values(json).flatMap(needsOf);
}
