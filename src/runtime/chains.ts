/**
 * Which nodes of a plan are computed as one: see `ops/chain.ts`.
 *
 * @module
 */

import type {Graph, GraphNode} from '../graph/graph.js';
import type {ChainKernel, ChainRule, Joining} from '../ops/chain.js';
import {CHAIN_RULES} from '../ops/chains.js';
import type {Session} from '../ops/kernel.js';
import {isReference, type RunRequest} from './run.js';

/** Nodes that feed one another and nobody else, in order. */
export interface Chain {
  readonly nodes: readonly number[];
  /** By node, which of its inputs reads the node before; -1 for the first one. */
  readonly links: readonly number[];
  readonly kernel: ChainKernel;
}

/** The chains among the nodes of a run, and an order in which the nodes of each follow each other. */
export function findChains(
  graph: Graph,
  order: readonly number[],
  request: RunRequest,
  session: Session,
): {readonly order: readonly number[]; readonly chains: ReadonlyMap<number, Chain>} {
  const finder = new ChainFinder(graph, order, request);
  const chains = new Map<number, Chain>();
  const last = new Map<number, Chain>();
  const taken = new Set<number>();
  for (const index of order) {
    if (taken.has(index)) continue;
    for (const rule of CHAIN_RULES) {
      const found = finder.from(index, rule);
      if (found === undefined) continue;
      const nodes = found.map(({node}) => node);
      const chain: Chain = {
        nodes,
        links: found.map(({input}) => input),
        kernel: kernelOf(
          rule,
          nodes.map((node) => graph.nodes[node]!),
          session,
        ),
      };
      chains.set(nodes[0]!, chain);
      last.set(nodes.at(-1)!, chain);
      for (const node of nodes) taken.add(node);
      break;
    }
  }
  if (chains.size === 0) return {order, chains};
  // All that a chain reads is there when its last node's turn comes.
  return {
    order: order.flatMap((index) => last.get(index)?.nodes ?? (taken.has(index) ? [] : [index])),
    chains,
  };
}

/** The kernel of a chain, which sees nothing of what hands on. */
function kernelOf(rule: ChainRule, nodes: readonly GraphNode[], session: Session): ChainKernel {
  const seen = nodes.flatMap(({op}, i) => (HANDED_ON.has(op) ? [] : [i]));
  const kernel = rule.kernel(
    seen.map((i) => nodes[i]!),
    session,
  );
  return (inputs) => kernel(seen.map((i) => inputs[i]!));
}

interface Link {
  readonly node: number;
  readonly input: number;
}

/** Ops that hand on what they are given: where functions were, there are many. */
const HANDED_ON: ReadonlySet<string> = new Set(['Identity']);

/** Ops whose results change with assignments alone. */
const PARAMETERS: ReadonlySet<string> = new Set(['Const', 'ReadVariableOp', 'VariableV2', 'Variable']);

class ChainFinder {
  readonly #graph: Graph;
  /** By node that is read once in all: by whom. Null for others that are read. */
  readonly #readers = new Map<number, Link | null>();
  /** Nodes that have to give more than their first output. */
  readonly #barred = new Set<number>();

  constructor(graph: Graph, order: readonly number[], {feeds, fetches}: RunRequest) {
    this.#graph = graph;
    for (const {node} of feeds) this.#barred.add(node);
    for (const {node, output} of fetches) this.#read(node, output, null);
    for (const node of order) {
      for (const [input, from] of graph.nodes[node]!.inputs.entries()) {
        this.#read(from.node, from.output, {node, input});
      }
    }
  }

  #read(node: number, output: number, by: Link | null): void {
    if (output > 0) this.#barred.add(node);
    this.#readers.set(node, this.#readers.has(node) ? null : by);
  }

  /** The longest chain that begins at a node; undefined where there is none. */
  from(first: number, rule: ChainRule): Link[] | undefined {
    const {nodes} = this.#graph;
    if (!rule.begins(nodes[first]!) || !this.#mayBeIn(first)) return undefined;
    const links: Link[] = [{node: first, input: -1}];
    const chain: GraphNode[] = [nodes[first]!];
    let length = 1;
    for (;;) {
      const next = this.#readers.get(links.at(-1)!.node);
      if (next == null || !this.#mayBeIn(next.node)) break;
      const isHandedOn = this.#isHandedOn(next.node);
      if (!isHandedOn && !rule.joins(chain, this.#joining(next))) break;
      links.push(next);
      if (isHandedOn) continue;
      chain.push(nodes[next.node]!);
      length = links.length;
    }
    return rule.isWhole(chain) ? links.slice(0, length) : undefined;
  }

  #isHandedOn(node: number): boolean {
    const {op, inputs} = this.#graph.nodes[node]!;
    return HANDED_ON.has(op) && inputs.length === 1;
  }

  #mayBeIn(node: number): boolean {
    const {inputs} = this.#graph.nodes[node]!;
    return !this.#barred.has(node) && !inputs.some((input) => isReference(this.#graph, input));
  }

  #joining({node, input}: Link): Joining {
    const joining = this.#graph.nodes[node]!;
    return {
      node: joining,
      input,
      readsParameters: joining.inputs.every((from, i) => i === input || this.#isParameter(from.node)),
    };
  }

  #isParameter(node: number): boolean {
    const {op, inputs} = this.#graph.nodes[node]!;
    return (
      PARAMETERS.has(op) || (op === 'Identity' && inputs.length === 1 && this.#isParameter(inputs[0]!.node))
    );
  }
}
