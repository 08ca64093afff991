/**
 * What loading a model gives: the objects that were saved, with their attributes, functions and variables.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../../errors.js';
import type {Graph} from '../../graph/graph.js';
import type {Variable} from '../../ops/variable/variable.js';
import type {TensorInput} from '../boundary.js';
import type {ExactModelOutput, Member, ModelOutput} from '../outputs.js';
import type {Asset} from './assets.js';
import type {CallOptions, ExactCallOptions, PlainCallOptions} from './concrete_function.js';
import type {RestoredFunction} from './restored_function.js';
import type {Signature} from './signature.js';

/** What stands behind a loaded object. */
export interface ObjectSource {
  /** Names of its attributes as saved. */
  readonly names: readonly string[];
  /** An attribute, undefined where there is none of that name. */
  attribute(name: string): unknown;
  readonly variables: () => tf.Variable[];
  readonly trainableVariables: () => tf.Variable[];
  readonly regularizationLosses: () => RestoredFunction[];
  readonly signatures: () => Readonly<Record<string, Signature>>;
  readonly model: ModelInfo;
}

/** A function from the tensors of a graph that are fed to those that are fetched; an operation that is fetched gives null. */
export interface PrunedFunction {
  <Results extends readonly unknown[] = tf.Tensor[]>(...inputs: TensorInput[]): Results;
  /** The same call without holding up the event loop: see {@link RestoredFunction.async}. */
  async<Results extends readonly unknown[] = tf.Tensor[]>(...inputs: TensorInput[]): Promise<Results>;
}

/** What all objects of one loaded model share. */
export interface ModelInfo {
  /** What the model was loaded from. */
  readonly directory: string;
  readonly tags: readonly string[];
  /** Version of the TensorFlow that wrote the model. */
  readonly tensorflowVersion: string;
  /** True for the legacy TensorFlow 1 Hub format. */
  readonly isHubModule: boolean;
  readonly assets: readonly Asset[];
  /** Every variable of the model, with its exact dtype and value. */
  variables(): readonly Variable[];
  /** The main graph. A model of TensorFlow 2 keeps little in it: its functions have graphs of their own. */
  readonly graph: Graph;
  /** A function of a TensorFlow 1 graph from tensors to tensors by their names, such as `x:0`. */
  prune(feeds: readonly string[], fetches: readonly string[]): PrunedFunction;
  dispose(): void;
}

const SOURCES = new WeakMap<object, ObjectSource>();

/** Names under which attributes would break the language: an awaited object must not look like a promise. */
const HIDDEN = new Set(['then', 'constructor', '__proto__']);

/**
 * An object of a loaded model. Attributes are properties under their saved names (`model.encoder.layers[0]`); where a
 * name collides with a property of this class, `get(name)` still gives the saved attribute. An object that was saved
 * with a `__call__` is itself a function.
 *
 * Mirrors what `tf.saved_model.load` returns.
 */
export class LoadedObject {
  readonly [attribute: string]: Member;

  /** The saved attribute of this name; undefined where there is none. */
  get(name: string): Member {
    return source(this).attribute(name);
  }

  /** Names of the saved attributes. */
  get attributeNames(): readonly string[] {
    return source(this).names;
  }

  /**
   * Calls the object with arguments and keyword arguments kept apart.
   *
   * @throws CallError when the object is not callable, or no trace fits the arguments.
   */
  invoke<Result = ModelOutput>(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: PlainCallOptions,
  ): Result;
  invoke<Result = ExactModelOutput>(
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: ExactCallOptions,
  ): Result;
  invoke<Result = ModelOutput | ExactModelOutput>(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Result;
  invoke(...call: Parameters<RestoredFunction['invoke']>): unknown {
    return callOf(this).invoke(...call);
  }

  /**
   * Calls the object without holding up the event loop; the last argument may be an object of keyword arguments. See
   * {@link RestoredFunction.async}.
   *
   * @throws CallError when the object is not callable, and what the call throws: all of it rejects the promise.
   */
  async async<Result = ModelOutput>(...args: unknown[]): Promise<Result> {
    return callOf(this).async<Result>(...args);
  }

  /** {@link async}, with arguments and keyword arguments kept apart, and with options. */
  invokeAsync<Result = ModelOutput>(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: PlainCallOptions,
  ): Promise<Result>;
  invokeAsync<Result = ExactModelOutput>(
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: ExactCallOptions,
  ): Promise<Result>;
  invokeAsync<Result = ModelOutput | ExactModelOutput>(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<Result>;
  async invokeAsync(...call: Parameters<RestoredFunction['invokeAsync']>): Promise<unknown> {
    return callOf(this).invokeAsync(...call);
  }

  /** The variables that the object lists as `variables`, else all it reaches. */
  get variables(): tf.Variable[] {
    return source(this).variables();
  }

  /** The variables that the object lists as `trainable_variables`, else those of {@link variables} that are trainable. */
  get trainableVariables(): tf.Variable[] {
    return source(this).trainableVariables();
  }

  /** Functions without arguments that give a regularisation loss each. */
  get regularizationLosses(): RestoredFunction[] {
    return source(this).regularizationLosses();
  }

  /** Signatures by name, such as `serving_default`. */
  get signatures(): Readonly<Record<string, Signature>> {
    return source(this).signatures();
  }

  /** Facts about the model that this object belongs to. */
  get modelInfo(): ModelInfo {
    return source(this).model;
  }

  /** The main graph of the model. */
  get graph(): Graph {
    return source(this).model.graph;
  }

  /** Frees the variables and constants of the whole model that this object belongs to. */
  dispose(): void {
    source(this).model.dispose();
  }
}

/** A loaded object that can be called. */
export interface CallableObject extends LoadedObject {
  <Result = ModelOutput>(...args: unknown[]): Result;
}

/** What every object of a model has, whatever was saved with it: the types that `tfhub types` writes add the rest. */
export type ModelObject = Pick<
  LoadedObject,
  | 'get'
  | 'attributeNames'
  | 'invoke'
  | 'invokeAsync'
  | 'variables'
  | 'trainableVariables'
  | 'regularizationLosses'
  | 'modelInfo'
  | 'graph'
  | 'dispose'
>;

/** What every function of a model has beside its calls. */
export type ModelFunction = Pick<
  RestoredFunction,
  'invoke' | 'invokeAsync' | 'concreteFunction' | 'getConcreteFunction' | 'concreteFunctions' | 'argumentSpec'
>;

/** Whether objects have a property of this name, which hides an attribute, or could not have one. */
export function isModelProperty(name: string): boolean {
  return name in LoadedObject.prototype || HIDDEN.has(name);
}

function source(object: object): ObjectSource {
  const found = SOURCES.get(object);
  if (found === undefined) throw new TypeError('this is not an object of a loaded model');
  return found;
}

function callOf(object: object): RestoredFunction {
  const call = source(object).attribute('__call__') as RestoredFunction | undefined;
  if (call === undefined) throw new CallError('this object was saved without a __call__ function');
  return call;
}

/** Makes the object for `from`: a function when it has a `__call__`. */
export function makeLoadedObject(from: ObjectSource): LoadedObject {
  const object = from.names.includes('__call__') ? callable(from) : Object.create(LoadedObject.prototype);
  SOURCES.set(object, from);
  defineAttributes(object, from, isModelProperty);
  return object;
}

function callable(from: ObjectSource): object {
  const call = (...args: unknown[]): unknown => (from.attribute('__call__') as RestoredFunction)(...args);
  // A function's own `name` and `length` would hide attributes of these names.
  for (const key of Object.getOwnPropertyNames(call))
    delete (call as unknown as Record<string, unknown>)[key];
  return Object.setPrototypeOf(call, LoadedObject.prototype);
}

/** Properties that look their attribute up when read, so that cycles and what nobody asks for cost nothing. */
export function defineAttributes(
  target: object,
  from: Pick<ObjectSource, 'names' | 'attribute'>,
  hidden: (name: string) => boolean = (name) => name === '__proto__',
): void {
  for (const name of from.names) {
    if (hidden(name)) continue;
    Object.defineProperty(target, name, {
      get: () => from.attribute(name),
      enumerable: !name.startsWith('_'),
      configurable: true,
    });
  }
}
