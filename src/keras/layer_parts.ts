/**
 * What a layer of tfjs-layers is made of, under the names that Keras gives the parts: weights, inner layers, losses.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {LayersModel, LayerVariable, layers, Sequential} from '@tensorflow/tfjs-layers';
import {snakeCase} from './metadata_config.js';

export type Layer = layers.Layer;

/** A loss that depends on weights alone. */
export type Regularization = () => tf.Scalar;

/** Parts of a layer that tfjs-layers does not declare public. */
interface LayerInternals {
  readonly _losses?: readonly Regularization[];
}

/** A part of a layer under its name in Keras. */
export type Part<T> = readonly [name: string, value: T];

/** A model, or a model used as a layer: a graph of layers. */
export const isContainer = (layer: Layer): layer is LayersModel => layer instanceof LayersModel;

export const isSequential = (layer: Layer): layer is Sequential => layer instanceof Sequential;

export const isInputLayer = (layer: Layer): boolean => layer.getClassName() === 'InputLayer';

export const isBidirectional = (layer: Layer): boolean => layer.getClassName() === 'Bidirectional';

/** The layers of a model as Keras lists them: in a `Sequential` without the input. */
export function layersOf(model: LayersModel): readonly Layer[] {
  return isSequential(model) ? model.layers.filter((layer) => !isInputLayer(layer)) : model.layers;
}

const isLayer = (value: unknown): value is Layer => value instanceof layers.Layer;

/**
 * The weights that a layer holds as attributes. tfjs-layers names its attributes as Keras does but for the spelling:
 * `recurrentKernel` is `recurrent_kernel`.
 */
export function weightAttributes(layer: Layer): Part<tf.Variable>[] {
  return Object.entries(layer).flatMap(([name, value]) =>
    value instanceof LayerVariable ? [[snakeCase(name), variableOf(value)] as const] : [],
  );
}

/** The layers that a layer which is no model holds as attributes: a cell, the layer that a wrapper wraps. */
export function layerAttributes(layer: Layer): Part<Layer | readonly Layer[]>[] {
  return Object.entries(layer).flatMap(([name, value]) => {
    // A bidirectional layer keeps the layer it has copied twice, which is used no more.
    if (isBidirectional(layer) && name === 'layer') return [];
    const isList = Array.isArray(value) && value.length > 0 && value.every(isLayer);
    return isLayer(value) || isList ? [[snakeCase(name), value as Layer | Layer[]] as const] : [];
  });
}

/** The layers directly within a layer. */
export function innerLayers(layer: Layer): readonly Layer[] {
  return isContainer(layer) ? layersOf(layer) : layerAttributes(layer).flatMap(([, value]) => value);
}

/** tfjs-layers wraps the variables of a layer; a layer of another's making may have them bare. */
const variableOf = (weight: LayerVariable | tf.Variable): tf.Variable =>
  weight instanceof LayerVariable ? (weight.read() as tf.Variable) : weight;

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** All variables of a layer, in Keras's order: a model's layer by layer, a layer's with the trainable ones first. */
export function variablesOf(layer: Layer): tf.Variable[] {
  return unique(isContainer(layer) ? layersOf(layer).flatMap(variablesOf) : layer.weights.map(variableOf));
}

/** The variables of a layer that training changes as things stand: none of a frozen layer. */
export function trainableVariablesOf(layer: Layer): tf.Variable[] {
  if (!isContainer(layer)) return unique(layer.trainableWeights.map(variableOf));
  return layer.trainable ? unique(layersOf(layer).flatMap(trainableVariablesOf)) : [];
}

/**
 * The regularization losses of a layer alone, without those of its inner layers.
 *
 * tfjs-layers leaves those of RNN cells out of what it trains by, and Keras does not; they are saved as Keras would.
 */
export function ownLosses(layer: Layer): readonly Regularization[] {
  return (layer as unknown as LayerInternals)._losses ?? [];
}

/** The regularization losses of a layer and of all layers in it. */
export function allLosses(layer: Layer): Regularization[] {
  return unique([...ownLosses(layer), ...innerLayers(layer).flatMap(allLosses)]);
}

/**
 * What Keras would call each variable: by the layers around it that were built together (`lstm/lstm_cell/kernel`). The
 * layers of a model are built on their own, so a model's name is no part of it.
 */
export function variableNames(layer: Layer): Map<tf.Variable, string> {
  const names = new Map<tf.Variable, string>();
  const visit = (each: Layer, scope: string): void => {
    for (const [attribute, variable] of weightAttributes(each)) {
      if (!names.has(variable)) names.set(variable, `${scope}/${attribute}`);
    }
    for (const inner of innerLayers(each)) visit(inner, innerScope(each, scope, inner));
  };
  visit(layer, layer.name);
  return names;
}

function innerScope(layer: Layer, scope: string, inner: Layer): string {
  if (isContainer(layer)) return inner.name;
  if (layer.getClassName() === 'TimeDistributed') return isContainer(inner) ? inner.name : scope;
  // The cell that an LSTM makes for itself bears its maker's name in tfjs-layers.
  const name = inner.name === layer.name ? snakeCase(inner.getClassName()) : inner.name;
  return `${scope}/${name}`;
}
