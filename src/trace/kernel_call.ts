/**
 * What the rule for a tfjs kernel is given: the tensors and attributes of one step, and the graph to write to.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import type {AttrInput, GraphBuilder, NodeInput, Operand} from '../graph/builder.js';
import {opDef} from '../graph/op_defs.js';
import type {DType} from '../host/dtypes.js';
import {type Dims, noRule, type TracedTensor} from './dims.js';
import {
  type Merged,
  type MergedTensor,
  mergeNumbers,
  rankOf,
  type Size,
  type Sizes,
  sizesOf,
  Varying,
  VaryingList,
} from './varying.js';

/** Tensors that a kernel reads, as it names them. */
export type KernelInputs =
  | readonly TracedTensor[]
  | {readonly [name: string]: TracedTensor | readonly TracedTensor[] | null};

/** Writes a kernel as nodes and gives its outputs. */
export type KernelRule = (call: KernelCall) => Operand | readonly Operand[];

/** The rules of one family, by the kernel's name in tfjs. */
export type KernelRules = Readonly<Record<string, KernelRule>>;

/** One execution of a kernel in all runs. */
export class KernelCall {
  readonly kernel: string;
  readonly graph: GraphBuilder;
  readonly outputs: readonly MergedTensor[];
  readonly #dims: Dims;
  readonly #inputs: KernelInputs;
  readonly attrs: Readonly<Record<string, Merged>>;

  constructor(
    kernel: string,
    graph: GraphBuilder,
    dims: Dims,
    inputs: KernelInputs,
    attrs: Readonly<Record<string, Merged>>,
    outputs: readonly MergedTensor[],
  ) {
    this.kernel = kernel;
    this.graph = graph;
    this.outputs = outputs;
    this.#dims = dims;
    this.#inputs = inputs;
    this.attrs = attrs;
  }

  /** The input of this name. */
  tensor(name: string): TracedTensor {
    const found = this.optional(name);
    if (found === undefined) throw new SaveError(`${this.kernel} has no input '${name}'`);
    return found;
  }

  optional(name: string): TracedTensor | undefined {
    return ((this.#inputs as Record<string, TracedTensor>)[name] ?? undefined) as TracedTensor | undefined;
  }

  /** The operand of the input of this name. */
  in(name: string): Operand {
    return this.tensor(name).operand;
  }

  /** Inputs of a kernel that takes a list, or the list of this name. */
  list(name?: string): readonly TracedTensor[] {
    return (
      name === undefined ? this.#inputs : (this.#inputs as Record<string, unknown>)[name]
    ) as TracedTensor[];
  }

  /** An attribute as it is. */
  attr(name: string): Merged {
    return this.attrs[name];
  }

  bool(name: string): boolean {
    return Boolean(this.attrs[name]);
  }

  string(name: string): string {
    return String(this.attrs[name]);
  }

  /** A number that has to be known. */
  number(name: string): number {
    const value = this.attrs[name];
    if (typeof value === 'number') return value;
    if (value instanceof Varying)
      throw noRule(`'${name}' of ${this.kernel}, which a graph has to know,`, value);
    throw new SaveError(`${this.kernel} has no number '${name}'`);
  }

  /** Numbers that have to be known. */
  numbers(name: string): number[] {
    return this.known(this.attrs[name] as Sizes, `'${name}' of ${this.kernel}`);
  }

  known(sizes: Sizes, what: string): number[] {
    if (sizes instanceof VaryingList || sizes.some((size) => typeof size !== 'number')) {
      throw noRule(`${what}, which a graph has to know,`, sizes);
    }
    return [...(sizes as readonly number[])];
  }

  /** One number for each of `count` dimensions, given one by one or once for all. */
  perDimension(name: string, count: number): number[] {
    const value = this.attrs[name];
    if (value === undefined || value === null) return new Array<number>(count).fill(1);
    return typeof value === 'number' ? new Array<number>(count).fill(value) : this.numbers(name);
  }

  /** A number that may follow the sizes, as a scalar of int32. */
  scalar(size: Size, what = this.kernel): Operand {
    const found = this.#dims.find(size, this.#near());
    if (found === undefined) throw noRule(what, size);
    return found;
  }

  /** Numbers that may follow the sizes, as a vector of int32. */
  vector(sizes: Sizes, what = this.kernel): Operand {
    const found = this.#dims.findAll(sizes, this.#near());
    if (found === undefined) throw noRule(what, sizes);
    return found;
  }

  /** As {@link vector}; undefined where no rule is found. */
  maybeVector(sizes: Sizes): Operand | undefined {
    return this.#dims.findAll(sizes, this.#near());
  }

  maybeScalar(size: Size): Operand | undefined {
    return this.#dims.find(size, this.#near());
  }

  /** A number that may follow the sizes, as a scalar of `dtype`. */
  real(value: Size, dtype: DType, what = this.kernel): Operand {
    if (typeof value === 'number') return this.graph.scalar(dtype, value);
    const found = this.#dims.findReal(value, this.#near());
    if (found === undefined) throw noRule(what, value);
    return this.graph.cast(found, dtype);
  }

  /** A list of sizes by the name of the attribute. */
  sizes(name: string): Sizes {
    return this.attrs[name] as Sizes;
  }

  /** An axis, counted from the back where it follows the rank of `tensor`. */
  axisOf(axis: Size, tensor: TracedTensor): number {
    if (typeof axis === 'number') return axis;
    const fromBack = mergeNumbers(axis.values.map((value, run) => value - tensor.shapes[run]!.length));
    if (typeof fromBack !== 'number') throw noRule(`the axis of ${this.kernel}`, axis);
    return fromBack;
  }

  axis(name: string, tensor: TracedTensor): number {
    return this.axisOf((this.attrs[name] ?? 0) as Size, tensor);
  }

  /** Axes of a reduction as a vector of int32: given, or all. */
  axes(name: string, tensor: TracedTensor): Operand {
    const value = this.attrs[name];
    const {graph} = this;
    if (value === undefined || value === null) return this.#allAxes(tensor);
    if (typeof value === 'number' || value instanceof Varying)
      return graph.ints([this.axisOf(value, tensor)]);
    const sizes = value as Sizes;
    if (!(sizes instanceof VaryingList)) return graph.ints(sizes.map((axis) => this.axisOf(axis, tensor)));
    const all = sizes.values.every((list, run) => {
      const rank = tensor.shapes[run]!.length;
      return list.length === rank && list.every((axis, i) => (axis + rank) % rank === i);
    });
    return all ? this.#allAxes(tensor) : this.vector(sizes, `the axes of ${this.kernel}`);
  }

  #allAxes(tensor: TracedTensor): Operand {
    const {graph} = this;
    const rank = rankOf(tensor);
    if (rank !== undefined) return graph.ints(Array.from({length: rank}, (_, i) => i));
    const end = graph.op('Rank', [tensor.operand]);
    return graph.op('Range', [graph.scalar('int32', 0), end, graph.scalar('int32', 1)]);
  }

  /** Says which shapes an operand has that is no output of the kernel. */
  know(operand: Operand, shapes: MergedTensor['shapes']): TracedTensor {
    const tensor = {dtype: operand.dtype as MergedTensor['dtype'], shapes, operand};
    this.#dims.add(tensor);
    return tensor;
  }

  /** The tensor that a reshaped one was before it was reshaped, however often. */
  unshaped(tensor: TracedTensor): TracedTensor {
    let {operand} = tensor;
    while (operand.node.op === 'Reshape') operand = operand.node.inputs[0]!;
    return this.#dims.tensorOf(operand) ?? tensor;
  }

  /** The rank of a tensor, which has to be known. */
  rank(tensor: TracedTensor): number {
    const rank = rankOf(tensor);
    if (rank === undefined) throw new SaveError(`${this.kernel} needs a tensor whose rank is known`);
    return rank;
  }

  /** The shape of the first output. */
  outputShape(output = 0): Sizes {
    return sizesOf(this.outputs[output]!);
  }

  /** dtype of the first output. */
  get dtype(): DType {
    return this.outputs[0]!.dtype as DType;
  }

  /**
   * Adds an op whose inputs are converted where the op does not take them: what tfjs computes for booleans and integers,
   * TensorFlow may refuse. The result is converted to the dtype that tfjs gives.
   */
  coerced(op: string, inputs: readonly Operand[], attrs: Readonly<Record<string, AttrInput>> = {}): Operand {
    const dtypes = [inputs[0]!.dtype, 'int32', 'float32'] as const;
    const dtype = dtypes.find((each) => takes(op, each)) ?? inputs[0]!.dtype;
    const converted = inputs.map((each) => this.graph.cast(each, dtype));
    return this.graph.cast(this.graph.op(op, converted, attrs), this.dtype);
  }

  /** Adds an op and gives its first output. */
  op(op: string, inputs: readonly NodeInput[], attrs: Readonly<Record<string, AttrInput>> = {}): Operand {
    return this.graph.op(op, inputs, attrs);
  }

  unsupported(what: string): SaveError {
    return new SaveError(`${this.kernel}: ${what} cannot be saved`);
  }

  #near(): TracedTensor[] {
    return Object.values(this.#inputs)
      .flat()
      .filter((each): each is TracedTensor => each !== null);
  }
}

/** True when the first input of an op may be of the dtype. */
function takes(op: string, dtype: DType): boolean {
  const definition = opDef(op);
  const [arg] = definition?.inputs ?? [];
  if (arg === undefined || arg.kind === 'list') return true;
  if ('dtype' in arg.type) return arg.type.dtype === dtype;
  const {typeAttr} = arg.type;
  return definition?.attrs.find(({name}) => name === typeAttr)?.allowed?.includes(dtype) ?? true;
}
