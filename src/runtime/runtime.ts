/**
 * A running model: its function library made executable, its resources, and the memory it holds.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {decodeUtf8} from '../algorithms/utf8.js';
import {CallError, FormatError} from '../errors.js';
import type {FunctionRef} from '../graph/attrs.js';
import type {FunctionLibrary, Graph} from '../graph/graph.js';
import {opDef} from '../graph/op_defs.js';
import {
  type CallBounds,
  checkBounds,
  checkLimits,
  isBounded,
  type Limits,
  withinBounds,
} from '../host/budget.js';
import type {Computation, CustomGradient, Session} from '../ops/kernel.js';
import {computationOf} from '../ops/registry.js';
import {Variable} from '../ops/variable/variable.js';
import {getPlatform} from '../platform/current.js';
import {type Resource, Value} from '../tensors/value.js';
import {completeActiveBackend} from '../tfjs/backend.js';
import {closeScope, openScope} from '../tfjs/scope.js';
import {markTape} from '../tfjs/tape.js';
import {tensorBytes} from '../tfjs/tensor_bounds.js';
import {AsyncCalls, type CallState} from './async_calls.js';
import type {QueueOptions} from './call_queue.js';
import type {CompiledRunnable, CompileHost, Compiler} from './compiler.js';
import {Dataflow} from './dataflow.js';
import {checkDepth} from './depth.js';
import {type SavedGradient, withCustomGradients} from './gradient.js';
import {interpreted} from './interpreted.js';
import {Plan} from './plan.js';
import type {Convert, Runnable, RunRequest} from './run.js';
import {fedNodes, functionRequest, isDataflow, neededFor, topologicalOrder} from './schedule.js';

/** What a model brings along for its graphs to run. */
export interface RuntimeOptions {
  readonly library: FunctionLibrary;
  /** Content of an asset, by the path the graph holds. */
  readonly readFile?: (path: Uint8Array) => Uint8Array;
  /** The model's own gradients, by `_gradient_op_type`. */
  readonly gradients?: ReadonlyMap<string, SavedGradient>;
  /** A tensor of the model's checkpoint. */
  readonly restore?: (name: Uint8Array, shapeAndSlice: Uint8Array) => Value | undefined;
  /** What a call may take where it does not say itself. */
  readonly limits?: Limits;
  /** How many asynchronous calls there may be at a time. */
  readonly queue?: QueueOptions;
  /** Makes functions run by other means than the interpreter. */
  readonly compiler?: Compiler | undefined;
}

/** The share of the machine's memory that a call may hold where nobody says how much it may. */
const MEMORY_SHARE = 0.5;

/** Taken for the machine's memory where that is not known. */
const UNKNOWN_MEMORY = 4 * 2 ** 30;

const NO_GRADIENTS: ReadonlyMap<string, SavedGradient> = new Map();

/** What a model holds outside of JavaScript's heap. */
interface Holdings {
  readonly constants: Set<Value>;
  readonly variables: Set<Variable>;
}

/**
 * Frees what models held that nobody can call any more. tfjs keeps every `tf.Variable` in a registry of its own, so those
 * that somebody outside may still hold stay, as they do after any other model of tfjs.
 */
const ABANDONED = new FinalizationRegistry<Holdings>(({constants, variables}) => {
  for (const value of constants) value.unpin();
  for (const variable of variables) variable.abandon();
});

/** Executes the functions and graphs of one model. Several asynchronous calls may be under way at a time, all else is synchronous. */
export class Runtime implements Session {
  readonly #options: RuntimeOptions;
  readonly #functions = new Map<string, Runnable>();
  readonly #resources = new Map<string, Resource>();
  readonly #holdings: Holdings = {constants: new Set(), variables: new Set()};
  /** By node of a graph: a graph may be prepared in parts, for its signatures and for what initialises it. */
  #memos = new WeakMap<object, {readonly memo: unknown}>();
  #temporaries: {close(): void}[] = [];
  readonly #compiled = new Set<CompiledRunnable>();
  readonly #compileHost: CompileHost;
  readonly #asyncCalls: AsyncCalls;
  #depth = 0;
  #limits: Limits | undefined;
  #disposed = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    checkLimits(options.limits ?? {});
    this.#asyncCalls = new AsyncCalls(options.queue ?? {}, {
      enter: (state, f) => this.#enter(state, f),
      function: (name) => this.function(name),
    });
    this.#compileHost = {
      library: options.library,
      isConstant: (value) => this.#holdings.constants.has(value),
      interpreted: (graph, request) => this.prepare(graph, request),
      plan: (graph, order, request, own) =>
        new Plan(graph, order, request, this, (op) => own(op) ?? this.#kernel(op)),
    };
    ABANDONED.register(this, this.#holdings, this);
  }

  /** Ends what runs while the model is loaded, its initialisers. */
  loadingSignal: AbortSignal | undefined;

  get library(): FunctionLibrary {
    return this.#options.library;
  }

  /** Whether functions run by other means than the interpreter, which leave values where they are. */
  get isCompiled(): boolean {
    return this.#options.compiler !== undefined;
  }

  /** Calls from inside a running graph. */
  call(fn: FunctionRef, args: readonly Value[]): Value[] {
    // A loop need not run a single node.
    checkBounds();
    checkDepth(this.#depth, fn);
    this.#depth++;
    try {
      return this.function(fn.name).run(args);
    } finally {
      this.#depth--;
    }
  }

  /**
   * The executable form of a function of the library.
   *
   * @throws CallError when the model was disposed.
   */
  function(name: string): Runnable {
    this.#checkAlive();
    let runnable = this.#functions.get(name);
    if (runnable === undefined) {
      const graph = this.library.get(name);
      if (graph === undefined) throw new FormatError(`the model has no function '${name}'`);
      const honoured = withCustomGradients(graph, this.#options.gradients ?? NO_GRADIENTS);
      runnable = this.executable(graph, functionRequest(graph), () =>
        interpreted(graph, honoured, {
          library: this.library,
          prepare: (part, request) => this.prepare(part, request),
        }),
      );
      this.#functions.set(name, runnable);
    }
    return runnable;
  }

  /**
   * Makes part of a graph executable that may be called often.
   *
   * @param interpreted - the same for the interpreter, which honours the model's own gradients
   */
  executable(graph: Graph, request: RunRequest, interpreted = () => this.prepare(graph, request)): Runnable {
    const {compiler} = this.#options;
    if (compiler === undefined) return interpreted();
    const compiled = compiler.compile(graph, request, interpreted, this.#compileHost);
    this.#compiled.add(compiled);
    return compiled;
  }

  /** Makes part of a graph executable by the interpreter. */
  prepare(graph: Graph, request: RunRequest): Runnable {
    const fed = fedNodes(request);
    const needed = neededFor(graph, request);
    const lookup = (op: string) => this.#kernel(op);
    return isDataflow(graph, needed)
      ? new Dataflow(graph, needed, request, this, lookup)
      : new Plan(graph, topologicalOrder(graph, needed, fed), request, this, lookup);
  }

  /**
   * Runs something from outside. The arguments are released afterwards: pin those that live longer. `convert` makes of the results what the caller gets, and every tfjs tensor that is not
   * in what it lists is disposed.
   *
   * @throws CallError when the call takes more than `bounds`, or the model was disposed.
   */
  invoke<T>(
    runnable: Pick<Runnable, 'run'>,
    args: readonly Value[],
    convert: Convert<T>,
    bounds?: CallBounds,
  ): T {
    this.#checkAlive();
    completeActiveBackend();
    return withinBounds(this.#bounds(bounds), tensorBytes, () => this.#invoke(runnable, args, convert));
  }

  /**
   * {@link invoke}, leaving the event loop free. Arguments are the caller's again when this returns, whatever it does with what they were made of.
   *
   * @param bound - what follows the arguments, and stays
   * @throws CallError when the call takes more than `bounds`, or is made while gradients are computed, too many wait, or the model was or
   *   is disposed.
   */
  invokeAsync<T>(
    runnable: Runnable,
    args: readonly Value[],
    bound: readonly Value[],
    convert: Convert<T>,
    bounds?: CallBounds,
  ): Promise<T> {
    return this.#asyncCalls.invoke(runnable, args, bound, convert, () => {
      this.#checkAlive();
      completeActiveBackend();
      return this.#bounds(bounds);
    });
  }

  /** Runs a piece of an asynchronous call. */
  #enter<T>({temporaries, depth}: CallState, f: () => T): T {
    const outer = {temporaries: this.#temporaries, depth: this.#depth};
    this.#temporaries = temporaries;
    this.#depth = depth;
    try {
      return f();
    } finally {
      this.#temporaries = outer.temporaries;
      this.#depth = outer.depth;
    }
  }

  #bounds({limits, signal}: CallBounds = {}): CallBounds {
    this.#limits ??= {
      bytes: MEMORY_SHARE * (getPlatform().memoryBytes?.() ?? UNKNOWN_MEMORY),
      ...this.#options.limits,
    };
    return {
      limits: limits === undefined ? this.#limits : {...this.#limits, ...limits},
      signal: signal ?? this.loadingSignal,
    };
  }

  #invoke<T>(runnable: Pick<Runnable, 'run'>, args: readonly Value[], convert: Convert<T>): T {
    openScope();
    let kept: readonly tf.Tensor[] = [];
    const tape = markTape();
    const depth = this.#depth;
    const temporaries = this.#temporaries;
    this.#temporaries = [];
    try {
      for (const arg of args) arg.retain();
      const results = runnable.run(args);
      for (const result of results) result.retain();
      try {
        const {result, tensors} = convert(results);
        kept = tensors;
        return result;
      } finally {
        for (const result of results) result.release();
      }
    } catch (error) {
      // What the call recorded leads nowhere.
      tape.rewind();
      throw error;
    } finally {
      this.#depth = depth;
      for (const temporary of this.#temporaries) temporary.close();
      this.#temporaries = temporaries;
      for (const arg of args) arg.release();
      closeScope(kept);
    }
  }

  resource<T extends Resource>(container: string, name: string, create: () => T): T {
    const key = `${container}\0${name}`;
    let resource = this.#resources.get(key);
    if (resource === undefined) {
      resource = this.#hold(create());
      this.#resources.set(key, resource);
    }
    return resource as T;
  }

  anonymous<T extends Resource>(create: () => T): T {
    return this.#hold(create());
  }

  temporary<T extends Resource & {close(): void}>(create: () => T): T {
    const resource = create();
    this.#temporaries.push(resource);
    return resource;
  }

  memo<T>(node: object, create: () => T): T {
    const known = this.#memos.get(node);
    if (known !== undefined) return known.memo as T;
    const memo = this.keep(create());
    this.#memos.set(node, {memo});
    return memo;
  }

  keep<T>(kept: T): T {
    if (kept instanceof Value) this.#holdings.constants.add(kept.pin());
    return kept;
  }

  forget(value: Value): void {
    if (this.#holdings.constants.delete(value)) value.unpin();
  }

  #hold<T extends Resource>(resource: T): T {
    if (resource instanceof Variable) this.#holdings.variables.add(resource);
    return resource;
  }

  customGradient(opType: string): CustomGradient | undefined {
    const gradient = this.#options.gradients?.get(opType);
    if (gradient === undefined) return undefined;
    const call = (args: readonly Value[]) =>
      this.call({name: gradient.function, attrs: new Map()}, gradient.bind(args));
    return {
      results: gradient.results,
      // tfjs computes gradients after the call that recorded them.
      call: (args) =>
        isBounded() ? call(args) : withinBounds(this.#bounds(), tensorBytes, () => call(args)),
    };
  }

  readFile(path: Uint8Array): Uint8Array {
    if (this.#options.readFile === undefined) throw new CallError('this model has no files to read');
    return this.#options.readFile(path);
  }

  restore(_prefix: Uint8Array, name: Uint8Array, shapeAndSlice: Uint8Array): Value {
    const value = this.#options.restore?.(name, shapeAndSlice);
    if (value === undefined) {
      throw new CallError(
        `variables are restored when the model is loaded; '${decodeUtf8(name)}' cannot be read now`,
      );
    }
    return value;
  }

  /** Every named resource that exists now. */
  resources(): Iterable<Resource> {
    return this.#resources.values();
  }

  #checkAlive(): void {
    if (this.#disposed) {
      throw new CallError('the model was disposed, and its variables with it: load it again to use it');
    }
  }

  /** Ends the asynchronous calls that are under way, and frees constants and variables. The runtime cannot be used afterwards. */
  dispose(): void {
    this.#disposed = true;
    this.#asyncCalls.endAll(
      new CallError(
        'the model was disposed while the call was under way; dispose of it when all calls are done',
      ),
    );
    const {constants, variables} = this.#holdings;
    for (const value of constants) value.unpin();
    for (const variable of variables) variable.dispose();
    constants.clear();
    variables.clear();
    this.#memos = new WeakMap();
    for (const each of this.#compiled) each.dispose();
    this.#compiled.clear();
    ABANDONED.unregister(this);
    this.#resources.clear();
    this.#functions.clear();
  }

  /** Old graphs call functions by using their name as an op. */
  #kernel(op: string): Computation | undefined {
    const known = computationOf(op);
    if (known !== undefined) return known;
    if (opDef(op) !== undefined || this.library.get(op) === undefined) return undefined;
    const fn: FunctionRef = {name: op, attrs: new Map()};
    return {
      kernel: (inputs, ctx) => ctx.session.call(fn, inputs),
      asyncKernel: (inputs, _ctx, call) => call.call(fn, inputs),
    };
  }
}
