/**
 * What tfjs tensors stand for where TensorFlow's dtype is another: an int64 shown as int32 goes on as that int64 when it
 * is passed on as it is.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {type DType, dtypeInfo, isFloating} from '../host/dtypes.js';
import {isTaping} from '../tfjs/tape.js';
import {convertNumbers} from './host.js';
import {Value} from './value.js';

interface Meaning {
  readonly dtype: DType;
  /** The numbers in that dtype; undefined where the tensor has them (a float16 in float32). */
  readonly host: Value | undefined;
}

const MEANINGS = new WeakMap<tf.Tensor, Meaning>();

/** Remembers that `tensor` shows `value`. */
export function remember(tensor: tf.Tensor, value: Value): void {
  const {dtype, shape} = value;
  if (dtype === tensor.dtype) return;
  MEANINGS.set(tensor, {
    dtype,
    host: value.onDevice ? undefined : Value.host(dtype, shape, value.hostData()),
  });
}

/** Says of which dtype the numbers of `tensor` are. */
export function rememberDType(tensor: tf.Tensor, dtype: DType): void {
  if (dtype === tensor.dtype || dtypeInfo(dtype).kind === 'complex') return;
  const device = Value.device(tensor);
  const isNarrow = dtype === 'float16' || dtype === 'bfloat16';
  const {shape} = tensor;
  remember(
    tensor,
    isNarrow
      ? Value.device(tensor, dtype)
      : Value.host(dtype, shape, convertNumbers(device.numeric(), dtype)),
  );
}

/** The dtype that a tensor stands for. */
export function meaningOf(tensor: tf.Tensor): DType {
  return MEANINGS.get(tensor)?.dtype ?? (tensor.dtype as DType);
}

/** The value that a tensor stands for; undefined where it is of the tensor's own dtype. The tensor stays its owner's. */
export function meantValue(tensor: tf.Tensor): Value | undefined {
  const meaning = MEANINGS.get(tensor);
  if (meaning === undefined) return undefined;
  const {dtype, host} = meaning;
  // On a gradient tape, numbers of the host would be constants.
  if (host !== undefined && !(isFloating(dtype) && isTaping())) return host;
  return isFloating(dtype) ? Value.device(tensor, dtype).pin() : undefined;
}
