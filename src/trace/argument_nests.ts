/**
 * Nests of arguments and of results: what a function that is traced takes and gives, with its tensors apart from what is
 * none. The order of tensors is that of `tf.nest`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {Structure} from '../graph/nest.js';
import {TensorSpec} from '../graph/tensor_spec.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {Recorder} from './recorder.js';
import type {Ref} from './recording.js';

/** What no tensor is: an argument that the graph of a trace is specific to. */
export type PythonValue = boolean | number | string | null;

/** A nest of tensor specs and of what is no tensor. */
export type SpecNest = TensorSpec | PythonValue | readonly SpecNest[] | {readonly [key: string]: SpecNest};

/** A nest of results: the dtype of each tensor, and what is no tensor. */
export type Nest =
  | {readonly tensor: DType}
  | {readonly literal: PythonValue}
  | {readonly list: readonly Nest[]}
  | {readonly dict: readonly (readonly [key: string, Nest])[]};

/** dtype and shape of a result, as far as these are known. */
export interface Result {
  readonly dtype: DType;
  readonly shape: PartialShape;
}

/** The structure of a call: a pair of the positional arguments and the keyword arguments. */
export function callStructure(
  args: readonly SpecNest[],
  names: readonly string[],
  kwargs: Readonly<Record<string, PythonValue>>,
): Structure {
  const keywords = sortedKeys(kwargs).map((key) => [key, structureOf(kwargs[key]!, key)] as const);
  return {
    kind: 'tuple',
    items: [
      {kind: 'tuple', items: args.map((arg, i) => structureOf(arg, names[i] ?? `args_${i}`))},
      {kind: 'dict', fields: new Map(keywords)},
    ],
  };
}

/** The argument with a sample in place of each spec, in the order of `tf.nest`. */
export function sampled(arg: SpecNest, sample: () => tf.Tensor): unknown {
  if (arg instanceof TensorSpec) return sample();
  if (Array.isArray(arg)) return arg.map((each) => sampled(each, sample));
  if (typeof arg !== 'object' || arg === null) return arg;
  const nest = arg as Readonly<Record<string, SpecNest>>;
  return Object.fromEntries(sortedKeys(nest).map((key) => [key, sampled(nest[key]!, sample)]));
}

/** The nest of a result; its tensors go to `results` in the order of `tf.nest`. */
export function nestOf(value: unknown, recorder: Recorder, results: Ref[]): Nest {
  const ref = value instanceof tf.Tensor ? recorder.refOf(value) : recorder.findOther(value);
  if (ref !== undefined) {
    results.push(ref);
    return {tensor: (value as tf.Tensor).dtype as DType};
  }
  if (value === null || value === undefined) return {literal: null};
  if (Array.isArray(value)) return {list: value.map((each) => nestOf(each, recorder, results))};
  if (typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number')
    return {literal: value};
  if (value instanceof Promise) {
    throw new SaveError('it is asynchronous; a function that is traced gives its results at once');
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const dict = value as Readonly<Record<string, unknown>>;
    return {dict: sortedKeys(dict).map((key) => [key, nestOf(dict[key], recorder, results)])};
  }
  throw new SaveError(
    `it gives a ${(value as object).constructor?.name ?? typeof value}, which is no tensor`,
  );
}

/** The structure of a nest of results, with dtype and shape of each tensor. */
export function outputStructure(nest: Nest, name: string, results: Iterator<Result>): Structure {
  if ('tensor' in nest) return {kind: 'tensor', name, ...(results.next().value as Result)};
  if ('list' in nest) {
    return {kind: 'list', items: nest.list.map((each, i) => outputStructure(each, `${name}_${i}`, results))};
  }
  if ('dict' in nest) {
    return {
      kind: 'dict',
      fields: new Map(nest.dict.map(([key, each]) => [key, outputStructure(each, key, results)])),
    };
  }
  return nest.literal === null ? {kind: 'none'} : {kind: 'literal', value: nest.literal};
}

function structureOf(arg: SpecNest, name: string): Structure {
  if (arg instanceof TensorSpec)
    return {kind: 'tensor', name: arg.name ?? name, dtype: arg.dtype, shape: arg.shape};
  if (arg === null || arg === undefined) return {kind: 'none'};
  if (Array.isArray(arg))
    return {kind: 'list', items: arg.map((each, i) => structureOf(each, `${name}_${i}`))};
  if (typeof arg !== 'object') return {kind: 'literal', value: arg};
  const nest = arg as Readonly<Record<string, SpecNest>>;
  const fields = sortedKeys(nest).map((key) => [key, structureOf(nest[key]!, `${name}_${key}`)] as const);
  return {kind: 'dict', fields: new Map(fields)};
}

/** `tf.nest` visits the entries of a dict in the order of their keys. */
function sortedKeys(dict: object): string[] {
  return Object.keys(dict).sort();
}
