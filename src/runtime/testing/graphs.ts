/**
 * Graphs written by hand: nodes by name, with the names of what they read.
 *
 * @module
 */

import {type Attr, Attrs} from '../../graph/attrs.js';
import type {Endpoint, FunctionGraph, FunctionLibrary, Graph} from '../../graph/graph.js';
import type {DType} from '../../host/dtypes.js';
import type {Kernel, Session} from '../../ops/kernel.js';
import type {Value} from '../../tensors/value.js';

/** A node; inputs as in a GraphDef: `a`, `a:1` for its second output, `^a` for a control edge. */
export interface NodeSpec {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly attrs?: Readonly<Record<string, Attr>>;
}

/** A graph of these nodes, in this order. */
export function graphOf(specs: Readonly<Record<string, NodeSpec>>, label = 'a graph'): Graph {
  const names = Object.keys(specs);
  const find = (name: string): number | undefined => {
    const index = names.indexOf(name);
    return index < 0 ? undefined : index;
  };
  const nodes = Object.entries(specs).map(([name, {op, inputs = [], attrs = {}}]) => ({
    name,
    op,
    inputs: inputs.filter((each) => !each.startsWith('^')).map((each) => endpointIn(names, each)),
    controls: inputs.filter((each) => each.startsWith('^')).map((each) => names.indexOf(each.slice(1))),
    attrs: new Attrs((wanted) => attrs[wanted], `node '${name}' (${op}) of ${label}`),
  }));
  return {label, nodes, find};
}

function endpointIn(names: readonly string[], text: string): Endpoint {
  const [name, output = '0'] = text.split(':');
  const node = names.indexOf(name!);
  if (node < 0) throw new Error(`there is no node '${name}'`);
  return {node, output: Number(output)};
}

/** The output of a graph's node that `a` or `a:1` names. */
export function endpoint(graph: Graph, text: string): Endpoint {
  return endpointIn(
    graph.nodes.map(({name}) => name),
    text,
  );
}

/** What a function takes and gives besides its nodes; the first nodes are its parameters. */
export interface FunctionSpec {
  readonly parameters?: Readonly<Record<string, DType>>;
  readonly nodes: Readonly<Record<string, NodeSpec>>;
  readonly results?: readonly string[];
  readonly controlResults?: readonly string[];
}

/** A function of this name. */
export function functionOf(
  name: string,
  {parameters = {}, nodes, results = [], controlResults = []}: FunctionSpec,
): FunctionGraph {
  const args = Object.fromEntries(Object.keys(parameters).map((each) => [each, {op: '_Arg'}]));
  const graph = graphOf({...args, ...nodes}, `function '${name}'`);
  return {
    ...graph,
    name,
    parameters: Object.entries(parameters).map(([parameter, dtype]) => ({name: parameter, dtype})),
    // Nobody asks for the dtype of a result while it is computed.
    results: results.map((each) => ({name: each, dtype: 'float32', source: endpoint(graph, each)})),
    controlResults: controlResults.map((each) => graph.find(each)!),
    attrs: new Attrs(() => undefined, graph.label),
  };
}

/** A library of these functions. */
export function libraryOf(functions: Readonly<Record<string, FunctionSpec>>): FunctionLibrary {
  const graphs = new Map(Object.entries(functions).map(([name, spec]) => [name, functionOf(name, spec)]));
  return {get: (name) => graphs.get(name), names: () => graphs.keys(), gradientOf: () => undefined};
}

/** A session for kernels that ask nothing of it but memos. */
export function plainSession(): Session {
  const memos = new Map<object, unknown>();
  const none = (): never => {
    throw new Error('this session has nothing of the kind');
  };
  return {
    call: none,
    resource: none,
    anonymous: none,
    temporary: none,
    keep: (kept) => kept,
    forget: none,
    customGradient: () => undefined,
    readFile: none,
    restore: none,
    memo: <T>(node: object, create: () => T): T => {
      if (!memos.has(node)) memos.set(node, create());
      return memos.get(node) as T;
    },
  };
}

/** Kernels by op that note when they run, by the names of their nodes. */
export function noted(
  log: string[],
  kernels: Readonly<Record<string, (inputs: readonly Value[]) => Value | readonly Value[]>>,
): (op: string) => {readonly kernel: Kernel} | undefined {
  return (op) => {
    const kernel = kernels[op];
    if (kernel === undefined) return undefined;
    return {
      kernel: (inputs, {name}) => {
        log.push(name);
        return kernel(inputs);
      },
    };
  };
}
