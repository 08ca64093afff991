/**
 * Tensors in TensorFlow's own dtypes, as raw ops give and take them where no tfjs tensor will do.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import type {DType} from '../graph/dtypes.js';
import {formatShape} from '../graph/shape.js';
import type {HostData} from '../graph/tensor.js';
import {remember} from '../ops/meaning.js';
import type {Value} from '../ops/value.js';
import {type ExactTensor, fromValue} from './boundary.js';

/**
 * A tensor in TensorFlow's own dtype: the handle of a table or of another resource, a variant (a list of tensors), or a
 * result that was asked for exactly. It can be given wherever a tensor is expected.
 *
 * A variant holds tfjs tensors: `tf.tidy` and {@link dispose} free them like any other.
 */
export class RawTensor implements ExactTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The tfjs tensors that it is made of. Listed for `tf.tidy`, which keeps the tensors it finds in what is returned. */
  readonly tensors: readonly tf.Tensor[];
  readonly #value: Value;

  /** @internal */
  constructor(value: Value) {
    this.dtype = value.dtype;
    this.shape = [...value.shape];
    this.#value = value.retain();
    this.tensors = [...value.deviceTensors()];
  }

  /** What it is to kernels. The value stays this tensor's. */
  static valueOf(tensor: RawTensor): Value {
    return tensor.#value;
  }

  /** Elements: a typed array (complex: real and imaginary parts in turn), byte strings, or objects behind handles. */
  get data(): HostData {
    return this.#value.hostData().slice();
  }

  /**
   * The same as a tfjs tensor: float32 for the other floats, int32 for the other integers.
   *
   * @throws CallError where a number does not fit, and for handles and variants.
   */
  toTensor(): tf.Tensor {
    if (!isOpaque(this.dtype)) return toTensor(this.#value, `a ${this.dtype} tensor`);
    throw new CallError(`a ${this.dtype} is no tensor of numbers or strings`);
  }

  /** Frees the tfjs tensors that a variant holds. What is behind a handle lives on: see `DestroyResourceOp`. */
  dispose(): void {
    this.#value.release();
  }

  toString(): string {
    return `RawTensor(${this.dtype}, ${formatShape(this.shape)})`;
  }
}

/** True for dtypes whose tensors are references to objects. */
export function isOpaque(dtype: DType): boolean {
  return dtype === 'resource' || dtype === 'variant';
}

/** A value as a tfjs tensor that remembers what it stands for. */
export function toTensor(value: Value, what: string): tf.Tensor {
  const tensor = fromValue(value, false, what) as tf.Tensor;
  remember(tensor, value);
  return tensor;
}
