/**
 * A repair of tfjs's cpu backend: the shape of complex tensors. The parts of one have a shape of their own, and a reshape
 * changes that for all tensors that share the data (tfjs 4.22): the real parts of a vector come out as a matrix.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {replaceKernel} from './kernels.js';

/** What of the cpu backend is repaired. */
interface ComplexBackend {
  readonly data: {
    get(dataId: object): {
      readonly complexTensorInfos?: Readonly<Record<'real' | 'imag', {shape: readonly number[]}>>;
    };
  };
}

/** The kernels that take the shape of the parts for that of the tensor. */
const READERS = [tf.Cast, tf.Concat, tf.Imag, tf.OnesLike, tf.Real, tf.ZerosLike];

/** Makes the kernels of the cpu backend see the parts of a complex tensor in the tensor's shape. */
export function shapeComplexParts(): void {
  for (const kernelName of READERS) {
    replaceKernel('cpu', kernelName, (own) => (call) => {
      for (const input of Object.values(call.inputs)) {
        if (input?.dtype === 'complex64') shapeParts(call.backend as ComplexBackend, input);
      }
      return own(call);
    });
  }
}

function shapeParts({data}: ComplexBackend, {dataId, shape}: tf.TensorInfo): void {
  const parts = data.get(dataId).complexTensorInfos;
  for (const part of parts ? [parts.real, parts.imag] : []) part.shape = shape;
}
