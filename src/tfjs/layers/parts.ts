/**
 * What a layer of tfjs-layers is made of: weights, inner layers, losses, most of which it does not declare public.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {LayerVariable, layers} from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** What a layer does not declare public. */
interface LayerInternals {
  readonly _losses: readonly (() => tf.Scalar)[];
  readonly _trainableWeights: readonly LayerVariable[];
  readonly _nonTrainableWeights: readonly LayerVariable[];
  /** How many users it has, once it has had one. */
  _refCount: number | null;
}

const internals = (layer: Layer): LayerInternals => layer as unknown as LayerInternals;

/** An attribute of a layer. */
export type Attribute<T> = readonly [name: string, value: T];

/** The weights that a layer has as attributes. */
export function weightAttributes(layer: Layer): Attribute<LayerVariable>[] {
  return Object.entries(layer).filter(([, value]) => value instanceof LayerVariable);
}

/** The layers that a layer has as attributes: a cell, the layer that a wrapper wraps. */
export function layerAttributes(layer: Layer): Attribute<Layer | readonly Layer[]>[] {
  return Object.entries(layer).filter(([, value]) => isLayer(value) || isListOfLayers(value));
}

const isLayer = (value: unknown): value is Layer => value instanceof layers.Layer;

const isListOfLayers = (value: unknown): value is Layer[] =>
  Array.isArray(value) && value.length > 0 && value.every(isLayer);

/** The layer that a wrapper (`TimeDistributed`, `Bidirectional`) wraps. */
export function wrappedLayer(layer: Layer): Layer | undefined {
  return (layer as {readonly layer?: Layer}).layer;
}

/** The weights that a layer trains if it is trainable itself; a layer that is not lists none of them as such. */
export function ownTrainableWeights(layer: Layer): readonly LayerVariable[] {
  return internals(layer)._trainableWeights;
}

/** The weights of a layer without those of its inner layers. */
export function ownWeights(layer: Layer): readonly LayerVariable[] {
  const {_trainableWeights, _nonTrainableWeights} = internals(layer);
  return [..._trainableWeights, ..._nonTrainableWeights];
}

/** The regularization losses of a layer without those of its inner layers. */
export function ownLosses(layer: Layer): readonly (() => tf.Scalar)[] {
  return internals(layer)._losses;
}

/**
 * Marks a layer that was never used as given up, which tfjs-layers refuses to do, for such a layer has made no weights.
 *
 * @returns false for a layer that has been used
 */
export function giveUpUnused(layer: Layer): boolean {
  const unused = internals(layer);
  if (unused._refCount !== null) return false;
  unused._refCount = 0;
  return true;
}
