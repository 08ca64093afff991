/**
 * What tfjs computed as a value of a TensorFlow dtype.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {DType} from '../host/dtypes.js';
import {convertElements} from './host.js';
import {roundTensor} from './rounding.js';
import {Value} from './value.js';

/**
 * A tfjs result as a value of `dtype`: rounded where the dtype is narrower than the float32 that carries it.
 * Ints and bools are cast when tfjs computed them in another type.
 */
export function fromTensor(tensor: tf.Tensor, dtype: DType): Value {
  switch (dtype) {
    case 'float16':
    case 'bfloat16':
      return Value.device(roundTensor(tensor, dtype), dtype);
    case 'float32':
    case 'float64':
      return Value.device(tensor.dtype === 'float32' ? tensor : tf.cast(tensor, 'float32'), dtype);
    case 'int32':
    case 'bool':
    case 'complex64':
    case 'string':
      return Value.device(tensor.dtype === dtype ? tensor : tf.cast(tensor, dtype), dtype);
    default:
      return narrowTensor(tensor, dtype);
  }
}

/** A tfjs result as a host value of a dtype that no backend holds (int64, uint8, complex128, ...). */
function narrowTensor(tensor: tf.Tensor, dtype: DType): Value {
  const source = Value.device(tensor);
  return Value.host(dtype, source.shape, convertElements(source.numeric(), source.dtype, dtype));
}
