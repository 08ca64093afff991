/**
 * Objects that can be saved: which of their attributes are saved with them, and what they say about themselves.
 *
 * Source: `tensorflow/python/trackable/autotrackable.py`, `data_structures.py`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isPlainObject} from '../../plain_object.js';
import {LoadedObject} from '../load/loaded_object.js';

/** Key of the method by which an object says how it is saved; see {@link SavedObjectSpec}. */
export const SAVED_OBJECT: unique symbol = Symbol('savedObject');

/** What an object may say of how it is saved; everything has a default. */
export interface SavedObjectSpec {
  /** What loaders know the kind of object by. Default `_generic_user_object`. */
  readonly identifier?: string;
  readonly version?: {readonly producer: number; readonly minConsumer: number};
  /** What a loader that knows the identifier reads besides. */
  readonly metadata?: string;
  /** Whether the object is a resource, such as a table, which its function `_create_resource` makes where it is loaded. */
  readonly isResource?: boolean;
  /** Attributes to save, in place of the object's own enumerable properties. */
  readonly children?: Iterable<readonly [name: string, value: unknown]>;
  /** Variables that an optimizer keeps beside others, such as momenta. They hang on no attribute. */
  readonly slots?: Iterable<SlotVariable>;
  /** Names to save variables under in place of their own. Asked of the root only. */
  readonly variableNames?: ReadonlyMap<tf.Variable, string>;
  /** Files to write beside the model. Asked of the root only. */
  extraFiles?(objects: SavedObjects): Iterable<ExtraFile>;
}

/** A variable that an optimizer keeps for another. */
export interface SlotVariable {
  readonly variable: tf.Variable;
  /** Such as `momentum`. */
  readonly name: string;
  readonly slot: tf.Variable;
}

/** Where objects have come to be in what is saved. */
export interface SavedObjects {
  /** The object's number, and one path to it (`root.layer-1.kernel`); undefined for one that is not saved. */
  find(object: object): {readonly id: number; readonly path: string} | undefined;
}

/** A file that is written besides those every SavedModel has. */
export interface ExtraFile {
  /** Relative to the model, with `/` between steps. */
  readonly path: string;
  readonly content: Uint8Array;
}

/** What an object says of how it is saved. */
export interface SelfDescribing {
  [SAVED_OBJECT](): SavedObjectSpec;
}

/**
 * An object that can be saved. Extend it and assign attributes; those that are variables, functions made by `func`, other
 * trackables, objects of loaded models, or arrays and plain objects of such are saved under their names. Everything else
 * (numbers, strings, tensors) is not.
 *
 * Mirrors `tf.Module` as far as saving goes. The attributes `__call__`, `variables`, `trainable_variables` and
 * `regularization_losses` make it a reusable SavedModel, which `KerasLayer` uses.
 *
 * @example
 * class MyMul extends Trackable {
 *   v = tf.variable(tf.scalar(2));
 *   variables = [this.v];
 *   trainable_variables = [this.v];
 *   __call__ = func((x: tf.Tensor) => tf.mul(x, this.v), {inputSignature: [new TensorSpec(null, 'float32')]});
 * }
 * await savedModel.save(new MyMul(), '/tmp/my_mul');
 */
export class Trackable {
  /** How this object is saved; override to say more than its attributes do. */
  [SAVED_OBJECT](): SavedObjectSpec {
    return {};
  }
}

/** Which object is saved for a resource that functions use. */
const OWNERS = new WeakMap<object, Trackable>();

/** Says that `owner` is what is saved where a function uses `resource`. */
export function ownResource(owner: Trackable, resource: object): void {
  OWNERS.set(resource, owner);
}

/** The object that is saved for a resource, undefined where none was told. */
export function ownerOf(resource: object): Trackable | undefined {
  return OWNERS.get(resource);
}

/** Makes a trackable object of another kind of object. */
export interface Exporter<T extends object = object> {
  test(value: object): value is T;
  /** Called once for each object and save. */
  toTrackable(value: T, options: ExportOptions): Trackable | LoadedObject;
}

/** What exporters are told of the save they are part of. */
export interface ExportOptions {
  /** Whether the state of optimizers is saved as well. */
  readonly includeOptimizer: boolean;
}

const EXPORTERS: Exporter[] = [];

/** Teaches saving a kind of object that is no {@link Trackable}, wherever it turns up in what is saved. */
export function registerExporter<T extends object>(exporter: Exporter<T>): void {
  EXPORTERS.push(exporter as unknown as Exporter);
}

/** The exporter for an object, the one registered last first. */
export function exporterOf(value: object): Exporter | undefined {
  return EXPORTERS.findLast((each) => each.test(value));
}

/** Functions carry code of JavaScript's own and are saved only if they are one of these. */
type FunctionTest = (value: object) => boolean;

/**
 * Whether an attribute is of a kind that is saved.
 *
 * @param isFunction - which functions are
 */
export function isTrackable(value: unknown, isFunction: FunctionTest): value is object {
  if (typeof value === 'function') {
    return value instanceof LoadedObject || isFunction(value) || exporterOf(value) !== undefined;
  }
  if (typeof value !== 'object' || value === null) return false;
  return (
    value instanceof tf.Variable ||
    value instanceof Trackable ||
    value instanceof LoadedObject ||
    Array.isArray(value) ||
    isPlainObject(value) ||
    isFunction(value) ||
    exporterOf(value) !== undefined
  );
}

/** What an object says of itself. */
export function specOf(value: object): SavedObjectSpec {
  return SAVED_OBJECT in value ? (value as SelfDescribing)[SAVED_OBJECT]() : {};
}

/**
 * The attributes of an object that are saved, by name, in TensorFlow's order: in that of their definition, functions last
 * and sorted by name. Elements of arrays have their place as name.
 */
export function trackedChildren(
  value: object,
  isFunction: FunctionTest,
  spec: SavedObjectSpec = specOf(value),
): (readonly [name: string, value: object])[] {
  const all: Iterable<readonly [string, unknown]> = spec.children ?? Object.entries(value);
  const tracked = [...all].filter((entry): entry is readonly [string, object] =>
    isTrackable(entry[1], isFunction),
  );
  if (spec.children !== undefined || Array.isArray(value)) return tracked;
  const functions = tracked.filter(([, each]) => isFunction(each));
  const objects = tracked.filter(([, each]) => !isFunction(each));
  return [...objects, ...functions.sort(([a], [b]) => (a < b ? -1 : 1))];
}
