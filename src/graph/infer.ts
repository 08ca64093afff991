/**
 * What is known of every tensor of a graph before it runs. The rules for ops are a table that the caller brings
 * (`ops/infer.ts`); here they are applied in order, through loops until nothing changes any more, and into functions.
 *
 * @module
 */

import {HubError} from '../errors.js';
import {inOnePiece, type Pieces} from '../host/pieces.js';
import type {FunctionRef} from './attrs.js';
import {dataflowRole} from './dataflow_ops.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  type FunctionGraph,
  type FunctionLibrary,
  type Graph,
  type GraphNode,
  type OpNode,
} from './graph.js';
import {completed, type Inferred, type Known, keyOfKnown, relaxed, sameKnowledge, UNKNOWN} from './known.js';
import {argTensors} from './node_types.js';
import {type OpDef, opDef} from './op_defs.js';
import {forwardOrder} from './order.js';

/** What functions of the library give: for rules of ops that call some. */
export interface FunctionResults {
  /** What is known of the results of a function that is called with these arguments. */
  of(fn: FunctionRef, args: readonly Known[]): readonly Known[];
}

/**
 * What is known of the outputs of a node, list outputs spread out, from what is known of its inputs. May say less than
 * could be known, never what need not be true. A CallError where the node cannot run with such inputs.
 */
export type Infer = (
  inputs: readonly Known[],
  node: OpNode,
  functions: FunctionResults,
) => readonly Inferred[];

/** Rules by op. */
export type InferTable = Readonly<Record<string, Infer>>;

/** How to find out. */
export interface InferOptions {
  /** The rule of an op; undefined where there is none: its outputs have their dtypes, and nothing else is known of them. */
  readonly rules: (op: string) => Infer | undefined;
  readonly library?: FunctionLibrary;
  /** What is known of tensors that are given (the parameters of a function, fed placeholders). */
  readonly given?: readonly {readonly endpoint: Endpoint; readonly known: Known}[];
}

/** What is known of the tensors of a graph. */
export interface KnownGraph {
  /** Of an output that the node does not have nothing is known: undefined. */
  of(endpoint: Endpoint): Known | undefined;
}

const NODES_A_PIECE = 16;

/** Loops are gone through until nothing changes. What is known shrinks each time, so that few turns do. */
const MOST_TURNS = 16;

/** Finds out what is known of each tensor of the graph. Nodes that cannot run as they are give what the rest can do without. */
export function inferGraph(graph: Graph, options: InferOptions): KnownGraph {
  return inOnePiece(inferGraphInPieces(graph, options));
}

/** {@link inferGraph} in pieces. */
export function inferGraphInPieces(graph: Graph, options: InferOptions): Pieces<KnownGraph> {
  return new Inference(options).graph(graph, options.given ?? []);
}

/** What is known of a function's results, called with arguments of which so much is known. */
export function inferFunction(
  graph: FunctionGraph,
  args: readonly Known[],
  options: Omit<InferOptions, 'given'>,
): readonly Known[] {
  return new Inference(options).results(graph, args);
}

class Inference implements FunctionResults {
  readonly #options: Omit<InferOptions, 'given'>;
  /** Functions that are being looked at: of one that calls itself nothing is known. */
  readonly #open = new Set<string>();
  /** What was found out of functions, by name and arguments: they may call each other more often than anybody can follow. */
  readonly #found = new Map<string, readonly Known[]>();

  constructor(options: Omit<InferOptions, 'given'>) {
    this.#options = options;
  }

  *graph(graph: Graph, given: NonNullable<InferOptions['given']>): Pieces<KnownGraph> {
    const outputs = new Array<readonly Known[] | undefined>(graph.nodes.length);
    const of = ({node, output}: Endpoint): Known | undefined => outputs[node]?.[output];
    const order = forwardOrder(graph);
    const fed = byNode(given);
    // Without loops one turn is enough; with loops, the last one shows that nothing changes any more.
    const turns = graph.nodes.some(({op}) => isMerge(op)) ? MOST_TURNS : 1;
    for (let turn = 1, changed = true; changed && turn <= turns; turn++) {
      changed = false;
      for (const index of order) {
        const node = graph.nodes[index]!;
        const inputs = node.inputs.map(of);
        const found = isMerge(node.op)
          ? merged(inputs, turn > 1 && turn >= turns - 1)
          : this.#node(node, inputs);
        const next = withGiven(found, fed.get(index));
        changed ||= !sameKnowledge(outputs[index], next);
        outputs[index] = next;
        if (index % NODES_A_PIECE === 0) yield;
      }
    }
    return {of};
  }

  of({name}: FunctionRef, args: readonly Known[]): readonly Known[] {
    const graph = this.#options.library?.get(name);
    return graph === undefined ? [] : this.results(graph, args);
  }

  results(graph: FunctionGraph, args: readonly Known[]): readonly Known[] {
    const declared = graph.results.map(({dtype}): Known => ({dtype, shape: null}));
    if (this.#open.has(graph.name)) return declared;
    const keys = args.map(keyOfKnown);
    const key = keys.includes(undefined) ? undefined : [graph.name, ...keys].join(' ');
    const found = key === undefined ? undefined : this.#found.get(key);
    if (found !== undefined) return found;
    const results = this.#results(graph, args, declared);
    if (key !== undefined) this.#found.set(key, results);
    return results;
  }

  #results(graph: FunctionGraph, args: readonly Known[], declared: readonly Known[]): readonly Known[] {
    this.#open.add(graph.name);
    try {
      const given = parametersOf(graph).map(({endpoint, known}, i) => ({endpoint, known: args[i] ?? known}));
      const known = inOnePiece(this.graph(graph, given));
      return graph.results.map(({source}, i) => known.of(source) ?? declared[i]!);
    } finally {
      this.#open.delete(graph.name);
    }
  }

  #node(node: GraphNode, inputs: readonly (Known | undefined)[]): readonly Known[] {
    if (node.op === ARGUMENT_OP) return [];
    const definition = opDef(node.op);
    // Old graphs call functions by using their name as an op.
    if (definition === undefined) return this.of({name: node.op, attrs: new Map()}, inputs.filter(isKnown));
    return inferNode(node, definition, inputs, this.#options.rules(node.op), this);
  }
}

/** What is known of the outputs of one node. Of a node that cannot run with such inputs, nothing but the dtypes. */
export function inferNode(
  node: OpNode,
  definition: OpDef,
  inputs: readonly (Known | undefined)[],
  rule: Infer | undefined,
  functions: FunctionResults,
): readonly Known[] {
  const outputs = argTensors(definition.outputs, node.attrs);
  const operands = argTensors(definition.inputs, node.attrs).map(
    ({dtype}, i): Known => inputs[i] ?? {dtype, shape: null},
  );
  const found = rule === undefined ? [] : applied(rule, operands, node, functions);
  return outputs.map(({dtype}, i) => completed(found[i] ?? UNKNOWN, found[i]?.dtype ?? dtype));
}

function applied(
  rule: Infer,
  operands: readonly Known[],
  node: OpNode,
  functions: FunctionResults,
): readonly Inferred[] {
  try {
    return rule(operands, node, functions);
  } catch (error) {
    // Whoever runs the node hears what is wrong with it.
    if (error instanceof HubError) return [];
    throw error;
  }
}

/** What a function says of its parameters. */
export function parametersOf(graph: FunctionGraph): NonNullable<InferOptions['given']> {
  return graph.parameters.map(({dtype, shape = null, handle}, node) => ({
    endpoint: {node, output: 0},
    known: {dtype, shape, ...(handle && {handle})},
  }));
}

const isKnown = (known: Known | undefined): known is Known => known !== undefined;

const isMerge = (op: string): boolean => dataflowRole(op) === 'merge';

function byNode(given: NonNullable<InferOptions['given']>): Map<number, Map<number, Known>> {
  const fed = new Map<number, Map<number, Known>>();
  for (const {endpoint, known} of given) {
    const ofNode = fed.get(endpoint.node) ?? new Map<number, Known>();
    fed.set(endpoint.node, ofNode.set(endpoint.output, known));
  }
  return fed;
}

function withGiven(found: readonly Known[], given: ReadonlyMap<number, Known> | undefined): readonly Known[] {
  if (given === undefined) return found;
  const all = [...found];
  for (const [output, known] of given) all[output] = known;
  return all;
}

/** What leaves a merge is one of what arrives; in the first turn of a loop, what the next one hands back is not there yet. */
function merged(inputs: readonly (Known | undefined)[], givesUp: boolean): readonly Known[] {
  const arrived = inputs.filter(isKnown);
  if (arrived.length === 0) return [];
  const value = givesUp ? {dtype: arrived[0]!.dtype, shape: null} : arrived.reduce(relaxed);
  return [value, {dtype: 'int32', shape: []}];
}
