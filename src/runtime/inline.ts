/**
 * Puts the nodes of called functions in the place of the calls.
 *
 * Nodes keep their names, by which resources are known, and what they keep between executions: whoever runs the function as it
 * is meets the same state.
 *
 * @module
 */

import {FormatError} from '../errors.js';
import {Attrs} from '../graph/attrs.js';
import {
  ARGUMENT_OP,
  type Endpoint,
  endpointKey,
  type FunctionGraph,
  type FunctionLibrary,
  type FunctionPort,
  type Graph,
  type GraphNode,
  type NodeOrigin,
} from '../graph/graph.js';
import {type Known, knownConstant} from '../graph/known.js';
import {tensorCount} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import {inOnePiece, type Pieces} from '../host/pieces.js';
import {elementAt, type HostTensor} from '../host/tensor.js';
import {constantAt, truthOf} from './constants.js';
import type {RunRequest} from './run.js';
import {fedNodes, functionRequest, isDataflow, neededFor, topologicalOrder} from './schedule.js';
import {withoutSwitches} from './static_switches.js';

/** A graph and what to run of it. */
export interface Runs {
  readonly graph: Graph;
  readonly request: RunRequest;
}

/** Nodes of more levels of calls stay calls. */
const MAX_DEPTH = 64;

/** So do further calls of one function: functions may call each other more often than anybody can follow. */
const MAX_CALLS = 128;

const CALLS: ReadonlySet<string> = new Set(['PartitionedCall', 'StatefulPartitionedCall']);

const CONDITIONALS: ReadonlySet<string> = new Set(['If', 'StatelessIf']);

const CASES: ReadonlySet<string> = new Set(['Case', 'StatelessCase']);

/** How to inline. */
export interface InlineOptions {
  /** What is known of what the run is fed, in its order. */
  readonly args?: readonly (Known | undefined)[];
  /** Whether all runs that a call would run; else what nobody reads or waits for is left out. */
  readonly keepsEffects?: boolean;
}

/** True where a node of the graph calls a function, whose nodes may stand in its place. */
export function callsFunctions(graph: Graph, library: FunctionLibrary): boolean {
  return graph.nodes.some(
    ({op}) => CALLS.has(op) || (opDef(op) === undefined && library.get(op) !== undefined),
  );
}

/**
 * What a run needs of a graph as a function of what it is fed, with the functions that it calls in place, and the branches that it takes whatever it is
 * fed. Functions with control flow of TensorFlow 1 stay calls.
 *
 * @param ports - what it is fed
 */
export function inlineCalls(
  {graph, request}: Runs,
  ports: readonly FunctionPort[],
  library: FunctionLibrary,
  options?: InlineOptions,
): FunctionGraph {
  return inOnePiece(inlineCallsInPieces({graph, request}, ports, library, options));
}

/** {@link inlineCalls} in pieces. */
export function inlineCallsInPieces(
  {graph, request}: Runs,
  ports: readonly FunctionPort[],
  library: FunctionLibrary,
  options: InlineOptions = {},
): Pieces<FunctionGraph> {
  return new Inliner(library, options).inline(graph, request, ports);
}

/** What came of the nodes of one function. */
interface Inlined {
  readonly of: (endpoint: Endpoint) => Endpoint;
  readonly nodes: (index: number) => readonly number[];
}

/** A function whose nodes can stand in the place of a node. */
interface Callee {
  readonly function: FunctionGraph;
  readonly request: RunRequest;
  readonly args: readonly Endpoint[];
}

/** What surrounds the nodes of a function. */
interface Outside {
  /** What the call waits for. */
  readonly controls: readonly number[];
  /** The calls that the nodes stand for, the innermost first. */
  readonly calls: readonly NodeOrigin[];
}

class Inliner {
  readonly #library: FunctionLibrary;
  readonly #nodes: GraphNode[] = [];
  readonly #open: string[] = [];
  readonly #calls = new Map<string, number>();
  readonly #options: InlineOptions;
  /** What runs whether somebody reads it or not. */
  readonly #effects: number[] = [];

  constructor(library: FunctionLibrary, options: InlineOptions) {
    this.#library = library;
    this.#options = options;
  }

  *inline(graph: Graph, request: RunRequest, ports: readonly FunctionPort[]): Pieces<FunctionGraph> {
    const feeds = request.feeds.map(({node: index}) => {
      const node = graph.nodes[index]!;
      return this.#add({...node, op: ARGUMENT_OP, inputs: [], controls: []});
    });
    const given = new Map(request.feeds.map((feed, i) => [endpointKey(feed), {node: feeds[i]!, output: 0}]));
    const {of, nodes} = yield* this.#expand(graph, request, given, {controls: [], calls: []});
    const name = graph.label;
    return {
      label: graph.label,
      name,
      nodes: this.#nodes,
      find: (wanted) => findByName(this.#nodes, wanted),
      parameters: ports,
      results: request.fetches.map((fetch, i) => ({name: `result${i}`, dtype: 'variant', source: of(fetch)})),
      controlResults: [...new Set([...request.targets.flatMap(nodes), ...this.#effects])],
      attrs: new Attrs(() => undefined, name),
    };
  }

  #add(node: GraphNode): number {
    return this.#nodes.push(node) - 1;
  }

  *#expand(
    graph: Graph,
    request: RunRequest,
    given: ReadonlyMap<string, Endpoint>,
    {controls: outer, calls}: Outside,
  ): Pieces<Inlined> {
    const fed = fedNodes(request);
    const needed = neededFor(graph, request);
    const outputs = new Map<number, (output: number) => Endpoint>();
    const after = new Map<number, readonly number[]>();
    const of = (endpoint: Endpoint): Endpoint =>
      given.get(endpointKey(endpoint)) ??
      (outputs.get(endpoint.node) ?? noOutput(graph, endpoint))(endpoint.output);
    const nodes = (index: number): readonly number[] => after.get(index) ?? outer;
    for (const index of topologicalOrder(graph, needed, fed)) {
      const node = graph.nodes[index]!;
      if (node.op === ARGUMENT_OP || fed.has(index)) continue;
      yield;
      const inputs = node.inputs.map(of);
      const controls = [...outer, ...node.controls.flatMap(nodes)];
      const callee = this.#callee(node, inputs);
      if (callee === undefined) {
        const added = this.#add({
          ...node,
          inputs,
          controls: [...new Set(controls)],
          origin: node.origin ?? {node, label: graph.label, ...(calls.length > 0 && {calls})},
        });
        const definition = opDef(node.op);
        const count = definition && tensorCount(definition.outputs, node.attrs);
        outputs.set(index, (output) =>
          count === undefined || output < count
            ? {node: added, output}
            : noOutput(graph, {node: index, output}),
        );
        after.set(index, [added]);
        continue;
      }
      const caller = {node, label: graph.label};
      const inner = yield* this.#call(callee, {controls, calls: [caller, ...calls]});
      const {fetches, targets} = callee.request;
      outputs.set(index, (output) => inner.of(fetches[output] ?? noOutput(graph, {node: index, output})));
      const effects = targets.flatMap(inner.nodes);
      if (this.#options.keepsEffects) this.#effects.push(...effects);
      after.set(index, [...fetches.map((fetch) => inner.of(fetch).node), ...effects]);
    }
    return {of, nodes};
  }

  *#call({function: callee, request, args}: Callee, outside: Outside): Pieces<Inlined> {
    this.#open.push(callee.name);
    this.#calls.set(callee.name, (this.#calls.get(callee.name) ?? 0) + 1);
    try {
      const given = new Map(args.map((arg, node) => [endpointKey({node, output: 0}), arg]));
      return yield* this.#expand(callee, request, given, outside);
    } finally {
      this.#open.pop();
    }
  }

  /** The function that a node calls and whose nodes can stand in its place. */
  #callee(node: GraphNode, inputs: readonly Endpoint[]): Callee | undefined {
    const name = this.#calledBy(node, inputs);
    if (name === undefined || this.#open.length >= MAX_DEPTH || this.#open.includes(name)) return undefined;
    if ((this.#calls.get(name) ?? 0) >= MAX_CALLS) return undefined;
    const callee = this.#library.get(name);
    const args = CONDITIONALS.has(node.op) || CASES.has(node.op) ? inputs.slice(1) : inputs;
    if (callee === undefined || callee.parameters.length !== args.length) return undefined;
    const request = functionRequest(callee);
    if (!isDataflow(callee, neededFor(callee, request))) return {function: callee, request, args};
    const decided = withoutSwitches(
      callee,
      request,
      args.map((arg) => {
        const value = this.#constant(arg);
        return value && knownConstant(value);
      }),
    );
    return decided && {function: {...callee, ...decided.graph}, request: decided.request, args};
  }

  /** The name of the function that a node calls, whatever it is given. */
  #calledBy({op, attrs}: GraphNode, inputs: readonly Endpoint[]): string | undefined {
    if (CALLS.has(op)) return attrs.func('f').name;
    if (CONDITIONALS.has(op)) {
      const isTrue = truthOf(this.#constant(inputs[0]!));
      return isTrue === undefined ? undefined : attrs.func(isTrue ? 'then_branch' : 'else_branch').name;
    }
    if (CASES.has(op)) {
      const branches = attrs.funcs('branches');
      const constant = this.#constant(inputs[0]!);
      const index = constant && elementAt(constant.data, 0);
      // One out of range takes the last branch.
      return index === undefined ? undefined : (branches[Number(index)] ?? branches.at(-1))?.name;
    }
    return opDef(op) === undefined ? op : undefined;
  }

  /** The value of a tensor among the nodes that there are, where it is a constant. */
  #constant(endpoint: Endpoint): HostTensor | undefined {
    return constantAt(this.#nodes, endpoint, ({node}) =>
      this.#nodes[node]!.op === ARGUMENT_OP ? (this.#options.args?.[node]?.value ?? null) : undefined,
    );
  }
}

function noOutput({label, nodes}: Graph, {node, output}: Endpoint): never {
  throw new FormatError(
    `${label} reads output ${output} of node '${nodes[node]!.name}', which has none of that number`,
  );
}

function findByName(nodes: readonly GraphNode[], name: string): number | undefined {
  const index = nodes.findIndex((node) => node.name === name);
  return index < 0 ? undefined : index;
}
