/**
 * Models of tfjs-layers as objects that can be saved: the graph of objects and functions that Keras 2 writes, so that
 * `tf.saved_model.load`, `hub.KerasLayer` and `tf.keras.models.load_model` all take the result for one of its own.
 *
 * Source: `keras/src/saving/legacy/saved_model/{save_impl,serialized_attributes}.py` of Keras 2.15.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {LayersModel, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import {SaveError} from '../errors.js';
import {flattenTensors, type Structure} from '../graph/nest.js';
import type {DType} from '../host/dtypes.js';
import {LoadedObject} from '../savedmodel/load/loaded_object.js';
import {
  type ExportOptions,
  type ExtraFile,
  registerExporter,
  SAVED_OBJECT,
  type SavedObjectSpec,
  type SavedObjects,
  Trackable,
} from '../savedmodel/save/trackable.js';
import {completeActiveBackend} from '../tfjs/backend.js';
import {onHostBackend} from '../tfjs/host_backend.js';
import {callsOf} from '../tfjs/layers/model_graph.js';
import {isRecurrent, type RecurrentLayer} from '../tfjs/layers/recurrent.js';
import {func, isTracedCallable, TensorSpec, type TracedCallable} from '../trace/func.js';
import type {TracedFunction} from '../trace/traced_function.js';
import {KerasLayer, meantShape} from './keras_layer.js';
import {
  allLosses,
  innerLayers,
  inputNames,
  isContainer,
  isInputLayer,
  isSequential,
  type Layer,
  layerAttributes,
  layersOf,
  outputNames,
  ownLosses,
  type Part,
  type Regularization,
  trainableVariablesOf,
  variableNames,
  variablesOf,
  weightAttributes,
} from './layer_parts.js';
import {encodeMetadata, expectsTraining, type LayerMetadata, layerMetadata} from './metadata.js';
import {savedOptimizer} from './saved_optimizer.js';
import {withTimeLoops} from './time_loops.js';

/** Where Keras looks for what it knows of layers. */
const METADATA_FILE = 'keras_metadata.pb';

/** A layer as it is saved. */
class SavedLayer extends Trackable {
  /** In the order in which Keras saves them. */
  children: Part<unknown>[] = [];

  constructor(readonly description: LayerMetadata) {
    super();
  }

  override [SAVED_OBJECT](): SavedObjectSpec {
    return {identifier: this.description.identifier, children: this.children};
  }
}

/** The layer or model that is saved, with what Keras is told of it and of all layers in it. */
class SavedRoot extends SavedLayer {
  constructor(
    description: LayerMetadata,
    readonly layers: ReadonlyMap<Layer, SavedLayer>,
    readonly variableNames: ReadonlyMap<tf.Variable, string>,
  ) {
    super(description);
  }

  override [SAVED_OBJECT](): SavedObjectSpec {
    return {
      ...super[SAVED_OBJECT](),
      variableNames: this.variableNames,
      extraFiles: (objects) => this.#metadataFile(objects),
    };
  }

  *#metadataFile(objects: SavedObjects): Generator<ExtraFile> {
    const placed = [this, ...this.layers.values()].flatMap((layer) => {
      const place = objects.find(layer);
      return place === undefined ? [] : [{...place, ...layer.description}];
    });
    yield {path: METADATA_FILE, content: encodeMetadata(placed)};
  }
}

/** What an object holds for Keras alone (`keras_api`). */
class KerasApi extends Trackable {
  constructor(readonly children: Part<unknown>[]) {
    super();
  }

  override [SAVED_OBJECT](): SavedObjectSpec {
    return {children: this.children};
  }
}

/** The functions of a layer, under the names that Keras gives them. */
interface LayerFunctions {
  readonly call: TracedCallable;
  readonly callWithLosses: TracedCallable;
  /** Of the model that is saved. */
  readonly defaultSignature?: TracedFunction;
}

/** Variables for what tfjs-layers keeps in tensors: made once for each layer, however often it is saved. */
const STATES = new WeakMap<Layer, readonly tf.Variable[]>();

/** The state of a stateful layer, as it is now. */
function presentStates(layer: RecurrentLayer): readonly tf.Variable[] {
  const present = layer.states as readonly tf.Tensor[];
  let variables = STATES.get(layer);
  if (variables === undefined) {
    STATES.set(layer, (variables = present.map((state) => tf.variable(state, false))));
  }
  for (const [i, variable] of variables.entries()) variable.assign(present[i]!);
  return variables;
}

/** A model, or another layer, on its way to be saved. */
class LayerExport {
  readonly #layers = new Map<Layer, SavedLayer>();
  readonly #losses = new Map<Regularization, TracedCallable>();
  /** The variables that stateful layers keep their states in. */
  readonly #states = new Map<Layer, readonly tf.Variable[]>();

  constructor(
    readonly root: Layer,
    readonly options: ExportOptions,
  ) {}

  run(): SavedRoot {
    const {root: layer} = this;
    if (callSpecs(layer).length === 0) {
      throw new SaveError(
        `'${layer.name}' cannot be saved: it is not known what it is called on. ` +
          'Give the first layer of a model an inputShape; use a layer in a model.',
      );
    }
    if (isSequential(layer) && !layer.built) layer.build();
    this.#findStates(layer);
    const names = variableNames(layer);
    const isModel = isContainer(layer);
    const optimizer = isModel && this.options.includeOptimizer ? savedOptimizer(layer, names) : undefined;
    const allNames = new Map([...names, ...(optimizer?.names ?? [])]);
    const root = new SavedRoot(layerMetadata(layer, true), this.#layers, allNames);
    const functions = this.#functionsOf(layer);
    root.children = this.#childrenOf(
      layer,
      isModel
        ? {...functions, defaultSignature: defaultSignature(layer, functions.callWithLosses)}
        : functions,
    );
    if (optimizer !== undefined) root.children.push(['optimizer', optimizer]);
    return root;
  }

  /** Layers that are called on their own have functions; the inner layers of a wrapper and cells are not. */
  #layer(layer: Layer, isCalled: boolean): SavedLayer {
    const known = this.#layers.get(layer);
    if (known !== undefined) return known;
    const saved = new SavedLayer(layerMetadata(layer));
    this.#layers.set(layer, saved);
    if (!isInputLayer(layer)) {
      saved.children = this.#childrenOf(layer, isCalled ? this.#functionsOf(layer) : undefined);
    }
    return saved;
  }

  #childrenOf(layer: Layer, functions: LayerFunctions | undefined): Part<unknown>[] {
    const lists = this.#listsOf(layer);
    const {variables, trainable_variables, regularization_losses} = lists;
    const common = {variables, trainable_variables, regularization_losses};
    const api = new KerasApi([
      ...(isRecurrent(layer) ? [['states', this.#states.get(layer) ?? []] as const] : []),
      ...Object.entries(lists).filter(([name]) => !(name in common)),
      ...Object.entries(common),
      ...(functions === undefined
        ? []
        : ([
            ['__call__', functions.call],
            ['_default_save_signature', functions.defaultSignature],
            ['call_and_return_all_conditional_losses', functions.callWithLosses],
            ['call_and_return_conditional_losses', functions.callWithLosses],
          ] as const)),
    ]);
    return [
      ...(isContainer(layer) ? this.#numberedLayers(layer) : []),
      ...Object.entries(common),
      ['keras_api', api],
      ...(functions === undefined
        ? []
        : ([
            ['__call__', functions.call],
            ['call_and_return_all_conditional_losses', functions.callWithLosses],
            ['_default_save_signature', functions.defaultSignature],
          ] as const)),
      ...(isContainer(layer) ? [] : this.#attributesOf(layer)),
    ];
  }

  *#numberedLayers(model: LayersModel): Generator<Part<SavedLayer>> {
    let weighted = 0;
    for (const [index, layer] of layersOf(model).entries()) {
      const saved = this.#layer(layer, true);
      if (layer.weights.length > 0) yield [`layer_with_weights-${weighted++}`, saved];
      yield [`layer-${index}`, saved];
    }
  }

  #attributesOf(layer: Layer): Part<unknown>[] {
    const inner = layerAttributes(layer).map(([name, value]): Part<unknown> => {
      if (!Array.isArray(value)) return [name, this.#layer(value as Layer, false)];
      return [name, value.map((each) => this.#layer(each, false))];
    });
    const loaded: Part<unknown>[] = layer instanceof KerasLayer ? [['_func', layer.resolvedObject]] : [];
    return [...weightAttributes(layer), ...inner, ...loaded];
  }

  #listsOf(layer: Layer) {
    const variables = variablesOf(layer);
    const trainable = trainableVariablesOf(layer);
    return {
      non_trainable_variables: variables.filter((variable) => !trainable.includes(variable)),
      layers: isContainer(layer) ? layersOf(layer).map((each) => this.#layer(each, true)) : [],
      metrics: [],
      layer_regularization_losses: ownLosses(layer).map((loss) => this.#loss(loss)),
      layer_metrics: {},
      variables,
      trainable_variables: trainable,
      regularization_losses: allLosses(layer).map((loss) => this.#loss(loss)),
    };
  }

  #loss(loss: Regularization): TracedCallable {
    let saved = this.#losses.get(loss);
    if (saved === undefined) {
      saved = func(() => loss(), {inputSignature: [], name: `loss_fn_${this.#losses.size}`});
      this.#losses.set(loss, saved);
    }
    return saved;
  }

  #findStates(layer: Layer): void {
    if (isRecurrent(layer) && layer.stateful) this.#states.set(layer, presentStates(layer));
    for (const inner of innerLayers(layer)) this.#findStates(inner);
  }

  /**
   * Runs a layer to be traced. On tfjs's cpu backend: samples may be smaller than a window of a convolution, and the wasm
   * backend then writes beyond its tensors.
   */
  #run(layer: Layer, inputs: tf.Tensor | tf.Tensor[], training: boolean): tf.Tensor | tf.Tensor[] {
    return onHostBackend(() => {
      completeActiveBackend();
      return withTimeLoops(
        layer,
        this.#states,
        () => layer.apply(inputs, {training}) as tf.Tensor | tf.Tensor[],
      );
    });
  }

  #functionsOf(layer: Layer): LayerFunctions {
    const specs = callSpecs(layer);
    const traced = func(
      // No layer of tfjs-layers has losses that depend on its input.
      (given: tf.Tensor | tf.Tensor[], keywords?: {training: boolean}) => [
        this.#run(layer, given, keywords?.training ?? false),
        [],
      ],
      {
        inputSignature: [specs.length === 1 ? specs[0]! : specs],
        argNames: ['inputs'],
        ...(expectsTraining(layer) && {keywordArguments: {training: [false, true]}}),
      },
    );
    const name = `${layer.name}_layer_call`;
    return {
      callWithLosses: kerasFunction(
        layer,
        traced,
        `${name}_and_return_conditional_losses`,
        (trace) => trace.outputs,
      ),
      call: kerasFunction(layer, traced, `${name}_fn`, outputsOf),
    };
  }
}

/** Arguments of a layer after its inputs, with their defaults. */
const TRAINING = {name: 'training', preset: false};
const MASK = {name: 'mask', preset: null};

/**
 * A function as Keras declares it, of the traces of another: `training` is a positional argument, and so is the `mask` of a
 * model.
 *
 * @param outputs - What of the results of a trace the function gives.
 */
function kerasFunction(
  layer: Layer,
  traced: TracedCallable,
  name: string,
  outputs: (trace: TracedFunction) => Structure,
): TracedCallable {
  const rest = [...(expectsTraining(layer) ? [TRAINING] : []), ...(isContainer(layer) ? [MASK] : [])];
  const derive = (trace: TracedFunction): TracedFunction => {
    const [args, keywords] = (trace.inputs as Nested).items as [Nested, Extract<Structure, {kind: 'dict'}>];
    const others = rest.map((each): Structure => keywords.fields.get(each.name) ?? {kind: 'none'});
    const inputs: Structure = {
      kind: 'tuple',
      items: [
        {kind: 'tuple', items: [...args.items, ...others]},
        {kind: 'dict', fields: new Map()},
      ],
    };
    return {...trace, name, inputs, outputs: outputs(trace)};
  };
  let traces: TracedFunction[] | undefined;
  return Object.assign(func(traced.pythonFunction, {name}), {
    argumentSpec: {
      args: ['inputs', ...rest.map((each) => each.name)],
      defaults: rest.map(({preset}) => preset),
      kwonlyargs: [],
      kwonlydefaults: {},
    },
    traces: () => {
      traces ??= traced.traces().map(derive);
      return traces;
    },
  });
}

/** A list or a tuple. */
type Nested = Extract<Structure, {items: unknown}>;

/** The outputs of a function that gives outputs and losses. */
const outputsOf = ({outputs}: TracedFunction): Structure => (outputs as Nested).items[0]!;

/** What `serving_default` computes, as one trace: inputs and outputs by name. */
function defaultSignature(model: LayersModel, callWithLosses: TracedCallable): TracedFunction {
  const [trace] = callWithLosses.traces() as [TracedFunction];
  const outputs = flattenTensors(outputsOf(trace));
  const results = outputNames(model).map((name, i) => ({
    name,
    output: outputs[i]!,
    at: trace.graph.results[i]!,
  }));
  // The tensors of a dict are in the order of their names.
  results.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...trace,
    name: '_wrapped_model',
    graph: {...trace.graph, results: results.map(({at}) => at)},
    inputs: {
      kind: 'tuple',
      items: [
        {kind: 'tuple', items: flattenTensors(trace.inputs)},
        {kind: 'dict', fields: new Map()},
      ],
    },
    outputs: {kind: 'dict', fields: new Map(results.map(({name, output}) => [name, output]))},
  };
}

/** What a layer is called on; by its first call in a model, and for a model by its inputs. */
function callSpecs(layer: Layer): TensorSpec[] {
  if (isContainer(layer)) {
    const names = inputNames(layer);
    return (layer.inputs ?? []).map((input, i) => specOf(input, names[i]!));
  }
  const tensors = callsOf(layer)[0]?.inputs ?? [];
  return tensors.map((input, i) => specOf(input, i === 0 ? 'inputs' : `inputs_${i}`));
}

const specOf = (tensor: SymbolicTensor, name: string): TensorSpec =>
  new TensorSpec(meantShape(tensor), tensor.dtype as DType, name);

/** A hub layer as it is saved by itself: what it wraps, with the functions of that. */
class SavedHubLayer extends Trackable {
  constructor(
    readonly layer: KerasLayer,
    readonly call: object,
  ) {
    super();
  }

  override [SAVED_OBJECT](): SavedObjectSpec {
    const {layer} = this;
    return {
      children: [
        ['variables', variablesOf(layer)],
        ['trainable_variables', layer.trainable ? trainableVariablesOf(layer) : []],
        ['regularization_losses', attributeOf(layer.resolvedObject, 'regularization_losses') ?? []],
        ['__call__', this.call],
        ['_func', layer.resolvedObject],
      ],
    };
  }
}

/** An attribute of a loaded object, or of one that was made here. */
const attributeOf = (object: object, name: string): unknown =>
  object instanceof LoadedObject ? object.get(name) : (object as Record<string, unknown>)[name];

registerExporter<LayersModel>({
  test: (value): value is LayersModel => value instanceof LayersModel,
  toTrackable: (model, options) => new LayerExport(model, options).run(),
});

registerExporter<KerasLayer>({
  test: (value): value is KerasLayer => value instanceof KerasLayer,
  toTrackable(layer, options) {
    const object = layer.resolvedObject;
    const call = isTracedCallable(object) ? object : attributeOf(object, '__call__');
    const isSavable = call instanceof Function && (object instanceof LoadedObject || isTracedCallable(call));
    return isSavable ? new SavedHubLayer(layer, call) : new LayerExport(layer, options).run();
  },
});
