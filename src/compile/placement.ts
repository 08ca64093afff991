/**
 * Which engine computes each node of a function, and why: what `tfhub ops` tells, and why a function cannot be written as ONNX.
 *
 * @module
 */

import {ARGUMENT_OP, type FunctionLibrary, type GraphNode} from '../graph/graph.js';
import type {Analysed} from './analyse.js';
import {effectOf, makesHandle} from './node_effects.js';

/** Where a node is computed. */
export interface NodePlacement {
  /** The op of TensorFlow. */
  readonly op: string;
  readonly node: string;
  /** The graph that the node is from, as messages call it. */
  readonly function: string;
  /** `'none'` where there is nothing to compute: for a node that hands on what is there, or leads to a variable. */
  readonly engine: 'onnx' | 'tfjs' | 'none';
  /** Which of the function's sessions computes it, from 0 on. */
  readonly session?: number;
  /** Why ONNX Runtime does not. */
  readonly reason?: string;
}

/** Nodes of one op that are where they are for one reason. */
export interface PlacementGroup {
  readonly op: string;
  readonly reason: string;
  readonly count: number;
  /** The first of them. */
  readonly node: string;
  readonly function: string;
}

/** Where the nodes that run are computed, in their order. Arguments and constants are there without anybody computing them. */
export function placementsOf(analysed: Analysed, library: FunctionLibrary): readonly NodePlacement[] {
  const {graph, order, parts} = analysed;
  const sessions = new Map(parts.flatMap(({nodes}, session) => nodes.map((index) => [index, session])));
  return order.flatMap((index): NodePlacement[] => {
    const node = graph.nodes[index]!;
    if (node.op === ARGUMENT_OP || node.op === 'Const') return [];
    const named = nameOf(node, graph.label);
    const session = sessions.get(index);
    if (session !== undefined) return [{...named, engine: 'onnx', session}];
    if (node.op === 'NoOp' || makesHandle(node)) return [{...named, engine: 'none'}];
    if (!analysed.sides.isAnywhere(index))
      return [{...named, engine: 'tfjs', reason: reasonOf(index, analysed)}];
    const effect = effectOf(node, library);
    if (effect === undefined) return [{...named, engine: 'none'}];
    return [{...named, engine: 'tfjs', reason: `runs ${effect}, and its results are what it is given`}];
  });
}

/** A node as users know it: an inlined one has the name that it has in its own function. */
export function nameOf(
  {op, name, origin}: GraphNode,
  label: string,
): Pick<NodePlacement, 'op' | 'node' | 'function'> {
  return {op, node: name, function: origin?.label ?? label};
}

function reasonOf(index: number, {graph, lowered}: Analysed): string {
  const reason = lowered.reasons[index];
  const {op, inputs} = graph.nodes[index]!;
  if (reason !== undefined) return withoutOp(op, reason);
  const isList = [...inputs, {node: index, output: 0}].some(
    (endpoint) =>
      lowered.fragments[endpoint.node] !== undefined && lowered.tensor(endpoint).list !== undefined,
  );
  return isList
    ? 'has to do with a list of tensors that does not stay in one session'
    : 'is too little work for a session of its own';
}

/** A reason that begins with the op it is about, told beside the op. */
export function withoutOp(op: string, reason: string): string {
  return reason.startsWith(`${op} `) ? reason.slice(op.length + 1) : reason;
}

/** Nodes by op and reason, the most frequent first. */
export function groupPlacements(
  nodes: readonly Pick<NodePlacement, 'op' | 'node' | 'function' | 'reason'>[],
): readonly PlacementGroup[] {
  const groups = new Map<string, PlacementGroup>();
  for (const {op, node, function: label, reason = ''} of nodes) {
    const key = `${op}\0${reason}`;
    const group = groups.get(key) ?? {op, reason, count: 0, node, function: label};
    groups.set(key, {...group, count: group.count + 1});
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
