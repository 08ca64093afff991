/**
 * Divides a graph between sessions and the interpreter: as few sessions as its dependencies, and the size of a session, allow.
 *
 * A node's level counts how often the paths to it change sides. Nodes of one level do not lead to each other by way of the other
 * side, so that the lowered ones of a level are one session.
 *
 * @module
 */

import type {Endpoint, Graph} from '../graph/graph.js';
import {isFloating} from '../host/dtypes.js';
import {partialSizeOf} from '../host/shape.js';
import type {OnnxTensor} from '../onnx/builder.js';
import {namesRead} from '../onnx/graph.js';
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

/**
 * Of a node that makes no floats. Ids and places of many strings are held as int32 by the interpreter, and a session has them as the int64
 * that they are; where it does not go on to compute with what they stand for, to hand them over takes longer than the rest.
 */
const INTEGER_WEIGHT = 1 / 4;

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
  const lists = listGroups(graph, lowered, order, fetches);
  for (;;) {
    const sides = new Sides(lowered, kept);
    const levels = new Int32Array(graph.nodes.length);
    const found = byLevel(graph, order, sides, levels);
    const torn = lists.filter((list) => isTorn(list, sides, levels, kept));
    if (torn.length > 0) {
      for (const {nodes} of torn) for (const index of nodes) kept.add(index);
      continue;
    }
    const light = found.filter((nodes) => weightOf(graph, lowered, nodes) < LEAST_WEIGHT);
    if (light.length === 0) {
      const pieces = found.flatMap((nodes) => inPieces(nodes, lowered, lists));
      const parts = pieces.map((nodes) => ({
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

/**
 * A session may have so many ops, about. ONNX Runtime plans which tensors can take the memory of others by comparing each with all, as long as it
 * does not know their sizes: 6,000 ops take it seconds, three sessions of 2,000 some hundred milliseconds.
 */
const MOST_OPS = 2500;

/** The nodes of a level, as few at a time as sessions may have. Those that hand lists to each other stay together. */
function inPieces(
  nodes: readonly number[],
  lowered: LoweredGraph,
  lists: readonly ListGroup[],
): (readonly number[])[] {
  const pieces: number[][] = [];
  const left = new Map(lists.map((list) => [list, nodes.filter((index) => list.nodes.has(index)).length]));
  const open = new Set<ListGroup>();
  let piece: number[] = [];
  let ops = 0;
  for (const index of nodes) {
    const own = lowered.fragments[index]!.nodes.length;
    if (ops + own > MOST_OPS && open.size === 0 && piece.length > 0) {
      pieces.push(piece);
      piece = [];
      ops = 0;
    }
    piece.push(index);
    ops += own;
    for (const list of lists) {
      if (!list.nodes.has(index)) continue;
      open.add(list);
      left.set(list, left.get(list)! - 1);
      if (left.get(list) === 0) open.delete(list);
    }
  }
  // A few that are left over are not worth a session of their own.
  if (pieces.length > 0 && ops < MOST_OPS / 10) pieces.at(-1)!.push(...piece);
  else pieces.push(piece);
  return pieces;
}

function weightOf(graph: Graph, lowered: LoweredGraph, nodes: readonly number[]): number {
  const made = nodes.flatMap((index) => lowered.fragments[index]!.nodes);
  const isHeavy =
    nodes.some((index) => HEAVY.has(graph.nodes[index]!.op)) ||
    made.some((node) => namesRead(node).some((name) => isLarge(lowered.variables.get(name))));
  if (isHeavy) return LEAST_WEIGHT;
  let weight = 0;
  for (const index of nodes) {
    if (lowered.fragments[index]!.nodes.length === 0) continue;
    weight += isFloating(lowered.tensor({node: index, output: 0}).dtype) ? 1 : INTEGER_WEIGHT;
  }
  return weight;
}

/** Variables of so many elements are left in their files, where sessions map them. */
const LARGE = 2 ** 14;

function isLarge(variable: OnnxTensor | undefined): boolean {
  const size = variable && partialSizeOf(variable.shape);
  return typeof size === 'number' && size >= LARGE;
}

/** The lowered nodes of each level, in order. */
function byLevel(graph: Graph, order: readonly number[], sides: Sides, levels: Int32Array): number[][] {
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

/** Nodes that hand lists of tensors to each other. */
interface ListGroup {
  readonly nodes: Set<number>;
  /** Whether one of the lists is a result. */
  isFetched: boolean;
}

/** Lists do not leave sessions: who makes them and who reads them are on one side. */
function listGroups(
  graph: Graph,
  lowered: LoweredGraph,
  order: readonly number[],
  fetches: readonly Endpoint[],
): ListGroup[] {
  const groups = new Map<number, ListGroup>();
  const isList = (endpoint: Endpoint): boolean =>
    lowered.fragments[endpoint.node] !== undefined && lowered.tensor(endpoint).list !== undefined;
  const groupOf = (index: number): ListGroup => {
    const known = groups.get(index);
    if (known !== undefined) return known;
    const made: ListGroup = {nodes: new Set([index]), isFetched: false};
    groups.set(index, made);
    return made;
  };
  const join = (group: ListGroup, other: ListGroup) => {
    if (group === other) return;
    for (const index of other.nodes) {
      group.nodes.add(index);
      groups.set(index, group);
    }
    group.isFetched ||= other.isFetched;
  };
  for (const index of order) {
    for (const input of graph.nodes[index]!.inputs) {
      if (isList(input)) join(groupOf(index), groupOf(input.node));
    }
  }
  for (const endpoint of fetches) if (isList(endpoint)) groupOf(endpoint.node).isFetched = true;
  return [...new Set(groups.values())];
}

/** True where nodes of a group are on both sides, or in different sessions. */
function isTorn({nodes, isFetched}: ListGroup, sides: Sides, levels: Int32Array, kept: Set<number>): boolean {
  const all = [...nodes];
  if (all.every((index) => kept.has(index))) return false;
  const own = all.filter((index) => sides.isLowered(index));
  if (isFetched || own.length + all.filter((index) => sides.isAnywhere(index)).length < all.length)
    return true;
  return own.some((index) => levels[index] !== levels[own[0]!]);
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
