/**
 * What becomes of a graph before any session is made: which nodes are lowered, and into which parts they fall.
 *
 * @module
 */

import {HubError} from '../errors.js';
import type {Endpoint, FunctionGraph, FunctionLibrary, Graph, GraphNode} from '../graph/graph.js';
import {inferGraphInPieces, type KnownGraph} from '../graph/infer.js';
import type {Handle, Known} from '../graph/known.js';
import {tensorCount} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import type {Pieces} from '../host/pieces.js';
import {ConstantPool} from '../onnx/builder.js';
import {inferenceOf} from '../ops/infer.js';
import {inlineCallsInPieces, type Runs} from '../runtime/inline.js';
import type {RunRequest} from '../runtime/run.js';
import {fedNodes, isDataflow, neededFor, topologicalOrder} from '../runtime/schedule.js';
import {withoutSwitches} from '../runtime/static_switches.js';
import {AssignedHandles} from './assigned.js';
import {type LoweredGraph, lowerGraphInPieces} from './lower.js';
import {type Partitioned, partition} from './partition.js';
import {applyPasses} from './passes/pass.js';
import {PASSES} from './passes/passes.js';

/** What was found out of a run of a graph. */
export interface Analysed extends Partitioned {
  /** With the functions that it calls in place, and after all passes. */
  readonly graph: Graph;
  readonly request: RunRequest;
  /** The nodes that run, each after what it needs. */
  readonly order: readonly number[];
  readonly known: KnownGraph;
  readonly lowered: LoweredGraph;
}

/**
 * Finds out what a run can be divided into; undefined for one that is the interpreter's as a whole: with control flow of TensorFlow
 * 1, or damaged.
 *
 * @param args - what is known of what it is fed
 */
export function* analyse(
  runs: Runs,
  args: readonly Known[],
  library: FunctionLibrary,
): Pieces<Analysed | undefined> {
  const found = yield* analysedOrWhyNot(runs, args, library);
  return typeof found === 'string' ? undefined : found;
}

/** {@link analyse}; for a run that is the interpreter's as a whole, the reason. */
export function* analysedOrWhyNot(
  runs: Runs,
  args: readonly Known[],
  library: FunctionLibrary,
): Pieces<Analysed | string> {
  try {
    return yield* analysed(runs, args, library);
  } catch (error) {
    // What is wrong with the graph, the interpreter says when it is called.
    if (error instanceof HubError) return error.message.split('\n')[0]!;
    throw error;
  }
}

function* analysed(runs: Runs, args: readonly Known[], library: FunctionLibrary): Pieces<Analysed | string> {
  if (hasPartlyFedNodes(runs)) return 'it is fed one of the results of a node that it computes others of';
  const decided = isDataflow(runs.graph, neededFor(runs.graph, runs.request))
    ? withoutSwitches(runs.graph, runs.request, args)
    : runs;
  if (decided === undefined)
    return 'it has control flow of TensorFlow 1 (Switch, Merge, Enter) that depends on what is computed';
  const given = args.map((known, node) => ({endpoint: {node, output: 0}, known}));
  const ports = args.map((known, i) => ({name: `argument${i}`, ...known}));
  const inlined = yield* inlineCallsInPieces(decided, ports, library, {args});
  if (!hasFewTensors(inlined)) return `it has a node of more than ${MOST_OUTPUTS} results`;
  const graph = yield* applyPasses(inlined, PASSES, given, library);
  const request: RunRequest = {
    feeds: given.map(({endpoint}) => endpoint),
    fetches: graph.results.map(({source}) => source),
    targets: graph.controlResults,
  };
  const fed = fedNodes(request);
  const order = topologicalOrder(graph, neededFor(graph, request), fed);
  yield;
  const known = yield* inferGraphInPieces(graph, {rules: inferenceOf, library, given});
  yield;
  const assigned = new AssignedHandles(graph, order, known, library);
  const computed = order.filter((index) => !fed.has(index));
  const lowered = yield* lowerGraphInPieces(graph, computed, new ConstantPool(), {
    library,
    known,
    isAssigned: (handle) => assigned.has(handle),
  });
  const {parts, sides} = partition(graph, lowered, {order, fetches: request.fetches, fed});
  return {graph, request, order, known, lowered, parts, sides};
}

/** Where the nodes of a compiled graph run. */
export interface CompileReport {
  readonly label: string;
  /** How many nodes each session computes. */
  readonly sessions: readonly number[];
  readonly nodes: readonly {
    readonly node: GraphNode;
    readonly isLowered: boolean;
    /** Why it is not. */
    readonly reason: string | undefined;
  }[];
}

/** What to tell of a graph that was analysed. */
export function reportOf({graph, order, lowered, parts}: Analysed): CompileReport {
  const own = new Set(parts.flatMap(({nodes}) => nodes));
  return {
    label: graph.label,
    sessions: parts.map(({nodes}) => nodes.length),
    nodes: order.map((index) => {
      const isLowered = own.has(index);
      // What was lowered and is in no session: too little for one, or nothing to compute.
      const reason = isLowered ? undefined : lowered.reasons[index];
      return {node: graph.nodes[index]!, isLowered, reason};
    }),
  };
}

/** What is known of the handle of a variable. */
export function knownHandle({dtype, shape}: Handle): Known {
  return {dtype: 'resource', shape: [], handle: {dtype, shape}};
}

/** What a graph says of what it is fed. */
export function declaredOf(graph: Graph, {node}: Endpoint): Known {
  const parameter = 'parameters' in graph ? (graph as FunctionGraph).parameters[node] : undefined;
  if (parameter !== undefined) return {...parameter, shape: parameter.shape ?? null};
  const {attrs} = graph.nodes[node]!;
  return {
    dtype: attrs.has('dtype') ? attrs.dtype('dtype') : 'variant',
    shape: attrs.has('shape') ? attrs.shape('shape') : null,
  };
}

/** More outputs than any node has; a damaged one may claim a million. */
const MOST_OUTPUTS = 4096;

/** False for graphs that could not be looked at in reasonable time. */
function hasFewTensors({nodes}: Graph): boolean {
  return nodes.every(({op, attrs}) => tensorCount(opDef(op)?.outputs ?? [], attrs) <= MOST_OUTPUTS);
}

/** True where a node is fed one of its outputs and computes another. */
function hasPartlyFedNodes({graph, request}: Runs): boolean {
  return request.feeds.some(
    ({node, output}) => output !== 0 || (opDef(graph.nodes[node]!.op)?.outputs.length ?? 1) !== 1,
  );
}
