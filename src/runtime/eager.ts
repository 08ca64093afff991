/**
 * Runs single ops outside of any graph, as TensorFlow does when it executes eagerly.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError, UnsupportedOpError} from '../errors.js';
import {type Attr, Attrs, type FunctionRef} from '../graph/attrs.js';
import type {FunctionLibrary, Graph, GraphNode} from '../graph/graph.js';
import type {OpDef} from '../graph/op_defs.js';
import type {Session} from '../ops/kernel.js';
import {computationOf} from '../ops/registry.js';
import type {Resource, Value} from '../tensors/value.js';
import {execute, missingKernel, prepareWith} from './run.js';
import {Runtime} from './runtime.js';

const EMPTY: FunctionLibrary = {get: () => undefined, names: () => [], gradientOf: () => undefined};

/** Lends what single ops have in common with models: scopes, tapes, backends. */
const runtime = new Runtime({library: EMPTY});

/** What an op keeps between executions, for this many ops and sets of attributes; the least recently used are forgotten. */
const MAX_STATES = 256;

/** What ops that are run one by one share: resources with a name, which live as long as the context, and states. */
export class EagerContext implements Session {
  readonly #named = new Map<string, Resource>();
  readonly #states = new Map<string, unknown>();

  call({name}: FunctionRef): Value[] {
    throw new UnsupportedOpError(`a single op cannot call the function '${name}'`);
  }

  resource<T extends Resource>(container: string, name: string, create: () => T): T {
    const key = `${container}\0${name}`;
    if (!this.#named.has(key)) this.#named.set(key, create());
    return this.#named.get(key) as T;
  }

  /** Lives as long as its handle. */
  anonymous<T extends Resource>(create: () => T): T {
    return create();
  }

  temporary<T extends Resource & {close(): void}>(create: () => T): T {
    return create();
  }

  memo<T>(_node: object, create: () => T): T {
    return create();
  }

  keep<T>(kept: T): T {
    return kept;
  }

  forget(): void {}

  customGradient(): undefined {
    return undefined;
  }

  readFile(): Uint8Array {
    throw new CallError('a single op has no files to read');
  }

  restore(): Value {
    throw new CallError('a single op has no checkpoint to read');
  }

  /** The state that executions of one op with the same attributes share: that of a seeded generator goes on. */
  state<T>(op: string, attrs: ReadonlyMap<string, Attr>, create: () => T): T {
    const key = JSON.stringify([op, ...attrs], (_, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    const state = this.#states.has(key) ? (this.#states.get(key) as T) : create();
    this.#states.delete(key);
    this.#states.set(key, state);
    if (this.#states.size > MAX_STATES) this.#states.delete(this.#states.keys().next().value!);
    return state;
  }
}

/** The context of whoever asks for no other. */
const shared = new EagerContext();

let executions = 0;

/**
 * Runs one op.
 *
 * @param attrs - every attribute of the op
 * @param inputs - released afterwards: pin or retain what lives longer
 * @param convert - makes of the outputs what the caller gets, and lists the tfjs tensors in it
 */
export function executeEagerly<T>(
  def: OpDef,
  attrs: ReadonlyMap<string, Attr>,
  inputs: readonly Value[],
  convert: (outputs: readonly Value[]) => {readonly result: T; readonly tensors: readonly tf.Tensor[]},
  context: EagerContext = shared,
): T {
  const {name: op} = def;
  const node: GraphNode = {
    // Resources without a shared name are known by that of their node.
    name: def.stateful ? `${op}_${++executions}` : op,
    op,
    inputs: [],
    controls: [],
    attrs: new Attrs((name) => attrs.get(name), op),
  };
  const graph: Graph = {label: 'eager execution', nodes: [node], find: () => 0};
  const step = prepareWith(computationOf(op) ?? {kernel: missingKernel(graph)}, graph, 0, context);
  const memo = <S>(create: () => S): S => context.state(op, attrs, create);
  const stated = hasState(def) ? {...step, context: {...step.context, memo}} : step;
  const run = (args: readonly Value[]) => [...execute(stated, args, graph)];
  return runtime.invoke({run}, inputs, convert);
}

/**
 * Whether executions share a state, as those of one kernel that TensorFlow caches do. What makes a resource makes a new
 * one each time.
 */
function hasState({stateful, inputs, outputs}: OpDef): boolean {
  const isHandle = (arg: OpDef['inputs'][number]) =>
    arg.kind !== 'list' && 'dtype' in arg.type && arg.type.dtype === 'resource';
  return stateful && ![...inputs, ...outputs].some(isHandle);
}
