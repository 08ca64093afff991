/**
 * Divides a graph between sessions and the interpreter: as few sessions as its dependencies allow.
 *
 * A node's level counts how often the paths to it change sides. Nodes of one level do not lead to each other by way of the other
 * side, so that the lowered ones of a level are one session.
 *
 * @module
 */

import type {Endpoint, Graph} from '../graph/graph.js';
import type {LoweredGraph} from './lower.js';

/** What a session computes. */
export interface Partition {
  /** Producers before readers. */
  readonly nodes: readonly number[];
  readonly outputs: readonly Endpoint[];
}

/** A graph in parts. */
export interface Partitioned {
  readonly parts: readonly Partition[];
  readonly sides: Sides;
}

/** What is known of who needs what. */
export interface Needs {
  readonly order: readonly number[];
  readonly fetches: readonly Endpoint[];
  readonly fed: ReadonlySet<number>;
}

/** A session costs a few microseconds a call, as a node of the interpreter does: below this weight, nodes stay there. */
const LEAST_WEIGHT = 4;

/** Ops whose work is in their elements: one of them makes a session worth while. */
const HEAVY: ReadonlySet<string> = new Set([
  'Conv2D',
  'Conv3D',
  'DepthwiseConv2dNative',
  'Conv2DBackpropInput',
  'MatMul',
  'BatchMatMul',
  'BatchMatMulV2',
  'BatchMatMulV3',
  'Einsum',
  'While',
  'StatelessWhile',
]);

/** Divides the nodes. */
export function partition(graph: Graph, lowered: LoweredGraph, {order, fetches, fed}: Needs): Partitioned {
  const kept = new Set<number>(fed);
  for (;;) {
    const sides = new Sides(lowered, kept);
    const found = byLevel(graph, order, sides);
    const light = found.filter((nodes) => weightOf(graph, lowered, nodes) < LEAST_WEIGHT);
    if (light.length === 0) {
      const parts = found.map((nodes) => ({
        nodes,
        outputs: outputsOf(graph, nodes, {sides, order, fetches}),
      }));
      return {parts, sides};
    }
    for (const nodes of light) for (const index of nodes) kept.add(index);
  }
}

/** On which side a node is. */
export class Sides {
  readonly #lowered: LoweredGraph;
  readonly #kept: ReadonlySet<number>;

  /** @param kept - nodes that stay with the interpreter though they were lowered */
  constructor(lowered: LoweredGraph, kept: ReadonlySet<number>) {
    this.#lowered = lowered;
    this.#kept = kept;
  }

  /** True where a session computes something for it. */
  isLowered(index: number): boolean {
    return !this.isAnywhere(index) && this.#lowered.fragments[index] !== undefined && !this.#kept.has(index);
  }

  /** True where there is nothing to compute: its outputs are constants, variables, or what it is given. */
  isAnywhere(index: number): boolean {
    const fragment = this.#lowered.fragments[index];
    return fragment !== undefined && fragment.nodes.length === 0 && !this.#kept.has(index);
  }

  /** The tensor that is read by who reads this one: what it is handed on from, where a session needs not compute it. */
  source(endpoint: Endpoint): Endpoint {
    if (this.#lowered.fragments[endpoint.node] === undefined) return endpoint;
    return this.#lowered.owner(this.#lowered.tensor(endpoint).name) ?? endpoint;
  }
}

function weightOf(graph: Graph, lowered: LoweredGraph, nodes: readonly number[]): number {
  if (nodes.some((index) => HEAVY.has(graph.nodes[index]!.op))) return LEAST_WEIGHT;
  return nodes.filter((index) => lowered.fragments[index]!.nodes.length > 0).length;
}

/** The lowered nodes of each level, in order. */
function byLevel(graph: Graph, order: readonly number[], sides: Sides): number[][] {
  const levels = new Int32Array(graph.nodes.length);
  const found: number[][] = [];
  for (const index of order) {
    const {inputs, controls} = graph.nodes[index]!;
    const isAnywhere = sides.isAnywhere(index);
    const own = sides.isLowered(index);
    let level = own ? 1 : 0;
    const after = (producer: number) => {
      // Sessions have odd levels, the interpreter has even ones.
      const found = levels[producer]!;
      level = Math.max(level, isAnywhere ? found : own ? found | 1 : (found + 1) & ~1);
    };
    for (const input of inputs) after(isAnywhere ? input.node : sides.source(input).node);
    // A lowered node has no effects and sees none: what it waits for happens all the same.
    if (!own && !isAnywhere) controls.forEach(after);
    levels[index] = level;
    if (own) (found[level >> 1] ??= []).push(index);
  }
  return found.filter(Boolean);
}

/** What others read of a partition. */
function outputsOf(
  graph: Graph,
  nodes: readonly number[],
  {sides, order, fetches}: {readonly sides: Sides} & Pick<Needs, 'order' | 'fetches'>,
): Endpoint[] {
  const own = new Set(nodes);
  const outputs = new Map<string, Endpoint>();
  const use = (endpoint: Endpoint) => {
    const source = sides.source(endpoint);
    if (own.has(source.node)) outputs.set(`${source.node}:${source.output}`, source);
  };
  for (const index of order) {
    if (!own.has(index) && !sides.isAnywhere(index)) graph.nodes[index]!.inputs.forEach(use);
  }
  fetches.forEach(use);
  return [...outputs.values()];
}
