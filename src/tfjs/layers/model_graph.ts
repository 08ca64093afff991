/**
 * The graph that a model of tfjs-layers is: calls of layers on symbolic tensors, which stand for those of a batch.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, layers, Shape, SymbolicTensor} from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** A tensor of a model, by the call of a layer that gives it. */
export interface Endpoint {
  readonly layer: Layer;
  readonly call: number;
  readonly tensor: number;
}

/** A call of a layer on symbolic tensors. */
export interface SymbolicCall {
  readonly inputs: readonly SymbolicTensor[];
  /** One shape, or that of each input. */
  readonly inputShapes: Shape | readonly Shape[];
  /** Where the inputs come from. */
  readonly from: readonly Endpoint[];
}

/** The calls of a layer, whatever model they belong to. */
export function callsOf(layer: Layer): readonly SymbolicCall[] {
  return layer.inboundNodes.map((node) => ({
    inputs: node.inputTensors,
    inputShapes: node.inputShapes,
    from: endpoints(node.inboundLayers, node.nodeIndices, node.tensorIndices),
  }));
}

/** The calls of a layer that belong to a model, by their number: a layer may be called outside of the model as well. */
export function callsWithin(model: LayersModel, layer: Layer): readonly (readonly [number, SymbolicCall])[] {
  return [...callsOf(layer).entries()].filter(([index]) => model.containerNodes.has(nodeKey(layer, index)));
}

/** How tfjs-layers writes down a call (`Layer.nodeKey`). */
const nodeKey = (layer: Layer, call: number): string => `${layer.name}_ib-${call}`;

/** The layers that are called on what a layer gives. */
export function usersOf(layer: Layer): Layer[] {
  return layer.outboundNodes.map(({outboundLayer}) => outboundLayer);
}

/** What a model is called on. */
export function inputsOf(model: LayersModel): readonly Endpoint[] {
  return endpoints(model.inputLayers, model.inputLayersNodeIndices, model.inputLayersTensorIndices);
}

/** What a model gives. */
export function outputsOf(model: LayersModel): readonly Endpoint[] {
  return endpoints(model.outputLayers, model.outputLayersNodeIndices, model.outputLayersTensorIndices);
}

function endpoints(from: readonly Layer[], calls: readonly number[], tensors: readonly number[]): Endpoint[] {
  return from.map((layer, i) => ({layer, call: calls[i]!, tensor: tensors[i]!}));
}

/** Says what a symbolic tensor's dtype is: tfjs-layers takes every output of a layer for float32, and would convert it. */
export function setDType(tensor: SymbolicTensor, dtype: tf.DataType): void {
  Object.assign(tensor, {dtype});
}

/** Makes the input of a model that is a vector a column, of shape `[batch, 1]`. */
export function makeColumn(tensor: SymbolicTensor): void {
  const {sourceLayer: input, shape} = tensor;
  const wide = [...shape, 1];
  Object.assign(tensor, {shape: wide, rank: 2});
  input.batchInputShape = wide;
  input.inputSpec = input.inputSpec?.map((spec) => ({...spec, shape: wide}));
  for (const node of input.inboundNodes) {
    node.inputShapes = [wide];
    node.outputShapes = [wide];
  }
}
