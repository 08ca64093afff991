/**
 * Values as checkpoints keep them: variables, and numbers that are no variables here and are ones in TensorFlow.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../../errors.js';
import {type DType, dtypeInfo, isBigInt, isInteger, type NumericArray} from '../../host/dtypes.js';
import {fitsShape, formatShape} from '../../host/shape.js';
import {allocate, type HostTensor} from '../../host/tensor.js';
import type {Variable} from '../../ops/variable/variable.js';
import {convertElements} from '../../tensors/host.js';
import {Value} from '../../tensors/value.js';
import {onHostBackend} from '../../tfjs/host_backend.js';

/** The value of an object, for the time of one save or restore. */
export interface StoredValue {
  /** The name of the variable, by which checkpoints without an object graph know it. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Holds the value as it is now, whatever becomes of the variable. */
  hold(): HeldValue;
  /**
   * Says what keeps a stored tensor from being taken; undefined where nothing does.
   *
   * @param tensor - Its dtype and shape; its elements are looked at when they are there.
   */
  refusal(tensor: Pick<HostTensor, 'dtype' | 'shape'>): string | undefined;
  /** Takes a stored tensor. */
  assign(tensor: HostTensor): void;
}

/** A value that is held until it is released. */
export interface HeldValue {
  read(): HostTensor;
  release(): void;
}

/** The dtype of what a variable was restored from, where that was another than its own. */
const RESTORED_FROM = new WeakMap<Variable, DType>();

/** As what a variable is to be saved when its own dtype is not to decide. */
export type SavedDTypes = ReadonlyMap<tf.Variable, DType>;

/** The value of a variable; undefined for one that has none yet. */
export function variableValue(variable: Variable, chosen?: DType): StoredValue | undefined {
  if (!variable.initialized) return undefined;
  const dtype = chosen ?? RESTORED_FROM.get(variable) ?? variable.dtype;
  return {
    name: variable.name,
    dtype,
    shape: variable.currentShape(),
    hold() {
      const value = variable.readInPlace();
      return {
        read: () => converted({dtype: value.dtype, shape: value.shape, data: value.hostData()}, dtype),
        release: () => void value.deviceTensor?.dispose(),
      };
    },
    refusal: (tensor) => refusal(variable, tensor),
    assign(tensor) {
      const {dtype: own} = variable;
      const {shape, data} = converted(tensor, own);
      onHostBackend(() => variable.assign(Value.host(own, shape, data)));
      if (tensor.dtype === own) RESTORED_FROM.delete(variable);
      else RESTORED_FROM.set(variable, tensor.dtype);
    },
  };
}

/** A scalar that is a number here and a variable in TensorFlow. */
export function numberValue(name: string, dtype: DType, value: number): StoredValue {
  const data = allocate(dtype, 1);
  data[0] = (isBigInt(dtype) ? BigInt(value) : value) as never;
  return constantValue(name, {dtype, shape: [], data});
}

/** A tensor that can be saved and is restored by other means. */
export function constantValue(name: string, tensor: HostTensor): StoredValue {
  return {
    name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    hold: () => ({read: () => tensor, release: () => undefined}),
    refusal: () => undefined,
    assign: () => undefined,
  };
}

/** As checkpoints of TensorFlow may have been written with other widths than tfjs has, a width is no obstacle. */
function refusal(
  variable: Variable,
  {dtype, shape}: Pick<HostTensor, 'dtype' | 'shape'>,
): string | undefined {
  if (familyOf(dtype) === familyOf(variable.dtype) && fitsShape(shape, variable.shape)) return undefined;
  return (
    `variable '${variable.name}' is ${variable.dtype} ${formatShape(variable.shape)} ` +
    `and cannot take ${dtype} ${formatShape(shape)}`
  );
}

/** dtypes of one family hold the same kind of number. */
function familyOf(dtype: DType): string {
  return isInteger(dtype) ? 'integer' : dtypeInfo(dtype).kind;
}

/** @throws CallError when an integer does not fit. */
function converted(tensor: HostTensor, dtype: DType): HostTensor {
  if (tensor.dtype === dtype) return tensor;
  const source = tensor.data as NumericArray;
  const data = convertElements(source, tensor.dtype, dtype);
  if (isInteger(dtype)) {
    const wrong = source.findIndex((value: number | bigint, i: number) => BigInt(value) !== BigInt(data[i]!));
    if (wrong >= 0) throw new CallError(`${source[wrong]} (${tensor.dtype}) does not fit in ${dtype}`);
  }
  return {dtype, shape: tensor.shape, data};
}
