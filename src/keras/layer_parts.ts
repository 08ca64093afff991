/**
 * What a layer of tfjs-layers is made of, under the names that Keras gives the parts: weights, inner layers, losses.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {LayersModel, LayerVariable, type layers, Sequential} from '@tensorflow/tfjs-layers';
import * as parts from '../tfjs/layers/parts.js';
import {KerasLayer} from './keras_layer.js';
import {snakeCase} from './metadata_config.js';

export type Layer = layers.Layer;

/** A loss that depends on weights alone. */
export type Regularization = () => tf.Scalar;

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

/** What the inputs of a model are called: as their layers. (A sequential model tells only once it is built.) */
export const inputNames = (model: LayersModel): string[] =>
  (model.inputs ?? []).map(({sourceLayer}) => sourceLayer.name);

/** What the outputs of a model are called: as their layers, several of one layer told apart by numbers as Keras does. */
export function outputNames(model: LayersModel): string[] {
  const names = model.outputs.map(({sourceLayer}) => sourceLayer.name);
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((each) => each === name).length;
    return before === 0 ? name : `${name}_${before}`;
  });
}

/**
 * The weights of a layer itself, by name. tfjs-layers names the attributes of its layers as Keras does but for the
 * spelling: `recurrentKernel` is `recurrent_kernel`. Weights that are no attribute go by the last part of their own name.
 */
export function weightAttributes(layer: Layer): Part<tf.Variable>[] {
  const named = new Map<string, LayerVariable>();
  for (const [name, weight] of parts.weightAttributes(layer)) named.set(snakeCase(name), weight);
  const attributes = new Set(named.values());
  for (const weight of parts.ownWeights(layer)) {
    if (!attributes.has(weight)) named.set(freeName(weight.originalName.split('/').pop()!, named), weight);
  }
  return [...named].map(([name, weight]) => [name, variableOf(weight)]);
}

/** The name, or the name with the first number that makes it a new one. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let n = 1; taken.has(free); n++) free = `${name}_${n}`;
  return free;
}

/** The layers that a layer which is no model holds as attributes: a cell, the layer that a wrapper wraps. */
export function layerAttributes(layer: Layer): Part<Layer | readonly Layer[]>[] {
  return (
    parts
      .layerAttributes(layer)
      // A bidirectional layer keeps the layer it has copied twice, which is used no more.
      .filter(([name]) => !(isBidirectional(layer) && name === 'layer'))
      .map(([name, value]) => [snakeCase(name), value])
  );
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

const LOSSES = new WeakMap<Layer, readonly Regularization[]>();

/**
 * The regularization losses of a layer alone, without those of its inner layers; the same functions each time.
 *
 * tfjs-layers leaves those of RNN cells out of what it trains by, and Keras does not; they are saved as Keras would.
 */
export function ownLosses(layer: Layer): readonly Regularization[] {
  let losses = LOSSES.get(layer);
  if (losses === undefined) {
    // A layer with inner ones gives theirs for its own; another may compute its list.
    losses = innerLayers(layer).length > 0 ? parts.ownLosses(layer) : layer.losses;
    LOSSES.set(layer, losses);
  }
  return losses;
}

/** The regularization losses of a layer and of all layers in it. */
export function allLosses(layer: Layer): Regularization[] {
  return unique([...ownLosses(layer), ...innerLayers(layer).flatMap(allLosses)]);
}

/**
 * What Keras would call each variable: by the layers around it that were built together (`lstm/lstm_cell/kernel`). The
 * layers of a model are built on their own, so a model's name is no part of it. Loaded variables keep their names.
 */
export function variableNames(layer: Layer): Map<tf.Variable, string> {
  const names = new Map<tf.Variable, string>();
  const visit = (each: Layer, scope: string): void => {
    if (!(each instanceof KerasLayer)) {
      for (const [attribute, variable] of weightAttributes(each)) {
        if (!names.has(variable)) names.set(variable, `${scope}/${attribute}`);
      }
    }
    for (const inner of innerLayers(each)) visit(inner, innerScope(each, scope, inner));
  };
  visit(layer, layer.name);
  return names;
}

/** Recurrent layers that make their cell themselves, and what Keras calls it. */
const OWN_CELLS: Readonly<Record<string, string>> = {
  SimpleRNN: '/simple_rnn_cell',
  LSTM: '/lstm_cell',
  GRU: '/gru_cell',
  ConvLSTM2D: '',
};

function innerScope(layer: Layer, scope: string, inner: Layer): string {
  if (isContainer(layer)) return inner.name;
  if (layer.getClassName() === 'TimeDistributed') return isContainer(inner) ? inner.name : scope;
  return `${scope}${OWN_CELLS[layer.getClassName()] ?? `/${inner.name}`}`;
}
