/**
 * A part of a graph that runs as a session: what it is made of, and its calls.
 *
 * @module
 */

import {CallError} from '../errors.js';
import type {Endpoint} from '../graph/graph.js';
import {hasDeadline, hasRoomFor} from '../host/budget.js';
import type {DType} from '../host/dtypes.js';
import {inOnePiece, type Pieces} from '../host/pieces.js';
import type {HostData, HostTensor} from '../host/tensor.js';
import {warnOnce} from '../log.js';
import type {OnnxTensor} from '../onnx/builder.js';
import {carrierOf, elementType, runtimeType} from '../onnx/dtypes.js';
import {encodeModel} from '../onnx/encode.js';
import {
  bodiesOf,
  namesRead,
  neededNodes,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxPort,
} from '../onnx/graph.js';
import type {CallInPieces} from '../ops/kernel.js';
import {Variable} from '../ops/variable/variable.js';
import type {CompiledModels} from '../platform/compiled_models.js';
import {nextTurn} from '../platform/event_loop.js';
import {
  type AsyncOnnxRuntime,
  type AsyncOnnxSession,
  type OnnxRuntime,
  type OnnxRuntimeTensor,
  OnnxRuntimeUnavailable,
  type OnnxSession,
  type OnnxSessionOptions,
} from '../platform/onnx_runtime.js';
import {Value} from '../tensors/value.js';
import {withBiases} from './biased_convolutions.js';
import {FrozenSession, type FrozenVariables} from './frozen.js';
import {Initializers, type SessionConstants} from './initializers.js';
import {keptSession} from './kept_session.js';
import {LeasedSession} from './leased_session.js';
import type {LoweredGraph, VariableTensor} from './lower.js';
import type {Partition} from './partition.js';

/** What a session computes, and from what. */
export interface SegmentSpec {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  /** What it is given at each call. */
  readonly inputs: readonly OnnxTensor[];
  readonly variables: readonly VariableTensor[];
  readonly outputs: readonly OnnxTensor[];
  readonly constants: readonly (HostTensor & {readonly name: string})[];
}

/** The parts of a partition. */
export function segmentSpec(
  name: string,
  {nodes: own, outputs}: Partition,
  lowered: LoweredGraph,
): SegmentSpec {
  const nodes = own.flatMap((index) => lowered.fragments[index]!.nodes);
  const results = outputs.map((endpoint) => lowered.tensor(endpoint));
  const wanted = new Set(results.map((each) => each.name));
  const needed = withBiases(neededNodes(nodes, new Set(wanted)), wanted, {
    shapeOf: (name) => {
      const owner = lowered.owner(name);
      return (lowered.constants.get(name) ?? lowered.variables.get(name) ?? (owner && lowered.tensor(owner)))
        ?.shape;
    },
    isGiven: (name) => lowered.constants.get(name) !== undefined || lowered.variables.has(name),
  });
  const made = new Set(needed.flatMap((node) => node.outputs));
  const all = [...needed.flatMap(namesRead), ...results.map((each) => each.name)];
  const read = new Set(all.filter((each) => each !== '' && !made.has(each)));
  const inputs: OnnxTensor[] = [];
  const variables: VariableTensor[] = [];
  const constants: (HostTensor & {readonly name: string})[] = [];
  for (const each of read) {
    const constant = lowered.constants.get(each);
    const variable = lowered.variables.get(each);
    const owner = lowered.owner(each);
    if (constant !== undefined) constants.push({...constant, name: each});
    else if (variable !== undefined) variables.push(variable);
    else if (owner !== undefined) inputs.push(lowered.tensor(owner));
    else throw new TypeError(`nobody makes '${each}', which '${name}' reads`);
  }
  return {name, nodes: needed, inputs, variables, outputs: results, constants};
}

/** The tensors that a session is given, and the handles of the variables that it reads, as they are in the graph. */
export function segmentInputs({inputs, variables}: SegmentSpec, lowered: LoweredGraph): Endpoint[] {
  return [...inputs.map(({name}) => lowered.owner(name)!), ...variables.map(({source}) => source)];
}

/** What else a segment is told. */
export interface SegmentHost {
  /** Computes the same otherwise: what ONNX Runtime refuses, and errors in this library's words. */
  fallback(values: readonly Value[]): readonly Value[];
  /** The same in pieces; the results are retained. */
  fallbackAsync(values: readonly Value[], call: CallInPieces): Promise<readonly Value[]>;
  /** The bytes that a call needs; undefined where that is not known before. */
  bytes(values: readonly Value[]): Pieces<number | undefined>;
}

/** How segments are run. */
export interface SegmentOptions {
  /** For synchronous calls; they are interpreted where there is none. */
  readonly runtime: OnnxRuntime | undefined;
  /** For asynchronous calls; without it, they are made as synchronous ones are. */
  readonly asyncRuntime?: (() => Promise<AsyncOnnxRuntime | undefined>) | undefined;
  /** Threads that one call may use. */
  readonly threads: number;
  /** The same for asynchronous calls. */
  readonly asyncThreads?: number | undefined;
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all' | undefined;
  readonly provider?: string | undefined;
  /** Where sessions of synchronous calls are kept for other processes. */
  readonly compiled?: CompiledModels | undefined;
  /** Told of each session that is made. */
  readonly onSession?: ((name: string) => void) | undefined;
}

/** Where all tensors together take less, one thread is faster than several that have to be woken. */
const ALONE_BYTES = 2 ** 19;

/** A segment, and its sessions: one for synchronous calls, one for asynchronous ones. */
export class Segment {
  readonly spec: SegmentSpec;
  readonly #options: SegmentOptions;
  readonly #host: SegmentHost;
  readonly #outputs: readonly string[];
  /** Loops in a session cannot be ended from outside. */
  readonly #loops: boolean;
  readonly #session = new FrozenSession<OnnxSession | undefined>(
    (frozen) => this.#make(frozen),
    (session) => session?.dispose(),
  );
  readonly #asyncSession = new FrozenSession<LeasedSession>(
    (frozen) => new LeasedSession(this.#makeAsync(frozen)),
    (session) => session.end(),
  );
  /** Bytes that the first call needed. */
  #work: number | undefined;
  #failure: unknown;
  #refusal: unknown;
  /** Whether asynchronous calls have no sessions of their own on this machine. */
  #isAlone = false;

  constructor(spec: SegmentSpec, options: SegmentOptions, host: SegmentHost) {
    this.spec = spec;
    this.#options = options;
    this.#host = host;
    this.#outputs = spec.outputs.map((_, i) => `output${i}`);
    this.#loops = hasLoops(spec.nodes);
    this.#isAlone = options.asyncRuntime === undefined;
  }

  /** @param values - the inputs, then the handles, then what else the host wants to be told */
  run(values: readonly Value[]): readonly Value[] {
    const variables = inOnePiece(this.#readable(values));
    if (variables === undefined) return this.#host.fallback(values);
    const {session, frozen} = this.#session.ready(variables);
    if (session === undefined) return this.#host.fallback(values);
    let results: OnnxRuntimeTensor[];
    try {
      results = session.run(this.#feeds(values, variables, frozen, passingFeed), this.#outputs);
    } catch (error) {
      this.#refusal = error;
      return this.#host.fallback(values);
    }
    return this.#values(results);
  }

  /** {@link run} where the event loop is free meanwhile. Variables count as they are when it begins. */
  async runAsync(values: readonly Value[], call: CallInPieces): Promise<readonly Value[] | undefined> {
    if (this.#isAlone && this.#options.runtime !== undefined) return undefined;
    const variables = this.#isAlone ? undefined : await call.inTurns(this.#readable(values));
    const begun =
      variables &&
      call.runFreeing(() => {
        const {session, frozen} = this.#asyncSession.ready(variables);
        return {session, feeds: this.#feeds(values, variables, frozen, feedOf)};
      });
    const results = await begun?.session.use((session) => this.#runSession(session, begun.feeds, call));
    if (results !== undefined) return results;
    const isBetterInOnePiece = this.#isAlone && this.#options.runtime !== undefined;
    return isBetterInOnePiece ? undefined : this.#host.fallbackAsync(values, call);
  }

  /** Undefined where there is no session, or it refuses the inputs. */
  async #runSession(
    made: Promise<AsyncOnnxSession | undefined>,
    feeds: Readonly<Record<string, OnnxRuntimeTensor>>,
    call: CallInPieces,
  ): Promise<readonly Value[] | undefined> {
    const session = await call.wait(made);
    try {
      const results = session && (await call.wait(session.run(feeds, this.#outputs, {signal: call.signal})));
      return results && call.run(() => this.#values(results).map((value) => value.retain()));
    } catch (error) {
      call.signal.throwIfAborted();
      this.#refusal = error;
      return undefined;
    }
  }

  /** The variables that a session may read, undefined where there is to be none for these values. */
  *#readable(values: readonly Value[]): Pieces<readonly Variable[] | undefined> {
    const {inputs, variables} = this.spec;
    const read = variables.map((_, i) => variableOf(values[inputs.length + i]!));
    if (
      this.#failure !== undefined ||
      (this.#loops && hasDeadline()) ||
      inputs.some((_, i) => values[i]!.size === 0) ||
      !read.every((each) => each?.initialized)
    ) {
      return undefined;
    }
    const bytes = yield* this.#host.bytes(values);
    // What the interpreter frees early may do with less; what is too much for it, it says where.
    if (bytes === undefined || !hasRoomFor(bytes)) return undefined;
    this.#work ??= bytes;
    return read as readonly Variable[];
  }

  #feeds(
    values: readonly Value[],
    read: readonly Variable[],
    frozen: FrozenVariables,
    feed: typeof feedOf,
  ): Record<string, OnnxRuntimeTensor> {
    const {inputs, variables} = this.spec;
    const feeds: Record<string, OnnxRuntimeTensor> = {};
    for (const [i, tensor] of inputs.entries()) feeds[fedName(tensor)] = feed(values[i]!, tensor.dtype);
    for (const [i, tensor] of variables.entries()) {
      if (frozen[i] === undefined) feeds[fedName(tensor)] = feed(read[i]!.read(), tensor.dtype);
    }
    return feeds;
  }

  #values(results: readonly OnnxRuntimeTensor[]): Value[] {
    return results.map((result, i) => valueFrom(result, this.spec.outputs[i]!.dtype));
  }

  #make(frozen: FrozenVariables): OnnxSession | undefined {
    const {runtime, threads, compiled} = this.#options;
    if (runtime === undefined) return undefined;
    const collected = this.#collected(frozen);
    let constants: SessionConstants | undefined;
    try {
      const bytes = collected.bytes();
      const size = bytes + (this.#work ?? 0);
      const session = keptSession(compiled, {
        runtime,
        options: {...this.#sessionOptions, threads: size < ALONE_BYTES ? 1 : threads},
        bytes,
        rearranged: () => collected.bytes(isRearrangedBy(this.spec.nodes)),
        parts: () => this.#parts(collected, frozen),
        model: () => {
          constants = collected.finish(runtime.mapsFiles ?? false);
          return {model: this.#model(frozen, constants.initializers), external: constants.external};
        },
      });
      this.#options.onSession?.(this.spec.name);
      return session;
    } catch (error) {
      this.#failure = error;
      return undefined;
    } finally {
      collected.release();
      constants?.release();
    }
  }

  async #makeAsync(frozen: FrozenVariables): Promise<AsyncOnnxSession | undefined> {
    const collected = this.#collected(frozen);
    let constants: SessionConstants | undefined;
    try {
      const runtime = await this.#options.asyncRuntime?.();
      if (runtime === undefined) {
        this.#isAlone = true;
        return undefined;
      }
      constants = collected.finish(runtime.mapsFiles ?? false);
      await nextTurn();
      const model = this.#model(frozen, constants.initializers);
      await nextTurn();
      const {external, release} = constants;
      const threads = this.#options.asyncThreads ?? 1;
      const session = await runtime.createSession(model, {...this.#sessionOptions, threads, external});
      this.#options.onSession?.(this.spec.name);
      // Further threads may make it at any time.
      const dispose = () => {
        release();
        return session.dispose();
      };
      constants = undefined;
      return {run: (...args) => session.run(...args), dispose};
    } catch (error) {
      // Who asked for this engine alone.
      if (error instanceof CallError) throw error;
      if (error instanceof OnnxRuntimeUnavailable) {
        this.#isAlone = true;
        const instead =
          this.#options.runtime === undefined
            ? 'models run on tfjs'
            : 'asynchronous calls run on the main thread';
        warnOnce(`${instead}: ${error.message}`);
      } else this.#failure = error;
      return undefined;
    } finally {
      collected.release();
      constants?.release();
    }
  }

  get #sessionOptions(): Pick<OnnxSessionOptions, 'optimization' | 'provider'> {
    const {optimization, provider} = this.#options;
    return {...(optimization && {optimization}), ...(provider && {provider})};
  }

  /** Constants, and variables as they are now. */
  #collected(frozen: FrozenVariables): Initializers {
    const collected = new Initializers();
    for (const each of this.spec.constants) collected.add(each.name, each);
    for (const [i, {name}] of this.spec.variables.entries()) {
      const variable = frozen[i]?.variable;
      if (variable?.stored !== undefined) collected.addStored(name, variable.stored);
      else if (variable !== undefined) collected.add(name, variable.exact());
    }
    return collected;
  }

  /** What a session is made of, for the key under which it is kept. Undefined where nobody can tell. */
  #parts(collected: Initializers, frozen: FrozenVariables): (string | Uint8Array)[] | undefined {
    const constants = collected.identity();
    return constants && [this.#model(frozen, []), ...constants];
  }

  /** The model that starts with these constants, and takes the other variables as inputs. */
  #model(frozen: FrozenVariables, initializers: readonly OnnxInitializer[]): Uint8Array {
    const {name, nodes, inputs, variables, outputs} = this.spec;
    const ports: OnnxPort[] = [];
    const casts: OnnxNode[] = [];
    const port = (tensor: OnnxTensor) => {
      const carrier = carrierOf(tensor.dtype);
      if (carrier === tensor.dtype) {
        ports.push(tensor);
        return;
      }
      const carried = fedName(tensor);
      ports.push({name: carried, dtype: carrier, shape: tensor.shape});
      casts.push(castNode(carried, tensor.name, tensor.dtype));
    };
    for (const each of [...inputs, ...variables.filter((_, i) => frozen[i] === undefined)]) port(each);
    const given = outputs.map(({name: from, dtype}, i) =>
      castNode(from, this.#outputs[i]!, carrierOf(dtype), dtype),
    );
    return encodeModel({
      name,
      nodes: [...casts, ...nodes, ...given],
      inputs: ports,
      outputs: outputs.map(({dtype, shape}, i) => ({
        name: this.#outputs[i]!,
        dtype: carrierOf(dtype),
        shape,
      })),
      initializers,
    });
  }

  /** Why there is no session, or what it said of the last inputs that it refused. */
  get failure(): unknown {
    return this.#failure ?? this.#refusal;
  }

  dispose(): void {
    this.#session.dispose();
    this.#asyncSession.dispose();
  }
}

/** Ops that pick elements of their first input as it is. */
const LOOKUPS: ReadonlySet<string> = new Set(['Gather', 'GatherElements', 'GatherND']);

/** Whether ONNX Runtime may lay out a constant otherwise for who reads it, by its name: not where it is a table that is looked up. */
function isRearrangedBy(nodes: readonly OnnxNode[]): (name: string) => boolean {
  const computedWith = new Set(
    nodes.flatMap((node) => (LOOKUPS.has(node.op) ? node.inputs.slice(1) : namesRead(node))),
  );
  return (name) => computedWith.has(name);
}

/** True where one of the nodes, or of their bodies, is a loop. */
export const hasLoops = (nodes: readonly OnnxNode[]): boolean =>
  nodes.some((node) => node.op === 'Loop' || bodiesOf(node).some((body) => hasLoops(body.nodes)));

/** What a tensor is called where it is fed: another name for those that are cast first. */
function fedName({name, dtype}: OnnxTensor): string {
  return carrierOf(dtype) === dtype ? name : `${name}@${carrierOf(dtype)}`;
}

function variableOf(handle: Value): Variable | undefined {
  const [object] = handle.hostData() as readonly object[];
  return object instanceof Variable ? object : undefined;
}

/** The tensor `from` as `to`; nothing more than a name where the dtype stays. */
function castNode(from: string, to: string, dtype: DType, was?: DType): OnnxNode {
  return dtype === was
    ? {op: 'Identity', domain: '', inputs: [from], outputs: [to], attrs: {}}
    : {op: 'Cast', domain: '', inputs: [from], outputs: [to], attrs: {to: elementType(dtype)}};
}

function feedOf(value: Value, dtype: DType): OnnxRuntimeTensor {
  return {type: runtimeType(carrierOf(dtype)), dims: value.shape, data: value.numeric()};
}

/** {@link feedOf} for a run that is over before anything else happens. */
function passingFeed(value: Value, dtype: DType): OnnxRuntimeTensor {
  return {type: runtimeType(carrierOf(dtype)), dims: value.shape, data: value.passing()};
}

function valueFrom({dims, data}: OnnxRuntimeTensor, dtype: DType): Value {
  return Value.fresh(dtype, dims, data as unknown as HostData);
}
