/**
 * Integers beyond int32 in the place of a tensor: a result of a model that no tfjs tensor can hold, among others that one can.
 * It has a shape and can be passed on, to a model exactly; who reads it is told why it cannot be had.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import type {HostTensor} from '../host/tensor.js';
import {Value} from './value.js';

/** What tensors of this kind stand for. */
const VALUES = new WeakMap<object, Value>();

/**
 * No backend knows it: it takes none of tfjs's memory, scopes do not track it, and disposing of it frees nothing. Every way to
 * its elements leads through `dataId`.
 */
class WideTensor extends tf.Tensor {
  constructor(shape: readonly number[], why: string) {
    super([...shape], 'int32', {}, (tf.engine() as unknown as {nextTensorId(): number}).nextTensorId());
    const refuse = () => {
      throw new CallError(why);
    };
    Object.defineProperty(this, 'dataId', {get: refuse, enumerable: false});
  }

  override dispose(): void {
    this.isDisposedInternal = true;
  }
}

/**
 * A tensor that stands for a value which tfjs cannot hold.
 *
 * @param why - the error of everything that reads it
 */
export function wideTensor({dtype, shape, data}: HostTensor, why: string): tf.Tensor {
  const tensor = new WideTensor(shape, why);
  VALUES.set(tensor, Value.host(dtype, shape, data));
  return tensor;
}

/** The value that a tensor made by {@link wideTensor} stands for; undefined for all others. */
export function wideValueOf(tensor: object): Value | undefined {
  return VALUES.get(tensor);
}
