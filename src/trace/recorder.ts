/**
 * Notes what one run of a function does: which kernel, on which tensors, with which attributes, and where in the user's
 * source. It is told of the kernels by the tap on tfjs, and of functions and raw ops as the observer of their calls.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import {opDef} from '../graph/op_defs.js';
import type {DType} from '../host/dtypes.js';
import {elementAt} from '../host/tensor.js';
import {
  type CallObserver,
  type ObservedCall,
  type ObservedInput,
  type ObservedOp,
  type ObservedTensor,
  unobserved,
} from '../runtime/observer.js';
import {Value} from '../tensors/value.js';
import {wideValueOf} from '../tensors/wide_tensor.js';
import {dataOf} from '../tfjs/data.js';
import {isWithinGradient, runningOps, variableWithData} from '../tfjs/tap.js';
import {Provenance} from './provenance.js';
import type {Distribution} from './random.js';
import type {Entry, EntryKind, KernelAttrs, Recording, Ref, RefTree} from './recording.js';
import {userLine} from './source_line.js';

/** Name of the scope of a recording on tfjs's stack of scopes. */
export const SCOPE = 'trace';

/** The tensors that values given to a loaded function were made of. */
const sources = new WeakMap<Value, tf.Tensor>();

/** Makes a recording. */
export class Recorder implements Recording, CallObserver {
  readonly entries: Entry[] = [];
  /** Number of the run, by which samples differ. */
  readonly run: number;
  readonly #parent: Recorder | undefined;
  readonly #provenance = new Provenance();
  #parameters = 0;
  /** True when the run made a variable, as the first call of a function may. */
  createdVariable = false;
  /** By the id of a tfjs tensor. */
  readonly #refs = new Map<number, Ref>();
  /** Copies that tfjs makes inside of kernels, by id: what they are copies of. */
  readonly #copies = new Map<number, number>();
  /** Variables that were read since anything might have assigned them. */
  readonly #reads = new Map<tf.Variable, Ref>();
  /** What of the recording is no tfjs tensor: results of ops, and resources from outside. */
  readonly #others = new WeakMap<object, Ref>();

  /** @param parent - of the function around this one: that of a loop or of a branch */
  constructor(run: number, parent?: Recorder) {
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
    return this.#find(tensor) ?? this.addConstant(tensor);
  }

  /** The entry of a result of an op that is no tfjs tensor; undefined for anything else. */
  findOther(thing: unknown): Ref | undefined {
    if (typeof thing !== 'object' || thing === null) return undefined;
    const own = this.#others.get(thing);
    if (own !== undefined) return own;
    const outer = this.#parent?.findOther(thing);
    return outer && this.#add({kind: 'outer', outer}, [], [thing as ObservedTensor]);
  }

  /** A tensor that was made of data, or is closed over. */
  addConstant(tensor: tf.Tensor): Ref {
    const data = unobserved(() => Value.device(tensor).hostData().slice());
    const value = {dtype: tensor.dtype as DType, shape: [...tensor.shape], data};
    return this.#add({kind: 'constant', value}, [], [tensor]);
  }

  /** A kernel that was run just now. */
  addKernel(kernel: string, inputs: unknown, attrs: KernelAttrs, outputs: readonly tf.Tensor[]): void {
    const refs = this.#refTree(inputs);
    this.#add({kind: 'kernel', kernel, attrs: copied(attrs) as KernelAttrs}, refs, outputs);
  }

  /** A tensor of random numbers. */
  addSample(tensor: tf.Tensor, distribution: Distribution, seed: number | undefined): void {
    const data = unobserved(() => tensor.dataSync().slice());
    this.#add({kind: 'random', sample: {distribution, seed, data}}, [], [tensor]);
  }

  /** A copy that a kernel has made to save it for its gradient: it is known as what it is a copy of. */
  addCopy(copy: tf.Tensor, of: tf.Tensor): void {
    if (of instanceof tf.Variable) this.#refs.set(copy.id, this.#read(of));
    else this.#copies.set(copy.id, of.id);
  }

  /** An assignment that is about to be made. */
  addAssign(variable: tf.Variable, value: tf.Tensor): void {
    const ref = this.refOf(value);
    this.#add({kind: 'assign', variable}, [ref], []);
    this.#reads.delete(variable);
  }

  /** A loop or a branch that was run just now, with the recordings of its parts. */
  addControlFlow(
    what: Extract<EntryKind, {kind: 'loop' | 'branch'}>,
    inputs: readonly Ref[],
    results: readonly tf.Tensor[],
  ): void {
    this.#add(what, inputs, results);
    // Its parts may have assigned variables.
    this.#reads.clear();
  }

  madeOf(value: Value, tensor: tf.Tensor): void {
    sources.set(value, tensor);
  }

  reads(tensor: tf.Tensor): void {
    this.checkRead(dataOf(tensor));
  }

  hasSeen(result: object): boolean {
    return this.findOther(result) !== undefined;
  }

  call<T>(
    {callee, inputs, bound, outputs, stateful, exact}: ObservedCall,
    make: () => {readonly result: T; readonly tensors: readonly tf.Tensor[]},
  ): T {
    const {name} = callee;
    if (exact) {
      throw new SaveError(`'${name}' is called for exact results, which are no tensors a trace can follow`);
    }
    const {result, tensors} = unobserved(make);
    if (tensors.length !== outputs.length) {
      throw new SaveError(`'${name}' gives a handle or a variant, which a traced function cannot use`);
    }
    if (isWithinGradient()) {
      throw new SaveError(
        `'${name}' of a loaded model is called where a gradient is computed, which a traced function cannot do`,
      );
    }
    const refs = inputs.map((value) => {
      const source = sources.get(value);
      return source === undefined ? this.#addValue(value) : this.refOf(source);
    });
    const call = {
      callee,
      inputs: inputs.map(({dtype}) => dtype),
      bound,
      outputs: outputs.map(({dtype}) => dtype),
      shapes: outputs.map(({shape}) => shape),
      stateful,
    };
    this.#add({kind: 'call', call}, refs, tensors);
    // The function may have assigned the variables it is bound to.
    this.#reads.clear();
    return result;
  }

  op<T extends ObservedTensor>({name, attrs, inputs}: ObservedOp, run: () => readonly T[]): readonly T[] {
    const refs = inputs.map((input) => this.#refOfInput(input));
    const outputs = this.#actsOutside(name, inputs) ? [] : unobserved(run);
    const op = {
      name,
      attrs,
      inputs: inputs.map(({dtype}) => dtype),
      names: inputs.map((input) => input.name),
    };
    this.#add({kind: 'op', op}, refs, outputs);
    // It may have assigned the variables that it was given.
    if (op.inputs.includes('resource')) this.#reads.clear();
    return outputs;
  }

  /** @throws SaveError when data is read that differs from call to call */
  checkRead(dataId: object): void {
    const variable = variableWithData(dataId);
    if (variable === undefined && !this.#dependsOnCall(dataId)) return;
    const line = userLine();
    throw new SaveError(
      `a function that is traced reads the values of ${variable === undefined ? 'a tensor that depends on its arguments' : `variable '${variable.name}'`}` +
        `${line === undefined ? '' : `\n  at ${line}`}\n` +
        'A graph cannot do in JavaScript what follows from values: use tfjs operations, whileLoop or cond',
    );
  }

  /** True for data that follows from the samples. */
  isSampled(dataId: object): boolean {
    return this.#provenance.isSampled(dataId);
  }

  #dependsOnCall(dataId: object): boolean {
    const parent = this.#parent;
    if (this.#provenance.dependsOnCall(dataId)) return true;
    return parent === undefined ? false : parent.#dependsOnCall(dataId);
  }

  /** The entry of a tensor that this recording or one around it has seen. */
  #find(tensor: tf.Tensor): Ref | undefined {
    for (let id: number | undefined = tensor.id; id !== undefined; id = this.#copies.get(id)) {
      const ref = this.#refs.get(id);
      if (ref !== undefined) return ref;
    }
    const parent = this.#parent;
    const outer = parent === undefined ? undefined : parent.#find(tensor);
    return outer && this.#add({kind: 'outer', outer}, [], [tensor]);
  }

  /** Where an input of an op comes from: the recording, a variable, or from outside. */
  #refOfInput({given, dtype, value}: ObservedInput): Ref {
    const known = given instanceof tf.Tensor ? this.#find(given) : this.findOther(given);
    if (known !== undefined) return known;
    if (given instanceof tf.Variable && dtype !== 'resource') return this.#read(given);
    return this.#addValue(unobserved(value));
  }

  /** A value from outside: the handle of a resource, or a constant. */
  #addValue(value: Value): Ref {
    const {dtype, shape} = value;
    if (dtype !== 'resource') {
      const constant = {dtype, shape, data: value.hostData()};
      return this.#add({kind: 'constant', value: constant}, [], [{dtype, shape}]);
    }
    const resource = elementAt(value.hostData(), 0) as object;
    const known = this.#others.get(resource);
    if (known !== undefined) return known;
    const ref = this.#add({kind: 'handle', value}, [], [{dtype, shape}]);
    this.#others.set(resource, ref);
    return ref;
  }

  /**
   * Whether an op does nothing that the rest of the function would see: it prints, checks, or changes a table from outside. A
   * variable that it assigns gets its old value again.
   */
  #actsOutside(name: string, inputs: readonly ObservedInput[]): boolean {
    const isInside = ({given, dtype}: ObservedInput) =>
      dtype === 'resource' && (given instanceof tf.Variable || this.findOther(given) !== undefined);
    return opDef(name)?.outputs.length === 0 && !inputs.some(isInside);
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

  #add(what: EntryKind, inputs: RefTree, outputs: readonly (tf.Tensor | ObservedTensor)[]): Ref {
    const entry = this.entries.length;
    const described = outputs.map(({dtype, shape}) => ({dtype, shape: [...shape]}));
    this.entries.push({what, inputs, outputs: described, scope: runningOps(SCOPE), source: userLine()});
    const data = outputs.flatMap((each) => (hasData(each) ? [dataOf(each)] : []));
    this.#provenance.add(entry, what, inputs, data);
    for (const [output, each] of outputs.entries()) {
      if ('dataId' in each) this.#refs.set(each.id, {entry, output});
      else this.#others.set(each, {entry, output});
    }
    return {entry, output: 0};
  }
}

/** True for tensors of a backend. */
function hasData(each: tf.Tensor | ObservedTensor): each is tf.Tensor {
  return 'dataId' in each && wideValueOf(each) === undefined;
}

/** Attributes may be changed by the caller afterwards. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (ArrayBuffer.isView(value)) return Array.from(value as Int32Array);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copied(each)]));
}
