/**
 * Puts the nodes of called functions in the place of the calls.
 *
 * Nodes keep their names, by which resources are known, and what they keep between executions: whoever runs the function as it
 * is meets the same state.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {Attrs} from '../graph/attrs.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  endpointKey,
  type FunctionGraph,
  type FunctionLibrary,
  type FunctionPort,
  type Graph,
  type GraphNode,
} from '../graph/graph.js';
import {tensorCount} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import {inOnePiece, type Pieces} from '../host/pieces.js';
import type {RunRequest} from '../runtime/run.js';
import {fedNodes, functionRequest, isDataflow, neededFor, topologicalOrder} from '../runtime/schedule.js';

/** A graph and what to run of it. */
export interface Runs {
  readonly graph: Graph;
  readonly request: RunRequest;
}

/** Nodes of more levels of calls stay calls. */
const MAX_DEPTH = 64;

/** So do further calls of one function: functions may call each other more often than anybody can follow. */
const MAX_CALLS = 128;

const CALLS: ReadonlySet<string> = new Set(['PartitionedCall', 'StatefulPartitionedCall']);

/**
 * What a run needs of a graph as a function of what it is fed, with the functions that it calls in place. Functions with control flow of TensorFlow 1 stay calls.
 *
 * @param ports - what it is fed
 */
export function inlineCalls(
  {graph, request}: Runs,
  ports: readonly FunctionPort[],
  library: FunctionLibrary,
): FunctionGraph {
  return inOnePiece(inlineCallsInPieces({graph, request}, ports, library));
}

/** {@link inlineCalls} in pieces. */
export function inlineCallsInPieces(
  {graph, request}: Runs,
  ports: readonly FunctionPort[],
  library: FunctionLibrary,
): Pieces<FunctionGraph> {
  return new Inliner(library).inline(graph, request, ports);
}

/** What came of the nodes of one function. */
interface Inlined {
  readonly of: (endpoint: Endpoint) => Endpoint;
  readonly nodes: (index: number) => readonly number[];
}

class Inliner {
  readonly #library: FunctionLibrary;
  readonly #nodes: GraphNode[] = [];
  readonly #open: string[] = [];
  readonly #calls = new Map<string, number>();

  constructor(library: FunctionLibrary) {
    this.#library = library;
  }

  *inline(graph: Graph, request: RunRequest, ports: readonly FunctionPort[]): Pieces<FunctionGraph> {
    const feeds = request.feeds.map(({node: index}) => {
      const node = graph.nodes[index]!;
      return this.#add({...node, op: ARGUMENT_OP, inputs: [], controls: []});
    });
    const given = new Map(request.feeds.map((feed, i) => [endpointKey(feed), {node: feeds[i]!, output: 0}]));
    const {of, nodes} = yield* this.#expand(graph, request, given, []);
    const name = graph.label;
    return {
      label: graph.label,
      name,
      nodes: this.#nodes,
      find: (wanted) => findByName(this.#nodes, wanted),
      parameters: ports,
      results: request.fetches.map((fetch, i) => ({name: `result${i}`, dtype: 'variant', source: of(fetch)})),
      controlResults: [...new Set(request.targets.flatMap(nodes))],
      attrs: new Attrs(() => undefined, name),
    };
  }

  #add(node: GraphNode): number {
    return this.#nodes.push(node) - 1;
  }

  *#expand(
    graph: Graph,
    request: RunRequest,
    given: ReadonlyMap<string, Endpoint>,
    outer: readonly number[],
  ): Pieces<Inlined> {
    const fed = fedNodes(request);
    const needed = neededFor(graph, request);
    const outputs = new Map<number, (output: number) => Endpoint>();
    const after = new Map<number, readonly number[]>();
    const of = (endpoint: Endpoint): Endpoint =>
      given.get(endpointKey(endpoint)) ??
      (outputs.get(endpoint.node) ?? noOutput(graph, endpoint))(endpoint.output);
    const nodes = (index: number): readonly number[] => after.get(index) ?? outer;
    for (const index of topologicalOrder(graph, needed, fed)) {
      const node = graph.nodes[index]!;
      if (node.op === ARGUMENT_OP || fed.has(index)) continue;
      yield;
      const inputs = node.inputs.map(of);
      const controls = [...outer, ...node.controls.flatMap(nodes)];
      const callee = this.#callee(node);
      if (callee === undefined) {
        const added = this.#add({
          ...node,
          inputs,
          controls: [...new Set(controls)],
          origin: node.origin ?? {node, label: graph.label},
        });
        const definition = opDef(node.op);
        const count = definition && tensorCount(definition.outputs, node.attrs);
        outputs.set(index, (output) =>
          count === undefined || output < count
            ? {node: added, output}
            : noOutput(graph, {node: index, output}),
        );
        after.set(index, [added]);
        continue;
      }
      const inner = yield* this.#call(callee, inputs, controls);
      outputs.set(index, (output) =>
        inner.of((callee.results[output] ?? noOutput(graph, {node: index, output})).source),
      );
      after.set(index, [
        ...callee.results.map(({source}) => inner.of(source).node),
        ...functionRequest(callee).targets.flatMap(inner.nodes),
      ]);
    }
    return {of, nodes};
  }

  *#call(callee: FunctionGraph, inputs: readonly Endpoint[], controls: readonly number[]): Pieces<Inlined> {
    this.#open.push(callee.name);
    this.#calls.set(callee.name, (this.#calls.get(callee.name) ?? 0) + 1);
    try {
      const request = functionRequest(callee);
      const given = new Map(inputs.map((input, node) => [endpointKey({node, output: 0}), input]));
      return yield* this.#expand(callee, request, given, controls);
    } finally {
      this.#open.pop();
    }
  }

  /** The function that a node calls and whose nodes can stand in its place. */
  #callee({op, attrs, inputs}: GraphNode): FunctionGraph | undefined {
    const name = CALLS.has(op) ? attrs.func('f').name : opDef(op) === undefined ? op : undefined;
    if (name === undefined || this.#open.length >= MAX_DEPTH || this.#open.includes(name)) return undefined;
    if ((this.#calls.get(name) ?? 0) >= MAX_CALLS) return undefined;
    const callee = this.#library.get(name);
    if (callee === undefined || callee.parameters.length !== inputs.length) return undefined;
    return isDataflow(callee, neededFor(callee, functionRequest(callee))) ? undefined : callee;
  }
}

function noOutput({label, nodes}: Graph, {node, output}: Endpoint): never {
  throw new FormatError(
    `${label} reads output ${output} of node '${nodes[node]!.name}', which has none of that number`,
  );
}

function findByName(nodes: readonly GraphNode[], name: string): number | undefined {
  const index = nodes.findIndex((node) => node.name === name);
  return index < 0 ? undefined : index;
}
