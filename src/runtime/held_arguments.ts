/**
 * Arguments of calls that go on when the caller does: values of their own, whatever becomes of what they were made of.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {HostData} from '../host/tensor.js';
import {Value} from '../tensors/value.js';

/**
 * Values that stay as they are when the caller disposes of its tensors, closes the scope around the call or writes into its arrays. They are
 * retained, for the call to release; those given are freed, as after a call.
 */
export function heldArguments(args: readonly Value[]): Value[] {
  const own: Value[] = [];
  try {
    for (const arg of args) own.push(held(arg).retain());
    return own;
  } catch (error) {
    for (const each of own) each.release();
    throw error;
  } finally {
    for (const arg of args) arg.retain().release();
  }
}

function held(value: Value): Value {
  const {dtype, shape, parts, deviceTensor} = value;
  // What it stands for is meant; what an opaque element holds nobody else changes.
  if (dtype === 'resource' || dtype === 'variant') return value;
  if (parts !== undefined) return Value.complex(own(parts[0]), own(parts[1]), dtype as 'complex64');
  if (deviceTensor !== undefined) return Value.device(own(deviceTensor), dtype);
  return Value.host(dtype, shape, copied(value.hostData()));
}

/** A tensor that no scope frees; it shares the data. */
function own(tensor: tf.Tensor): tf.Tensor {
  return tf.keep(tf.clone(tensor));
}

function copied(data: HostData): HostData {
  return data.slice();
}
