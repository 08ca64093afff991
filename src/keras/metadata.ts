/**
 * What `tf.keras.models.load_model` reads of a layer beside its functions and variables: the JSON from which Keras 2 makes
 * the layer anew, as it stands in `keras_metadata.pb`.
 *
 * Source: `keras/src/saving/legacy/saved_model/{layer,model}_serialization.py`, `json_utils.py` of Keras 2.15.
 *
 * @module
 */

import type {LayersModel, Shape, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {encodeMessage, KerasSavedMetadata, makeMessage} from '../proto/index.js';
import {callsOf, callsWithin, type Endpoint, inputsOf, outputsOf} from '../tfjs/layers/model_graph.js';
import {wrappedLayer} from '../tfjs/layers/parts.js';
import {trainingConfig} from './compile_config.js';
import {meantShape} from './keras_layer.js';
import {
  inputNames,
  isBidirectional,
  isContainer,
  isInputLayer,
  isSequential,
  type Layer,
  layersOf,
} from './layer_parts.js';
import {
  isStandardLayer,
  type Json,
  type JsonObject,
  kerasClassName,
  kerasConfig,
  STANDARD_LAYERS,
} from './metadata_config.js';

/** The release whose format this is. */
const KERAS_VERSION = '2.15.0';

/** A layer's entry in `keras_metadata.pb`. */
export interface LayerMetadata {
  /** What kind of object Keras makes. */
  readonly identifier: LayerIdentifier;
  readonly metadata: JsonObject;
}

export type LayerIdentifier =
  | '_tf_keras_sequential'
  | '_tf_keras_network'
  | '_tf_keras_rnn_layer'
  | '_tf_keras_input_layer'
  | '_tf_keras_layer';

const RNN_CLASSES: ReadonlySet<string> = new Set(['RNN', 'SimpleRNN', 'LSTM', 'GRU', 'ConvLSTM2D']);

/** Standard layers that compute the same in training as otherwise. */
const SAME_IN_TRAINING: ReadonlySet<string> = new Set([
  'Activation',
  'Add',
  'Average',
  'AveragePooling1D',
  'AveragePooling2D',
  'AveragePooling3D',
  'Concatenate',
  'Conv1D',
  'Conv2D',
  'Conv2DTranspose',
  'Conv3D',
  'Conv3DTranspose',
  'Cropping2D',
  'Dense',
  'DepthwiseConv2D',
  'Dot',
  'ELU',
  'Embedding',
  'Flatten',
  'GlobalAveragePooling1D',
  'GlobalAveragePooling2D',
  'GlobalMaxPooling1D',
  'GlobalMaxPooling2D',
  'InputLayer',
  'LayerNormalization',
  'LeakyReLU',
  'Masking',
  'MaxPooling1D',
  'MaxPooling2D',
  'MaxPooling3D',
  'Maximum',
  'Minimum',
  'Multiply',
  'Permute',
  'PReLU',
  'ReLU',
  'RepeatVector',
  'Rescaling',
  'Reshape',
  'SeparableConv2D',
  'Softmax',
  'ThresholdedReLU',
  'UpSampling2D',
  'ZeroPadding2D',
]);

/** Whether a layer takes the argument `training`. Of layers that Keras does not know it is assumed. */
export const expectsTraining = (layer: Layer): boolean => !SAME_IN_TRAINING.has(layer.getClassName());

/**
 * The metadata of a layer or a model.
 *
 * Models, and layers that Keras 2 has too, carry a configuration and become themselves again. Of other layers Keras is told
 * no configuration; it makes them of their saved functions and variables.
 *
 * @param isRoot - Whether to say how the model is trained, too.
 */
export function layerMetadata(layer: Layer, isRoot = false): LayerMetadata {
  if (isInputLayer(layer)) return inputMetadata(layer);
  const common: JsonObject = {
    name: layer.name,
    trainable: layer.trainable,
    expects_training_arg: expectsTraining(layer),
    dtype: 'float32',
    batch_input_shape: null,
    must_restore_from_config: false,
    preserve_input_structure_in_config: false,
    autocast: !isContainer(layer),
    class_name: kerasClassName(layer.getClassName()),
  };
  if (isContainer(layer)) {
    return {
      identifier: isSequential(layer) ? '_tf_keras_sequential' : '_tf_keras_network',
      metadata: {...common, ...modelMetadata(layer, isRoot)},
    };
  }
  const config = configOf(layer);
  const standard = isStandardLayer(layer.getClassName(), config);
  const input = callsOf(layer)[0]?.inputShapes;
  return {
    identifier: standard && RNN_CLASSES.has(layer.getClassName()) ? '_tf_keras_rnn_layer' : '_tf_keras_layer',
    metadata: {
      ...common,
      stateful: layer.stateful,
      ...(standard ? {config} : {}),
      ...(input === undefined ? {} : {build_input_shape: tensorShapes(input)}),
    },
  };
}

function inputMetadata(layer: Layer): LayerMetadata {
  const config = configOf(layer);
  const {name, dtype, sparse, ragged, batch_input_shape} = config as Record<string, Json>;
  const metadata = {class_name: 'InputLayer', name, dtype, sparse, ragged, batch_input_shape, config};
  return {identifier: '_tf_keras_input_layer', metadata: metadata as JsonObject};
}

function modelMetadata(model: LayersModel, isRoot: boolean): JsonObject {
  const config = configOf(model);
  const spec = inputSpecs(model);
  return {
    config,
    build_input_shape: single(model.inputs.map((input) => tensorShape(meantShape(input)))),
    is_graph_network: true,
    full_save_spec: tuple([[spec], {}]),
    save_spec: spec,
    keras_version: KERAS_VERSION,
    backend: 'tensorflow',
    model_config: {class_name: kerasClassName(model.getClassName()), config},
    ...(isRoot ? trainingConfig(model) : {}),
  };
}

const single = (values: readonly Json[]): Json => (values.length === 1 ? values[0]! : values);

/** The spelling of objects that JSON lacks, from Keras's `json_utils.py`. */
const tuple = (items: readonly Json[]): Json => ({class_name: '__tuple__', items});

const tensorShape = (shape: Shape): Json => ({class_name: 'TensorShape', items: shape});

const tensorShapes = (shapes: Shape | readonly Shape[]): Json =>
  isShapeList(shapes) ? single(shapes.map(tensorShape)) : tensorShape(shapes);

const isShapeList = (shapes: Shape | readonly Shape[]): shapes is readonly Shape[] =>
  Array.isArray(shapes[0]);

function inputSpecs(model: LayersModel): Json {
  const names = inputNames(model);
  const specs = model.inputs.map((input, i) => ({
    class_name: 'TypeSpec',
    type_spec: 'tf.TensorSpec',
    serialized: [tensorShape(meantShape(input)), input.dtype, names[i]!],
  }));
  return single(specs);
}

/** The configuration of a layer or a model as Keras 2 spells it; of a layer that Keras does not have, its name. */
export function configOf(layer: Layer): JsonObject {
  if (isSequential(layer)) return sequentialConfig(layer);
  if (isContainer(layer)) return functionalConfig(layer);
  // The classes of others may refuse to describe themselves, and Keras would not understand them.
  if (isInputLayer(layer)) return inputConfig(layer.output as SymbolicTensor).config as JsonObject;
  if (!(layer.getClassName() in STANDARD_LAYERS)) return {name: layer.name, trainable: layer.trainable};
  const config = layer.getConfig();
  const inner = wrappedLayer(layer);
  if (inner === undefined || isBidirectional(layer)) return kerasConfig(layer.getClassName(), config);
  return {...kerasConfig(layer.getClassName(), config), layer: serialised(inner)};
}

const serialised = (layer: Layer): JsonObject => ({
  class_name: kerasClassName(layer.getClassName()),
  config: configOf(layer),
});

/** Keras, unlike tfjs-layers, lists the input of a sequential model. */
function sequentialConfig(model: LayersModel): JsonObject {
  return {
    name: model.name,
    layers: [inputConfig(model.inputs[0]!), ...layersOf(model).map(serialised)],
  };
}

const inputConfig = (tensor: SymbolicTensor): JsonObject => ({
  class_name: 'InputLayer',
  config: {
    batch_input_shape: tuple(meantShape(tensor)),
    dtype: tensor.dtype,
    sparse: false,
    ragged: false,
    name: tensor.sourceLayer.name,
  },
});

/**
 * A functional model: its layers, and of each what it is called on. Keyword arguments of those calls are left out: the only
 * ones that tfjs-layers records are initial states, which are among the inputs as well.
 *
 * Calls are counted anew, without those outside of the model; a model has one call before all others, that of its own
 * inputs.
 */
function functionalConfig(model: LayersModel): JsonObject {
  const places = new Map<Layer, ReadonlyMap<number, number>>();
  for (const layer of model.layers) {
    const first = isContainer(layer) ? 1 : 0;
    const calls = callsWithin(model, layer);
    places.set(layer, new Map(calls.map(([index], count) => [index, first + count])));
  }
  const placed = ({layer, call, tensor}: Endpoint): [string, number, number] => [
    layer.name,
    places.get(layer)?.get(call) ?? 0,
    tensor,
  ];
  return {
    name: model.name,
    trainable: model.trainable,
    layers: model.layers.map((layer) => ({
      ...serialised(layer),
      name: layer.name,
      inbound_nodes: callsWithin(model, layer)
        .map(([, {from}]) => from.map((each) => [...placed(each), {}]))
        .filter((inputs) => inputs.length > 0),
    })),
    input_layers: inputsOf(model).map(placed),
    output_layers: outputsOf(model).map(placed),
  };
}

/** A layer's place among the saved objects, and what Keras is to know of it. */
export interface PlacedMetadata extends LayerMetadata {
  readonly id: number;
  readonly path: string;
}

/** The file `keras_metadata.pb`. */
export function encodeMetadata(layers: readonly PlacedMetadata[]): Uint8Array {
  const nodes = [...layers]
    .sort((a, b) => a.id - b.id)
    .map(({id, path, identifier, metadata}) => ({
      nodeId: id,
      nodePath: path,
      identifier,
      metadata: JSON.stringify(metadata),
      version: {producer: 2, minConsumer: 1, badConsumers: []},
    }));
  return encodeMessage(KerasSavedMetadata, makeMessage(KerasSavedMetadata, {nodes}));
}
