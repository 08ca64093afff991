/**
 * A SavedModel as a layer of a Keras-style model.
 *
 * Source: `tensorflow_hub/keras_layer.py`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {layers, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {CallError} from '../errors.js';
import {LoadedObject} from '../savedmodel/load/loaded_object.js';
import type {Members, ModelOutput} from '../savedmodel/outputs.js';
import {shownHandle} from '../shown.js';
import {callsOf, makeColumn, setDType, usersOf} from '../tfjs/layers/model_graph.js';
import {giveUpUnused, ownTrainableWeights} from '../tfjs/layers/parts.js';
import {installTextBatches} from '../tfjs/layers/text_batches.js';
import {presentScope} from '../tfjs/scope.js';
import {callFrozen} from './frozen.js';
import {PassMemory} from './graph_pass.js';
import {LayerCall} from './layer_call.js';
import {
  checkArguments,
  readConfig,
  readSavedConfig,
  type SavedLayerConfig,
  writeConfig,
} from './layer_config.js';
import {loadedWeights} from './layer_weight.js';
import {
  describeLayout,
  flatten,
  isFlatList,
  type Layout,
  layoutOfNest,
  type Nest,
  nestOf,
  pack,
  sameLayout,
} from './nest.js';
import {layerShape, type NestSpec} from './output_specs.js';
import {take} from './preloaded.js';
import {
  callableOf,
  type RegularizationLoss,
  type Reusable,
  regularizationLossesOf,
  variablesOf,
} from './reusable.js';

/** What every layer of tfjs-layers can be configured with. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** A shape as tfjs-layers has it: null is an unknown size. */
export type LayerShape = (number | null)[];

/** Keyword arguments of a layer's call, such as `training`. */
export type CallArguments = Parameters<layers.Layer['call']>[1];

/** How to make a layer: these, and what every layer of tfjs-layers takes (`name`, `inputShape`, `dtype`, ...). */
export interface KerasLayerConfig extends LayerArgs {
  /** Whether the layer is trained with the model around it. Default false. Cannot be true when a signature is called. */
  trainable?: boolean;
  /** More keyword arguments for the callable. Must be JSON for the layer's config to be saved. */
  arguments?: Readonly<Record<string, unknown>>;
  /** The signature to call, in place of the object itself. Models in TF1 Hub format: default `default`. */
  signature?: string;
  /** Give all outputs of the signature, by name. */
  signatureOutputsAsDict?: boolean;
  /** Give this one of the outputs, where the callable gives them by name. Models in TF1 Hub format: default `default`. */
  outputKey?: string;
  /**
   * Shapes of the outputs without the batch, in the nest in which the callable gives them. Only needed where the shapes
   * cannot be found out.
   */
  outputShape?: Nest<number | null>;
}

/** Where a layer's object was loaded from. */
export interface LayerSource {
  /** What to load again, where it can be said in a config. */
  readonly handle: string | undefined;
  readonly tags?: readonly string[] | undefined;
}

/** A tensor, or what stands for one while a model is built. */
export type LayerTensor = tf.Tensor | SymbolicTensor;

/** What `Layer.apply` of tfjs-layers takes. */
type FlatTensors = tf.Tensor | tf.Tensor[] | SymbolicTensor | SymbolicTensor[];

/** {@link ModelOutput} of a layer that becomes part of a model. */
export interface SymbolicOutput extends SymbolicTensor, Members {}

/**
 * A loaded SavedModel, or another callable object, as a layer of tfjs-layers.
 *
 * The callable is invoked with one tensor, or a nest of tensors, and with `training` if it has such an argument: true when
 * the layer is trainable *and* called for training. These attributes of the object have special meanings:
 *
 * - `variables`: all variables the callable depends on. The layer's weights are these very variables, not copies.
 * - `trainable_variables`: those of them that are trained while the layer is `trainable`.
 * - `regularization_losses`: functions without arguments, each giving a scalar; they are losses of the layer while it is
 *   trainable.
 *
 * Mirrors `tensorflow_hub.KerasLayer`. To make one from a handle use {@link kerasLayer}.
 *
 * @example
 * const encoder = new KerasLayer(await load(handle), {trainable: true});
 * const model = layers.sequential({layers: [encoder, layers.layers.dense({units: 2})]});
 */
export class KerasLayer extends layers.Layer {
  static readonly className = 'KerasLayer';

  readonly #object: Reusable;
  /** Undefined for a layer of an object that the user made or loaded. */
  readonly #source: LayerSource | undefined;
  readonly #config: Omit<SavedLayerConfig, 'handle' | 'tags' | 'inputNests'>;
  readonly #isHubModule: boolean;
  readonly #call: LayerCall;
  readonly #losses: readonly (() => tf.Scalar)[];
  /** True where shape and dtype of the input are the function's own, not given with the config. */
  readonly #hasOwnInput: boolean;
  /** How inputs are arranged where the layer is part of a model, by their number. */
  readonly #graphLayouts = new Map<number, Layout>();
  /** The same, for a layer that is brought back and is given flat lists then. */
  readonly #savedLayouts = new Map<number, Layout>();
  readonly #pass = new PassMemory();
  readonly #lossesCounted = new WeakSet<object>();
  /** What {@link apply} tells {@link call}, which tfjs-layers gives flat tensors. */
  #inputLayout: Layout | undefined;
  /** What {@link apply} tells {@link computeOutputShape}. */
  #expectedOutputs: NestSpec | undefined;
  /** How the results of the latest call are arranged. */
  #outputLayout: Layout = {kind: 'leaf'};
  #hasSeveralOutputs = false;
  #hasLoggedZeroWeights = false;

  /**
   * @param callable - a loaded object, or part of one (`loaded.encoder`, a function); a `Trackable`, a plain object with a
   *   `__call__`, or a function. A JavaScript function gets the keyword arguments as an object if it has a second parameter.
   * @param config - see {@link KerasLayerConfig}
   * @param source - where `callable` was loaded from for this very layer, with which it is freed
   * @throws CallError where the object is not callable and no signature is named, the object has no such signature,
   *   or options exclude each other.
   */
  constructor(callable: Reusable, config: KerasLayerConfig = {}, source?: LayerSource) {
    super(layerArgs(config));
    checkCallable(callable, config);
    const {arguments: extra = {}, signatureOutputsAsDict = false, outputShape} = config;
    let {signature, outputKey} = config;
    this.#isHubModule = callable instanceof LoadedObject && callable.modelInfo.isHubModule;
    if (this.#isHubModule) {
      signature ??= 'default';
      if (!signatureOutputsAsDict) outputKey ??= 'default';
    }
    if (signature !== undefined && (outputKey !== undefined) === signatureOutputsAsDict) {
      throw new CallError(
        'When using a signature, either outputKey or signatureOutputsAsDict: true should be set.',
      );
    }
    if (signature === undefined && signatureOutputsAsDict) {
      throw new CallError(
        'signatureOutputsAsDict is only valid if specifying a signature (or using a legacy TF1 Hub format).',
      );
    }
    this.#object = callable;
    this.#source = source;
    this.#config = {
      ...(Object.keys(extra).length > 0 && {arguments: extra}),
      ...(signature !== undefined && {signature}),
      ...(signatureOutputsAsDict && {signatureOutputsAsDict}),
      ...(outputKey !== undefined && {outputKey}),
      ...(outputShape !== undefined && {outputShape}),
    };
    this.#call = new LayerCall({
      function: callableOf(
        callable,
        signature,
        extra,
        source?.handle === undefined ? 'the model' : shownHandle(source.handle),
      ),
      arguments: extra,
      outputKey,
      outputShape,
    });
    const {trainable, other} = variablesOf(callable);
    const weights = loadedWeights([...trainable, ...other], this.name);
    this.trainableWeights = weights.slice(0, trainable.length);
    this.nonTrainableWeights = weights.slice(trainable.length);
    this.#losses = regularizationLossesOf(callable).map((loss) => this.#whileTrained(loss));
    this.#hasOwnInput = this.batchInputShape == null;
    this.#describeInput(config.dtype ?? config.inputDType);
  }

  /** The object that the layer wraps: for a layer made from a handle, what was loaded from it. */
  get resolvedObject(): Reusable {
    return this.#object;
  }

  /** The regularisation losses of the object; each is 0 while the layer is not trainable. */
  override get losses(): (() => tf.Scalar)[] {
    return [...this.#losses];
  }

  #whileTrained(loss: RegularizationLoss): () => tf.Scalar {
    return () => (this.#isTrained ? (loss() as tf.Scalar) : tf.scalar(0));
  }

  override calculateLosses(): tf.Scalar[] {
    // A model asks once for each place the layer has in it, and opens a scope anew for each pass.
    const scope = presentScope();
    if (scope !== undefined && callsOf(this).length > 1) {
      if (this.#lossesCounted.has(scope)) return [];
      this.#lossesCounted.add(scope);
    }
    return super.calculateLosses();
  }

  /** Whether the weights are being trained; a model that holds the layer may have frozen them without it. */
  get #isTrained(): boolean {
    const weights = ownTrainableWeights(this);
    return this.trainable && (weights.length === 0 || weights.some((weight) => weight.trainable));
  }

  /** The number of elements of all weights; known before the layer is first used. */
  override countParams(): number {
    return this.weights.reduce((sum, {shape}) => sum + tf.util.sizeFromShape(shape as number[]), 0);
  }

  /**
   * Applies the layer to tensors: to real ones, or to symbolic ones to make it part of a model.
   *
   * @param inputs - a tensor, or tensors in an array or an object as the callable takes them
   * @returns what the callable gives: a tensor, or tensors in an array or an object. As part of a model, and for a flat
   *   array of as many tensors as the layer has in a model, the results are flat as well.
   */
  override apply<Result = ModelOutput>(inputs: tf.Tensor, kwargs?: CallArguments): Result;
  override apply<Result = SymbolicOutput>(inputs: SymbolicTensor, kwargs?: CallArguments): Result;
  override apply(inputs: FlatTensors, kwargs?: CallArguments): FlatTensors;
  override apply(inputs: Nest<LayerTensor>, kwargs?: CallArguments): Nest<LayerTensor>;
  override apply(inputs: Nest<LayerTensor>, kwargs?: CallArguments): unknown {
    const {leaves, layout} = flatten(inputs);
    const symbolic = leaves.filter((leaf) => leaf instanceof SymbolicTensor);
    if (symbolic.length > 0) {
      if (symbolic.length === leaves.length) return this.#applySymbolic(symbolic, layout, kwargs);
      throw new CallError(`layer '${this.name}' is applied to tensors and to symbolic tensors at once`);
    }
    const tensors = leaves as readonly tf.Tensor[];
    const graphLayout = isFlatList(layout) ? this.#graphLayouts.get(leaves.length) : undefined;
    const isPass = graphLayout !== undefined && this.#hasSeveralOutputs;
    const again = isPass ? this.#pass.recall(tensors, kwargs, this.getWeights()) : undefined;
    if (again !== undefined) return again;
    this.#inputLayout = graphLayout ?? layout;
    try {
      const outputs = super.apply(singleOrList(tensors), kwargs) as tf.Tensor | tf.Tensor[];
      if (graphLayout === undefined) return pack(this.#outputLayout, toList(outputs)) as Nest<LayerTensor>;
      if (isPass) this.#pass.remember(tensors, kwargs, this.getWeights(), toList(outputs));
      return outputs;
    } finally {
      this.#inputLayout = undefined;
    }
  }

  #applySymbolic(
    inputs: readonly SymbolicTensor[],
    given: Layout,
    kwargs: CallArguments | undefined,
  ): Nest<LayerTensor> {
    const isFlat = given.kind === 'leaf' || isFlatList(given);
    const layout = (isFlat && this.#savedLayouts.get(inputs.length)) || given;
    const known = this.#graphLayouts.get(inputs.length);
    if (known !== undefined && !sameLayout(known, layout)) {
      throw new CallError(
        `layer '${this.name}' is applied to ${describeLayout(layout)}, and elsewhere in a model to ` +
          `${describeLayout(known)}; make another layer of the same object for one of them`,
      );
    }
    this.#checkTrainability();
    inputs.forEach(widen);
    const specs = inputs.map(({shape, dtype}) => ({shape, dtype}));
    const expected = this.#call.outputs(layout, specs);
    this.#expectedOutputs = expected;
    try {
      const outputs = toList(super.apply(singleOrList(inputs), kwargs) as SymbolicTensor | SymbolicTensor[]);
      this.#graphLayouts.set(inputs.length, layout);
      this.#hasSeveralOutputs ||= outputs.length > 1;
      if (specs.some(({dtype}) => dtype === 'string')) installTextBatches();
      outputs.forEach((output, i) => {
        setDType(output, expected.specs[i]!.dtype);
      });
      return pack(expected.layout, outputs) as Nest<LayerTensor>;
    } finally {
      this.#expectedOutputs = undefined;
    }
  }

  /**
   * Calls the wrapped object; `apply` is what users call.
   *
   * @param kwargs - `training`: whether the call is part of training
   */
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: CallArguments = {}): tf.Tensor | tf.Tensor[] {
    const {leaves, layout} = flatten(inputs);
    this.#checkTrainability();
    const inputLayout = this.#inputLayout ?? layout;
    const isTrained = this.#isTrained;
    const run = (tensors: readonly tf.Tensor[]): tf.Tensor[] => {
      const outputs = this.#call.run(tensors, inputLayout, isTrained && kwargs.training === true);
      this.#outputLayout = outputs.layout;
      return [...outputs.leaves];
    };
    const outputs = tf.tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const tensors = leaves as readonly tf.Tensor[];
      return isTrained ? run(tensors) : callFrozen(run, tensors, () => this.#call.isRepeatable());
    });
    return singleOrList(outputs);
  }

  /** Refuses, or warns of, uses of `trainable`; here and not at construction, because it can be changed. */
  #checkTrainability(): void {
    if (!this.trainable) return;
    if (this.#isHubModule) {
      throw new CallError(
        'Setting hub.KerasLayer.trainable = true is unsupported when loading from the TF1 Hub format.',
      );
    }
    if (this.#config.signature !== undefined) {
      throw new CallError(
        'Setting hub.KerasLayer.trainable = true is unsupported when calling a SavedModel signature.',
      );
    }
    if (ownTrainableWeights(this).length === 0 && !this.#hasLoggedZeroWeights) {
      this.#hasLoggedZeroWeights = true;
      console.error('hub.KerasLayer is trainable but has zero trainable weights.');
    }
  }

  /**
   * The shapes of the outputs for inputs of the given shapes: by `outputShape`, else by what the callable says of its outputs,
   * else by running it on zeros.
   */
  override computeOutputShape(inputShape: LayerShape | LayerShape[]): LayerShape | LayerShape[] {
    const outputs = this.#expectedOutputs ?? this.#outputsFor(inputShape);
    const outputShapes = outputs.specs.map((spec) => layerShape(spec, `layer '${this.name}'`));
    return outputs.layout.kind === 'leaf' ? outputShapes[0]! : outputShapes;
  }

  #outputsFor(inputShape: LayerShape | LayerShape[]): NestSpec {
    const isOne = !inputShape.some(Array.isArray);
    const shapes = (isOne ? [inputShape] : inputShape) as LayerShape[];
    const layout: Layout =
      this.#graphLayouts.get(shapes.length) ??
      (isOne ? {kind: 'leaf'} : {kind: 'list', items: shapes.map(() => ({kind: 'leaf'}))});
    const specs = shapes.map((shape, i) => ({
      shape,
      dtype: this.#call.inputDType(layout, i) ?? this.dtype ?? 'float32',
    }));
    return this.#call.outputs(layout, specs);
  }

  protected override warnOnIncompatibleInputShape(inputShape: LayerShape): void {
    if (!this.#hasOwnInput) super.warnOnIncompatibleInputShape(inputShape);
  }

  /** Where the config does not say, a model that begins with the layer gets the input that the callable takes. */
  #describeInput(dtype: tf.DataType | undefined): void {
    const {input} = this.#call;
    const shape = this.batchInputShape ?? input?.shape;
    if (shape == null || shape.length === 0) return;
    if (shape.length === 1) WIDENED.add(this);
    this.batchInputShape = shape.length === 1 ? [...shape, 1] : [...shape];
    this.dtype = dtype ?? input?.dtype ?? 'float32';
  }

  /**
   * The layer's config, from which `layers.models.modelFromJSON` makes it again; see {@link preload}.
   *
   * @throws CallError for a layer that was not made from a handle that is a string, or whose arguments are not JSON.
   */
  override getConfig(): tf.serialization.ConfigDict {
    const {handle, tags} = this.#source ?? {};
    if (handle === undefined) {
      throw new CallError(
        'Can only generate a valid config for `hub.kerasLayer(handle, ...)` that uses a string `handle`; ' +
          `layer '${this.name}' was made of an object`,
      );
    }
    checkArguments(this.#config.arguments ?? {});
    const config = super.getConfig();
    if (this.#hasOwnInput) {
      delete config.batchInputShape;
      delete config.dtype;
    }
    const layouts = new Map([...this.#savedLayouts, ...this.#graphLayouts]);
    const inputNests = [...layouts.values()].filter((layout) => !isPlain(layout)).map(nestOf);
    return {
      ...config,
      ...writeConfig({
        handle,
        ...(tags && {tags}),
        ...this.#config,
        ...(inputNests.length > 0 && {inputNests}),
      }),
    };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    _cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const given = readConfig(config);
    const {handle, tags} = given;
    const name = typeof config.name === 'string' ? config.name : undefined;
    const preloaded = take({handle, ...(tags && {tags}), ...(name !== undefined && {layer: name})});
    const {
      handle: _,
      tags: __,
      ...rest
    } = {...given, ...(preloaded.config && readSavedConfig(preloaded.config))};
    try {
      const layer = new KerasLayer(preloaded.object, rest as KerasLayerConfig, preloaded);
      for (const nest of rest.inputNests ?? []) {
        const {layout, count} = layoutOfNest(nest);
        layer.#savedLayouts.set(count, layout);
      }
      return layer as tf.serialization.Serializable as T;
    } catch (error) {
      preloaded.object.dispose();
      throw error;
    }
  }

  /** Frees what was loaded for this layer. An object that the layer was given stays. */
  protected override disposeWeights(): number {
    if (this.#source === undefined) return 0;
    const {length} = this.weights;
    (this.#object as LoadedObject).dispose();
    return length;
  }

  /**
   * Gives the layer up. When nothing uses it any more, the object that was loaded for it is freed; an object that the layer was
   * given stays.
   */
  override dispose(): ReturnType<layers.Layer['dispose']> {
    if (!giveUpUnused(this)) return super.dispose();
    return {refCountAfterDispose: 0, numDisposedVariables: this.disposeWeights()};
  }
}

tf.serialization.registerClass(KerasLayer);

/** What tfjs-layers's own constructor is told. */
function layerArgs(config: KerasLayerConfig): LayerArgs {
  const {name, inputShape, batchInputShape, batchSize, dtype, inputDType, weights} = config;
  const given = {name, inputShape, batchInputShape, batchSize, dtype, inputDType, weights};
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {...defined, trainable: config.trainable ?? false};
}

function checkCallable(callable: Reusable, config: KerasLayerConfig): void {
  if (typeof callable === 'string') {
    throw new CallError(
      `hub.KerasLayer takes an object that is loaded; from a handle a layer is made by ` +
        `\`await hub.kerasLayer('${callable}', config)\``,
    );
  }
  for (const option of ['tags', 'loadOptions'] as const) {
    if ((config as Record<string, unknown>)[option] !== undefined) {
      throw new CallError(`Passing a callable handle is mutually exclusive with setting ${option}.`);
    }
  }
}

/** Inputs of models, and first layers that describe them, that were made columns. */
const WIDENED = new WeakSet<layers.Layer>();

/** The shape of a model's input as it was meant: without the column that a vector was made. */
export function meantShape({sourceLayer: input, shape}: SymbolicTensor): LayerShape {
  const users = usersOf(input);
  const isColumn = WIDENED.has(input) || users.some((user) => WIDENED.has(user));
  return isColumn && users.every((user) => user instanceof KerasLayer) ? shape.slice(0, 1) : shape;
}

/**
 * Makes a rank-1 input of a model a column: `fit` and its like make all data at least two-dimensional and then refuse it for
 * not having the input's shape.
 */
function widen(tensor: SymbolicTensor): void {
  const {sourceLayer: input, shape} = tensor;
  if (shape.length !== 1 || input.getClassName() !== 'InputLayer') return;
  WIDENED.add(input);
  makeColumn(tensor);
}

/** One tensor, or a list of several: what tfjs-layers can tell apart by itself. */
function isPlain(layout: Layout): boolean {
  return layout.kind === 'leaf' || (layout.kind === 'list' && layout.items.length > 1 && isFlatList(layout));
}

function toList<T>(items: T | T[]): T[] {
  return Array.isArray(items) ? items : [items];
}

function singleOrList<T extends LayerTensor>(items: readonly T[]): T | T[] {
  return items.length === 1 ? items[0]! : [...items];
}
