/**
 * One trace of a function: a graph with a fixed structure of inputs and outputs, and the variables, constants and
 * resources it is bound to.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import * as tfjs from '@tensorflow/tfjs-core';
import {CallError, FormatError} from '../../errors.js';
import {calledFunctions, isStateful} from '../../graph/effects.js';
import {inferFunction} from '../../graph/infer.js';
import type {Known} from '../../graph/known.js';
import {
  type CompositeStructure,
  childrenOf,
  flattenTensors,
  type Structure,
  samePlaces,
  type TensorStructure,
} from '../../graph/nest.js';
import type {CallBounds} from '../../host/budget.js';
import {fitsShape, formatShape, mergeShapes} from '../../host/shape.js';
import {inferenceOf} from '../../ops/infer.js';
import {checkOptions, type OptionNames} from '../../options.js';
import type {Runs} from '../../runtime/inline.js';
import {currentObserver} from '../../runtime/observer.js';
import type {Convert, Runnable} from '../../runtime/run.js';
import type {Runtime} from '../../runtime/runtime.js';
import {functionRequest} from '../../runtime/schedule.js';
import type {Value} from '../../tensors/value.js';
import {type ExactTensor, fromValue, type TensorOutput} from '../boundary.js';
import {IndexedSlices, RaggedTensor, SparseTensor} from '../composites.js';

/** What a function gives: a tensor, or a nest of tensors as it was saved. */
export type NestedOutput =
  | TensorOutput
  | RaggedTensor
  | SparseTensor
  | IndexedSlices
  | null
  | string
  | number
  | bigint
  | boolean
  | NestedOutput[]
  | {[key: string]: NestedOutput};

/** How results are wanted, and how much the call may take. */
export interface CallOptions extends CallBounds {
  /** Results as {@link ExactTensor}s in TensorFlow's own dtypes, in place of tfjs tensors. */
  readonly exact?: boolean;
}

/** @throws CallError for an option that there is not. */
export function checkCallOptions(options: CallOptions): void {
  checkOptions(options, CALL_OPTIONS, 'a call');
}

const CALL_OPTIONS: OptionNames<CallOptions> = {exact: true, limits: true, signal: true};

/** {@link CallOptions} of a call that gives exact tensors. */
export interface ExactCallOptions extends CallOptions {
  readonly exact: true;
}

/** {@link CallOptions} of a call that gives tfjs tensors. */
export interface PlainCallOptions extends CallOptions {
  readonly exact?: false;
}

/** What makes a concrete function. */
export interface ConcreteFunctionSpec {
  readonly name: string;
  readonly runtime: Runtime;
  /** A pair: the tuple of positional arguments, and the dict of keyword arguments. */
  readonly inputs: Structure;
  readonly outputs: Structure;
  /** Values of the captured inputs, which follow the arguments. */
  bound(): readonly Value[];
  /** What is known of these before any of them is there. */
  captures(): readonly Known[];
  /** What runs, where that is not the library's function of this name. */
  readonly runnable?: () => Runnable;
  /** The part of a graph that this is made of; it comes with {@link runnable}. */
  readonly runs?: Runs;
}

/** What runs, and what follows the arguments. */
interface Ready {
  readonly runnable: Runnable;
  readonly bound: readonly Value[];
}

/** A function traced for one structure of inputs. */
export class ConcreteFunction {
  readonly name: string;
  /** A pair: the tuple of positional arguments, and the dict of keyword arguments. */
  readonly inputs: Structure;
  readonly outputs: Structure;
  readonly #spec: ConcreteFunctionSpec;
  #bound: readonly Value[] | undefined;
  #flatOutputs: readonly TensorStructure[] | undefined;
  /** What is known of the results before it runs. */
  #inferred: readonly Known[] | undefined;
  #samePlaces: {readonly places: readonly number[] | undefined} | undefined;

  constructor(spec: ConcreteFunctionSpec) {
    this.name = spec.name;
    this.inputs = spec.inputs;
    this.outputs = spec.outputs;
    this.#spec = spec;
  }

  /** What runs it: the same for all functions of a model. */
  get runtime(): Runtime {
    return this.#spec.runtime;
  }

  /** The graph that a call runs, as it was saved, and what of it. It is fed the flat inputs, then what is captured. */
  get runs(): Runs {
    const {runs, name} = this.#spec;
    if (runs !== undefined) return runs;
    const graph = this.runtime.library.get(name);
    if (graph === undefined) throw new FormatError(`the model has no function '${name}'`);
    return {graph, request: functionRequest(graph)};
  }

  /** What is known of what is captured, without making any of it. */
  get captures(): readonly Known[] {
    return this.#spec.captures();
  }

  /** What is captured. */
  get bound(): readonly Value[] {
    this.#bound ??= this.#spec.bound();
    return this.#bound;
  }

  /** The positional arguments' structures, and those of the keyword arguments by name. */
  get signature(): {readonly args: readonly Structure[]; readonly kwargs: ReadonlyMap<string, Structure>} {
    const {inputs} = this;
    if (inputs.kind === 'tuple' && inputs.items.length === 2) {
      const [args, kwargs] = inputs.items;
      return {
        args: args!.kind === 'tuple' || args!.kind === 'list' ? args.items : [],
        kwargs: kwargs!.kind === 'dict' ? kwargs.fields : new Map(),
      };
    }
    return {args: inputs.kind === 'none' ? [] : [inputs], kwargs: new Map()};
  }

  /** Runs the function on its flat tensor inputs. */
  call(values: readonly Value[], options: CallOptions = {}): NestedOutput {
    const observer = currentObserver();
    if (observer === undefined) return this.#run(values, options, []);
    const {bound} = this.#ready();
    const call = {
      callee: this,
      inputs: values,
      bound,
      outputs: flattenTensors(this.outputs),
      // A call may change the variables that it is given as it may those that the function is bound to.
      stateful: this.#isStateful([...bound, ...values]),
      exact: options.exact ?? false,
    };
    return observer.call(call, () => {
      const tensors: tf.Tensor[] = [];
      return {result: this.#run(values, options, tensors), tensors};
    });
  }

  /** {@link call}, leaving the event loop free. The inputs are the caller's again when this returns. */
  async callAsync(values: readonly Value[], options: CallOptions = {}): Promise<NestedOutput> {
    let ready: Ready;
    try {
      if (currentObserver() !== undefined) throw notTraced(this.name);
      ready = this.#ready();
    } catch (error) {
      // What was converted for nothing.
      for (const value of values) value.retain().release();
      throw error;
    }
    const {runnable, bound} = ready;
    return this.#spec.runtime.invokeAsync(runnable, values, bound, this.#conversion(options, []), options);
  }

  /** Whether a call may do or see more than its inputs and outputs; to be on the safe side, whenever it calls others. */
  #isStateful(bound: readonly Value[]): boolean {
    const graph = this.#spec.runnable === undefined ? this.runtime.library.get(this.name) : undefined;
    if (graph === undefined || bound.some(({dtype}) => dtype === 'resource')) return true;
    const {library} = this.runtime;
    return graph.nodes.some((node) => isStateful(node.op) || calledFunctions(node, library).length > 0);
  }

  /** @param tensors - gets every tfjs tensor of the result */
  #run(values: readonly Value[], options: CallOptions, tensors: tf.Tensor[]): NestedOutput {
    const {runnable, bound} = this.#ready();
    return this.#spec.runtime.invoke(
      runnable,
      [...values, ...bound],
      this.#conversion(options, tensors),
      options,
    );
  }

  /** @param tensors - gets every tfjs tensor of the result */
  #conversion({exact = false}: CallOptions, tensors: tf.Tensor[]): Convert<NestedOutput> {
    return (results) => {
      const given = results[Symbol.iterator]();
      if (this.#spec.runnable === undefined) this.#checkResults(results);
      return {result: pack(this.outputs, given, exact, tensors, this.name), tensors};
    };
  }

  /**
   * A trace says what its results are, and who calls it goes by that. Called with inputs of other shapes than it says, its results have
   * other shapes, too: then it is the graph that tells whether the trace is right.
   *
   * @throws FormatError where the graph and the trace contradict each other.
   */
  #checkResults(results: readonly Value[]): void {
    this.#flatOutputs ??= flattenTensors(this.outputs);
    const {library} = this.runtime;
    for (const [i, {dtype, shape}] of this.#flatOutputs.entries()) {
      const result = results[i];
      if (result === undefined || (result.dtype === dtype && fitsShape(result.shape, shape))) continue;
      this.#inferred ??= inferFunction(library.get(this.name)!, this.flatInputs, {
        rules: inferenceOf,
        library,
      });
      const known: Known = result.dtype === dtype ? this.#inferred[i]! : result;
      if (known.dtype === dtype && mergeShapes(known.shape, shape) !== undefined) continue;
      throw new FormatError(
        `function '${this.name}' says that its result ${i} is ${dtype} of shape ${formatShape(shape)}, and its graph ` +
          `gives ${known.dtype} of shape ${formatShape(known.shape)}`,
      );
    }
  }

  /** Runs the function and hands its flat results to `use` before they are freed. */
  callFlat<T>(values: readonly Value[], use: (results: readonly Value[]) => T): T {
    const {runnable, bound} = this.#ready();
    return this.#spec.runtime.invoke(runnable, [...values, ...bound], (results) => ({
      result: use(results),
      tensors: [],
    }));
  }

  /** Does ahead what the first call would do besides computing: reads the graph and orders its nodes. */
  prepare(): void {
    this.#ready();
  }

  #ready(): Ready {
    return {runnable: this.#spec.runnable?.() ?? this.#spec.runtime.function(this.name), bound: this.bound};
  }

  /** The same function with its arguments arranged otherwise; the flat tensors stay in their order. */
  withInputs(inputs: Structure): ConcreteFunction {
    return new ConcreteFunction({...this.#spec, inputs});
  }

  /** See {@link samePlaces}, of its inputs. */
  get samePlaces(): readonly number[] | undefined {
    this.#samePlaces ??= {places: samePlaces(this.inputs)};
    return this.#samePlaces.places;
  }

  /** Names, dtypes and shapes of the tensors it takes, in their flat order. */
  get flatInputs(): TensorStructure[] {
    return flattenTensors(this.inputs);
  }
}

function notTraced(name: string): CallError {
  return new CallError(
    `an asynchronous call cannot be part of a function that is traced: call '${name}' without async there`,
  );
}

/** Results in the structure that was saved. Every tfjs tensor made is listed in `tensors`. */
function pack(
  structure: Structure,
  values: Iterator<Value>,
  exact: boolean,
  tensors: tf.Tensor[],
  what: string,
): NestedOutput {
  const take = (): TensorOutput => {
    const {value, done} = values.next();
    if (done) throw new CallError(`function '${what}' gives fewer tensors than its signature says`);
    const output = fromValue(value, exact, `a result of '${what}'`, structure.kind !== 'tensor');
    if (output instanceof tfjs.Tensor) tensors.push(output);
    return output;
  };
  const visit = (each: Structure): NestedOutput => {
    switch (each.kind) {
      case 'tensor':
        return take();
      case 'composite':
        return compose(each, each.components.map(take));
      case 'list':
      case 'tuple':
        return each.items.map(visit);
      case 'dict':
      case 'namedTuple':
        return Object.fromEntries(childrenOf(each).map(([key, child]) => [key, visit(child)]));
      case 'literal':
        return each.value;
      default:
        return null;
    }
  };
  return visit(structure);
}

/** Exact components stay a plain object, for the classes hold tfjs tensors. */
function compose({type, components}: CompositeStructure, parts: readonly TensorOutput[]): NestedOutput {
  if (!parts.every((part): part is tf.Tensor => part instanceof tfjs.Tensor)) {
    return Object.fromEntries(components.map(({name}, i) => [name, parts[i] as ExactTensor]));
  }
  switch (type) {
    case 'ragged':
      return RaggedTensor.fromNestedRowSplits(parts[0]!, parts.slice(1));
    case 'sparse':
      return new SparseTensor(parts[0]!, parts[1]!, parts[2]!);
    case 'indexedSlices':
      return new IndexedSlices(parts[0]!, parts[1]!, parts[2]);
    case 'other':
      return [...parts];
  }
}
