/**
 * Records what tfjs executes while a function runs: which kernel, on which tensors, with which attributes, and where in
 * the user's source. Nothing is computed differently; methods of the engine are wrapped for as long as the
 * function runs.
 *
 * A recording is a list of entries. A tensor is known by the entry that made it; what comes from outside (a variable, a
 * tensor closed over) enters by an entry of its own when it is first used.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import type {Attr} from '../graph/attrs.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import type {HostTensor} from '../host/tensor.js';
import {Variable} from '../ops/variable/kernels.js';
import {ownEntry} from '../own_entry.js';
import {Value} from '../tensors/value.js';
import {wideValueOf} from '../tensors/wide_tensor.js';
import {type Distribution, RANDOM_OPS, seedFor} from './random.js';
import {userLine} from './source_line.js';
import type {ForeignFunction} from './traced_function.js';

/** A tensor of a recording: output number `output` of entry number `entry`. */
export interface Ref {
  readonly entry: number;
  readonly output: number;
}

/** The tensors that an entry reads: by name or in a list, as the kernel has them. */
export type RefTree = Ref | null | readonly RefTree[] | {readonly [name: string]: RefTree};

/** Names of attributes with their values: numbers, strings, booleans, and arrays of these. */
export type KernelAttrs = Readonly<Record<string, unknown>>;

/** A recording within another: a branch, or the condition or the body of a loop. */
export interface SubRun {
  readonly recording: Recording;
  readonly results: readonly Ref[];
}

/** Numbers drawn from a distribution. */
export interface Sample {
  readonly distribution: Distribution;
  /** What the generator was seeded with; undefined where the caller chose, and we cannot know. */
  readonly seed: number | undefined;
  readonly data: ArrayLike<number>;
}

/** What an entry stands for. */
export type EntryKind =
  /** A tensor given to the function. */
  | {readonly kind: 'parameter'; readonly index: number}
  /** A tensor of the recording around this one (the body of a loop uses what is outside of the loop). */
  | {readonly kind: 'outer'; readonly outer: Ref}
  /** A tensor made of JavaScript data, or closed over. */
  | {readonly kind: 'constant'; readonly value: HostTensor}
  | {readonly kind: 'random'; readonly sample: Sample}
  | {readonly kind: 'read'; readonly variable: tf.Variable}
  | {readonly kind: 'assign'; readonly variable: tf.Variable}
  | {readonly kind: 'kernel'; readonly kernel: string; readonly attrs: KernelAttrs}
  /** One op of TensorFlow. */
  | {readonly kind: 'op'; readonly op: RecordedOp}
  /** The handle of a variable, of a table or of another resource from outside. */
  | {readonly kind: 'handle'; readonly value: Value}
  /** A call of a function that exists already. */
  | {readonly kind: 'call'; readonly call: ForeignCall}
  | {readonly kind: 'loop'; readonly cond: SubRun; readonly body: SubRun}
  | {readonly kind: 'branch'; readonly branches: readonly [whenTrue: SubRun, whenFalse: SubRun]};

/** An op of TensorFlow that the function asked for by name. */
export interface RecordedOp {
  readonly name: string;
  readonly attrs: ReadonlyMap<string, Attr>;
  /** dtypes of its inputs. */
  readonly inputs: readonly DType[];
  /** Their names in the op's definition: those of a list have one name. */
  readonly names: readonly string[];
}

/** A result of an op that is no tfjs tensor: a handle, a variant, or a tensor in a dtype that tfjs has not. */
export interface RecordedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A call of a function of a loaded model. */
export interface ForeignCall {
  readonly callee: ForeignFunction;
  /** dtypes of the function's parameters, without those of `bound`. */
  readonly inputs: readonly DType[];
  /** The values it is bound to, which follow its arguments. */
  readonly bound: readonly Value[];
  readonly outputs: readonly DType[];
  /** Shapes of the results as far as the function tells. */
  readonly shapes: readonly PartialShape[];
  /** Whether the call does or sees more than its inputs and outputs. */
  readonly stateful: boolean;
}

/** dtype and shape of a tensor. */
export interface TensorMeta {
  readonly dtype: tf.DataType | DType;
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

type Engine = ReturnType<typeof tf.engine>;

/** A loop makes so many turns at most while it is traced: enough to see its tensors grow. */
const MOST_TURNS = 32;

/** Name of the scope of a recording on tfjs's stack of scopes. */
const SCOPE = 'trace';

let active: Recording | undefined;

/** Per recording under way, innermost last: how to give what was assigned its old value again. */
const undone: Map<object, () => void>[] = [];

/** The tensors that values given to a loaded function were made of. */
const sources = new WeakMap<Value, tf.Tensor>();

/** The recording that is under way, undefined outside of one. */
export function activeRecording(): Recording | undefined {
  return active;
}

/** What one run of a function did. */
export class Recording {
  readonly entries: Entry[] = [];
  /** Number of the run, by which samples differ. */
  readonly run: number;
  readonly #parent: Recording | undefined;
  #parameters = 0;
  /** True when the run made a variable, as the first call of a function may. */
  createdVariable = false;
  /** By the id of a tfjs tensor. */
  readonly #refs = new Map<number, Ref>();
  /** Copies that tfjs makes inside of kernels, by id: what they are copies of. */
  readonly #copies = new Map<number, number>();
  readonly #reads = new Map<tf.Variable, Ref>();
  /** Entries whose values follow from what the function is given, from variables or from chance. */
  readonly #dependent = new Set<number>();
  readonly #dependentData = new WeakMap<object, Ref>();
  /** Entries whose values follow from the samples, and mean nothing; and the data of their tensors. */
  readonly #sampled = new Set<number>();
  readonly #sampledData = new WeakSet<object>();
  /** What of the recording is no tfjs tensor. */
  readonly #others = new WeakMap<object, Ref>();

  constructor(run: number, parent?: Recording) {
    this.run = run;
    this.#parent = parent;
  }

  /** Makes a tensor known as the next parameter of the function. */
  addParameter(tensor: tf.Tensor): void {
    this.#add({kind: 'parameter', index: this.#parameters++}, [], [tensor]);
  }

  /** The entry of a tensor: one from outside enters now. */
  refOf(tensor: tf.Tensor): Ref {
    if (tensor instanceof tf.Variable) return this.#read(tensor);
    return this.#known(tensor) ?? this.addConstant(tensor);
  }

  /** The entry of a tensor; undefined for one from outside. */
  find(tensor: tf.Tensor): Ref | undefined {
    return this.#known(tensor);
  }

  /** The entry of a result of {@link addOp} that is no tfjs tensor; undefined for anything else. */
  findOther(thing: unknown): Ref | undefined {
    if (typeof thing !== 'object' || thing === null) return undefined;
    const own = this.#others.get(thing);
    if (own !== undefined) return own;
    const outer = this.#parent?.findOther(thing);
    return outer && this.#add({kind: 'outer', outer}, [], [thing as RecordedTensor]);
  }

  /** A value from outside: the handle of a resource, or a constant. */
  addValue(value: Value): Ref {
    const {dtype, shape} = value;
    if (dtype !== 'resource') return this.#literal(value);
    const resource = value.hostData()[0] as object;
    const known = this.#others.get(resource);
    if (known !== undefined) return known;
    const ref = this.#add({kind: 'handle', value}, [], [{dtype, shape}]);
    this.#others.set(resource, ref);
    return ref;
  }

  /** An op that was run just now. */
  addOp(op: RecordedOp, inputs: readonly Ref[], outputs: readonly (tf.Tensor | RecordedTensor)[]): void {
    this.#add({kind: 'op', op}, inputs, outputs);
    // It may have assigned the variables that it was given.
    if (op.inputs.includes('resource')) this.#reads.clear();
  }

  /** The entry of a tensor that this recording or one around it has seen. */
  #known(tensor: tf.Tensor): Ref | undefined {
    for (let id: number | undefined = tensor.id; id !== undefined; id = this.#copies.get(id)) {
      const ref = this.#refs.get(id);
      if (ref !== undefined) return ref;
    }
    const parent = this.#parent;
    const outer = parent === undefined ? undefined : parent.#known(tensor);
    return outer && this.#add({kind: 'outer', outer}, [], [tensor]);
  }

  addConstant(tensor: tf.Tensor): Ref {
    const data = untraced(() => Value.device(tensor).hostData().slice());
    const value = {dtype: tensor.dtype as DType, shape: [...tensor.shape], data};
    return this.#add({kind: 'constant', value}, [], [tensor]);
  }

  addKernel(kernel: string, inputs: unknown, attrs: KernelAttrs, outputs: readonly tf.Tensor[]): void {
    const refs = this.#refTree(inputs);
    this.#add({kind: 'kernel', kernel, attrs: copied(attrs) as KernelAttrs}, refs, outputs);
  }

  addSample(tensor: tf.Tensor, distribution: Distribution, seed: number | undefined): void {
    const data = untraced(() => tensor.dataSync().slice());
    this.#add({kind: 'random', sample: {distribution, seed, data}}, [], [tensor]);
  }

  addCopy(copy: tf.Tensor, of: tf.Tensor): void {
    if (of instanceof tf.Variable) this.#refs.set(copy.id, this.#read(of));
    else this.#copies.set(copy.id, of.id);
  }

  addAssign(variable: tf.Variable, value: tf.Tensor): void {
    const ref = this.refOf(value);
    this.#add({kind: 'assign', variable}, [ref], []);
    this.#reads.delete(variable);
  }

  /**
   * A call of a function of a loaded model, which has just been made.
   *
   * @param inputs - the values that the function was given, without the bound ones
   * @param tensors - what came of each result
   */
  addCall(call: ForeignCall, inputs: readonly Value[], tensors: readonly tf.Tensor[]): void {
    if (tf.engine().state.gradientDepth > 0) {
      throw new SaveError(
        `'${call.callee.name}' of a loaded model is called where a gradient is computed, which a traced function cannot do`,
      );
    }
    const refs = inputs.map((value) => {
      const source = sources.get(value);
      return source === undefined ? this.addValue(value) : this.refOf(source);
    });
    this.#add({kind: 'call', call}, refs, tensors);
    // The function may have assigned the variables it is bound to.
    this.#reads.clear();
  }

  /** Runs and records a loop; see `whileLoop`. */
  addLoop(
    cond: (vars: tf.Tensor[]) => tf.Tensor,
    body: (vars: tf.Tensor[]) => readonly tf.Tensor[],
    vars: readonly tf.Tensor[],
  ): tf.Tensor[] {
    const inputs = vars.map((each) => this.refOf(each));
    const turns: tf.Tensor[][] = [vars.map((each) => untraced(() => tf.clone(each)))];
    untraced(() => {
      // What follows a sample may never end.
      while (turns.length < MOST_TURNS && cond(turns.at(-1)!).dataSync()[0]) {
        turns.push([...body(turns.at(-1)!)]);
      }
    });
    // Another turn in each run, so that what grows from turn to turn shows.
    const sample = turns[Math.min(this.run, Math.max(turns.length - 2, 0))]!;
    const within = (f: (vars: tf.Tensor[]) => readonly tf.Tensor[]): SubRun => this.#sub(f, sample);
    const what: EntryKind = {kind: 'loop', cond: within((each) => [cond(each)]), body: within(body)};
    const results = turns.at(-1)!.map((each) => untraced(() => tf.clone(each)));
    this.#add(what, inputs, results);
    this.#reads.clear();
    return results;
  }

  /** Runs and records a branch; see `cond`. */
  addBranch(
    pred: tf.Tensor,
    whenTrue: () => readonly tf.Tensor[],
    whenFalse: () => readonly tf.Tensor[],
  ): tf.Tensor[] {
    const inputs = [this.refOf(pred)];
    const branches = [this.#sub(whenTrue, []), this.#sub(whenFalse, [])] as const;
    const results = untraced(() => {
      const taken = pred.dataSync()[0] ? whenTrue() : whenFalse();
      return taken.map((each) => tf.clone(each));
    });
    this.#add({kind: 'branch', branches}, inputs, results);
    this.#reads.clear();
    return results;
  }

  /** @throws SaveError when data is read that differs from call to call */
  checkRead(dataId: object): void {
    const variable = Object.values(tf.engine().registeredVariables).find((each) => each.dataId === dataId);
    if (variable === undefined && !this.dependsOnInputs(dataId)) return;
    const line = userLine();
    throw new SaveError(
      `a function that is traced reads the values of ${variable === undefined ? 'a tensor that depends on its arguments' : `variable '${variable.name}'`}` +
        `${line === undefined ? '' : `\n  at ${line}`}\n` +
        'A graph cannot do in JavaScript what follows from values: use tfjs operations, whileLoop or cond',
    );
  }

  dependsOnInputs(dataId: object): boolean {
    return this.#dependentData.has(dataId) || (this.#parent?.dependsOnInputs(dataId) ?? false);
  }

  #sub(f: (vars: tf.Tensor[]) => readonly tf.Tensor[], vars: readonly tf.Tensor[]): SubRun {
    const {recording, result} = record(
      (inner) => {
        const fresh = vars.map((each) => untraced(() => tf.clone(each)));
        for (const each of fresh) inner.addParameter(each);
        return f(fresh).map((each) => inner.refOf(each));
      },
      this.run,
      this,
    );
    this.createdVariable ||= recording.createdVariable;
    return {recording, results: result};
  }

  #literal(value: Value): Ref {
    const {dtype, shape} = value;
    const constant = {dtype, shape, data: value.hostData()};
    this.entries.push({
      what: {kind: 'constant', value: constant},
      inputs: [],
      outputs: [{dtype: dtype as tf.DataType, shape}],
      scope: scopeNames(),
      source: userLine(),
    });
    return {entry: this.entries.length - 1, output: 0};
  }

  #read(variable: tf.Variable): Ref {
    let ref = this.#reads.get(variable);
    if (ref === undefined) {
      ref = this.#add({kind: 'read', variable}, [], [variable]);
      this.#refs.delete(variable.id);
      this.#reads.set(variable, ref);
    }
    return ref;
  }

  #refTree(inputs: unknown): RefTree {
    if (inputs === null || inputs === undefined) return null;
    if (inputs instanceof tf.Tensor) return this.refOf(inputs);
    if (Array.isArray(inputs)) return inputs.map((each) => this.#refTree(each));
    const named = Object.entries(inputs as object).map(([name, each]) => [name, this.#refTree(each)]);
    return Object.fromEntries(named) as RefTree;
  }

  #add(what: EntryKind, inputs: RefTree, outputs: readonly (tf.Tensor | RecordedTensor)[]): Ref {
    const entry = this.entries.length;
    const metas = outputs.map(({dtype, shape}) => ({dtype, shape: [...shape]}));
    this.entries.push({what, inputs, outputs: metas, scope: scopeNames(), source: userLine()});
    if (this.#followsSample(what, inputs)) {
      this.#sampled.add(entry);
      for (const each of outputs) if (hasData(each)) this.#sampledData.add(each.dataId);
    }
    const dependent = what.kind !== 'constant' && (what.kind !== 'kernel' || this.#anyDependent(inputs));
    if (dependent) this.#dependent.add(entry);
    for (const [output, each] of outputs.entries()) {
      if (!('dataId' in each)) {
        this.#others.set(each, {entry, output});
        continue;
      }
      this.#refs.set(each.id, {entry, output});
      if (dependent && what.kind !== 'read' && hasData(each))
        this.#dependentData.set(each.dataId, {entry, output});
    }
    return {entry, output: 0};
  }

  #followsSample({kind}: EntryKind, inputs: RefTree): boolean {
    if (kind === 'parameter' || kind === 'outer' || kind === 'loop' || kind === 'branch') return true;
    const any = (tree: RefTree): boolean => {
      if (tree === null) return false;
      if (isRef(tree)) return this.#sampled.has(tree.entry);
      return Object.values(tree).some((each) => any(each as RefTree));
    };
    return any(inputs);
  }

  /** True for data that follows from the samples. */
  isSampled(dataId: object): boolean {
    return this.#sampledData.has(dataId);
  }

  #anyDependent(tree: RefTree): boolean {
    if (tree === null) return false;
    if (isRef(tree)) return this.#dependent.has(tree.entry);
    return Object.values(tree).some((each) => this.#anyDependent(each as RefTree));
  }
}

/** True for tensors of a backend. */
function hasData(each: tf.Tensor | RecordedTensor): each is tf.Tensor {
  return 'dataId' in each && wideValueOf(each) === undefined;
}

/** True for a tensor in a tree of them. */
export function isRef(tree: RefTree): tree is Ref {
  return tree !== null && typeof (tree as Ref).entry === 'number';
}

/** Remembers which tensor a value stands for that is about to be given to a loaded function. */
export function noteSource(value: Value, tensor: tf.Tensor): void {
  if (active !== undefined) sources.set(value, tensor);
}

/**
 * Runs `f` and records what it does. tfjs's engine is as it was when this returns or throws; tensors that `f` made are
 * disposed, variables it assigned have their old values.
 *
 * @param f - gets the recording, to tell it the parameters
 */
export function record<T>(
  f: (recording: Recording) => T,
  run: number,
  parent?: Recording,
): {readonly recording: Recording; readonly result: T} {
  const recording = new Recording(run, parent);
  const outer = active;
  const engine = tf.engine();
  const unwrap = undone.length === 0 ? wrap(engine) : undefined;
  const before = new Map<object, () => void>();
  undone.push(before);
  engine.startScope(SCOPE);
  active = recording;
  try {
    return {recording, result: f(recording)};
  } finally {
    active = undefined;
    undone.pop();
    for (const undo of before.values()) undo();
    engine.endScope();
    unwrap?.();
    active = outer;
  }
}

/**
 * Whether what is computed from these data follows from samples, so that nothing but its shape matters. Functions may make
 * variables, or keep tensors, at their first call: these do not follow from samples, and have to be right.
 */
export function onlyShapesMatter(dataIds: readonly object[]): boolean {
  if (undone.length === 0) return false;
  const recording = active;
  return recording === undefined || dataIds.some((each) => recording.isSampled(each));
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

/** Wraps what a recording has to see; the function returned takes the wrappers away again. */
function wrap(engine: Engine): () => void {
  const {runKernel, makeTensor, makeVariable, readSync, read} = engine;
  const {assign} = tf.Variable.prototype;
  const {random} = Math;
  // Kernels call kernels: what is recorded is the outermost.
  let depth = 0;
  const within = <T>(run: () => T): T => {
    depth++;
    try {
      return run();
    } finally {
      depth--;
    }
  };
  let drawn: number | undefined;
  const takeSeed = (): number | undefined => {
    const seed = drawn;
    drawn = undefined;
    return seed;
  };

  const wrappers = {
    runKernel: (name: string, inputs: tf.NamedTensorMap, attrs?: tf.NamedAttrMap) => {
      const outputs = within(() => runKernel.call(engine, name, inputs, attrs)) as tf.Tensor | tf.Tensor[];
      const recording = active;
      if (recording === undefined) return outputs;
      if (depth === 0) {
        const seeded = name === tf.Multinomial && attrs?.seed === takeSeed();
        const plain = seeded ? {...attrs, seed: 0} : (attrs ?? {});
        recording.addKernel(name, inputs, plain, Array.isArray(outputs) ? outputs : [outputs]);
      } else if (name === tf.Identity) {
        // What a kernel saves for its gradient.
        recording.addCopy(outputs as tf.Tensor, inputs.x!);
      }
      return outputs;
    },
    makeTensor: (...args: Parameters<Engine['makeTensor']>) => {
      const tensor = makeTensor.apply(engine, args);
      if (active === undefined || depth > 0) return tensor;
      const distribution = ownEntry(RANDOM_OPS, engine.state.activeScope?.name ?? '');
      if (distribution === undefined) active.addConstant(tensor);
      else active.addSample(tensor, distribution, takeSeed());
      return tensor;
    },
    makeVariable: (...args: Parameters<Engine['makeVariable']>) => {
      const variable = makeVariable.apply(engine, args);
      if (active !== undefined) active.createdVariable = true;
      return variable;
    },
    readSync: (dataId: object) => {
      if (depth === 0) active?.checkRead(dataId);
      return readSync.call(engine, dataId);
    },
    read: (dataId: object) => {
      if (depth === 0) active?.checkRead(dataId);
      return read.call(engine, dataId);
    },
  };
  const own = Object.keys(wrappers).filter((key) => Object.hasOwn(engine, key));
  Object.assign(engine, wrappers);
  tf.Variable.prototype.assign = function (this: tf.Variable, value: tf.Tensor) {
    active?.addAssign(this, value);
    const before = undone.at(-1);
    if (before !== undefined && !before.has(this)) before.set(this, undoing(this, assign));
    assign.call(this, value);
  };
  Math.random = () => {
    if (active === undefined) return random();
    drawn = seedFor(engine.state.activeScope?.name, active.run) ?? random();
    return drawn;
  };
  return () => {
    const originals = {runKernel, makeTensor, makeVariable, readSync, read};
    for (const [key, value] of Object.entries(originals)) {
      if (own.includes(key)) Object.assign(engine, {[key]: value});
      else Reflect.deleteProperty(engine, key);
    }
    tf.Variable.prototype.assign = assign;
    Math.random = random;
  };
}

/** Takes note of a variable's value; the function returned assigns it. */
function undoing(variable: tf.Variable, assign: (value: tf.Tensor) => void): () => void {
  const value = untraced(() => tf.keep(tf.clone(variable as tf.Tensor)));
  return () => {
    if (!variable.isDisposed) assign.call(variable, value);
    value.dispose();
  };
}

/**
 * To be called before a loaded function runs that is bound to these values: variables that tfjs cannot hold exactly get
 * their old values again, too.
 */
export function noteBound(bound: readonly Value[]): void {
  const before = undone.at(-1);
  if (before === undefined) return;
  for (const value of bound) {
    const object = value.dtype === 'resource' ? value.hostData()[0] : undefined;
    if (!(object instanceof Variable) || !object.initialized || tfjsHolds(object.dtype) || before.has(object))
      continue;
    const exact = object.exact();
    before.set(object, () => object.assign(Value.of(exact)));
  }
}

const tfjsHolds = (dtype: DType): boolean =>
  ['float32', 'int32', 'bool', 'complex64', 'string'].includes(dtype);

/** What tfjs appends to the name of an op while it runs. */
const OP_SUFFIX = tf.OP_SCOPE_SUFFIX;

function scopeNames(): string[] {
  const {scopeStack} = tf.engine().state;
  const from = scopeStack.findLastIndex(({name}) => name === SCOPE);
  return scopeStack
    .slice(from + 1)
    .map(({name}) => name)
    .filter((name) => name.endsWith(OP_SUFFIX))
    .map((name) => name.slice(0, -OP_SUFFIX.length));
}

/** Attributes may be changed by the caller afterwards. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (ArrayBuffer.isView(value)) return Array.from(value as Int32Array);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copied(each)]));
}

/** An error about a step of a recording, with the user's line. */
export function located(entry: Pick<Entry, 'source'>, what: string): SaveError {
  return new SaveError(entry.source === undefined ? what : `${what}\n  at ${entry.source}`);
}
