/**
 * The dtypes of tfjs by those of TensorFlow.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {type DType, dtypeInfo} from '../host/dtypes.js';

/** The dtype that tensors of a TensorFlow dtype have in tfjs. */
export function tensorDType(dtype: DType): tf.DataType {
  const {kind} = dtypeInfo(dtype);
  return TENSOR_DTYPES[kind];
}

const TENSOR_DTYPES: Readonly<Record<ReturnType<typeof dtypeInfo>['kind'], tf.DataType>> = {
  float: 'float32',
  int: 'int32',
  uint: 'int32',
  bool: 'bool',
  complex: 'complex64',
  string: 'string',
  resource: 'float32',
  variant: 'float32',
};
