/**
 * Builds ONNX graphs op by op: what the rules of the `onnx` columns are given. Operands carry what is known of the tensors of
 * TensorFlow that they stand for.
 *
 * @module
 */

import type {Known} from '../graph/known.js';
import {type DType, isFloating} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {contentKey, type HostTensor, numbersAs, sizeOf} from '../host/tensor.js';
import {elementType, hasOnnxType} from './dtypes.js';
import type {OnnxAttrs, OnnxNode} from './graph.js';
import {computedIn, typeInput} from './kernel_dtypes.js';
import {notLowered} from './not_lowered.js';

/** A tensor of the graph under construction. */
export interface OnnxTensor extends Known {
  readonly name: string;
  /** Of a list of tensors, which ONNX has no type for: what stands for it. */
  readonly list?: OnnxList;
}

/** A list of tensors of one shape: it is computed with inside a session, and never leaves one. */
export interface OnnxList {
  /** How many there are: a vector of one int64. */
  readonly size: OnnxTensor;
  /** One after the other along a new first dimension; undefined as long as none was set. */
  readonly elements: OnnxTensor | undefined;
  /** In the body of a loop that sets the next element at each turn: that element, null before it is there. */
  readonly turn?: OnnxTensor | null;
  /** Whether it is made longer where an element beyond its end is set. */
  readonly grows?: boolean;
}

/** What an op gives. */
export interface OpResult {
  /** Default: that of the input that its kernels are told apart by. */
  readonly dtype?: DType;
  /** Default: not known. */
  readonly shape?: PartialShape;
}

/** How to compute with operands of a dtype that there is no kernel for. */
export interface OpOptions {
  /** The set of ops; ONNX's own by default. */
  readonly domain?: string;
}

/** Constants of at most this many elements are compared, so that equal ones are one. */
const MERGED_ELEMENTS = 64;

/** Constants that nodes of one compilation share. */
export class ConstantPool {
  readonly #byContent = new Map<string, OnnxTensor>();
  readonly #tensors = new Map<string, HostTensor>();

  /** The constant of this content. */
  add(value: HostTensor): OnnxTensor {
    const key = sizeOf(value.shape) <= MERGED_ELEMENTS ? contentKey(value) : undefined;
    const known = key === undefined ? undefined : this.#byContent.get(key);
    if (known !== undefined) return known;
    const made: OnnxTensor = {
      name: `const${this.#tensors.size}`,
      dtype: value.dtype,
      shape: value.shape,
      value,
    };
    this.#tensors.set(made.name, value);
    if (key !== undefined) this.#byContent.set(key, made);
    return made;
  }

  get(name: string): HostTensor | undefined {
    return this.#tensors.get(name);
  }
}

/** Builds nodes, whose outputs are named below `prefix`. */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly #prefix: string;
  readonly #constants: ConstantPool;
  #count = 0;

  constructor(prefix: string, constants: ConstantPool) {
    this.#prefix = prefix;
    this.#constants = constants;
  }

  /**
   * Adds an op with one output. In a dtype that ONNX Runtime has no kernel for, a wider one is computed in and cast back.
   *
   * @param inputs - undefined for those that are left out
   */
  op(
    op: string,
    inputs: readonly (OnnxTensor | undefined)[],
    attrs: OnnxAttrs = {},
    result: OpResult = {},
    options: OpOptions = {},
  ): OnnxTensor {
    return this.ops(op, inputs, attrs, [result], options)[0]!;
  }

  /** {@link op} for one with several outputs; null for those that nobody wants. */
  ops(
    op: string,
    inputs: readonly (OnnxTensor | undefined)[],
    attrs: OnnxAttrs,
    results: readonly (OpResult | null)[],
    {domain = ''}: OpOptions = {},
  ): OnnxTensor[] {
    const own = inputs[typeInput(op)]?.dtype;
    const key = domain === '' ? op : `${domain}.${op}`;
    const computed = own === undefined ? undefined : computedIn(key, own);
    const operands =
      computed === own
        ? inputs
        : inputs.map((each) => (each?.dtype === own ? this.cast(each!, computed!) : each));
    const outputs = results.map((result): OnnxTensor | undefined => {
      if (result === null) return undefined;
      const {dtype = own, shape = null} = result;
      if (dtype === undefined) throw new TypeError(`${op} does not say what it gives`);
      return {name: `${this.#prefix}/${this.#count++}`, dtype: dtype === own ? computed! : dtype, shape};
    });
    this.nodes.push({
      op,
      domain,
      inputs: operands.map((each) => each?.name ?? ''),
      outputs: outputs.map((each) => each?.name ?? ''),
      attrs,
    });
    return outputs.map((output, i) => {
      const dtype = results[i]?.dtype ?? own!;
      return output === undefined ? undefined! : dtype === own ? this.cast(output, own) : output;
    });
  }

  /** A tensor that is given to the graph that is built: an input of a body. */
  declare(known: Known): OnnxTensor {
    return {...known, name: `${this.#prefix}/${this.#count++}`};
  }

  /** A constant. */
  constant(value: HostTensor): OnnxTensor {
    if (!hasOnnxType(value.dtype)) notLowered(`a constant is ${value.dtype}`);
    return this.#constants.add(value);
  }

  /** A constant scalar. */
  scalar(dtype: DType, value: number): OnnxTensor {
    return this.constant({dtype, shape: [], data: numbersAs(dtype, [value])});
  }

  /** A constant vector of int64: what ONNX takes for shapes and axes. */
  ints(values: readonly number[]): OnnxTensor {
    return this.vector('int64', values);
  }

  /** A constant vector. */
  vector(dtype: DType, values: readonly number[]): OnnxTensor {
    return this.constant({dtype, shape: [values.length], data: numbersAs(dtype, values)});
  }

  /** The same tensor in another dtype; integers wrap, floats are truncated. */
  cast(x: OnnxTensor, dtype: DType): OnnxTensor {
    if (x.dtype === dtype) return x;
    if (!hasOnnxType(dtype) || !hasOnnxType(x.dtype))
      notLowered(`ONNX Runtime cannot cast ${x.dtype} to ${dtype}`);
    const {name: _, value, dtype: __, ...rest} = x;
    const isSame =
      value !== undefined && isWhole(x.dtype) && isWhole(dtype) && sizeOf(value.shape) <= MERGED_ELEMENTS;
    if (isSame)
      return this.constant({
        dtype,
        shape: value.shape,
        data: numbersAs(dtype, Array.from(value.data as ArrayLike<number | bigint>, Number)),
      });
    const name = `${this.#prefix}/${this.#count++}`;
    const to = elementType(dtype);
    this.nodes.push({op: 'Cast', domain: '', inputs: [x.name], outputs: [name], attrs: {to}});
    return {...(isFloating(dtype) ? {shape: x.shape} : rest), dtype, name};
  }

  /** The sizes of `x` as a vector of int64: a constant where they are known. */
  shapeOf(x: OnnxTensor): OnnxTensor {
    const {shape} = x;
    if (shape?.every((size) => size !== null)) return this.ints(shape as number[]);
    return this.op('Shape', [x], {}, {dtype: 'int64', shape: [shape?.length ?? null]});
  }

  /** The size of `x` along `axis` as a vector of one int64. */
  sizeAlong(x: OnnxTensor, axis: number): OnnxTensor {
    const size = x.shape?.[axis];
    if (typeof size === 'number') return this.ints([size]);
    return this.op('Shape', [x], {start: axis, end: axis + 1}, {dtype: 'int64', shape: [1]});
  }

  /** `x` in a shape of which at most one size is -1. */
  reshape(x: OnnxTensor, shape: readonly number[]): OnnxTensor {
    const known = shape.map((size) => (size < 0 ? null : size));
    return this.op('Reshape', [x, this.ints(shape)], {allowzero: 1}, {shape: known});
  }

  transpose(x: OnnxTensor, perm: readonly number[]): OnnxTensor {
    if (perm.every((axis, i) => axis === i)) return x;
    return this.op('Transpose', [x], {perm}, {shape: x.shape && perm.map((axis) => x.shape![axis]!)});
  }

  unsqueeze(x: OnnxTensor, axes: readonly number[]): OnnxTensor {
    return axes.length === 0 ? x : this.op('Unsqueeze', [x, this.ints(axes)]);
  }

  squeeze(x: OnnxTensor, axes: readonly number[]): OnnxTensor {
    return axes.length === 0 ? x : this.op('Squeeze', [x, this.ints(axes)]);
  }
}

const isWhole = (dtype: DType): boolean => dtype === 'int32' || dtype === 'int64';
