/**
 * Compiles what a run needs of a graph: the numeric parts become sessions of ONNX Runtime, the rest stays with the interpreter.
 *
 * @module
 */

import {Attrs} from '../graph/attrs.js';
import {type Endpoint, endpointKey, type Graph, type GraphNode} from '../graph/graph.js';
import type {Known} from '../graph/known.js';
import {inOnePiece, inThisTurn, type Pieces} from '../host/pieces.js';
import {fitsShape} from '../host/shape.js';
import type {CallInPieces, Computation} from '../ops/kernel.js';
import {Variable} from '../ops/variable/kernels.js';
import type {CompiledRunnable, CompileHost, Compiler} from '../runtime/compiler.js';
import {checkArguments, type Runnable, type RunRequest} from '../runtime/run.js';
import {fedNodes, neededFor, topologicalOrder} from '../runtime/schedule.js';
import type {Value} from '../tensors/value.js';
import {isTaping} from '../tfjs/tape.js';
import {type Analysed, analyse, type CompileReport, declaredOf, knownHandle, reportOf} from './analyse.js';
import type {Runs} from './inline.js';
import type {LoweredGraph} from './lower.js';
import {Footprint, partOf} from './part.js';
import {hasLoops, Segment, type SegmentOptions, segmentInputs, segmentSpec} from './segment.js';

/** Op of the nodes that stand for sessions. No op of TensorFlow starts so. */
const SESSION_OP = '_Session';

/** A function may be compiled for arguments of so many kinds (ranks, variables); further ones are interpreted. */
const MAX_VARIANTS = 4;

/** How to compile. */
export interface CompileOptions extends SegmentOptions {
  /** Told of each graph that was compiled. */
  readonly onCompiled?: ((report: CompileReport) => void) | undefined;
}

/** A compiler that makes sessions with `options`. */
export function onnxCompiler(options: CompileOptions): Compiler {
  return {
    compile: (graph, request, interpreted, host) =>
      new CompiledGraph({graph, request}, lazily(interpreted), host, options),
  };
}

/** A graph that is compiled when it is first called, for what it is called with. */
class CompiledGraph implements CompiledRunnable {
  readonly #runs: Runs;
  readonly #host: CompileHost;
  readonly #options: CompileOptions;
  readonly #variants: Variant[] = [];
  readonly #interpreted: () => Runnable;

  constructor(runs: Runs, interpreted: () => Runnable, host: CompileHost, options: CompileOptions) {
    this.#runs = runs;
    this.#interpreted = interpreted;
    this.#host = host;
    this.#options = options;
  }

  run(args: readonly Value[]): Value[] {
    checkArguments(this.#runs.graph, this.#runs.request, args);
    const isCompiled = this.#options.runtime !== undefined && !isTaping();
    const runnable = isCompiled ? this.#variantFor(args)?.runnable : undefined;
    return (runnable ?? this.#interpreted()).run(args);
  }

  async runAsync(args: readonly Value[], call: CallInPieces): Promise<readonly Value[]> {
    const variant = call.run(() => {
      checkArguments(this.#runs.graph, this.#runs.request, args);
      return this.#variantFor(args);
    });
    while (variant !== undefined && !variant.isReady) {
      await call.pause();
      call.run(() => variant.advance());
    }
    return (variant?.runnable ?? call.run(this.#interpreted)).runAsync(args, call);
  }

  /** The compiled form for such arguments, which may have to be finished; undefined where there is to be none. */
  #variantFor(args: readonly Value[]): Variant | undefined {
    const known = this.#variants.find((each) => each.fits(args));
    if (known !== undefined || this.#variants.length >= MAX_VARIANTS) return known;
    const made = new Variant(this.#runs, args, this.#host, this.#options);
    if (!made.fits(args)) return undefined;
    this.#variants.push(made);
    return made;
  }

  dispose(): void {
    for (const each of this.#variants) each.dispose();
  }
}

/** A graph compiled for arguments of one kind, at the first call of it. */
class Variant {
  readonly #given: readonly Given[];
  readonly #segments: Segment[] = [];
  readonly #pieces: Pieces<Runnable | undefined>;
  /** Undefined until it is compiled. */
  #compiled: {readonly result: Runnable | undefined} | undefined;

  constructor({graph, request}: Runs, args: readonly Value[], host: CompileHost, options: CompileOptions) {
    this.#given = args.map((arg, i) => givenBy(arg, declaredOf(graph, request.feeds[i]!)));
    this.#pieces = this.#compile({graph, request}, host, options);
  }

  /** Undefined where there is nothing to compile. Compiles what is left to be compiled. */
  get runnable(): Runnable | undefined {
    this.#compiled ??= {result: inOnePiece(this.#pieces)};
    return this.#compiled.result;
  }

  get isReady(): boolean {
    return this.#compiled !== undefined;
  }

  /** Compiles as much as there is time for in this turn of the event loop. */
  advance(): void {
    this.#compiled ??= inThisTurn(this.#pieces);
  }

  /** Whether arguments are of the kind. */
  fits(args: readonly Value[]): boolean {
    return this.#given.every(({known, resource}, i) => {
      const arg = args[i]!;
      if (resource !== undefined) return resourceOf(arg) === resource;
      return arg.dtype === known.dtype && fitsShape(arg.shape, known.shape);
    });
  }

  *#compile(runs: Runs, host: CompileHost, options: CompileOptions): Pieces<Runnable | undefined> {
    const analysed = yield* analyse(
      runs,
      this.#given.map(({known}) => known),
      host.library,
    );
    if (analysed === undefined) return undefined;
    yield;
    options.onCompiled?.(reportOf(analysed));
    return analysed.parts.length === 0 ? undefined : yield* this.#assemble(analysed, host, options);
  }

  /** The graph with a node for each partition, ready to run. */
  *#assemble(
    {graph, request, order, lowered, known, parts, sides}: Analysed,
    host: CompileHost,
    options: CompileOptions,
  ): Pieces<Runnable> {
    const own = new Set(parts.flatMap(({nodes}) => nodes));
    const fed = fedNodes(request);
    const reads = variableReads(lowered, order);
    // What nobody needs to run: its work is done in sessions, and it has no effect that somebody could wait for.
    const idle = new Set(own);
    const places = new Map<string, Endpoint>();
    const sessions = new Map<number, number>();
    const kernels = new Map<string, Computation>();
    const nodes: GraphNode[] = [...graph.nodes];
    for (const [number, part] of parts.entries()) {
      const node = nodes.push(undefined!) - 1;
      for (const [output, endpoint] of part.outputs.entries())
        places.set(endpointKey(endpoint), {node, output});
      const name = `${SESSION_OP}${number}`;
      const spec = segmentSpec(`${graph.label} ${name}`, part, lowered);
      // A session that nobody reads does not run.
      if (part.outputs.length > 0) {
        for (const index of part.nodes) sessions.set(index, node);
        for (const variable of spec.variables)
          for (const index of reads.get(variable.name) ?? []) idle.add(index);
      }
      const read = segmentInputs(spec, lowered);
      const inner = new Set(part.nodes);
      const cut = partOf(
        graph,
        part.outputs,
        (index) =>
          inner.has(index) || (sides.isAnywhere(index) && !fed.has(index)) || isConstant(graph, index),
      );
      const interpreter = lazily(() => host.interpreted(cut.graph, cut.request));
      const footprint = lazily(
        () =>
          new Footprint(
            cut,
            cut.inputs.map((endpoint) => known.of(endpoint)!),
            host.library,
            hasLoops(spec.nodes),
          ),
      );
      const segment = new Segment(spec, options, {
        fallback: (values) => interpreter().run(values.slice(read.length)),
        fallbackAsync: (values, call) => call.run(interpreter).runAsync(values.slice(read.length), call),
        bytes: (values) => footprint().bytes(values.slice(read.length)),
      });
      this.#segments.push(segment);
      kernels.set(name, {
        kernel: (values) => segment.run(values),
        asyncKernel: (values, _ctx, call) => segment.runAsync(values, call),
      });
      nodes[node] = {
        name,
        op: name,
        inputs: [...read, ...cut.inputs],
        // The variables themselves: a session has to know whether they have changed.
        references: read.length,
        controls: [],
        attrs: new Attrs(() => undefined, name),
      };
      yield;
    }
    const moved = (endpoint: Endpoint): Endpoint => {
      const source = sides.source(endpoint);
      return places.get(endpointKey(source)) ?? source;
    };
    // Nodes of sessions, and those that hand on what is there, have no effects and see none.
    const waitsForNothing = (index: number) => own.has(index) || sides.isAnywhere(index);
    const rest = nodes.map((node, index) =>
      own.has(index)
        ? node
        : {
            ...node,
            inputs: node.inputs.map(moved),
            controls: waitsForNothing(index)
              ? []
              : node.controls.flatMap(
                  (control) => sessions.get(control) ?? (idle.has(control) ? [] : control),
                ),
            origin: node.origin ?? {node, label: graph.label},
          },
    );
    yield;
    const whole: Graph = {label: graph.label, nodes: rest, find: graph.find};
    // What these nodes wait for happens, although they do not wait for it any more.
    const awaited = order.filter(waitsForNothing).flatMap((index) => graph.nodes[index]!.controls);
    const complete: RunRequest = {
      feeds: request.feeds,
      fetches: request.fetches.map(moved),
      targets: withEffects([...request.targets, ...awaited], graph, (index) => idle.has(index)),
    };
    const runs = topologicalOrder(whole, neededFor(whole, complete), fed);
    yield;
    return host.plan(whole, runs, complete, (op) => kernels.get(op));
  }

  dispose(): void {
    for (const segment of this.#segments) segment.dispose();
  }
}

/** What is known of an argument, and the resource that it must lead to. */
interface Given {
  readonly known: Known;
  readonly resource: object | undefined;
}

/** What is known of an argument of a function that is compiled for it: what the function says, its rank, and its variable. */
function givenBy(arg: Value, declared: Known): Given {
  const resource = resourceOf(arg);
  if (resource instanceof Variable) {
    return {known: knownHandle(resource), resource};
  }
  if (resource !== undefined) return {known: declared, resource};
  const shape = declared.shape ?? arg.shape.map(() => null);
  return {known: {...declared, dtype: arg.dtype, shape}, resource: undefined};
}

function resourceOf(value: Value): object | undefined {
  return value.dtype === 'resource' ? (value.hostData() as readonly object[])[0] : undefined;
}

/** The nodes that read a variable and do nothing else, by the name of its tensor. */
function variableReads(
  {fragments, variables}: LoweredGraph,
  order: readonly number[],
): Map<string, number[]> {
  const reads = new Map<string, number[]>();
  for (const index of order) {
    const {nodes, outputs} = fragments[index] ?? {};
    const [read] = outputs ?? [];
    if (nodes?.length !== 0 || read === undefined || !variables.has(read.name)) continue;
    reads.set(read.name, [...(reads.get(read.name) ?? []), index]);
  }
  return reads;
}

/** What has to run for these nodes to have run: those that only wait for others are left out, and the others are waited for. */
function withEffects(targets: readonly number[], graph: Graph, isIdle: (index: number) => boolean): number[] {
  const found = new Set<number>();
  const seen = new Set<number>();
  const pending = [...targets];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (seen.has(index) || isIdle(index)) continue;
    seen.add(index);
    const {op, controls} = graph.nodes[index]!;
    if (op === 'NoOp') pending.push(...controls);
    else found.add(index);
  }
  return [...found];
}

const isConstant = (graph: Graph, index: number): boolean => graph.nodes[index]!.op === 'Const';

function lazily<T>(make: () => T): () => T {
  let made: {readonly value: T} | undefined;
  return () => {
    made ??= {value: make()};
    return made.value;
  };
}
