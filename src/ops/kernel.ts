/**
 * The contract between the interpreter and the ops: what a kernel is given and what it returns.
 *
 * @module
 */

import {type Attr, Attrs, type FunctionRef} from '../graph/attrs.js';
import type {OpNode} from '../graph/graph.js';
import type {DType} from '../host/dtypes.js';
import type {Pieces} from '../host/pieces.js';
import {type Resource, Value} from '../tensors/value.js';

/** A function of a model that computes the gradient of an identity. */
export interface CustomGradient {
  /** Calls the function with the gradients of the identity's outputs and what it captures of the forward function. */
  call(args: readonly Value[]): readonly Value[];
  /** For each input of the identity, which of the function's results is its gradient; undefined where it has none. */
  readonly results: readonly (number | undefined)[];
}

/** What a kernel can ask of the running model. */
export interface Session {
  /** Calls a function of the model's library. */
  call(fn: FunctionRef, args: readonly Value[]): Value[];
  /** The resource known under this name, made by `create` at the first request. */
  resource<T extends Resource>(container: string, name: string, create: () => T): T;
  /** A resource that shares its name with no other. */
  anonymous<T extends Resource>(create: () => T): T;
  /** A resource that lives as long as the present call of the model. */
  temporary<T extends Resource & {close(): void}>(create: () => T): T;
  /**
   * What a node keeps between its executions: made by `create` at the first request, and the same for everything that
   * runs the node. Values are pinned for as long as the model lives.
   */
  memo<T>(node: object, create: () => T): T;
  /** Pins a value for as long as the model lives, or until it is forgotten. */
  keep<T>(kept: T): T;
  /** Ends a pin, and frees the value. */
  forget(value: Value): void;
  /** The function that computes the gradient for nodes of this `_gradient_op_type`; undefined where none was saved. */
  customGradient(opType: string): CustomGradient | undefined;
  /** The whole content of a file of the model (an asset), by the path that the graph holds. */
  readFile(path: Uint8Array): Uint8Array;
  /** A tensor of the checkpoint `prefix`, as `RestoreV2` reads it. */
  restore(prefix: Uint8Array, name: Uint8Array, shapeAndSlice: Uint8Array): Value;
}

/** The node that a kernel computes. One context serves every execution of its node. */
export interface KernelContext extends OpNode {
  /** Number of outputs by the op's definition. */
  readonly outputs: number;
  readonly session: Session;
  /**
   * Storage private to the node, for what is worth keeping between executions (a compiled pattern, a seed's state, a
   * table without a name). One node has one, whichever signature runs it.
   */
  memo<T>(create: () => T): T;
}

/**
 * Computes one op. Inputs and outputs are flat lists in the order of the op's definition, list arguments spread out
 * (their length is in an attribute). A single output may be returned bare. A kernel may return one of its inputs, must
 * not change or release any, and may leave tfjs tensors behind: they are disposed when it returns.
 */
export type Kernel = (inputs: readonly Value[], ctx: KernelContext) => Value | readonly Value[];

/** An asynchronous call of a model, for kernels that do not compute in one piece. */
export interface CallInPieces {
  /** Aborted when the call ends before it is done. */
  readonly signal: AbortSignal;
  /**
   * Computes a piece: within the bounds of the call, and apart from what other code has open meanwhile. Nothing that belongs to it may be
   * computed otherwise.
   *
   * @throws CallError when the call has ended.
   */
  run<T>(f: () => T): T;
  /** {@link run}, freeing the tfjs tensors that are made meanwhile. */
  runFreeing<T>(f: () => T): T;
  /** Does work in pieces, in as many turns of the event loop as it takes. */
  inTurns<T>(pieces: Pieces<T>): Promise<T>;
  /** Frees what the call holds: {@link run}, also when it has ended. */
  free(f: () => void): void;
  /** What `promise` gives; an error as soon as the call ends. */
  wait<T>(promise: PromiseLike<T>): Promise<T>;
  /** Waits for another turn of the event loop where the present one has computed long enough. */
  pause(): Promise<void>;
  /** Calls a function of the model's library. The results are retained for who asks. */
  call(fn: FunctionRef, args: readonly Value[]): Promise<readonly Value[]>;
}

/**
 * Computes one op in an asynchronous call: what waits for others, or calls functions. As {@link Kernel}, but outputs are retained, for
 * who asks to release them. Undefined where it has to be computed in one piece.
 */
export type AsyncKernel = (
  inputs: readonly Value[],
  ctx: KernelContext,
  call: CallInPieces,
) => Promise<readonly Value[] | undefined>;

/** How a node is computed: in one piece, and in asynchronous calls, where that is another way. */
export interface Computation {
  readonly kernel: Kernel;
  readonly asyncKernel?: AsyncKernel | undefined;
}

/** What this library knows of one op. */
export interface OpImplementation extends Computation {
  /** What of the op is not supported, or computed differently from TensorFlow: shown in `docs/ops.md`. */
  readonly limits?: string;
  /** By attribute the dtypes of nodes that are not supported: `tfhub ops` tells them from those that are. */
  readonly unsupportedDtypes?: Readonly<Record<string, readonly DType[]>>;
}

/** The ops of one family by TensorFlow's name. */
export type OpFamily = Readonly<Record<string, OpImplementation>>;

/**
 * The resource of a handle op, made at its first use: the one of its `shared_name` (or of its node's name, where
 * `use_node_name_sharing` says so), else one that belongs to the node (`ContainerInfo::Init` in `resource_mgr.cc`).
 */
export function resourceOf<T extends Resource>(ctx: KernelContext, create: (name: string) => T): T {
  const {attrs, session} = ctx;
  const shared = attrs.string('shared_name');
  const name = shared || ctx.name;
  if (shared !== '' || attrs.bool('use_node_name_sharing')) {
    return session.resource(attrs.string('container'), name, () => create(name));
  }
  return ctx.memo(() => session.anonymous(() => create(name)));
}

/** Runs one kernel within another, under attributes of its own: for ops that are made of others. Its first output. */
export function runWithin(
  ctx: KernelContext,
  family: OpFamily,
  op: string,
  inputs: readonly Value[],
  attrs: Readonly<Record<string, Attr>> = {},
): Value {
  return runAllWithin(ctx, family, op, inputs, attrs)[0]!;
}

/** {@link runWithin} for ops with several outputs. */
export function runAllWithin(
  ctx: KernelContext,
  family: OpFamily,
  op: string,
  inputs: readonly Value[],
  attrs: Readonly<Record<string, Attr>> = {},
): readonly Value[] {
  const own = new Attrs((name) => attrs[name], `${op} within ${ctx.op} (node '${ctx.name}')`);
  const outputs = family[op]!.kernel(inputs, {...ctx, op, attrs: own, memo: (create) => create()});
  return outputs instanceof Value ? [outputs] : outputs;
}
