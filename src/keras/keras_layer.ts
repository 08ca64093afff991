/**
 * A SavedModel as a layer of a Keras-style model.
 *
 * Source: `tensorflow_hub/keras_layer.py`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type LayerVariable, layers, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {CallError} from '../errors.js';
import type {PartialShape} from '../graph/shape.js';
import {LoadedObject} from '../savedmodel/loaded_object.js';
import {callFrozen, isRecording} from './frozen.js';
import {loadedWeights} from './layer_weight.js';
import {describeLayout, flatten, isFlatList, type Layout, type Nest, pack, sameLayout} from './nest.js';
import {
  isComplete,
  layerShape,
  matchingTraces,
  type NestSpec,
  outputSpecOf,
  type Spec,
  sampleSpecs,
  specsAt,
} from './output_specs.js';
import {
  callableOf,
  type LayerFunction,
  type RegularizationLoss,
  type Reusable,
  regularizationLossesOf,
  variablesOf,
} from './reusable.js';

/** What every layer of tfjs-layers can be configured with. */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** A shape as tfjs-layers has it: null is an unknown size. */
export type LayerShape = (number | null)[];

/** Keyword arguments of a layer's call. */
export type CallArguments = Parameters<layers.Layer['call']>[1];

/** How to make a layer. */
export interface KerasLayerConfig extends LayerArgs {
  /** Whether the layer is trained with the model around it. Default false. */
  trainable?: boolean;
  /** More keyword arguments for the callable. Must be JSON for the layer's config to be saved. */
  arguments?: Readonly<Record<string, unknown>>;
  /** The signature to call, in place of the object itself. Models in TF1 Hub format: default `default`. */
  signature?: string;
  /** Give all outputs of the signature, by name. */
  signatureOutputsAsDict?: boolean;
  /** Give this one of the outputs, where the callable gives them by name. Models in TF1 Hub format: default `default`. */
  outputKey?: string;
}

type AnyTensor = tf.Tensor | SymbolicTensor;

/**
 * Wraps a loaded SavedModel, or any callable, as a layer of tfjs-layers.
 *
 * Mirrors `tensorflow_hub.KerasLayer`.
 */
export class KerasLayer extends layers.Layer {
  static readonly className = 'KerasLayer';

  readonly #object: Reusable;
  readonly #function: LayerFunction;
  readonly #arguments: Readonly<Record<string, unknown>>;
  readonly #outputKey: string | undefined;
  readonly #signature: string | undefined;
  readonly #isHubModule: boolean;
  readonly #losses: readonly RegularizationLoss[];
  /** How the inputs are arranged where the layer is part of a model, by their number. */
  readonly #graphLayouts = new Map<number, Layout>();
  /** What {@link apply} tells {@link call} and {@link computeOutputShape}, which tfjs-layers calls with flat tensors. */
  #inputLayout: Layout | undefined;
  #inputSpecs: readonly Spec[] | undefined;
  /** What the latest call gave. */
  #outputLayout: Layout = {kind: 'leaf'};
  #hasLoggedZeroWeights = false;

  constructor(callable: Reusable, config: KerasLayerConfig = {}) {
    const {arguments: extra, signature, signatureOutputsAsDict, outputKey, ...layer} = config;
    super({...layer, trainable: config.trainable ?? false});
    this.#object = callable;
    this.#arguments = {...extra};
    this.#isHubModule = callable instanceof LoadedObject && callable.modelInfo.isHubModule;
    this.#signature = signature ?? (this.#isHubModule ? 'default' : undefined);
    this.#outputKey =
      outputKey ?? (this.#isHubModule && signatureOutputsAsDict !== true ? 'default' : undefined);
    if (
      this.#signature !== undefined &&
      (this.#outputKey !== undefined) === (signatureOutputsAsDict === true)
    ) {
      throw new CallError(
        'When using a signature, either outputKey or signatureOutputsAsDict: true should be set.',
      );
    }
    if (this.#signature === undefined && signatureOutputsAsDict) {
      throw new CallError(
        'signatureOutputsAsDict is only valid if specifying a signature (or using a legacy TF1 Hub format).',
      );
    }
    this.#function = callableOf(callable, this.#signature, 'the model');
    const {trainable, other} = variablesOf(callable);
    const weights = loadedWeights([...trainable, ...other], this.name);
    this.trainableWeights = weights.slice(0, trainable.length);
    this.nonTrainableWeights = weights.slice(trainable.length);
    this.#losses = regularizationLossesOf(callable);
    this.#expectInput();
  }

  /** The object that the layer wraps. */
  get resolvedObject(): Reusable {
    return this.#object;
  }

  override get losses(): (() => tf.Scalar)[] {
    return this.#losses.map((loss) => () => (this.#isTrained ? (loss() as tf.Scalar) : tf.scalar(0)));
  }

  /** Whether the weights are to be trained: a model around the layer may have frozen them, too. */
  get #isTrained(): boolean {
    const weights: readonly LayerVariable[] = this._trainableWeights;
    return this.trainable && (weights.length === 0 || weights.some((weight) => weight.trainable));
  }

  override countParams(): number {
    return this.weights.reduce((sum, {shape}) => sum + tf.util.sizeFromShape(shape as number[]), 0);
  }

  override apply(
    inputs: tf.Tensor | tf.Tensor[] | SymbolicTensor | SymbolicTensor[],
    kwargs?: CallArguments,
  ): tf.Tensor | tf.Tensor[] | SymbolicTensor | SymbolicTensor[];
  override apply(inputs: Nest<AnyTensor>, kwargs?: CallArguments): Nest<AnyTensor>;
  override apply(inputs: Nest<AnyTensor>, kwargs?: CallArguments): Nest<AnyTensor> {
    const {leaves, layout} = flatten(inputs);
    const flat = (leaves.length === 1 ? leaves[0] : leaves) as tf.Tensor;
    if (leaves.some((leaf) => leaf instanceof SymbolicTensor)) {
      return this.#applySymbolic(leaves as readonly SymbolicTensor[], layout, kwargs);
    }
    const graphLayout = this.#graphLayouts.get(leaves.length);
    const isPartOfModel = isFlatList(layout) && graphLayout !== undefined;
    this.#inputLayout = isPartOfModel ? graphLayout : layout;
    try {
      const outputs = super.apply(flat, kwargs) as tf.Tensor | tf.Tensor[];
      if (isPartOfModel) return outputs;
      return pack(this.#outputLayout, toList(outputs)) as Nest<AnyTensor>;
    } finally {
      this.#inputLayout = undefined;
    }
  }

  #applySymbolic(
    leaves: readonly SymbolicTensor[],
    layout: Layout,
    kwargs: CallArguments | undefined,
  ): Nest<AnyTensor> {
    const known = this.#graphLayouts.get(leaves.length);
    if (known !== undefined && !sameLayout(known, layout)) {
      throw new CallError(
        `layer '${this.name}' is applied to ${describeLayout(layout)} and elsewhere in a model to ` +
          `${describeLayout(known)}; make another layer of the same object for one of them`,
      );
    }
    this.#graphLayouts.set(leaves.length, layout);
    this.#inputLayout = layout;
    this.#inputSpecs = leaves.map(({shape, dtype}) => ({shape, dtype}));
    try {
      const {specs, layout: outputLayout} = this.#outputSpecs(layout, this.#inputSpecs);
      const flat = (leaves.length === 1 ? leaves[0] : leaves) as SymbolicTensor;
      const outputs = toList(super.apply(flat, kwargs) as SymbolicTensor | SymbolicTensor[]);
      // tfjs-layers takes every output for float32, and converts what comes to that.
      outputs.forEach((output, i) => {
        Object.assign(output, {dtype: specs[i]!.dtype});
      });
      return pack(outputLayout, outputs) as Nest<AnyTensor>;
    } finally {
      this.#inputLayout = undefined;
      this.#inputSpecs = undefined;
    }
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs?: CallArguments): tf.Tensor | tf.Tensor[] {
    const {leaves, layout} = flatten(inputs);
    const inputLayout = this.#inputLayout ?? layout;
    const outputs = tf.tidy(() => {
      this.invokeCallHook(inputs, kwargs ?? {});
      const {tensors, layout: outputLayout} = this.#run(
        leaves as readonly tf.Tensor[],
        inputLayout,
        kwargs?.training === true,
      );
      this.#outputLayout = outputLayout;
      return tensors;
    });
    return outputs.length === 1 ? outputs[0]! : outputs;
  }

  #run(
    leaves: readonly tf.Tensor[],
    layout: Layout,
    training: boolean,
  ): {readonly tensors: tf.Tensor[]; readonly layout: Layout} {
    const isTrained = this.#isTrained;
    this.#checkTrainability();
    const kwargs: Record<string, unknown> = {...this.#arguments};
    if (this.#function.hasTrainingArgument) kwargs.training = isTrained && training;
    let outputLayout: Layout = {kind: 'leaf'};
    const f = (inputs: readonly tf.Tensor[]): tf.Tensor[] => {
      const fitting = this.#fitRanks(inputs, layout);
      const result = this.#pick(this.#function.call(pack(layout, fitting), kwargs));
      const flat = flatten(result);
      outputLayout = flat.layout;
      return [...flat.leaves] as tf.Tensor[];
    };
    const tensors = !isTrained && isRecording() ? callFrozen(f, leaves) : f(leaves);
    return {tensors, layout: outputLayout};
  }

  /** The chosen one of the outputs that have names. */
  #pick(result: unknown): unknown {
    const key = this.#outputKey;
    if (key === undefined) return result;
    const {layout} = flatten(result);
    if (layout.kind !== 'dict') {
      throw new CallError(
        `Specifying \`outputKey\` is forbidden if output type ${describeLayout(layout)} is not a dict.`,
      );
    }
    if (!layout.fields.some(([name]) => name === key)) {
      const names = layout.fields.map(([name]) => name).join(', ');
      throw new CallError(`KerasLayer output does not contain the output key ${key} (available: ${names}).`);
    }
    return (result as Record<string, unknown>)[key];
  }

  #checkTrainability(): void {
    if (!this.trainable) return;
    if (this.#isHubModule) {
      throw new CallError(
        'Setting hub.KerasLayer.trainable = true is unsupported when loading from the TF1 Hub format.',
      );
    }
    if (this.#signature !== undefined) {
      throw new CallError(
        'Setting hub.KerasLayer.trainable = true is unsupported when calling a SavedModel signature.',
      );
    }
    if (this._trainableWeights.length === 0 && !this.#hasLoggedZeroWeights) {
      console.error('hub.KerasLayer is trainable but has zero trainable weights.');
      this.#hasLoggedZeroWeights = true;
    }
  }

  /**
   * tfjs-layers makes `[n, 1]` of all data of shape `[n]`: where the function takes a vector it gets one, and where it takes
   * a column, a vector fits as well.
   */
  #fitRanks(inputs: readonly tf.Tensor[], layout: Layout): tf.Tensor[] {
    return inputs.map((tensor, i) => fitRank(tensor, this.#shapesAt(layout, i)));
  }

  override computeOutputShape(inputShape: LayerShape | LayerShape[]): LayerShape | LayerShape[] {
    const shapes = (isShape(inputShape) ? [inputShape] : inputShape) as LayerShape[];
    const layout: Layout =
      this.#inputLayout ??
      this.#graphLayouts.get(shapes.length) ??
      (isShape(inputShape) ? {kind: 'leaf'} : {kind: 'list', items: shapes.map(() => ({kind: 'leaf'}))});
    const inputs =
      this.#inputSpecs ?? shapes.map((shape, i) => ({shape, dtype: this.#inputDType(layout, i)}));
    const {specs, layout: outputLayout} = this.#outputSpecs(layout, inputs);
    const outputs = specs.map((spec) => layerShape(spec, `layer '${this.name}'`));
    return outputLayout.kind === 'leaf' ? outputs[0]! : outputs;
  }

  #inputDType(layout: Layout, index: number): tf.DataType {
    for (const {input} of this.#function.traces) {
      const specs = specsAt(input, layout);
      if (specs !== undefined) return specs[index]!.dtype;
    }
    return this.dtype ?? 'float32';
  }

  #outputSpecs(layout: Layout, given: readonly Spec[]): NestSpec {
    const specs = this.#fittingSpecs(layout, given);
    const kwargs: Record<string, unknown> = {...this.#arguments};
    if (this.#function.hasTrainingArgument) kwargs.training = false;
    const traces = matchingTraces(this.#function.traces, {layout, specs}, kwargs);
    const [trace] = traces;
    if (trace !== undefined) {
      const saved = this.#pickSpec(outputSpecOf(trace.output));
      const isBatchKnown = given[0]?.shape?.[0] != null;
      if (isComplete(saved.specs) && !isBatchKnown) return saved;
    }
    return sampleSpecs((tensors) => this.#run(tensors, layout, false), given);
  }

  #pickSpec(spec: NestSpec): NestSpec {
    const key = this.#outputKey;
    if (key === undefined || spec.layout.kind !== 'dict') return spec;
    const packed = pack(
      spec.layout,
      spec.specs.map((each) => each as never),
    ) as Record<string, Spec>;
    if (!(key in packed)) return spec;
    return {layout: {kind: 'leaf'}, specs: [packed[key]!]};
  }

  /** The specs with the ranks that the function takes. */
  #fittingSpecs(layout: Layout, given: readonly Spec[]): readonly Spec[] {
    return given.map(({shape, dtype}, i) => {
      return {shape: fittingShape(shape, this.#shapesAt(layout, i)), dtype};
    });
  }

  #shapesAt(layout: Layout, index: number): PartialShape[] {
    return this.#function.traces.flatMap(({input}) => {
      const specs = specsAt(input, layout);
      return specs === undefined ? [] : [specs[index]!.shape];
    });
  }

  /** Takes over shape and dtype of the function's input, so that a sequential model can begin with the layer. */
  #expectInput(): void {
    if (this.batchInputShape != null) return;
    const [spec] = this.#function.traces.flatMap(({input}) => specsAt(input, {kind: 'leaf'}) ?? []);
    if (spec === undefined || spec.shape === null || spec.shape.length === 0) return;
    this.batchInputShape = spec.shape.length === 1 ? [spec.shape[0]!, 1] : [...spec.shape];
    this.dtype ??= spec.dtype;
  }
}

function toList<T>(items: T | T[]): T[] {
  return Array.isArray(items) ? items : [items];
}

function isShape(shape: LayerShape | LayerShape[]): shape is LayerShape {
  return !shape.some(Array.isArray);
}

/** `shape` as it is where some expected shape allows it, else with a last dimension of 1 removed or added. */
function fittingShape(shape: PartialShape, expected: readonly PartialShape[]): PartialShape {
  const fits = (candidate: readonly (number | null)[]) =>
    expected.some(
      (each) =>
        each === null ||
        (each.length === candidate.length &&
          each.every((dim, i) => dim === null || candidate[i] === null || dim === candidate[i])),
    );
  if (shape === null || expected.length === 0 || fits(shape)) return shape;
  if (shape.length > 1 && shape.at(-1) === 1 && fits(shape.slice(0, -1))) return shape.slice(0, -1);
  if (fits([...shape, 1])) return [...shape, 1];
  return shape;
}

function fitRank(tensor: tf.Tensor, expected: readonly PartialShape[]): tf.Tensor {
  const shape = fittingShape(tensor.shape, expected) as number[];
  return shape.length === tensor.rank ? tensor : tf.reshape(tensor, shape);
}
