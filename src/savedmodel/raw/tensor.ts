/**
 * Tensors in TensorFlow's own dtypes, as raw ops give and take them where no tfjs tensor will do.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError, SaveError} from '../../errors.js';
import type {DType} from '../../host/dtypes.js';
import {formatShape} from '../../host/shape.js';
import {currentObserver, unobserved} from '../../runtime/observer.js';
import {remember} from '../../tensors/meaning.js';
import {Value} from '../../tensors/value.js';
import {type ExactData, type ExactTensor, fromValue} from '../boundary.js';
import type {LoadedObject} from '../load/loaded_object.js';

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
  #strings: Uint8Array[] | undefined;

  /** @internal */
  constructor(value: Value) {
    this.dtype = value.dtype;
    this.shape = [...value.shape];
    this.#value = value.retain();
    this.tensors = [...value.deviceTensors()];
  }

  /** What it is to kernels. */
  static valueOf(tensor: RawTensor): Value {
    const {dtype, shape} = tensor;
    const value = tensor.#value;
    // What a kernel uploads of a value goes with the value: of one that lives on, it would stay.
    return isOpaque(dtype) ? value : Value.host(dtype, shape, value.hostData());
  }

  /**
   * Elements: a typed array (complex: real and imaginary parts in turn), byte strings, or objects behind handles. They are
   * this tensor's own, and must not change while it is used.
   */
  get data(): ExactData {
    if (currentObserver()?.hasSeen(this)) return UNKNOWN;
    if (this.dtype !== 'string') return this.#value.hostData();
    return (this.#strings ??= this.#value.strings().toArray());
  }

  /**
   * The same as a tfjs tensor: float32 for the other floats, int32 for the other integers.
   *
   * @throws CallError where a number does not fit, and for handles and variants.
   */
  toTensor(): tf.Tensor {
    const {dtype} = this;
    if (isOpaque(dtype)) throw new CallError(`a ${dtype} is no tensor of numbers or strings`);
    const value = () => RawTensor.valueOf(this);
    const make = () => tf.tidy(() => toTensor(value(), `a ${dtype} tensor`));
    const observer = currentObserver();
    if (!observer?.hasSeen(this)) return unobserved(make);
    const attrs = new Map([['T', {type: 'type', value: dtype} as const]]);
    const inputs = [{name: 'input', dtype, given: this, value}];
    return observer.op({name: 'Identity', attrs, inputs}, () => [make()])[0]!;
  }

  /** Frees the tfjs tensors that a variant holds. What is behind a handle lives on: see `DestroyResourceOp`. */
  dispose(): void {
    this.#value.release();
  }

  toString(): string {
    return `RawTensor(${this.dtype}, ${formatShape(this.shape)})`;
  }
}

/**
 * The data of a tensor while a function is traced, of which only samples are known. `instanceof tf.Tensor` looks whether
 * there is any, so that an error may come only of its use.
 */
const UNKNOWN: ExactData = new Proxy([], {
  get: () => {
    throw new SaveError(
      'a function that is traced reads the values of a tensor that depends on its arguments; use ops on it',
    );
  },
});

/** What has the handle of a resource: a `StaticHashTable`, for one. */
export interface ResourceHolder {
  readonly resourceHandle: RawTensor;
}

/** What an op takes as the handle of a resource. */
export type ResourceInput = RawTensor | tf.Variable | ResourceHolder | LoadedObject;

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
