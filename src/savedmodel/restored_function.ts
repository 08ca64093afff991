/**
 * A function as it was written in Python: several traces behind one name, chosen by the arguments of each call.
 *
 * Source: `tensorflow/python/saved_model/function_deserialization.py`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {childrenOf, equalsLiteral, type Structure} from '../graph/nest.js';
import {formatShape} from '../graph/shape.js';
import type {Value} from '../ops/value.js';
import type {ArgumentSpec} from '../trace/func.js';
import {TensorSpec} from '../trace/tensor_spec.js';
import {toValue} from './boundary.js';
import {IndexedSlices, RaggedTensor, SparseTensor} from './composites.js';
import type {CallOptions, ConcreteFunction, NestedOutput} from './concrete_function.js';
import {acceptsSpec, flatForm} from './trace_choice.js';
import {isTuple, tuple} from './tuple.js';

export type {ArgumentSpec};
export {isTuple, tuple};

/**
 * A function of a loaded model. Call it with positional arguments, of which the last may be an object of keyword
 * arguments: `f(x, {training: true})`.
 */
export interface RestoredFunction {
  (...args: unknown[]): NestedOutput;
  /** The unambiguous form of a call. */
  invoke(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): NestedOutput;
  /**
   * The trace that a call with such arguments runs, as a function of its own: it takes the tensors alone, by position or
   * by name, in one fixed form. A `TensorSpec` stands for any tensor that it describes; without arguments, the only trace.
   *
   * Mirrors `get_concrete_function`.
   *
   * @throws CallError when no trace fits; it shows those that there are.
   * @example
   * const step = f.concreteFunction(new TensorSpec([null, 3]), {training: true});
   */
  concreteFunction(...args: unknown[]): RestoredFunction;
  /** Every trace, in the order in which they are tried. */
  readonly concreteFunctions: readonly ConcreteFunction[];
  /** The parameters; undefined where the model does not tell. */
  readonly argumentSpec: ArgumentSpec | undefined;
}

/** Marks an argument that was not given and has no default. */
const MISSING = Symbol('missing');

/** Arguments in the places where the traces have them. */
interface BoundArguments {
  readonly args: readonly unknown[];
  readonly kwargs: ReadonlyMap<string, unknown>;
}

/** Makes the callable form of a function. */
export function restoredFunction(
  name: string,
  concreteFunctions: readonly ConcreteFunction[],
  argumentSpec: ArgumentSpec | undefined,
): RestoredFunction {
  return callable([{name, concreteFunctions, argumentSpec}]);
}

/** One way of reading the arguments of a call. */
export interface CallForm {
  readonly name: string;
  readonly concreteFunctions: readonly ConcreteFunction[];
  readonly argumentSpec: ArgumentSpec | undefined;
}

/** Makes the callable form of a function whose arguments can be read in several ways, tried in order. */
export function callable(forms: readonly [CallForm, ...CallForm[]]): RestoredFunction {
  const [{concreteFunctions, argumentSpec}] = forms;
  const invoke: RestoredFunction['invoke'] = (args = [], kwargs = {}, options = {}) => {
    let firstFailure: CallError | undefined;
    for (const form of forms) {
      const selected = select(form, args, kwargs);
      if (!(selected instanceof CallError)) return selected.concrete.call(selected.values, options);
      firstFailure ??= selected;
    }
    throw firstFailure;
  };
  const names = new Set(forms.flatMap((form) => [...keywordNames(form)]));
  const split = (all: readonly unknown[]): [readonly unknown[], Readonly<Record<string, unknown>>] => {
    const last = all[all.length - 1];
    const isKeywords = isPlainObject(last) && Object.keys(last).every((key) => names.has(key));
    return isKeywords ? [all.slice(0, -1), last] : [all, {}];
  };
  const call = (...all: unknown[]): NestedOutput => invoke(...split(all));
  const concreteFunction = (...all: unknown[]): RestoredFunction => {
    const concrete = traceFor(forms, ...split(all));
    return callable([{name: concrete.name, concreteFunctions: [concrete], argumentSpec}, flatForm(concrete)]);
  };
  return Object.assign(call, {invoke, concreteFunction, concreteFunctions, argumentSpec});
}

/** The trace that a call with these arguments, or with tensors of these specs, runs. */
function traceFor(
  forms: readonly CallForm[],
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): ConcreteFunction {
  const [first] = forms;
  const only = first!.concreteFunctions.length === 1 ? first!.concreteFunctions[0] : undefined;
  if (only !== undefined && args.length === 0 && Object.keys(kwargs).length === 0) return only;
  let failure: CallError | undefined;
  for (const {name, concreteFunctions, argumentSpec} of forms) {
    const bound = bindArguments(name, argumentSpec, args, kwargs);
    if (bound instanceof CallError) {
      failure ??= bound;
      continue;
    }
    for (const convert of [false, true]) {
      const found = concreteFunctions.find(({signature}) =>
        acceptsSpec(signature, bound, (input, structure) => bindsAlone(input, structure, convert)),
      );
      if (found !== undefined) return found;
    }
    failure ??= noMatch(name, concreteFunctions, bound);
  }
  throw failure!;
}

/** Whether an argument fits a structure; what is converted on the way is freed. */
function bindsAlone(input: unknown, structure: Structure, convert: boolean): boolean {
  const values: Value[] = [];
  const fits = bindStructure(input, structure, convert, values);
  for (const value of values) value.retain().release();
  return fits;
}

/** The trace that the arguments fit and its flat inputs, or why there is none. */
function select(
  {name, concreteFunctions, argumentSpec}: CallForm,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): {concrete: ConcreteFunction; values: Value[]} | CallError {
  const bound = bindArguments(name, argumentSpec, args, kwargs);
  if (bound instanceof CallError) return bound;
  for (const convert of [false, true]) {
    for (const concrete of concreteFunctions) {
      const values = match(concrete, bound, convert);
      if (values !== undefined) return {concrete, values};
    }
  }
  return noMatch(name, concreteFunctions, bound);
}

/** Names that can be keywords: those of the parameters, and those that traces of a `**kwargs` function were given. */
function keywordNames({argumentSpec: spec, concreteFunctions}: CallForm): ReadonlySet<string> {
  if (spec === undefined) return new Set();
  const traced = concreteFunctions.flatMap(({signature}) => [...signature.kwargs.keys()]);
  return new Set([...spec.args, ...spec.kwonlyargs, ...traced]);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Binds a call's arguments as Python would, and fills in defaults. */
function bindArguments(
  name: string,
  spec: ArgumentSpec | undefined,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): BoundArguments | CallError {
  if (spec === undefined) return {args, kwargs: new Map(Object.entries(kwargs))};
  if (args.length > spec.args.length && spec.varargs === undefined) {
    return new CallError(
      `${name}() takes ${spec.args.length} positional arguments (${spec.args.join(', ')}) but ${args.length} were given`,
    );
  }
  const rest = new Map(Object.entries(kwargs));
  const twice: string[] = [];
  const positional = spec.args.map((arg, i) => {
    if (i < args.length) {
      if (rest.has(arg)) twice.push(arg);
      return args[i];
    }
    if (rest.has(arg)) {
      const value = rest.get(arg);
      rest.delete(arg);
      return value;
    }
    const fromEnd = i - (spec.args.length - spec.defaults.length);
    return fromEnd >= 0 ? spec.defaults[fromEnd] : MISSING;
  });
  if (twice.length > 0) return new CallError(`${name}() got two values for the argument '${twice[0]}'`);
  const keywordOnly = new Map<string, unknown>();
  for (const arg of spec.kwonlyargs) {
    if (rest.has(arg)) keywordOnly.set(arg, rest.get(arg));
    else if (Object.hasOwn(spec.kwonlydefaults, arg)) keywordOnly.set(arg, spec.kwonlydefaults[arg]);
    rest.delete(arg);
  }
  const missing = spec.args.filter((_, i) => positional[i] === MISSING);
  if (missing.length > 0) return new CallError(`${name}() is missing the arguments: ${missing.join(', ')}`);
  if (rest.size > 0 && spec.varkw === undefined) {
    return new CallError(
      `${name}() has no argument '${[...rest.keys()].join("', '")}'; it has: ` +
        `${[...spec.args, ...spec.kwonlyargs].join(', ') || 'none'}`,
    );
  }
  return {args: [...positional, ...args.slice(spec.args.length)], kwargs: new Map([...keywordOnly, ...rest])};
}

/** The flat tensor inputs of a trace that the arguments fit, undefined where they do not. */
function match(concrete: ConcreteFunction, bound: BoundArguments, convert: boolean): Value[] | undefined {
  const {args, kwargs} = concrete.signature;
  if (bound.args.length !== args.length || bound.kwargs.size !== kwargs.size) return undefined;
  const values: Value[] = [];
  const fits =
    args.every((structure, i) => bindStructure(bound.args[i], structure, convert, values)) &&
    [...kwargs].every(
      ([key, structure]) =>
        bound.kwargs.has(key) && bindStructure(bound.kwargs.get(key), structure, convert, values),
    );
  if (fits) return values;
  // What was converted for nothing.
  for (const value of values) value.retain().release();
  return undefined;
}

/**
 * Appends the flat tensors of `input` to `out` where it fits the structure; false where it does not.
 *
 * @param convert - see {@link toValue}
 */
export function bindStructure(input: unknown, structure: Structure, convert: boolean, out: Value[]): boolean {
  switch (structure.kind) {
    case 'tensor': {
      const value = toValue(input, structure, convert);
      if (value !== undefined) out.push(value);
      return value !== undefined;
    }
    case 'composite': {
      const parts = componentsOf(input);
      if (parts === undefined || parts.length !== structure.components.length) return false;
      // Row splits and indices are int64 in most models, which tfjs shows as int32.
      return structure.components.every((each, i) => bindStructure(parts[i], each, true, out));
    }
    case 'list':
    case 'tuple':
      // Both are arrays here; `tuple()` tells them apart where a function was traced for each.
      return (
        Array.isArray(input) &&
        (structure.kind === 'tuple' ? convert || isTuple(input) : !isTuple(input)) &&
        input.length === structure.items.length &&
        structure.items.every((item, i) => bindStructure(input[i], item, convert, out))
      );
    case 'dict':
    case 'namedTuple':
      return (
        isPlainObject(input) &&
        Object.keys(input).length === structure.fields.size &&
        childrenOf(structure).every(
          ([key, child]) => Object.hasOwn(input, key) && bindStructure(input[key], child, convert, out),
        )
      );
    case 'none':
      return input === null || input === undefined;
    case 'literal':
      return equalsLiteral(input, structure.value);
    case 'dtype':
      return input === structure.value;
    case 'shape':
      return JSON.stringify(input) === JSON.stringify(structure.value);
    case 'constant':
      return toValueEquals(input, structure);
  }
}

/** A literal array argument: the same elements. */
function toValueEquals(input: unknown, {value}: Extract<Structure, {kind: 'constant'}>): boolean {
  const given = toValue(input, {kind: 'tensor', name: '', dtype: value.dtype, shape: value.shape}, true);
  if (given === undefined) return false;
  const data = Array.from(given.hostData() as ArrayLike<unknown>);
  return Array.from(value.data as ArrayLike<unknown>).every((element, i) => element === data[i]);
}

/** The flat components of a composite argument, in TensorFlow's order. */
function componentsOf(input: unknown): readonly unknown[] | undefined {
  if (input instanceof RaggedTensor) return [input.flatValues, ...input.nestedRowSplits];
  if (input instanceof SparseTensor) return [input.indices, input.values, input.denseShape];
  if (input instanceof IndexedSlices) {
    return [input.values, input.indices, ...(input.denseShape === undefined ? [] : [input.denseShape])];
  }
  return undefined;
}

function noMatch(
  name: string,
  concreteFunctions: readonly ConcreteFunction[],
  bound: BoundArguments,
): CallError {
  const options = concreteFunctions.map((each, i) => {
    const {args, kwargs} = each.signature;
    return `Option ${i + 1}:\n${describeCall(args.map(describeStructure), describeMap(kwargs, describeStructure))}`;
  });
  return new CallError(
    `no trace of ${name}() fits the arguments. Got:\n` +
      `${describeCall(bound.args.map(describeArgument), describeMap(bound.kwargs, describeArgument))}\n\n` +
      `Expected these arguments to match one of the following ${options.length} option(s):\n\n${options.join('\n\n')}`,
  );
}

function describeCall(args: readonly string[], kwargs: string): string {
  const lines = args.map((arg) => `    * ${arg}`);
  return [`  Positional arguments (${args.length} total):`, ...lines, `  Keyword arguments: ${kwargs}`].join(
    '\n',
  );
}

function describeMap<T>(map: ReadonlyMap<string, T>, describe: (value: T) => string): string {
  return `{${[...map].map(([key, value]) => `${key}: ${describe(value)}`).join(', ')}}`;
}

/** A structure the way Python shows it: `TensorSpec(shape=(None,), dtype=tf.float32, name='x')`. */
export function describeStructure(structure: Structure): string {
  switch (structure.kind) {
    case 'tensor': {
      const {shape, dtype, name} = structure;
      const label = name === '' ? '' : `, name='${name}'`;
      return `TensorSpec(shape=${formatShape(shape)}, dtype=tf.${dtype}${label})`;
    }
    case 'composite': {
      const {className, shape, dtype} = structure;
      return `${className}Spec(${dtype === undefined ? '' : `${formatShape(shape ?? null)}, tf.${dtype}`})`;
    }
    case 'list':
      return `[${structure.items.map(describeStructure).join(', ')}]`;
    case 'tuple':
      return `(${structure.items.map(describeStructure).join(', ')}${structure.items.length === 1 ? ',' : ''})`;
    case 'dict':
      return describeMap(structure.fields, describeStructure);
    case 'namedTuple':
      return `${structure.name}(${[...structure.fields].map(([k, v]) => `${k}=${describeStructure(v)}`).join(', ')})`;
    case 'none':
      return 'null';
    case 'literal':
      return JSON.stringify(structure.value, (_, v) => (typeof v === 'bigint' ? v.toString() : v));
    case 'dtype':
      return `tf.${structure.value}`;
    case 'shape':
      return `TensorShape(${formatShape(structure.value)})`;
    case 'constant':
      return `constant ${structure.value.dtype} ${formatShape(structure.value.shape)}`;
  }
}

function describeArgument(value: unknown): string {
  if (value instanceof tf.Tensor) return `Tensor(shape=${formatShape(value.shape)}, dtype=${value.dtype})`;
  if (isPlainObject(value) && 'dtype' in value && Array.isArray(value.shape)) {
    return `Tensor(shape=${formatShape(value.shape as number[])}, dtype=${String(value.dtype)})`;
  }
  if (value instanceof RaggedTensor) return `RaggedTensor(dtype=${value.flatValues.dtype})`;
  if (value instanceof SparseTensor) return `SparseTensor(dtype=${value.values.dtype})`;
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${(value as unknown as ArrayLike<unknown>).length})`;
  if (value instanceof TensorSpec) return String(value);
  if (value === undefined) return 'undefined';
  if (typeof value === 'function') return 'a function';
  const text =
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? each.toString() : each)) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
