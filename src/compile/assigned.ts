/**
 * Which handles lead to what a run may change: by ops that assign, or in functions that it calls.
 *
 * @module
 */

import {calledFunctions} from '../graph/effects.js';
import {
  type Endpoint,
  endpointKey,
  type FunctionLibrary,
  type Graph,
  type GraphNode,
} from '../graph/graph.js';
import type {KnownGraph} from '../graph/infer.js';
import {takesReference} from '../runtime/run.js';

/** Ops that read what a handle leads to, and leave it as it is. */
const READERS: ReadonlySet<string> = new Set([
  'ReadVariableOp',
  '_ReadVariablesOp',
  'ResourceGather',
  'ResourceGatherNd',
  'VariableShape',
  'VarIsInitializedOp',
  'IsVariableInitialized',
  'DisableCopyOnRead',
  'Identity',
  'LookupTableFindV2',
  'LookupTableSizeV2',
  'LookupTableExportV2',
]);

/** True for an op that leaves what its handles lead to as it is. */
export const isReader = (op: string): boolean => READERS.has(op);

/** Ops that call functions with their inputs, and which input is a function's first parameter. */
const CALLERS: Readonly<Record<string, number>> = {
  PartitionedCall: 0,
  StatefulPartitionedCall: 0,
  While: 0,
  StatelessWhile: 0,
  If: 1,
  StatelessIf: 1,
  Case: 1,
  StatelessCase: 1,
};

const LOOPS: ReadonlySet<string> = new Set(['While', 'StatelessWhile']);

/** What a function does with its parameters. */
interface Uses {
  /** The parameters that it may assign. */
  readonly assigned: ReadonlySet<number>;
  /** By result, the node that it comes from. */
  readonly results: readonly number[];
}

/** The handles, and references, of what nodes may change. */
export class AssignedHandles {
  readonly #graph: Graph;
  readonly #library: FunctionLibrary;
  readonly #assigned = new Set<string>();
  /** By function; null while it is looked at. */
  readonly #functions = new Map<string, Uses | null>();

  constructor(graph: Graph, order: readonly number[], known: KnownGraph, library: FunctionLibrary) {
    this.#graph = graph;
    this.#library = library;
    for (const index of order) {
      const node = graph.nodes[index]!;
      for (const [i, input] of node.inputs.entries()) {
        const isHandle = known.of(input)?.dtype === 'resource' && this.#assigns(node, i);
        if (takesReference(node, i) || isHandle) this.#assigned.add(endpointKey(originOf(graph, input)));
      }
    }
  }

  /** True where what the handle leads to may be another after the run, or in the midst of it. */
  has(handle: Endpoint): boolean {
    return this.#assigned.has(endpointKey(originOf(this.#graph, handle)));
  }

  /** Whether a node may assign what its input leads to, if that is a handle, or give it to others that may. */
  #assigns(node: GraphNode, input: number): boolean {
    const first = Object.hasOwn(CALLERS, node.op) ? CALLERS[node.op] : undefined;
    if (first === undefined) return !isReader(node.op);
    const parameter = input - first;
    return calledFunctions(node, this.#library).some((name) => {
      const uses = this.#uses(name);
      if (uses === null || uses.assigned.has(parameter)) return true;
      // A loop hands on what it is given: `originOf` looks behind it.
      return uses.results.some(
        (source, i) => source === parameter && !(LOOPS.has(node.op) && i === parameter),
      );
    });
  }

  /** Null for a function that calls itself, and for one that there is not. */
  #uses(name: string): Uses | null {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    this.#functions.set(name, null);
    const fn = this.#library.get(name);
    if (fn === undefined) return null;
    const assigned = new Set<number>();
    for (const node of fn.nodes) {
      for (const [i, input] of node.inputs.entries()) {
        const source = originOf(fn, input).node;
        if (source < fn.parameters.length && this.#assigns(node, i)) assigned.add(source);
      }
    }
    const uses: Uses = {assigned, results: fn.results.map(({source}) => originOf(fn, source).node)};
    this.#functions.set(name, uses);
    return uses;
  }
}

/** Where a handle comes from, behind nodes that hand it on. */
function originOf(graph: Graph, endpoint: Endpoint): Endpoint {
  const {op, inputs} = graph.nodes[endpoint.node]!;
  const isHanded = (op === 'Identity' && inputs.length === 1) || LOOPS.has(op);
  return isHanded ? originOf(graph, inputs[endpoint.output]!) : endpoint;
}
