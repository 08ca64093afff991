/**
 * What a run of a graph is, which nodes it needs, and in what order: a topological order over data and control edges.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {dataflowRole} from '../graph/dataflow_ops.js';
import {statefulNodes} from '../graph/effects.js';
import type {FunctionGraph, Graph, GraphNode} from '../graph/graph.js';
import type {RunRequest} from './run.js';

/** True when one of the nodes is control flow of TensorFlow 1. */
export function isDataflow(graph: Graph, nodes: Iterable<number>): boolean {
  for (const index of nodes) if (dataflowRole(graph.nodes[index]!.op) !== undefined) return true;
  return false;
}

/** Every node that `roots` need, themselves included; the producers of `feeds` are not looked behind. */
export function neededNodes(graph: Graph, roots: Iterable<number>, fed: ReadonlySet<number>): Set<number> {
  const needed = new Set<number>();
  const stack = [...roots];
  while (stack.length > 0) {
    const index = stack.pop()!;
    if (needed.has(index)) continue;
    needed.add(index);
    if (fed.has(index)) continue;
    const node = graph.nodes[index]!;
    // The first input is popped first, with all that it needs: the order in which dataflow starts decides which of several
    // live inputs a merge takes, and TensorFlow takes the first.
    for (const {node: producer} of node.inputs.toReversed()) stack.push(producer);
    for (const control of node.controls) stack.push(control);
  }
  return needed;
}

/** The nodes of which some output is given. */
export function fedNodes({feeds}: Pick<RunRequest, 'feeds'>): Set<number> {
  return new Set(feeds.map(({node}) => node));
}

/** Every node that a run needs: see {@link neededNodes}. */
export function neededFor(graph: Graph, request: RunRequest): Set<number> {
  const roots = [...request.targets, ...request.fetches.map(({node}) => node)];
  return neededNodes(graph, roots, fedNodes(request));
}

/**
 * What a call of a function runs: its results and control results. Functions that list no control results are from
 * before these existed, or have no effects that must happen: TensorFlow then runs every stateful op.
 */
export function functionRequest(graph: FunctionGraph): RunRequest {
  return {
    feeds: graph.parameters.map((_, node) => ({node, output: 0})),
    fetches: graph.results.map(({source}) => source),
    targets: graph.controlResults.length > 0 ? graph.controlResults : statefulNodes(graph),
  };
}

/** Orders nodes so that each comes after what it needs. A cycle is a FormatError. */
export function topologicalOrder(
  graph: Graph,
  needed: ReadonlySet<number>,
  fed: ReadonlySet<number>,
): number[] {
  const order: number[] = [];
  const state = new Uint8Array(graph.nodes.length);
  for (const root of needed) if (state[root] === UNSEEN) visit(graph, root, fed, state, order);
  return order;
}

const UNSEEN = 0;
const OPEN = 1;
const DONE = 2;

/** Depth-first, with a stack of its own: chains of nodes are deeper than the call stack. */
function visit(
  graph: Graph,
  root: number,
  fed: ReadonlySet<number>,
  state: Uint8Array,
  order: number[],
): void {
  // Nodes under way, and which of its dependencies each looks at next.
  const stack = [root];
  const next = [0];
  state[root] = OPEN;
  while (stack.length > 0) {
    const top = stack.length - 1;
    const index = stack[top]!;
    const dependency = fed.has(index) ? undefined : dependencyOf(graph.nodes[index]!, next[top]!++);
    if (dependency === undefined) {
      state[index] = DONE;
      order.push(index);
      stack.pop();
      next.pop();
    } else if (state[dependency] === OPEN) {
      throw new FormatError(`${graph.label} has a cycle through node '${graph.nodes[dependency]!.name}'`);
    } else if (state[dependency] === UNSEEN) {
      state[dependency] = OPEN;
      stack.push(dependency);
      next.push(0);
    }
  }
}

/**
 * What a node waits for, one after the other. Control dependencies come first, so that side effects keep the order in
 * which the graph lists them.
 */
function dependencyOf({inputs, controls}: GraphNode, at: number): number | undefined {
  return at < controls.length ? controls[at] : inputs[at - controls.length]?.node;
}
