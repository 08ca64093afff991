/**
 * Runs single ops outside of any graph, as TensorFlow does when it executes eagerly.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError, UnsupportedOpError} from '../errors.js';
import {type Attr, Attrs} from '../graph/attrs.js';
import type {FunctionLibrary, Graph, GraphNode} from '../graph/graph.js';
import type {OpDef} from '../graph/op_defs.js';
import type {Session} from '../ops/kernel.js';
import {kernelOf} from '../ops/registry.js';
import type {Resource, Value} from '../ops/value.js';
import {execute, prepare} from './run.js';
import {Runtime} from './runtime.js';

const EMPTY: FunctionLibrary = {get: () => undefined, names: () => [], gradientOf: () => undefined};

/** Lends what single ops have in common with models: scopes, tapes, backends. */
const runtime = new Runtime({library: EMPTY});

/** Resources with a name live as long as the program, or until they are destroyed; others as long as their handles. */
const named = new Map<string, Resource>();

const session: Session = {
  call: ({name}) => {
    throw new UnsupportedOpError(`a single op cannot call the function '${name}'`);
  },
  resource: <T extends Resource>(container: string, name: string, create: () => T): T => {
    const key = `${container}\0${name}`;
    if (!named.has(key)) named.set(key, create());
    return named.get(key) as T;
  },
  anonymous: (create) => create(),
  temporary: (create) => create(),
  keep: (kept) => kept,
  customGradient: () => undefined,
  readFile: () => {
    throw new CallError('a single op has no files to read');
  },
  restore: () => {
    throw new CallError('a single op has no checkpoint to read');
  },
};

/** What ops keep between executions, such as the state of a seeded generator. The least recently used are forgotten. */
const states = new Map<string, unknown>();
const MAX_STATES = 256;

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
  const step = prepare(graph, 0, session, kernelOf);
  const context = hasState(def) ? {...step.context, memo: stateOf(op, attrs)} : step.context;
  const run = (args: readonly Value[]) => [...execute({...step, context}, args, graph)];
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

function stateOf(op: string, attrs: ReadonlyMap<string, Attr>): <T>(create: () => T) => T {
  return <T>(create: () => T): T => {
    const key = JSON.stringify([op, ...attrs], (_, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    const state = states.has(key) ? (states.get(key) as T) : create();
    states.delete(key);
    states.set(key, state);
    if (states.size > MAX_STATES) states.delete(states.keys().next().value!);
    return state;
  };
}
