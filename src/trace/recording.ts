/**
 * Records what tfjs executes while a function runs: which kernel, on which tensors, with which attributes, and where in
 * the user's source. Nothing is computed differently; the engine's own methods are wrapped for as long as the
 * function runs.
 *
 * A recording is a list of entries. A tensor is known by the entry that made it; what comes from outside (a variable, a
 * tensor closed over) enters by an entry of its own when it is first used.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {DType} from '../graph/dtypes.js';
import type {HostTensor} from '../graph/tensor.js';
import {Value} from '../ops/value.js';

/** A tensor of a recording: output number `output` of entry number `entry`. */
export interface Ref {
  readonly entry: number;
  readonly output: number;
}

/** The tensors that an entry reads: by name or in a list, as the kernel has them. */
export type RefTree = Ref | null | readonly RefTree[] | {readonly [name: string]: RefTree};

/** Names of attributes with their values: numbers, strings, booleans, and arrays of these. */
export type KernelAttrs = Readonly<Record<string, unknown>>;

/** What an entry stands for. */
export type EntryKind =
  /** A tensor given to the function. */
  | {readonly kind: 'parameter'; readonly index: number}
  /** A tensor of the recording around this one (the body of a loop uses what is outside of the loop). */
  | {readonly kind: 'outer'; readonly outer: Ref}
  /** A tensor made of JavaScript data, or closed over. */
  | {readonly kind: 'constant'; readonly value: HostTensor}
  | {readonly kind: 'read'; readonly variable: tf.Variable}
  | {readonly kind: 'assign'; readonly variable: tf.Variable}
  | {readonly kind: 'kernel'; readonly kernel: string; readonly attrs: KernelAttrs};

/** dtype and shape of a tensor as tfjs sees it. */
export interface TensorMeta {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
}

/** One step of a recording. */
export interface Entry {
  readonly what: EntryKind;
  readonly inputs: RefTree;
  readonly outputs: readonly TensorMeta[];
  /** Names of the tfjs ops that were running, outermost first. */
  readonly scope: readonly string[];
  /** The user's line that led here; undefined where it cannot be told. */
  readonly source: string | undefined;
}

/** The engine's methods that a recording wraps. All of them are public members of tfjs's engine. */
type Engine = ReturnType<typeof tf.engine>;

let active: Recording | undefined;

/** The recording that is under way, undefined outside of one. */
export function activeRecording(): Recording | undefined {
  return active;
}

/** What one run of a function did. */
export class Recording {
  readonly entries: Entry[] = [];
  readonly parent: Recording | undefined;
  #parameters = 0;
  /** By the id of a tfjs tensor. */
  readonly #refs = new Map<number, Ref>();
  /** Copies that tfjs makes inside of kernels, by id: what they are copies of. */
  readonly #copies = new Map<number, number>();
  readonly #reads = new Map<tf.Variable, Ref>();
  readonly #before = new Map<tf.Variable, tf.Tensor>();

  constructor(parent?: Recording) {
    this.parent = parent;
  }

  /** Makes a tensor known as a parameter of the function. */
  addParameter(tensor: tf.Tensor): Ref {
    return this.#add({kind: 'parameter', index: this.#parameters++}, [], [tensor], false);
  }

  /** The entry of a tensor: one from outside enters now. */
  refOf(tensor: tf.Tensor): Ref {
    if (tensor instanceof tf.Variable) return this.#read(tensor);
    const known = this.#find(tensor);
    if (known !== undefined) return known;
    const outer = this.parent?.knownRef(tensor);
    if (outer !== undefined) return this.#add({kind: 'outer', outer}, [], [tensor]);
    return this.addConstant(tensor);
  }

  /** The entry of a tensor that this recording or one around it has seen. */
  knownRef(tensor: tf.Tensor): Ref | undefined {
    const own = this.#find(tensor);
    if (own !== undefined) return own;
    const outer = this.parent?.knownRef(tensor);
    return outer && this.#add({kind: 'outer', outer}, [], [tensor]);
  }

  addConstant(tensor: tf.Tensor): Ref {
    const {shape} = tensor;
    const dtype = tensor.dtype as DType;
    const value = {dtype, shape, data: untraced(() => Value.device(tensor).hostData().slice())};
    return this.#add({kind: 'constant', value}, [], [tensor]);
  }

  addKernel(
    kernel: string,
    inputs: tf.NamedTensorMap | readonly tf.Tensor[],
    attrs: KernelAttrs,
    outputs: readonly tf.Tensor[],
  ): void {
    const refs = this.#refTree(inputs);
    this.#add({kind: 'kernel', kernel, attrs: structuredCopy(attrs)}, refs, outputs);
  }

  addCopy(copy: tf.Tensor, of: tf.Tensor): void {
    this.#copies.set(copy.id, of.id);
  }

  addAssign(variable: tf.Variable, value: tf.Tensor): void {
    const ref = this.refOf(value);
    this.#add({kind: 'assign', variable}, [ref], []);
    this.#reads.delete(variable);
    let recording: Recording | undefined = this;
    for (; recording !== undefined; recording = recording.parent) recording.#snapshot(variable);
  }

  /** Gives the variables that were assigned the values they had before. */
  undo(): void {
    for (const [variable, value] of this.#before) {
      variable.assign(value);
      value.dispose();
    }
    this.#before.clear();
  }

  #snapshot(variable: tf.Variable): void {
    if (!this.#before.has(variable))
      this.#before.set(variable, tf.keep(untraced(() => tf.clone(variable as tf.Tensor))));
  }

  #find(tensor: tf.Tensor): Ref | undefined {
    for (let id: number | undefined = tensor.id; id !== undefined; id = this.#copies.get(id)) {
      const ref = this.#refs.get(id);
      if (ref !== undefined) return ref;
    }
    return undefined;
  }

  #read(variable: tf.Variable): Ref {
    let ref = this.#reads.get(variable);
    if (ref === undefined) {
      ref = this.#add({kind: 'read', variable}, [], [variable], false);
      this.#reads.set(variable, ref);
    }
    return ref;
  }

  #refTree(inputs: unknown): RefTree {
    if (inputs === null || inputs === undefined) return null;
    if (inputs instanceof tf.Tensor) return this.refOf(inputs);
    if (Array.isArray(inputs)) return inputs.map((each) => this.#refTree(each));
    const entries = Object.entries(inputs as object).map(([name, each]) => [name, this.#refTree(each)]);
    return Object.fromEntries(entries) as RefTree;
  }

  #add(what: EntryKind, inputs: RefTree, outputs: readonly tf.Tensor[], register = true): Ref {
    const entry = this.entries.length;
    const metas = outputs.map(({dtype, shape}) => ({dtype, shape: [...shape]}));
    this.entries.push({what, inputs, outputs: metas, scope: scopeNames(), source: userLine()});
    if (register || what.kind === 'parameter') {
      for (const [output, {id}] of outputs.entries()) this.#refs.set(id, {entry, output});
    }
    return {entry, output: 0};
  }
}

/**
 * Runs `f` and records what it does. tfjs's engine is as it was when this returns, or throws; tensors that `f` made are
 * disposed.
 *
 * @param f - gets the recording, to tell it the parameters
 */
export function record<T>(
  f: (recording: Recording) => T,
  parent?: Recording,
): {recording: Recording; result: T} {
  const recording = new Recording(parent);
  const outer = active;
  const engine = tf.engine();
  const restore = outer === undefined ? wrap(engine) : () => undefined;
  engine.startScope('trace');
  active = recording;
  try {
    return {recording, result: f(recording)};
  } finally {
    active = outer;
    engine.endScope();
    restore();
    recording.undo();
  }
}

/** Runs `f` without recording what it does. */
export function untraced<T>(f: () => T): T {
  const suspended = active;
  active = undefined;
  try {
    return f();
  } finally {
    active = suspended;
  }
}

/** Wraps the engine's methods; the function returned takes the wrappers away again. */
function wrap(engine: Engine): () => void {
  const {runKernel, makeTensor, readSync, read} = engine;
  const {assign} = tf.Variable.prototype;
  let depth = 0;
  const within = <T>(run: () => T): T => {
    depth++;
    try {
      return run();
    } finally {
      depth--;
    }
  };
  engine.runKernel = ((name: string, inputs: tf.NamedTensorMap, attrs?: tf.NamedAttrMap) => {
    const recording = active;
    const run = () => within(() => runKernel.call(engine, name, inputs, attrs));
    if (recording === undefined) return run();
    const outputs = run() as tf.Tensor | tf.Tensor[];
    if (depth === 0) {
      recording.addKernel(name, inputs, attrs ?? {}, Array.isArray(outputs) ? outputs : [outputs]);
    } else if (name === tf.Identity) {
      // What a kernel saves for its gradient.
      recording.addCopy(outputs as tf.Tensor, inputs.x!);
    }
    return outputs;
  }) as Engine['runKernel'];
  engine.makeTensor = ((...args: Parameters<Engine['makeTensor']>) => {
    const tensor = makeTensor.apply(engine, args);
    if (active !== undefined && depth === 0) active.addConstant(tensor);
    return tensor;
  }) as Engine['makeTensor'];
  tf.Variable.prototype.assign = function (this: tf.Variable, value: tf.Tensor) {
    active?.addAssign(this, value);
    assign.call(this, value);
  };
  return () => {
    Object.assign(engine, {runKernel, makeTensor, readSync, read});
    tf.Variable.prototype.assign = assign;
  };
}

function scopeNames(): string[] {
  const {scopeStack} = tf.engine().state;
  const from = scopeStack.findLastIndex(({name}) => name === 'trace');
  return scopeStack
    .slice(from + 1)
    .map(({name}) => name)
    .filter((name) => name.endsWith(OP_SUFFIX))
    .map((name) => name.slice(0, -OP_SUFFIX.length));
}

/** What tfjs appends to the name of an op that runs. */
const OP_SUFFIX = tf.OP_SCOPE_SUFFIX;

/** Attributes may be changed by the caller afterwards. */
function structuredCopy(attrs: KernelAttrs): KernelAttrs {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy);
    if (ArrayBuffer.isView(value)) return Array.from(value as Int32Array);
    return value;
  };
  return Object.fromEntries(Object.entries(attrs).map(([name, value]) => [name, copy(value)]));
}

/** This file's folder as stack traces show it. */
const OWN = /\(?((?:file|https?):\/\/.*|\/.*|[A-Z]:\\.*)recording\.[jt]s/.exec(new Error().stack ?? '')?.[1];

/** The innermost line of the stack that is neither tfjs's nor ours. */
function userLine(): string | undefined {
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  const foreign = lines.find(
    (line) => !(OWN !== undefined && line.includes(OWN)) && !/tfjs|tensorflow|node:internal/.test(line),
  );
  return foreign?.trim().replace(/^at /, '');
}

/** An error about a step of a recording, with the user's line. */
export function recordingError(entry: Pick<Entry, 'source'>, what: string): SaveError {
  return new SaveError(entry.source === undefined ? what : `${what}\n  at ${entry.source}`);
}
