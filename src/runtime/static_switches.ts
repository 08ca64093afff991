/**
 * Control flow of TensorFlow 1 that is decided before anything runs: a switch whose predicate is a constant, such as "not training" where nobody says
 * otherwise. What is left has a static order, and the branches that are not taken are gone.
 *
 * @module
 */

import {dataflowRole} from '../graph/dataflow_ops.js';
import {type Endpoint, endpointKey, type Graph, type GraphNode} from '../graph/graph.js';
import type {Known} from '../graph/known.js';
import {constantAt, truthOf} from './constants.js';
import type {RunRequest} from './run.js';
import {fedNodes, isDataflow, neededFor, topologicalOrder} from './schedule.js';

/** A graph, and what to run of it. */
interface Decided {
  readonly graph: Graph;
  readonly request: RunRequest;
}

/**
 * The graph without control flow of TensorFlow 1; undefined where something of that depends on what is computed, or is a loop.
 *
 * @param args - what is known of what is fed
 */
export function withoutSwitches(
  graph: Graph,
  request: RunRequest,
  args: readonly (Known | undefined)[] = [],
): Decided | undefined {
  const needed = neededFor(graph, request);
  for (const index of needed) {
    const role = dataflowRole(graph.nodes[index]!.op);
    // Loops have no order.
    if (role !== undefined && role !== 'switch' && role !== 'merge') return undefined;
  }
  const decisions = new Decisions(graph, request, args);
  const decided = topologicalOrder(graph, needed, fedNodes(request)).every((index) =>
    decisions.decide(index),
  );
  return decided ? decisions.finish() : undefined;
}

/** Where a tensor comes from once all is decided; null where it never comes. */
type Source = Endpoint | null;

class Decisions {
  readonly #graph: Graph;
  readonly #request: RunRequest;
  readonly #fed: ReadonlySet<number>;
  readonly #given: ReadonlyMap<string, Known | undefined>;
  /** Nodes that do not run. */
  readonly #dead = new Set<number>();
  /** Tensors that come from elsewhere, or do not come, by endpoint. */
  readonly #sources = new Map<string, Source>();
  /** By node, where its inputs come from, where that has changed. */
  readonly #inputs = new Map<number, readonly Endpoint[]>();

  constructor(graph: Graph, request: RunRequest, args: readonly (Known | undefined)[]) {
    this.#graph = graph;
    this.#request = request;
    this.#fed = fedNodes(request);
    this.#given = new Map(request.feeds.map((feed, i) => [endpointKey(feed), args[i]]));
  }

  /** False where it cannot be decided what becomes of a node. */
  decide(index: number): boolean {
    if (this.#fed.has(index)) return true;
    const node = this.#graph.nodes[index]!;
    const sources = node.inputs.map((input) => this.#source(input));
    const role = dataflowRole(node.op);
    const isMerge = role === 'merge';
    const comes = isMerge ? sources.some((source) => source !== null) : !sources.includes(null);
    if (!comes || node.controls.some((control) => this.#dead.has(control))) {
      this.#dead.add(index);
      return true;
    }
    if (isMerge) return this.#merge(index, sources as readonly Source[]);
    if (role === 'switch') return this.#switch(index, sources as readonly Endpoint[]);
    if (sources.some((source, i) => source !== node.inputs[i]))
      this.#inputs.set(index, sources as Endpoint[]);
    return true;
  }

  #switch(index: number, [data, predicate]: readonly Endpoint[]): boolean {
    const taken = this.#truth(predicate!);
    if (taken === undefined) return false;
    this.#sources.set(endpointKey({node: index, output: taken ? 0 : 1}), null);
    this.#sources.set(endpointKey({node: index, output: taken ? 1 : 0}), data!);
    return true;
  }

  /** Of several inputs that come, the one that comes first would be taken. */
  #merge(index: number, sources: readonly Source[]): boolean {
    const [source, ...others] = sources.filter((each) => each !== null);
    if (others.length > 0) return false;
    this.#sources.set(endpointKey({node: index, output: 0}), source!);
    return true;
  }

  #source(endpoint: Endpoint): Source {
    if (this.#dead.has(endpoint.node)) return null;
    const source = this.#sources.get(endpointKey(endpoint));
    return source === undefined ? endpoint : source;
  }

  /** Whether a predicate holds; undefined where that is computed. */
  #truth(predicate: Endpoint): boolean | undefined {
    const given = (endpoint: Endpoint) =>
      this.#fed.has(endpoint.node) ? (this.#given.get(endpointKey(endpoint))?.value ?? null) : undefined;
    return truthOf(constantAt(this.#graph.nodes, predicate, given, (endpoint) => this.#source(endpoint)));
  }

  finish(): Decided | undefined {
    const fetches = this.#request.fetches.map((fetch) => this.#source(fetch));
    // An error, which the interpreter has words for.
    if (fetches.includes(null)) return undefined;
    const nodes = this.#graph.nodes.map((node, index) => this.#node(node, index));
    const graph: Graph = {...this.#graph, nodes};
    const request: RunRequest = {
      feeds: this.#request.feeds,
      fetches: fetches as Endpoint[],
      targets: this.#waited(this.#request.targets.filter((target) => !this.#dead.has(target))),
    };
    // The index that a merge gives, which is not told here.
    return isDataflow(graph, neededFor(graph, request)) ? undefined : {graph, request};
  }

  /** A node that reads and waits for what is left. One that has not changed stays the same object. */
  #node(node: GraphNode, index: number): GraphNode {
    const isRole = (each: number) => dataflowRole(this.#graph.nodes[each]!.op) !== undefined;
    const inputs = this.#inputs.get(index);
    if (isRole(index) || (inputs === undefined && !node.controls.some(isRole))) return node;
    return {
      ...node,
      inputs: inputs ?? node.inputs,
      controls: this.#waited([...node.controls, ...this.#behind(node)]),
      origin: node.origin ?? {node, label: this.#graph.label},
    };
  }

  /** What is read from a switch or a merge comes after what that waits for. */
  #behind({inputs}: GraphNode): number[] {
    const found: number[] = [];
    const seen = new Set<number>();
    const pending = inputs.map((input) => input.node);
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      const {op, inputs: read, controls} = this.#graph.nodes[index]!;
      const role = dataflowRole(op);
      if (role === undefined || seen.has(index)) continue;
      seen.add(index);
      found.push(...controls);
      // The predicate is a constant.
      const handed =
        role === 'switch' ? read.slice(0, 1) : read.filter((each) => this.#source(each) !== null);
      pending.push(...handed.map((each) => each.node));
    }
    return found;
  }

  /** What waits for a switch or a merge waits for what that waited for. */
  #waited(controls: readonly number[]): number[] {
    const seen = new Set<number>();
    const pending = [...controls].reverse();
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (seen.has(index)) continue;
      seen.add(index);
      const {op, inputs, controls: before} = this.#graph.nodes[index]!;
      if (dataflowRole(op) === undefined) continue;
      pending.push(...before, ...inputs.flatMap((input) => this.#source(input)?.node ?? []));
    }
    return [...seen].filter((index) => dataflowRole(this.#graph.nodes[index]!.op) === undefined);
  }
}
