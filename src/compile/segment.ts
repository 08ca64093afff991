/**
 * A part of a graph that runs as a session: what it is made of, and its calls.
 *
 * @module
 */

import type {Endpoint} from '../graph/graph.js';
import {hasDeadline, hasRoomFor} from '../host/budget.js';
import type {DType} from '../host/dtypes.js';
import type {HostData, HostTensor} from '../host/tensor.js';
import type {OnnxTensor} from '../onnx/builder.js';
import {carrierOf, elementType, runtimeType} from '../onnx/dtypes.js';
import {encodeModel} from '../onnx/encode.js';
import {bodiesOf, namesRead, neededNodes, type OnnxNode, type OnnxPort} from '../onnx/graph.js';
import {Variable} from '../ops/variable/kernels.js';
import type {OnnxRuntime, OnnxRuntimeTensor, OnnxSession} from '../platform/onnx_runtime.js';
import {Value} from '../tensors/value.js';
import {Initializers, type SessionConstants} from './initializers.js';
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
  const needed = neededNodes(nodes, new Set(results.map((each) => each.name)));
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
  /** The bytes that a call needs; undefined where that is not known before. */
  bytes(values: readonly Value[]): number | undefined;
}

/** How segments are run. */
export interface SegmentOptions {
  readonly runtime: OnnxRuntime;
  readonly threads: number;
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all' | undefined;
  readonly provider?: string | undefined;
  /** Told of each session that is made. */
  readonly onSession?: ((name: string) => void) | undefined;
}

/** A variable as a session holds it. */
interface Frozen {
  readonly variable: Variable;
  readonly state: object;
}

/** Variables become constants of the session again when they have not changed for so many calls, twice as many each time. */
const CALLS_UNCHANGED = 8;

/** Where all tensors together take less, one thread is faster than several that have to be woken. */
const ALONE_BYTES = 2 ** 19;

/** A segment, and its session. */
export class Segment {
  readonly spec: SegmentSpec;
  readonly #options: SegmentOptions;
  readonly #host: SegmentHost;
  readonly #outputs: readonly string[];
  /** Loops in a session cannot be ended from outside. */
  readonly #loops: boolean;
  #session: OnnxSession | undefined;
  /** By variable; undefined for those that are fed. */
  #frozen: (Frozen | undefined)[] = [];
  #fed: object[] = [];
  #unchanged = 0;
  /** Bytes that the first call needed. */
  #work: number | undefined;
  #patience = CALLS_UNCHANGED;
  #failure: unknown;
  #refusal: unknown;

  constructor(spec: SegmentSpec, options: SegmentOptions, host: SegmentHost) {
    this.spec = spec;
    this.#options = options;
    this.#host = host;
    this.#outputs = spec.outputs.map((_, i) => `output${i}`);
    this.#loops = hasLoops(spec.nodes);
  }

  /** @param values - the inputs, then the handles, then what else the host wants to be told */
  run(values: readonly Value[]): readonly Value[] {
    const {inputs, variables} = this.spec;
    const given = values.slice(0, inputs.length);
    const read = variables.map((_, i) => variableOf(values[inputs.length + i]!));
    if (
      this.#failure !== undefined ||
      (this.#loops && hasDeadline()) ||
      given.some(({size}) => size === 0) ||
      !read.every((each) => each?.initialized)
    ) {
      return this.#host.fallback(values);
    }
    const bytes = this.#host.bytes(values);
    // What the interpreter frees early may do with less; what is too much for it, it says where.
    if (bytes === undefined || !hasRoomFor(bytes)) return this.#host.fallback(values);
    this.#work ??= bytes;
    const session = this.#ready(read as readonly Variable[]);
    if (session === undefined) return this.#host.fallback(values);
    const feeds: Record<string, OnnxRuntimeTensor> = {};
    for (const [i, tensor] of inputs.entries()) feeds[fedName(tensor)] = feedOf(given[i]!, tensor.dtype);
    for (const [i, tensor] of variables.entries()) {
      if (this.#frozen[i] === undefined)
        feeds[fedName(tensor)] = feedOf((read[i] as Variable).read(), tensor.dtype);
    }
    let results: OnnxRuntimeTensor[];
    try {
      results = session.run(feeds, this.#outputs);
    } catch (error) {
      this.#refusal = error;
      return this.#host.fallback(values);
    }
    return results.map((result, i) => valueFrom(result, this.spec.outputs[i]!.dtype));
  }

  /** The session for the variables as they are now. */
  #ready(variables: readonly Variable[]): OnnxSession | undefined {
    const isCurrent = (frozen: Frozen | undefined, i: number) =>
      frozen === undefined || (frozen.variable === variables[i] && frozen.state === variables[i]!.state);
    if (this.#session === undefined) return this.#make(variables.map(frozenNow));
    if (!this.#frozen.every(isCurrent)) {
      this.#unchanged = 0;
      this.#patience *= 2;
      return this.#make(
        this.#frozen.map((frozen, i) => (isCurrent(frozen, i) ? frozen : undefined)),
        variables,
      );
    }
    if (this.#frozen.includes(undefined)) {
      const states = variables.map(({state}) => state);
      this.#unchanged = states.every((state, i) => state === this.#fed[i]) ? this.#unchanged + 1 : 0;
      this.#fed = states;
      if (this.#unchanged >= this.#patience) return this.#make(variables.map(frozenNow));
    }
    return this.#session;
  }

  #make(frozen: (Frozen | undefined)[], variables?: readonly Variable[]): OnnxSession | undefined {
    this.#session?.dispose();
    this.#session = undefined;
    this.#frozen = frozen;
    this.#fed = variables?.map(({state}) => state) ?? [];
    const {model, external, bytes} = this.#model(frozen);
    const {runtime, threads, optimization, provider} = this.#options;
    const size = model.length + bytes + (this.#work ?? 0);
    try {
      this.#session = runtime.createSession(model, {
        threads: size < ALONE_BYTES ? 1 : threads,
        external,
        ...(optimization && {optimization}),
        ...(provider && {provider}),
      });
      this.#options.onSession?.(this.spec.name);
    } catch (error) {
      this.#failure = error;
    }
    return this.#session;
  }

  /** The model with these variables as constants, and the others as inputs. */
  #model(frozen: readonly (Frozen | undefined)[]): {model: Uint8Array} & SessionConstants {
    const {name, nodes, inputs, variables, outputs, constants} = this.spec;
    const collected = new Initializers();
    for (const each of constants) collected.add(each.name, each);
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
    inputs.forEach(port);
    for (const [i, variable] of variables.entries()) {
      const held = frozen[i];
      const stored = held?.variable.stored;
      if (held === undefined) port(variable);
      else if (stored === undefined) collected.add(variable.name, held.variable.read());
      else collected.addStored(variable.name, stored);
    }
    const made = collected.finish();
    const given = outputs.map(({name: from, dtype}, i) =>
      castNode(from, this.#outputs[i]!, carrierOf(dtype), dtype),
    );
    const model = encodeModel({
      name,
      nodes: [...casts, ...nodes, ...given],
      inputs: ports,
      outputs: outputs.map(({dtype, shape}, i) => ({
        name: this.#outputs[i]!,
        dtype: carrierOf(dtype),
        shape,
      })),
      initializers: made.initializers,
    });
    return {model, ...made};
  }

  /** Why there is no session, or what it said of the last inputs that it refused. */
  get failure(): unknown {
    return this.#failure ?? this.#refusal;
  }

  dispose(): void {
    this.#session?.dispose();
    this.#session = undefined;
  }
}

/** True where one of the nodes, or of their bodies, is a loop. */
export const hasLoops = (nodes: readonly OnnxNode[]): boolean =>
  nodes.some((node) => node.op === 'Loop' || bodiesOf(node).some((body) => hasLoops(body.nodes)));

/** What a tensor is called where it is fed: another name for those that are cast first. */
function fedName({name, dtype}: OnnxTensor): string {
  return carrierOf(dtype) === dtype ? name : `${name}@${carrierOf(dtype)}`;
}

const frozenNow = (variable: Variable): Frozen => ({variable, state: variable.state});

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

function valueFrom({dims, data}: OnnxRuntimeTensor, dtype: DType): Value {
  return Value.fresh(dtype, dims, data as unknown as HostData);
}
