/**
 * `func`: a TypeScript function over tfjs tensors that can be saved as TensorFlow graphs.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {ArgumentSpec} from '../graph/argument_spec.js';
import {TensorSpec} from '../graph/tensor_spec.js';
import type {DType} from '../host/dtypes.js';
import type {PythonValue, SpecNest} from './argument_nests.js';
import {traceFunction} from './trace.js';
import type {TracedFunction} from './traced_function.js';

export type {ArgumentSpec} from '../graph/argument_spec.js';
export {TensorSpec} from '../graph/tensor_spec.js';
export type {PythonValue, SpecNest} from './argument_nests.js';
export {cond, whileLoop} from './control_flow.js';

/** How {@link func} traces. */
export interface FuncOptions {
  /** One nest for each positional argument. Without it, each kind of call made so far is traced. */
  readonly inputSignature?: readonly SpecNest[];
  /** Name of the function, by default that of `f`. */
  readonly name?: string;
  /** Names of the positional arguments, by default those in the source of `f`. */
  readonly argNames?: readonly string[];
  /**
   * Keyword arguments that are no tensors, and the values to trace them for; the first is the default. `f` gets them as an
   * object after the positional arguments.
   */
  readonly keywordArguments?: Readonly<Record<string, readonly PythonValue[]>>;
}

// biome-ignore lint/suspicious/noExplicitAny: the widest function type, whose parameters a caller may give
type AnyFunction = (...args: any[]) => unknown;

/** What a {@link TracedCallable} has besides being callable. */
export interface Traceable {
  readonly pythonFunction: AnyFunction;
  readonly argumentSpec: ArgumentSpec;
  /** What it was declared to take; undefined where its calls decide. */
  readonly inputSignature: readonly SpecNest[] | undefined;
  /** Every trace: one for each combination of keyword arguments. Traced at the first request. */
  traces(): TracedFunction[];
  /**
   * The trace for these arguments, made now if there is none.
   *
   * @param args - a nest for each positional argument, and last the keyword arguments that differ from their defaults
   */
  getConcreteFunction(...args: SpecNest[]): TracedFunction;
}

/** A function that runs as ever when it is called, and that can be traced. */
export type TracedCallable<F extends AnyFunction = AnyFunction> = F & Traceable;

/** What the calls of one callable have in common. */
interface Trace {
  readonly args: readonly SpecNest[];
  readonly kwargs: Readonly<Record<string, PythonValue>>;
  traced?: TracedFunction;
}

const CALLABLES = new WeakSet<object>();

/** True for what {@link func} made. */
export function isTracedCallable(value: unknown): value is TracedCallable {
  return typeof value === 'function' && CALLABLES.has(value);
}

/**
 * Makes a function over tfjs tensors one that can be saved: called, it runs `f`; saved, it is traced as a graph of
 * TensorFlow ops. Mirrors `tf.function`.
 *
 * @example
 * const scale = tf.variable(tf.scalar(2));
 * const f = func((x: tf.Tensor) => x.mul(scale), {inputSignature: [new TensorSpec(null)]});
 */
export function func<F extends AnyFunction>(f: F, options: FuncOptions = {}): TracedCallable<F> {
  const keywords = options.keywordArguments ?? {};
  const spec = argumentSpecOf(f, options);
  const name = options.name ?? (f.name === '' ? 'fn' : f.name);
  const traces = new Map<string, Trace>();
  const add = (args: readonly SpecNest[], kwargs: Readonly<Record<string, PythonValue>>): Trace => {
    const key = keyOf([args, kwargs]);
    let trace = traces.get(key);
    if (trace === undefined) traces.set(key, (trace = {args, kwargs}));
    return trace;
  };
  if (options.inputSignature !== undefined) {
    for (const kwargs of combinations(keywords)) add(options.inputSignature, kwargs);
  }
  const hasKeywords = Object.keys(keywords).length > 0;
  const split = (all: readonly unknown[]): [readonly unknown[], Readonly<Record<string, PythonValue>>] => {
    const defaults = Object.fromEntries(
      Object.entries(keywords).map(([key, [first]]) => [key, first ?? null]),
    );
    const last = all[all.length - 1];
    if (!hasKeywords || !isKeywords(last, keywords)) return [all, defaults];
    return [all.slice(0, -1), {...defaults, ...last}];
  };
  const run = (args: readonly unknown[], kwargs: Readonly<Record<string, PythonValue>>): unknown =>
    hasKeywords ? f(...args, kwargs) : f(...args);
  const call = function (this: unknown, ...all: unknown[]): unknown {
    const [args, kwargs] = split(all);
    if (options.inputSignature === undefined) add(args.map(specOf), kwargs);
    return hasKeywords ? f.call(this, ...args, kwargs) : f.apply(this, args as Parameters<F>);
  };
  const traced = (trace: Trace): TracedFunction => {
    trace.traced ??= traceFunction({
      name,
      argNames: spec.args,
      args: trace.args,
      kwargs: trace.kwargs,
      run: (args) => run(args, trace.kwargs),
    });
    return trace.traced;
  };
  const members: Traceable = {
    pythonFunction: f,
    argumentSpec: spec,
    inputSignature: options.inputSignature,
    traces: () => [...traces.values()].map(traced),
    getConcreteFunction: (...all) => {
      const [args, kwargs] = split(all);
      if (args.length === 0 && options.inputSignature !== undefined) {
        return traced(add(options.inputSignature, kwargs));
      }
      return traced(add(args as readonly SpecNest[], kwargs));
    },
  };
  Object.defineProperty(call, 'name', {value: name});
  CALLABLES.add(call);
  return Object.assign(call, members) as unknown as TracedCallable<F>;
}

function isKeywords(
  value: unknown,
  keywords: Readonly<Record<string, readonly PythonValue[]>>,
): value is Readonly<Record<string, PythonValue>> {
  if (typeof value !== 'object' || value === null || value instanceof TensorSpec) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.keys(value).every((key) => Object.hasOwn(keywords, key));
}

/** Every choice of one value for each keyword; the first is the one of the defaults. */
function combinations(
  keywords: Readonly<Record<string, readonly PythonValue[]>>,
): Readonly<Record<string, PythonValue>>[] {
  let all: Record<string, PythonValue>[] = [{}];
  for (const [name, values] of Object.entries(keywords)) {
    if (values.length === 0) throw new SaveError(`no value is given to trace the argument '${name}' for`);
    all = all.flatMap((each) => values.map((value) => ({...each, [name]: value})));
  }
  return all;
}

/** The spec of an argument that a call was made with. */
function specOf(value: unknown): SpecNest {
  if (value instanceof tf.Tensor) return new TensorSpec(value.shape, value.dtype as DType);
  if (Array.isArray(value)) return value.map(specOf);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, specOf(each)]));
  }
  return value as SpecNest;
}

function keyOf(nest: unknown): string {
  return JSON.stringify(nest, (_, value) => (value === undefined ? null : value));
}

function argumentSpecOf(
  f: AnyFunction,
  {argNames, inputSignature, keywordArguments}: FuncOptions,
): ArgumentSpec {
  const keywords = Object.entries(keywordArguments ?? {});
  const found = argNames ?? parameterNames(f);
  const count =
    inputSignature?.length ?? argNames?.length ?? Math.max(0, f.length - (keywords.length > 0 ? 1 : 0));
  const args = Array.from({length: count}, (_, i) => {
    const given = inputSignature?.[i];
    return argNames?.[i] ?? (given instanceof TensorSpec ? given.name : undefined) ?? found[i] ?? `args_${i}`;
  });
  return {
    args,
    defaults: [],
    kwonlyargs: keywords.map(([name]) => name),
    kwonlydefaults: Object.fromEntries(keywords.map(([name, [first]]) => [name, first ?? null])),
  };
}

/** The names of the leading parameters that are plain names in the function's source. */
function parameterNames(f: AnyFunction): string[] {
  const source = Function.prototype.toString.call(f);
  const list = /^(?:async\s+)?(?:function\s*\*?\s*[\w$]*\s*|[\w$]*\s*)\(([^)]*)/.exec(source)?.[1];
  const names = list === undefined ? [/^([\w$]+)\s*=>/.exec(source)?.[1] ?? ''] : list.split(',');
  const plain: string[] = [];
  for (const name of names) {
    const identifier = /^\s*([A-Za-z_]\w*)\s*$/.exec(name)?.[1];
    if (identifier === undefined) break;
    plain.push(identifier);
  }
  return plain;
}
