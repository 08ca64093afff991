/**
 * Configurations of tfjs-layers objects in the spelling of Keras 2: the JSON that Python's `from_config` takes.
 *
 * @module
 */

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** Settings whose values are words, which tfjs-layers writes in camelCase and Keras in snake_case. */
const WORDS: ReadonlySet<string> = new Set([
  'padding',
  'dataFormat',
  'mode',
  'distribution',
  'interpolation',
  'mergeMode',
  'outputMode',
]);

const ACTIVATIONS: ReadonlySet<string> = new Set(['activation', 'recurrentActivation']);

/** Activations that Keras 2 knows by name and computes as tfjs-layers does. */
const KERAS_ACTIVATIONS: ReadonlySet<string> = new Set([
  'elu',
  'selu',
  'relu',
  'relu6',
  'linear',
  'sigmoid',
  'hard_sigmoid',
  'softplus',
  'softsign',
  'tanh',
  'softmax',
  'log_softmax',
  'gelu',
  'mish',
  'swish',
]);

/** tfjs-layers has one initializer for all kinds of variance scaling; its `normal` draws from a truncated normal. */
const INITIALIZER_WORDS: Readonly<Record<string, string>> = {normal: 'truncated_normal'};

/** How the configuration of one class differs from Keras's, beyond its spelling. */
interface ClassRule {
  /** The class in Keras, where it has another name. */
  readonly name?: string;
  /** Settings that Keras's class does not take. */
  readonly without?: readonly string[];
  /** Settings that tfjs-layers leaves unsaid and whose default in Keras is another. */
  readonly with?: JsonObject;
  /** Whether Keras's class computes the same; absent where it always does. */
  readonly agrees?: (config: JsonObject) => boolean;
}

/** tfjs-layers interpolates between pixel corners, Keras 2 between pixel centres; repeating pixels is the same. */
const nearestOnly = (config: JsonObject): boolean => config.interpolation === 'nearest';

/** tfjs-layers has the states of a stack of cells last cell first, Keras first cell first. */
const hidesStackedStates = ({cell, return_state}: JsonObject): boolean =>
  !return_state || (cell as JsonObject).class_name !== 'StackedRNNCells';

/**
 * The layers that Keras 2 has too, by the class name of tfjs-layers. Others are revived from their saved functions, as
 * Keras does with classes it does not know: among them `Resizing`, `CenterCrop` and `CategoryEncoding`, which have
 * namesakes in Keras that compute something else.
 */
export const STANDARD_LAYERS: Readonly<Record<string, ClassRule>> = {
  Activation: {},
  Add: {},
  AlphaDropout: {},
  Average: {},
  AveragePooling1D: {},
  AveragePooling2D: {},
  AveragePooling3D: {},
  BatchNormalization: {},
  Bidirectional: {},
  Concatenate: {},
  Conv1D: {},
  Conv2D: {},
  Conv2DTranspose: {},
  Conv3D: {},
  Conv3DTranspose: {},
  ConvLSTM2D: {},
  Cropping2D: {},
  Dense: {},
  DepthwiseConv2D: {},
  Dot: {},
  Dropout: {},
  ELU: {},
  Embedding: {},
  Flatten: {},
  // A model within a wrapper; models by themselves are revived layer by layer.
  Functional: {},
  GaussianDropout: {},
  GaussianNoise: {},
  GlobalAveragePooling1D: {},
  GlobalAveragePooling2D: {},
  GlobalMaxPooling1D: {},
  GlobalMaxPooling2D: {},
  // tfjs-layers resets before the product with the recurrent kernel, and cannot do otherwise; Keras's default is after it.
  GRU: {with: {reset_after: false}},
  GRUCell: {with: {reset_after: false}},
  InputLayer: {with: {ragged: false}},
  LayerNormalization: {},
  LeakyReLU: {},
  LSTM: {},
  LSTMCell: {},
  Masking: {},
  MaxPooling1D: {},
  MaxPooling2D: {},
  MaxPooling3D: {},
  Maximum: {},
  Minimum: {},
  Multiply: {},
  Permute: {},
  PReLU: {},
  ReLU: {},
  RepeatVector: {},
  Rescaling: {},
  Reshape: {},
  // tfjs-layers lists the cells of a stack twice.
  RNN: {without: ['cells'], agrees: hidesStackedStates},
  SeparableConv2D: {},
  Sequential: {},
  SimpleRNN: {},
  SimpleRNNCell: {},
  Softmax: {},
  SpatialDropout1D: {},
  StackedRNNCells: {},
  ThresholdedReLU: {},
  TimeDistributed: {},
  UpSampling2D: {agrees: nearestOnly},
  ZeroPadding2D: {},
};

/** Python's spelling of a camelCase name. */
export function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A serialised object: an initializer, a regularizer, a constraint, a layer within a layer. */
const isSerialised = (
  value: Record<string, unknown>,
): value is {className: string; config: Record<string, unknown>} =>
  typeof value.className === 'string' && isObject(value.config);

/**
 * An object as Keras serialises it: its class and its configuration.
 *
 * @param className - Its class in tfjs-layers.
 * @param config - What its `getConfig` says.
 */
export function kerasObject(className: string, config: Readonly<Record<string, unknown>>): JsonObject {
  return {class_name: kerasClassName(className), config: kerasConfig(className, config)};
}

/** The class in Keras that corresponds to one of tfjs-layers. */
export const kerasClassName = (className: string): string =>
  STANDARD_LAYERS[className]?.name ?? (className === 'Model' ? 'Functional' : className);

/**
 * The configuration of a layer, an initializer and so on in Keras's spelling.
 *
 * Layers of tfjs-layers have a dtype and an input shape only for the sake of the input they make where they come first;
 * Keras would make weights of that dtype. So these two are left to the input layers.
 */
export function kerasConfig(className: string, config: Readonly<Record<string, unknown>>): JsonObject {
  const rule = STANDARD_LAYERS[className];
  const ofInput = rule !== undefined && className !== 'InputLayer' ? ['dtype', 'batchInputShape'] : [];
  const dropped = new Set([...ofInput, ...(rule?.without ?? [])]);
  const entries = Object.entries(config)
    .filter(([key, value]) => value !== undefined && !dropped.has(key))
    .map(([key, value]): [string, Json] => [snakeCase(key), setting(key, value)]);
  return {...Object.fromEntries(entries), ...rule?.with};
}

function setting(key: string, value: unknown): Json {
  if (typeof value === 'string') {
    if (ACTIVATIONS.has(key)) return snakeCase(value);
    return WORDS.has(key) ? (INITIALIZER_WORDS[value] ?? snakeCase(value)) : value;
  }
  if (key === 'targetShape') return (value as (number | null)[]).map((size) => size ?? -1);
  return plain(value);
}

function plain(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) {
    return isSerialised(value) ? kerasObject(value.className, value.config) : kerasConfig('', value);
  }
  return (value as Json | undefined) ?? null;
}

/**
 * Whether Keras 2 can make this layer from its configuration and then computes the same.
 *
 * @param className - The layer's class in tfjs-layers.
 * @param config - Its configuration in Keras's spelling.
 */
export function isStandardLayer(className: string, config: JsonObject): boolean {
  const rule = STANDARD_LAYERS[className];
  return rule !== undefined && (rule.agrees?.(config) ?? true) && knowsActivations(config);
}

function knowsActivations(config: JsonObject): boolean {
  return Object.entries(config).every(([key, value]) =>
    key === 'activation' || key === 'recurrent_activation'
      ? KERAS_ACTIVATIONS.has(value as string)
      : innerLayers(value).every((layer) =>
          isStandardLayer(layer.class_name as string, layer.config as JsonObject),
        ),
  );
}

/** Layers within a setting: the layer of a wrapper, the cell of an RNN, the cells of a stack. */
function innerLayers(value: Json): readonly JsonObject[] {
  const candidates = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return candidates.filter(
    (candidate): candidate is JsonObject =>
      isObject(candidate) &&
      typeof candidate.class_name === 'string' &&
      isObject(candidate.config) &&
      'name' in candidate.config,
  );
}
