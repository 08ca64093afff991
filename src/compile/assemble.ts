/**
 * Puts sessions in the place of what they compute: the graph that the interpreter's plan runs.
 *
 * @module
 */

import {Attrs} from '../graph/attrs.js';
import {type Endpoint, endpointKey, type Graph, type GraphNode} from '../graph/graph.js';
import type {Pieces} from '../host/pieces.js';
import type {Computation} from '../ops/kernel.js';
import type {CompileHost} from '../runtime/compiler.js';
import {lazily} from '../runtime/lazily.js';
import {dereference, isReference, type Runnable, type RunRequest} from '../runtime/run.js';
import {fedNodes, neededFor, topologicalOrder} from '../runtime/schedule.js';
import type {Value} from '../tensors/value.js';
import type {Analysed} from './analyse.js';
import type {LoweredGraph} from './lower.js';
import {Footprint, partOf} from './part.js';
import type {Partition} from './partition.js';
import {
  hasLoops,
  Segment,
  type SegmentOptions,
  type SegmentSpec,
  segmentInputs,
  segmentSpec,
} from './segment.js';

/** Op of the nodes that stand for sessions. No op of TensorFlow starts so. */
const SESSION_OP = '_Session';

/** A graph with sessions, ready to run. */
export interface Assembled {
  readonly runnable: Runnable;
  readonly segments: readonly Segment[];
}

/** The graph with a node for each of its parts. */
export function* assemble(analysed: Analysed, host: CompileHost, options: SegmentOptions): Pieces<Assembled> {
  const assembly = new Assembly(analysed, host, options);
  for (const part of analysed.parts) {
    assembly.add(part);
    yield;
  }
  return yield* assembly.finish();
}

class Assembly {
  readonly #analysed: Analysed;
  readonly #host: CompileHost;
  readonly #options: SegmentOptions;
  readonly #segments: Segment[] = [];
  /** Those of the graph, then one for each session. */
  readonly #nodes: GraphNode[];
  readonly #kernels = new Map<string, Computation>();
  /** The nodes that sessions compute. */
  readonly #own: ReadonlySet<number>;
  readonly #fed: ReadonlySet<number>;
  /** By node that a session computes, the session's node. */
  readonly #sessions = new Map<number, number>();
  /** Where the results of sessions are, by their former endpoints. */
  readonly #places = new Map<string, Endpoint>();
  /** By the name of its tensor, the nodes that read a variable. */
  readonly #reads: ReadonlyMap<string, readonly number[]>;
  /** What nobody needs to run: its work is done in sessions, and it has no effect that somebody could wait for. */
  readonly #idle: Set<number>;

  constructor(analysed: Analysed, host: CompileHost, options: SegmentOptions) {
    this.#analysed = analysed;
    this.#host = host;
    this.#options = options;
    this.#nodes = [...analysed.graph.nodes];
    this.#own = new Set(analysed.parts.flatMap(({nodes}) => nodes));
    this.#idle = new Set(this.#own);
    this.#fed = fedNodes(analysed.request);
    this.#reads = variableReads(analysed.lowered, analysed.order);
  }

  /** Adds the node of a session. */
  add(part: Partition): void {
    const {graph, lowered} = this.#analysed;
    const name = `${SESSION_OP}${this.#segments.length}`;
    const node = this.#nodes.length;
    const spec = segmentSpec(`${graph.label} ${name}`, part, lowered);
    for (const [output, endpoint] of part.outputs.entries())
      this.#places.set(endpointKey(endpoint), {node, output});
    // A session that nobody reads does not run.
    if (part.outputs.length > 0) {
      for (const index of part.nodes) this.#sessions.set(index, node);
      for (const variable of spec.variables)
        for (const index of this.#reads.get(variable.name) ?? []) this.#idle.add(index);
    }
    const read = segmentInputs(spec, lowered);
    const {segment, inputs} = this.#segment(spec, part, read.length);
    this.#segments.push(segment);
    this.#kernels.set(name, {
      kernel: (values) => segment.run(values),
      asyncKernel: (values, _ctx, call) => segment.runAsync(values, call),
    });
    this.#nodes.push({
      name,
      op: name,
      inputs: [...read, ...inputs],
      // The variables themselves: a session has to know whether they have changed, and the interpreter may not be asked.
      references: read.length + inputs.length,
      controls: [],
      attrs: new Attrs(() => undefined, name),
    });
  }

  /**
   * A part as a session, and as the interpreter computes it.
   *
   * @param own - how many of the node's inputs are the session's: those of the interpreter follow, and are given back
   */
  #segment(
    spec: SegmentSpec,
    {nodes, outputs}: Partition,
    own: number,
  ): {segment: Segment; inputs: readonly Endpoint[]} {
    const {graph, known, sides} = this.#analysed;
    const host = this.#host;
    const inner = new Set(nodes);
    const isInside = (index: number) =>
      inner.has(index) ||
      (sides.isAnywhere(index) && !this.#fed.has(index)) ||
      graph.nodes[index]!.op === 'Const';
    const cut = partOf(graph, outputs, isInside);
    const interpreter = lazily(() => host.interpreted(cut.graph, cut.request));
    const footprint = lazily(() => {
      const given = cut.inputs.map((endpoint) => known.of(endpoint)!);
      return new Footprint(cut, given, host.library, hasLoops(spec.nodes));
    });
    // Inside of the part, what was a reference is an argument.
    const isRead = cut.inputs.map((endpoint) => isReference(graph, endpoint));
    const given = (values: readonly Value[]) =>
      values.slice(own).map((value, i) => (isRead[i] ? dereference(value) : value));
    const segment = new Segment(spec, this.#options, {
      fallback: (values) => interpreter().run(given(values)),
      fallbackAsync: (values, call) =>
        call.run(interpreter).runAsync(
          call.run(() => given(values)),
          call,
        ),
      bytes: (values) => footprint().bytes(values.slice(own)),
    });
    return {segment, inputs: cut.inputs};
  }

  *finish(): Pieces<Assembled> {
    const {graph, request, order} = this.#analysed;
    const whole: Graph = {label: graph.label, nodes: this.#nodes.map(this.#rewired, this), find: graph.find};
    yield;
    // What these nodes wait for happens, although they do not wait for it any more.
    const awaited = order
      .filter((index) => this.#waitsForNothing(index))
      .flatMap((index) => graph.nodes[index]!.controls);
    const complete: RunRequest = {
      feeds: request.feeds,
      fetches: request.fetches.map((fetch) => this.#moved(fetch)),
      targets: this.#withEffects([...request.targets, ...awaited]),
    };
    const runs = topologicalOrder(whole, neededFor(whole, complete), this.#fed);
    yield;
    const runnable = this.#host.plan(whole, runs, complete, (op) => this.#kernels.get(op));
    return {runnable, segments: this.#segments};
  }

  /** A node that reads what sessions give, and waits for them. */
  #rewired(node: GraphNode, index: number): GraphNode {
    if (this.#own.has(index)) return node;
    const after = (control: number) =>
      this.#sessions.get(control) ?? (this.#idle.has(control) ? [] : control);
    return {
      ...node,
      inputs: node.inputs.map((input) => this.#moved(input)),
      controls: this.#waitsForNothing(index) ? [] : node.controls.flatMap(after),
      origin: node.origin ?? {node, label: this.#analysed.graph.label},
    };
  }

  #moved(endpoint: Endpoint): Endpoint {
    const source = this.#analysed.sides.source(endpoint);
    return this.#places.get(endpointKey(source)) ?? source;
  }

  /** Nodes of sessions, and those that hand on what is there, have no effects and see none. */
  #waitsForNothing(index: number): boolean {
    return this.#own.has(index) || this.#analysed.sides.isAnywhere(index);
  }

  /** What has to run for these nodes to have run: those that only wait for others are left out, and the others are waited for. */
  #withEffects(targets: readonly number[]): number[] {
    const {nodes} = this.#analysed.graph;
    const found = new Set<number>();
    const seen = new Set<number>();
    const pending = [...targets];
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (seen.has(index) || this.#idle.has(index)) continue;
      seen.add(index);
      const {op, controls} = nodes[index]!;
      if (op === 'NoOp') pending.push(...controls);
      else found.add(index);
    }
    return [...found];
  }
}

/** The nodes that read a variable and do nothing else, by the name of its tensor. */
function variableReads(
  {fragments, variables}: LoweredGraph,
  order: readonly number[],
): ReadonlyMap<string, readonly number[]> {
  const reads = new Map<string, number[]>();
  for (const index of order) {
    const {nodes, outputs} = fragments[index] ?? {};
    const [read] = outputs ?? [];
    if (nodes?.length !== 0 || read === undefined || !variables.has(read.name)) continue;
    reads.set(read.name, [...(reads.get(read.name) ?? []), index]);
  }
  return reads;
}
