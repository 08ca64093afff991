/**
 * A run of a graph as one ONNX graph: all nodes are lowered, or it is said which are not and why.
 *
 * @module
 */

import {UnsupportedOpError} from '../errors.js';
import {ARGUMENT_OP, type Endpoint, type FunctionLibrary, type Graph} from '../graph/graph.js';
import type {Known} from '../graph/known.js';
import {inOnePiece} from '../host/pieces.js';
import type {HostTensor} from '../host/tensor.js';
import type {OnnxTensor} from '../onnx/builder.js';
import {hasOnnxType} from '../onnx/dtypes.js';
import type {OnnxNode} from '../onnx/graph.js';
import type {Runs} from '../runtime/inline.js';
import {type Analysed, analysedOrWhyNot} from './analyse.js';
import type {VariableTensor} from './lower.js';
import {effectOf, makesHandle} from './node_effects.js';
import {groupPlacements, type NodePlacement, nameOf, withoutOp} from './placement.js';
import {type SegmentSpec, segmentSpec} from './segment.js';

/** A run as ONNX ops, with names of this compiler's own for its tensors. */
export interface LoweredRun {
  readonly nodes: readonly OnnxNode[];
  /** By argument, what stands for it. */
  readonly inputs: readonly OnnxTensor[];
  /** By fetch. */
  readonly outputs: readonly OnnxTensor[];
  readonly constants: readonly (HostTensor & {readonly name: string})[];
  readonly variables: readonly VariableTensor[];
  /** The graph that the variables' handles are in: its first nodes are the arguments. */
  readonly graph: Graph;
}

/** How a run is lowered. */
export interface LowerRunOptions {
  /** Leave out assertions of which nobody knows before a call whether they hold. */
  readonly dropAssertions?: boolean | undefined;
}

/** So many kinds of nodes are named in an error. */
const MOST_NAMED = 20;

/**
 * Lowers all that a run computes.
 *
 * @param args - what is known of the arguments; those whose values are known become constants
 * @param what - what is lowered, for messages
 * @throws UnsupportedOpError where something of it has no exact counterpart, with all that has none.
 */
export function lowerRun(
  runs: Runs,
  args: readonly Known[],
  library: FunctionLibrary,
  what: string,
  {dropAssertions = false}: LowerRunOptions = {},
): LoweredRun {
  const analysed = inOnePiece(analysedOrWhyNot(runs, args, library));
  if (typeof analysed === 'string')
    throw new UnsupportedOpError(`${what} cannot be written as ONNX: ${analysed}`);
  const {graph, order, lowered, request} = analysed;
  const nodes = order.filter((index) => lowered.fragments[index] !== undefined);
  const spec = segmentSpec(what, {nodes, outputs: request.fetches}, lowered);
  const effects = new Map(
    order.flatMap((index) => {
      const why = whyKept(index, analysed, library, dropAssertions);
      return why === undefined ? [] : [[index, why]];
    }),
  );
  const obstacles = unlowered(spec, effects, analysed);
  if (obstacles.length > 0) throw cannotLower(what, obstacles, nodes.length);
  return {
    nodes: spec.nodes,
    inputs: request.feeds.map((feed) => lowered.tensor(feed)),
    outputs: spec.outputs,
    constants: spec.constants,
    variables: spec.variables,
    graph,
  };
}

/** Why a node is not lowered that has to happen although nobody reads what it gives; undefined for all others. */
function whyKept(
  index: number,
  {graph, lowered}: Analysed,
  library: FunctionLibrary,
  dropAssertions: boolean,
): string | undefined {
  const fragment = lowered.fragments[index];
  // What was lowered to ops has no effects. Without ops, its results are what it was given, whatever it does.
  if (fragment !== undefined && fragment.nodes.length > 0) return undefined;
  const effect = effectOf(graph.nodes[index]!, library, dropAssertions ? ['Assert'] : []);
  if (effect === 'Assert')
    return 'asserts what may not hold; {dropAssertions: true} (--drop-assertions) leaves it out';
  return effect && (lowered.reasons[index] ?? `runs ${effect} for its effect`);
}

/** All that the results and effects need and that was not lowered, and results that no ONNX model gives. */
function unlowered(
  spec: SegmentSpec,
  effects: ReadonlyMap<number, string>,
  analysed: Analysed,
): NodePlacement[] {
  const {graph, lowered, request} = analysed;
  const found = new Map<number, NodePlacement>();
  const report = (index: number, reason: string) => {
    const node = graph.nodes[index]!;
    if (!found.has(index))
      found.set(index, {...nameOf(node, graph.label), engine: 'tfjs', reason: withoutOp(node.op, reason)});
  };
  const pending = [...spec.inputs.map(({name}) => lowered.owner(name)!.node), ...effects.keys()];
  const seen = new Set<number>();
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    const node = graph.nodes[index]!;
    if (seen.has(index) || node.op === ARGUMENT_OP) continue;
    seen.add(index);
    const reason = effects.get(index) ?? lowered.reasons[index];
    if (reason !== undefined && !makesHandle(node) && node.op !== 'NoOp') report(index, reason);
    pending.push(...node.inputs.filter((input) => !isFolded(input, analysed)).map((input) => input.node));
  }
  for (const [i, {node}] of request.fetches.entries()) {
    const {dtype, list} = spec.outputs[i]!;
    if (makesHandle(graph.nodes[node]!)) report(node, 'is a result, and leads to a variable');
    else if (!hasOnnxType(dtype) || list !== undefined) report(node, `is a result, and ${dtype}`);
  }
  return [...found.values()].reverse();
}

const isFolded = (endpoint: Endpoint, {lowered}: Analysed): boolean =>
  lowered.constants.get(lowered.tensor(endpoint).name) !== undefined;

function cannotLower(what: string, obstacles: readonly NodePlacement[], lowered: number): UnsupportedOpError {
  const groups = groupPlacements(obstacles);
  const lines = groups
    .slice(0, MOST_NAMED)
    .map(
      ({op, reason, count, node, function: label}) =>
        `\n  ${count} ${op}: ${reason} (${count > 1 ? 'first ' : ''}'${node}' in ${label})`,
    );
  const rest = groups.length > MOST_NAMED ? `\n  and ${groups.length - MOST_NAMED} more` : '';
  return new UnsupportedOpError(
    `${what} cannot be written as ONNX: there is no exact counterpart for ${obstacles.length} of its ` +
      `${obstacles.length + lowered} nodes:${lines.join('')}${rest}`,
  );
}
