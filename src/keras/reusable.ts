/**
 * What a KerasLayer asks of the object it wraps: something to call, and the attributes of the reusable SavedModel
 * interface (`variables`, `trainable_variables`, `regularization_losses`).
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {equalsLiteral, type Structure} from '../graph/nest.js';
import {ownEntry} from '../own_entry.js';
import type {ConcreteFunction} from '../savedmodel/load/concrete_function.js';
import {LoadedObject} from '../savedmodel/load/loaded_object.js';
import {matchNames, parameterNamed} from '../savedmodel/load/parameter_names.js';
import type {ArgumentSpec, RestoredFunction} from '../savedmodel/load/restored_function.js';
import {isLoadedSignature, type Signature, type SignatureTensor} from '../savedmodel/load/signature.js';
import {isTracedCallable, type SpecNest, TensorSpec} from '../trace/func.js';
import {isDict} from './nest.js';
import {isRepeatable} from './repeatable.js';

/** A function without arguments that gives a scalar loss. */
export type RegularizationLoss = () => unknown;

/** The attributes of a reusable object, under Python's names or JavaScript's. */
export interface ReusableAttributes {
  readonly variables?: readonly tf.Variable[];
  readonly trainable_variables?: readonly tf.Variable[];
  readonly trainableVariables?: readonly tf.Variable[];
  readonly regularization_losses?: readonly RegularizationLoss[];
  readonly regularizationLosses?: readonly RegularizationLoss[];
}

/** A function that can be a layer: takes a tensor (or a nest of tensors), and keyword arguments if it declares any. */
export type ReusableFunction = ((...args: never[]) => unknown) & ReusableAttributes;

/** An object whose `__call__` can be a layer. */
export interface ReusableObject extends ReusableAttributes {
  // A method, for that of any signature fits it.
  __call__(...args: never[]): unknown;
}

/** What a KerasLayer can wrap. */
export type Reusable = LoadedObject | RestoredFunction | ReusableFunction | ReusableObject;

/** One way in which a function can be called: how its first argument and its results are made. */
export interface LayerTrace {
  readonly input: Structure;
  /** Undefined where that is only known after a call. */
  readonly output: Structure | undefined;
  /** The other arguments, by name where they have one. */
  readonly others: ReadonlyMap<string, Structure>;
}

/** What a layer calls. */
export interface LayerFunction {
  call(inputs: unknown, kwargs: Readonly<Record<string, unknown>>): unknown;
  /** The same for a trial of inputs that nobody gave, where it makes a difference. */
  trial?(inputs: unknown, kwargs: Readonly<Record<string, unknown>>): unknown;
  readonly hasTrainingArgument: boolean;
  /** What its other arguments are where a call does not say. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Whether results are tensors made for the caller. A JavaScript function may give a variable, or a constant of its own. */
  readonly givesNewTensors: boolean;
  /** Whether a call for inference may be made twice: it is not random and changes nothing. */
  isRepeatable(): boolean;
  /** What an input is called in {@link traces} that callers may call otherwise; undefined for none of its inputs. */
  inputNamed?(name: string): string | undefined;
  /** In the order in which they are tried; none for a function that does not tell. */
  readonly traces: readonly LayerTrace[];
}

/** The weights of an object: those it lists, and none where it lists none. */
export function variablesOf(object: Reusable): {
  readonly trainable: readonly tf.Variable[];
  readonly other: readonly tf.Variable[];
} {
  const trainable = attribute<tf.Variable>(object, 'trainable_variables', 'trainableVariables');
  const listed = new Set(trainable);
  const other = new Set(attribute<tf.Variable>(object, 'variables', 'variables'));
  return {trainable: [...listed], other: [...other].filter((variable) => !listed.has(variable))};
}

/** The regularisation losses of an object. */
export function regularizationLossesOf(object: Reusable): readonly RegularizationLoss[] {
  const losses = attribute<RegularizationLoss>(object, 'regularization_losses', 'regularizationLosses');
  if (losses.some((loss) => typeof loss !== 'function')) {
    throw new CallError(
      'hub.KerasLayer(obj) expects obj.regularization_losses to be an iterable of callables, ' +
        'each returning a scalar loss term.',
    );
  }
  return losses;
}

/**
 * A list under one of its names. Loaded objects have getters that fall back on all an object reaches; a layer has only
 * what was saved as `variables`, as in Python.
 */
function attribute<T>(object: Reusable, name: keyof ReusableAttributes, ours: keyof ReusableAttributes): T[] {
  if (object instanceof LoadedObject) {
    // A TensorFlow 1 model has variables and no attributes.
    const isListed = object.attributeNames.includes(name) || (isGraph(object) && name === 'variables');
    return isListed ? [...(object[ours] as Iterable<T>)] : [];
  }
  const attributes = object as ReusableAttributes;
  return [...((attributes[name] ?? attributes[ours] ?? []) as Iterable<T>)];
}

function isGraph(object: LoadedObject): boolean {
  return object.attributeNames.length === 0;
}

/**
 * What a layer of this object calls.
 *
 * @param args - the layer's arguments beside its inputs
 * @param handle - what the object was loaded from, for messages
 */
export function callableOf(
  object: Reusable,
  signature: string | undefined,
  args: Readonly<Record<string, unknown>>,
  handle: string,
): LayerFunction {
  if (signature === undefined) {
    const callable = calleeOf(object);
    if (callable !== undefined) return layerFunction(callable.owner, callable.call, args);
  }
  const signatures = object instanceof LoadedObject ? object.signatures : undefined;
  const names = Object.keys(signatures ?? {});
  if (signatures === undefined || names.length === 0) {
    throw new CallError(
      signature === undefined
        ? 'Loaded object is not callable and has no signatures.'
        : 'Loaded object has no signatures.',
    );
  }
  if (signature === undefined) {
    throw new CallError(
      'Signature name has to be specified for non-callable saved models (if not legacy TF1 Hub format). ' +
        `Available signatures: ${names.join(', ')}.`,
    );
  }
  const found = ownEntry(signatures, signature);
  if (found === undefined) {
    throw new CallError(
      `Unknown signature ${signature} in ${handle} (available signatures: ${names.join(', ')}).`,
    );
  }
  return signatureFunction(found, args);
}

/** The function of a callable object, and what it is called on. */
function calleeOf(object: Reusable): {readonly owner: unknown; readonly call: PlainFunction} | undefined {
  if (object instanceof LoadedObject) {
    const call = object.get('__call__');
    return call === undefined ? undefined : {owner: undefined, call: call as PlainFunction};
  }
  if (typeof object === 'function') return {owner: undefined, call: object as PlainFunction};
  const call: unknown = (object as Partial<ReusableObject>).__call__;
  return typeof call === 'function' ? {owner: object, call: call as PlainFunction} : undefined;
}

type PlainFunction = (...args: unknown[]) => unknown;

/** What functions of loaded models have and others may have. */
type DescribedFunction = PlainFunction &
  Partial<Pick<RestoredFunction, 'invoke' | 'concreteFunctions'>> & {
    readonly argumentSpec?: ArgumentSpec;
  };

function layerFunction(
  owner: unknown,
  callee: PlainFunction,
  args: Readonly<Record<string, unknown>>,
): LayerFunction {
  if (isLoadedSignature(callee)) return signatureFunction(callee, args);
  const {invoke, concreteFunctions, argumentSpec} = callee as DescribedFunction;
  if (invoke !== undefined && concreteFunctions !== undefined) {
    return {
      call: (inputs, kwargs) => invoke([inputs], kwargs),
      hasTrainingArgument: declaresTraining(argumentSpec),
      defaults: defaultsOf(argumentSpec),
      givesNewTensors: true,
      isRepeatable: () =>
        concreteFunctions.every(
          (concrete) => isForTraining(traceOf(concrete, argumentSpec)) || isRepeatable(concrete),
        ),
      traces: concreteFunctions.map((concrete) => traceOf(concrete, argumentSpec)),
    };
  }
  if (argumentSpec !== undefined) {
    const traced = isTracedCallable(callee) ? callee : undefined;
    const [input] = traced?.inputSignature ?? [];
    return {
      call: (inputs, kwargs) => callee.apply(owner, placeArguments(argumentSpec, inputs, kwargs)),
      // Calls of a function without a signature are what it is traced for when it is saved.
      ...(traced && {
        trial: (inputs, kwargs) =>
          traced.pythonFunction.apply(
            owner,
            placeArguments(argumentSpec, inputs, {...argumentSpec.kwonlydefaults, ...kwargs}),
          ),
      }),
      hasTrainingArgument: declaresTraining(argumentSpec),
      defaults: {},
      givesNewTensors: false,
      isRepeatable: () => true,
      traces: input === undefined ? [] : [{input: structureOf(input), output: undefined, others: new Map()}],
    };
  }
  // JavaScript has no names of parameters to ask for: a second parameter takes the keyword arguments.
  const takesKeywords = callee.length >= 2;
  return {
    call: (inputs, kwargs) =>
      takesKeywords || Object.keys(kwargs).length > 0
        ? callee.call(owner, inputs, kwargs)
        : callee.call(owner, inputs),
    hasTrainingArgument: takesKeywords,
    defaults: {},
    givesNewTensors: false,
    isRepeatable: () => true,
    traces: [],
  };
}

/** What a function made by `func` was declared to take. */
function structureOf(spec: SpecNest): Structure {
  if (spec instanceof TensorSpec) {
    return {kind: 'tensor', name: spec.name ?? '', dtype: spec.dtype, shape: spec.shape};
  }
  if (spec === null) return {kind: 'none'};
  if (typeof spec !== 'object') return {kind: 'literal', value: spec};
  if (Array.isArray(spec)) return {kind: 'list', items: spec.map(structureOf)};
  const fields = Object.entries(spec as Record<string, SpecNest>);
  return {kind: 'dict', fields: new Map(fields.map(([key, each]) => [key, structureOf(each)]))};
}

function declaresTraining(spec: ArgumentSpec | undefined): boolean {
  return spec !== undefined && (spec.args.includes('training') || spec.kwonlyargs.includes('training'));
}

/** The arguments that have a default, but the first one, which takes the inputs. */
function defaultsOf(spec: ArgumentSpec | undefined): Readonly<Record<string, unknown>> {
  if (spec === undefined) return {};
  const first = spec.args.length - spec.defaults.length;
  const positional = spec.args.flatMap((name, i) =>
    i >= Math.max(1, first) ? [[name, spec.defaults[i - first]]] : [],
  );
  return {...Object.fromEntries(positional), ...spec.kwonlydefaults};
}

/** Arguments by name in their positions, the others in an object after them. */
function placeArguments(
  spec: ArgumentSpec,
  inputs: unknown,
  kwargs: Readonly<Record<string, unknown>>,
): unknown[] {
  const rest = {...kwargs};
  const args: unknown[] = [inputs];
  const last = spec.args.findLastIndex((name) => Object.hasOwn(rest, name));
  for (let i = 1; i <= last; i++) {
    const name = spec.args[i]!;
    const preset = spec.defaults[i - (spec.args.length - spec.defaults.length)];
    args.push(Object.hasOwn(rest, name) ? rest[name] : preset);
    delete rest[name];
  }
  if (Object.keys(rest).length > 0) args.push(rest);
  return args;
}

function traceOf(concrete: ConcreteFunction, spec: ArgumentSpec | undefined): LayerTrace {
  const {args, kwargs} = concrete.signature;
  const others = new Map(kwargs);
  args.forEach((structure, i) => {
    if (i > 0) others.set(spec?.args[i] ?? String(i), structure);
  });
  return {input: args[0] ?? {kind: 'none'}, output: concrete.outputs, others};
}

function isForTraining({others}: LayerTrace): boolean {
  const training = others.get('training');
  return training?.kind === 'literal' && equalsLiteral(true, training.value);
}

/** A signature takes its inputs by name, and any other argument with them. */
function signatureFunction(signature: Signature, args: Readonly<Record<string, unknown>>): LayerFunction {
  const names = Object.keys(signature.inputs);
  const {byParameter: preset} = matchNames(names, args);
  const open = names.filter((name) => !preset.has(name) && !signature.defaults.has(name));
  const outputs = Object.values(signature.outputs);
  const tensor = (each: SignatureTensor): Structure => ({kind: 'tensor', ...each});
  return {
    call: (inputs, kwargs) => {
      if (isDict(inputs)) return signature({...kwargs, ...inputs} as Parameters<Signature>[0]);
      if (open.length !== 1) {
        throw new CallError(
          `the signature takes ${names.join(', ')}: give its inputs by name, as an object of tensors`,
        );
      }
      return signature({...kwargs, [open[0]!]: inputs} as Parameters<Signature>[0]);
    },
    hasTrainingArgument: false,
    defaults: {},
    givesNewTensors: true,
    isRepeatable: () => isRepeatable(signature.concreteFunction),
    inputNamed: (name) => parameterNamed(names, name),
    // All inputs by name, or only those that have no other value.
    traces: [names, open].map((each) => ({
      input: {kind: 'dict', fields: new Map(each.map((name) => [name, tensor(signature.inputs[name]!)]))},
      output: {kind: 'dict', fields: new Map(outputs.map((output) => [output.name, tensor(output)]))},
      others: new Map(),
    })),
  };
}
