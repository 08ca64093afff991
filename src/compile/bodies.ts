/**
 * Functions that become bodies of loops and branches: their nodes with those of the functions that they call, and what
 * their results are to their parameters.
 *
 * @module
 */

import type {Endpoint, FunctionLibrary, Graph} from '../graph/graph.js';
import {elementOf, knownConstant} from '../graph/known.js';
import {notLowered} from '../onnx/not_lowered.js';
import type {WrittenList} from '../ops/lowering.js';
import {inlineCalls} from '../runtime/inline.js';
import {functionRequest, isDataflow, neededNodes, topologicalOrder} from '../runtime/schedule.js';

/** What a call of a function runs, the calls in it spread out. */
export interface FunctionBody {
  readonly graph: Graph;
  /** The nodes that stand for its parameters. */
  readonly parameters: readonly Endpoint[];
  readonly results: readonly Endpoint[];
  /** All nodes that it runs, producers before their readers. */
  readonly order: readonly number[];
  /** By result, the number of the parameter that it is. */
  readonly handedOn: readonly (number | undefined)[];
}

/** The functions of a library as bodies. */
export class FunctionBodies {
  readonly #library: FunctionLibrary;
  readonly #made = new Map<string, FunctionBody>();

  constructor(library: FunctionLibrary) {
    this.#library = library;
  }

  /** @throws NotLowered when there is no such function, or it has control flow of TensorFlow 1. */
  get(name: string): FunctionBody {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const made = this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  #make(name: string): FunctionBody {
    const called = this.#library.get(name) ?? notLowered(`there is no function '${name}'`);
    const runs = {graph: called, request: functionRequest(called)};
    const graph = inlineCalls(runs, called.parameters, this.#library);
    const parameters = graph.parameters.map((_, node): Endpoint => ({node, output: 0}));
    const results = graph.results.map(({source}) => source);
    const fed = new Set(parameters.map(({node}) => node));
    const roots = [...graph.controlResults, ...results.map(({node}) => node)];
    const needed = neededNodes(graph, roots, fed);
    if (isDataflow(graph, needed)) notLowered('its function has control flow of TensorFlow 1');
    return {
      graph,
      parameters,
      results,
      order: topologicalOrder(graph, needed, fed),
      handedOn: results.map((result) => {
        const {node} = sourceOf(graph, result);
        return node < parameters.length ? node : undefined;
      }),
    };
  }
}

/** Where a tensor comes from, behind nodes that hand it on. */
export function sourceOf(graph: Graph, endpoint: Endpoint): Endpoint {
  const {op, inputs} = graph.nodes[endpoint.node]!;
  return op === 'Identity' && inputs.length === 1 ? sourceOf(graph, inputs[0]!) : endpoint;
}

/**
 * By result of a loop's body, how a turn sets an element of a list, where the result is that list and the body does nothing else with
 * it.
 */
export function writtenLists({graph, parameters, results, order}: FunctionBody): (WrittenList | undefined)[] {
  const numbers = new Map(parameters.map(({node}, i) => [node, i]));
  const parameterOf = (endpoint: Endpoint) => numbers.get(sourceOf(graph, endpoint).node);
  const readers = new Map<number, number>();
  for (const index of order)
    for (const {node} of graph.nodes[index]!.inputs) readers.set(node, (readers.get(node) ?? 0) + 1);
  for (const {node} of results) readers.set(node, (readers.get(node) ?? 0) + 1);
  /** True where a tensor, and what hands it on, has one reader in all. */
  const isReadOnce = (endpoint: Endpoint): boolean => {
    const {op, inputs} = graph.nodes[endpoint.node]!;
    if (readers.get(endpoint.node) !== 1) return false;
    return op !== 'Identity' || isReadOnce(inputs[0]!);
  };
  return results.map((result, i) => {
    const setter = sourceOf(graph, result);
    const {op, inputs} = graph.nodes[setter.node]!;
    if (op !== 'TensorListSetItem' || !isReadOnce(result) || !isReadOnce(inputs[0]!)) return undefined;
    if (parameterOf(inputs[0]!) !== i) return undefined;
    const place = constantScalar(graph, inputs[1]!);
    if (place !== undefined) return {place};
    const counter = parameterOf(inputs[1]!);
    return counter !== undefined && isNext(graph, results[counter]!, parameters[counter]!)
      ? {counter}
      : undefined;
  });
}

/** True where `result` is `counter + 1`. */
export function isNext(graph: Graph, result: Endpoint, counter: Endpoint): boolean {
  const {op, inputs} = graph.nodes[sourceOf(graph, result).node]!;
  if (op !== 'AddV2' && op !== 'Add') return false;
  const [a, b] = inputs.map((input) => sourceOf(graph, input)) as [Endpoint, Endpoint];
  const isOne = (each: Endpoint) => constantScalar(graph, each) === 1;
  return (a.node === counter.node && isOne(b)) || (b.node === counter.node && isOne(a));
}

/** The integer that a constant scalar is. */
export function constantScalar(graph: Graph, endpoint: Endpoint): number | undefined {
  const {op, attrs} = graph.nodes[sourceOf(graph, endpoint).node]!;
  if (op !== 'Const') return undefined;
  const value = attrs.tensor('value');
  return value.shape.length === 0 ? elementOf(knownConstant(value)) : undefined;
}
