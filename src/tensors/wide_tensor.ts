/**
 * Integers beyond int32 in the place of a tensor: a result of a model that no tfjs tensor can hold, among others that one can.
 * It has a shape and can be passed on, to a model exactly; who reads it is told why it cannot be had.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import type {HostTensor} from '../host/tensor.js';
import {datalessTensor} from '../tfjs/dataless_tensor.js';
import {Value} from './value.js';

/** What tensors of this kind stand for. */
const VALUES = new WeakMap<object, Value>();

/**
 * A tensor that stands for a value which tfjs cannot hold.
 *
 * @param why - the error of everything that reads it
 */
export function wideTensor({dtype, shape, data}: HostTensor, why: string): tf.Tensor {
  const tensor = datalessTensor(shape, 'int32', () => {
    throw new CallError(why);
  });
  VALUES.set(tensor, Value.host(dtype, shape, data));
  return tensor;
}

/** The value that a tensor made by {@link wideTensor} stands for; undefined for all others. */
export function wideValueOf(tensor: object): Value | undefined {
  return VALUES.get(tensor);
}
