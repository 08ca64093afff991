/**
 * A function as it was written in Python: several traces behind one name, chosen by the arguments of each call.
 *
 * Source: `tensorflow/python/saved_model/function_deserialization.py`.
 *
 * @module
 */

import {CallError} from '../../errors.js';
import type {ArgumentSpec} from '../../graph/argument_spec.js';
import {childrenOf, equalsLiteral, type Structure} from '../../graph/nest.js';
import {isPlainObject} from '../../plain_object.js';
import {didYouMean} from '../../similar.js';
import type {Value} from '../../tensors/value.js';
import {toValue} from '../boundary.js';
import {IndexedSlices, RaggedTensor, SparseTensor} from '../composites.js';
import type {ExactModelOutput, ModelOutput} from '../outputs.js';
import {isTuple, tuple} from '../tuple.js';
import {
  type CallOptions,
  type ConcreteFunction,
  checkCallOptions,
  type ExactCallOptions,
  type NestedOutput,
  type PlainCallOptions,
} from './concrete_function.js';
import {
  callWithOtherShapes,
  callWithOtherShapesAsync,
  type OtherShape,
  ofAnyShape,
} from './declared_shapes.js';
import {noMatch} from './describe_call.js';
import {type CallForm, flatFormOf} from './flat_form.js';
import {misfit} from './misfit.js';
import {identifierOf, matchNames, type NamedArguments} from './parameter_names.js';
import {acceptsSpec} from './trace_choice.js';
import {variableHandle, withoutRepeated} from './variable_argument.js';

export type {ArgumentSpec};
export {isTuple, tuple};

/** A call with arguments and keyword arguments kept apart, and with options. */
export interface Invoke {
  <Result = ModelOutput>(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: PlainCallOptions,
  ): Result;
  <Result = ExactModelOutput>(
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: ExactCallOptions,
  ): Result;
  <Result = ModelOutput | ExactModelOutput>(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Result;
}

/** {@link Invoke} without holding up the event loop. */
export interface InvokeAsync {
  <Result = ModelOutput>(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: PlainCallOptions,
  ): Promise<Result>;
  <Result = ExactModelOutput>(
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    options: ExactCallOptions,
  ): Promise<Result>;
  <Result = ModelOutput | ExactModelOutput>(
    args?: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<Result>;
}

/**
 * A function of a loaded model. Call it with positional arguments, of which the last may be an object of keyword
 * arguments: `f(x, {training: true})`.
 */
export interface RestoredFunction {
  <Result = ModelOutput>(...args: unknown[]): Result;
  /** The unambiguous form of a call. */
  invoke: Invoke;
  /**
   * The same call without holding up the event loop: sessions of ONNX Runtime run on other threads, the rest in pieces between which others
   * get their turn. Several may be under way at a time. Tensors that are passed may be disposed of when this has returned; those of the
   * result belong to no scope (`tf.tidy`) and are the caller's to dispose of.
   *
   * @throws CallError what the call would throw; also where gradients are computed or a function is traced, and when too many calls wait
   *   (option `queue` of loading). All of it rejects the promise.
   * @example
   * const [a, b] = await Promise.all([f.async(x), f.async(y)]);
   */
  async<Result = ModelOutput>(...args: unknown[]): Promise<Result>;
  /** The unambiguous form of an asynchronous call: see {@link async}. A signal that is aborted rejects the promise at once. */
  invokeAsync: InvokeAsync;
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
  /** The same, under the name that it has in Python and on what `func` makes. */
  getConcreteFunction(...args: unknown[]): RestoredFunction;
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

/** Arguments by position, and by name. */
type Arguments = readonly [args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>];

/** Makes the callable form of a function whose arguments can be read in several ways, tried in order. */
export function callable(forms: readonly [CallForm, ...CallForm[]]): RestoredFunction {
  const [{concreteFunctions, argumentSpec}] = forms;
  const select = (readings: readonly Arguments[]): Selected => {
    const failures: Failure[] = [];
    for (const [args, kwargs] of readings) {
      for (const form of forms) {
        const selected = selectTrace(form, args, kwargs);
        if (typeof selected !== 'function') return selected;
        failures.push(selected);
      }
    }
    throw allFailures(failures.slice(0, forms.length));
  };
  const run = (readings: readonly Arguments[], options: CallOptions): NestedOutput => {
    const {concrete, values, others} = select(readings);
    return callWithOtherShapes(others, () => concrete.call(values, options));
  };
  const runAsync = async (readings: readonly Arguments[], options: CallOptions): Promise<NestedOutput> => {
    const {concrete, values, others} = select(readings);
    return callWithOtherShapesAsync(others, () => concrete.callAsync(values, options));
  };
  const names = forms.map(keywordNames);
  /** An object at the end may be an argument, or keywords. */
  const readings = (all: readonly unknown[]): readonly Arguments[] => {
    const last = all[all.length - 1];
    const isNamedBy = (known: ReadonlySet<string>) =>
      isPlainObject(last) && Object.keys(last).every((key) => known.has(key) || known.has(identifierOf(key)));
    const positional: Arguments = [all, {}];
    const named: Arguments = [all.slice(0, -1), last as Record<string, unknown>];
    if (isNamedBy(names[0]!)) return [named];
    // An object of tensors may be an argument whose entries are called as the flat inputs are.
    return names.some(isNamedBy) ? [positional, named] : [positional];
  };
  // What the result is, the caller says.
  const call = <Result>(...all: unknown[]): Result => run(readings(all), {}) as Result;
  const invoke = <Result>(
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Result => {
    checkCallOptions(options);
    return run([[args, kwargs]], options) as Result;
  };
  const async = async <Result>(...all: unknown[]): Promise<Result> =>
    runAsync(readings(all), {}) as Promise<Result>;
  const invokeAsync = async <Result>(
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Promise<Result> => {
    checkCallOptions(options);
    return runAsync([[args, kwargs]], options) as Promise<Result>;
  };
  const concreteFunction = (...all: unknown[]): RestoredFunction => {
    const concrete = traceFor(forms, readings(all));
    return callable([
      {name: concrete.name, concreteFunctions: [concrete], argumentSpec},
      flatFormOf(concrete),
    ]);
  };
  return Object.assign(call, {
    invoke,
    async,
    invokeAsync,
    concreteFunction,
    getConcreteFunction: concreteFunction,
    concreteFunctions,
    argumentSpec: argumentSpec ?? forms.at(-1)!.argumentSpec,
  });
}

/** The trace that a call with these arguments, or with tensors of these specs, runs. */
function traceFor(forms: readonly CallForm[], readings: readonly Arguments[]): ConcreteFunction {
  const [first] = forms;
  const only = first!.concreteFunctions.length === 1 ? first!.concreteFunctions[0] : undefined;
  const isAsked = ([args, kwargs]: Arguments) => args.length > 0 || Object.keys(kwargs).length > 0;
  if (only !== undefined && !readings.some(isAsked)) return only;
  const failures: Failure[] = [];
  for (const [args, kwargs] of readings) {
    for (const {name, concreteFunctions, argumentSpec} of forms) {
      const bound = bindArguments(name, argumentSpec, args, kwargs);
      if (bound instanceof CallError) {
        failures.push(() => bound);
        continue;
      }
      for (const convert of [false, true]) {
        const found = concreteFunctions.find(({signature}) =>
          acceptsSpec(signature, bound, (input, structure) => bindsAlone(input, structure, convert)),
        );
        if (found !== undefined) return found;
      }
      failures.push(() =>
        noMatch(name, concreteFunctions, bound, misfitOf({concreteFunctions, argumentSpec}, bound)),
      );
    }
  }
  throw allFailures(failures.slice(0, forms.length));
}

/** Whether an argument fits a structure; what is converted on the way is freed. */
function bindsAlone(input: unknown, structure: Structure, convert: boolean): boolean {
  const values: Value[] = [];
  const fits = bindStructure(input, structure, convert, values);
  for (const value of values) value.retain().release();
  return fits;
}

/** Makes the error of a form that does not fit: only where no other one fits is it needed, and to find the reason takes a while. */
type Failure = () => CallError;

/** What a call comes to: a trace and its flat inputs. */
interface Selected {
  readonly concrete: ConcreteFunction;
  readonly values: readonly Value[];
  readonly others: readonly OtherShape[];
}

/** The trace that the arguments fit and its flat inputs, or why there is none. */
function selectTrace(
  form: CallForm,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): Selected | Failure {
  const {name, concreteFunctions, argumentSpec} = form;
  const bound = bindArguments(name, argumentSpec, args, kwargs);
  if (bound instanceof CallError) return () => bound;
  for (const convert of [false, true]) {
    for (const concrete of concreteFunctions) {
      const others: OtherShape[] = [];
      const values = match(concrete, bound, convert, form.isFlat && convert ? others : undefined);
      if (values !== undefined) return {concrete, values, others};
    }
  }
  return () => noMatch(name, concreteFunctions, bound, misfitOf(form, bound));
}

function misfitOf(
  form: Pick<CallForm, 'concreteFunctions' | 'argumentSpec'>,
  bound: BoundArguments,
): string | undefined {
  const {concreteFunctions, argumentSpec} = form;
  const names =
    argumentSpec?.args ??
    concreteFunctions[0]!.signature.args.map(
      (arg, i) => (arg.kind === 'tensor' && arg.name) || `argument ${i}`,
    );
  return misfit(concreteFunctions, {...bound, names, known: keywordNames(form)}, (argument, structure) =>
    bindsAlone(argument, structure, true),
  );
}

function allFailures(failures: readonly Failure[]): CallError {
  const [first, ...others] = failures.map((failure) => failure());
  const flat = others.map(({message}) => `\n\nNor do they when each stands for one tensor: ${message}`);
  return flat.length === 0 ? first! : new CallError(`${first!.message}${flat.join('')}`);
}

/**
 * Names that can be keywords, and identifiers made of them: those of the parameters, and those that traces of a `**kwargs`
 * function were given.
 */
function keywordNames({
  argumentSpec,
  concreteFunctions,
}: Pick<CallForm, 'argumentSpec' | 'concreteFunctions'>): ReadonlySet<string> {
  const declared = argumentSpec === undefined ? [] : [...argumentSpec.args, ...argumentSpec.kwonlyargs];
  const traced = concreteFunctions.flatMap(({signature}) => [...signature.kwargs.keys()]);
  const names = [...declared, ...traced];
  return new Set([...names, ...names.map(identifierOf)]);
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
  const {byParameter, rest} = matchNames([...spec.args, ...spec.kwonlyargs], kwargs);
  const twice = spec.args.filter((arg, i) => i < args.length && byParameter.has(arg));
  const positional = spec.args.map((arg, i) => {
    if (i < args.length) return args[i];
    if (byParameter.has(arg)) return byParameter.get(arg);
    const fromEnd = i - (spec.args.length - spec.defaults.length);
    return fromEnd >= 0 ? spec.defaults[fromEnd] : MISSING;
  });
  if (twice.length > 0) return new CallError(`${name}() got two values for the argument '${twice[0]}'`);
  const keywordOnly = new Map<string, unknown>();
  for (const arg of spec.kwonlyargs) {
    if (byParameter.has(arg)) keywordOnly.set(arg, byParameter.get(arg));
    else if (Object.hasOwn(spec.kwonlydefaults, arg)) keywordOnly.set(arg, spec.kwonlydefaults[arg]);
  }
  const missing = spec.args.filter((_, i) => positional[i] === MISSING);
  if (missing.length > 0) return new CallError(`${name}() is missing the arguments: ${missing.join(', ')}`);
  if (rest.length > 0 && spec.varkw === undefined) {
    return new CallError(
      `${name}() has no argument '${rest.join("', '")}'; it has: ` +
        `${[...spec.args, ...spec.kwonlyargs].join(', ') || 'none'}` +
        didYouMean(rest[0]!, [...spec.args, ...spec.kwonlyargs]),
    );
  }
  const others = rest.map((key) => [key, kwargs[key]] as const);
  return {
    args: [...positional, ...args.slice(spec.args.length)],
    kwargs: new Map([...keywordOnly, ...others]),
  };
}

/**
 * The flat tensor inputs of a trace that the arguments fit, undefined where they do not.
 *
 * @param others - where given, tensors may have other shapes than the declared ones; they are listed here
 */
function match(
  concrete: ConcreteFunction,
  bound: BoundArguments,
  convert: boolean,
  others?: OtherShape[],
): readonly Value[] | undefined {
  const {args, kwargs} = concrete.signature;
  if (bound.args.length !== args.length || bound.kwargs.size !== kwargs.size) return undefined;
  const named = kwargs.size === 0 ? NONE_NAMED : matchNames(kwargs.keys(), Object.fromEntries(bound.kwargs));
  if (named.rest.length > 0) return undefined;
  const values: Value[] = [];
  const bind = (input: unknown, structure: Structure): boolean =>
    others === undefined
      ? bindStructure(input, structure, convert, values)
      : bindAnyShape(input, structure, nameOf(structure), values, others);
  const fits =
    args.every((structure, i) => bind(bound.args[i], structure)) &&
    [...kwargs].every(([key, structure]) => bind(named.byParameter.get(key), structure));
  const places = fits ? concrete.samePlaces : undefined;
  const inputs = places === undefined ? values : withoutRepeated(values, places);
  if (fits && inputs !== undefined) return inputs;
  // What was converted for nothing.
  for (const value of values) value.retain().release();
  return undefined;
}

const NONE_NAMED: NamedArguments = {byParameter: new Map(), rest: []};

function nameOf(structure: Structure): string {
  return structure.kind === 'tensor' ? `'${structure.name}'` : 'a variable';
}

/**
 * As {@link bindStructure}, for a tensor of the declared shape or of another one, which is then listed in `others`.
 *
 * @param what - what the input is called, for messages
 */
export function bindAnyShape(
  input: unknown,
  structure: Structure,
  what: string,
  out: Value[],
  others: OtherShape[],
): boolean {
  if (bindStructure(input, structure, true, out)) return true;
  const open = ofAnyShape(structure, input);
  if (open === undefined || !bindStructure(input, open, true, out)) return false;
  others.push({input: what, declared: structure, given: input});
  return true;
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
      if (structure.variable !== undefined) {
        const handle = variableHandle(input, structure, convert);
        if (handle !== undefined) out.push(handle);
        return handle !== undefined;
      }
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
