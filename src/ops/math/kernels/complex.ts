/**
 * Complex numbers from real ones and back.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {DType} from '../../../host/dtypes.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import * as parts from '../../../tensors/complex_tensors.js';
import {isComplexOnTape} from '../../../tensors/complex_tensors.js';
import {broadcastTensor} from '../../../tensors/differentiable.js';
import {broadcastOrThrow, forEachBroadcast} from '../../../tensors/host.js';
import {type ComplexParts, Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily, OpImplementation} from '../../kernel.js';

/** A real number from each complex one; `parts` is the differentiable form. */
function realPart(
  f: (re: number, im: number) => number,
  parts: (z: ComplexParts) => tf.Tensor,
): OpImplementation {
  const kernel: Kernel = ([x]) => {
    const dtype: DType = x!.dtype === 'complex128' ? 'float64' : 'float32';
    if (x!.parts) return Value.device(parts(x!.parts), dtype);
    const source = x!.numeric() as Float64Array;
    const out = allocate(dtype, x!.size);
    for (let i = 0; i < out.length; i++) out[i] = f(source[2 * i]!, source[2 * i + 1]!);
    return Value.host(dtype, x!.shape, out);
  };
  return {kernel};
}

const complexFromParts: Kernel = (inputs) => {
  const [real, imag] = inputs as [Value, Value];
  const shape = broadcastOrThrow(real.shape, imag.shape);
  const dtype = real.dtype === 'float64' ? 'complex128' : 'complex64';
  if (isComplexOnTape(real, imag)) {
    return Value.complex(broadcastTensor(real.tensor(), shape), broadcastTensor(imag.tensor(), shape), dtype);
  }
  const [re, im] = [real.numeric(), imag.numeric()];
  const out = allocate(dtype, sizeOf(shape));
  forEachBroadcast([real.shape, imag.shape], shape, (i, [a, b]) => {
    out[2 * i] = re[a!]!;
    out[2 * i + 1] = im[b!]!;
  });
  return Value.host(dtype, shape, out);
};

export const complexParts: OpFamily = {
  Complex: {kernel: complexFromParts},
  Real: realPart(
    (re) => re,
    ([re]) => tf.clone(re),
  ),
  Imag: realPart(
    (_, im) => im,
    ([, im]) => tf.clone(im),
  ),
  ComplexAbs: realPart((re, im) => Math.sqrt(re * re + im * im), parts.abs),
  Angle: realPart(
    (re, im) => Math.atan2(im, re),
    ([re, im]) => tf.atan2(im, re),
  ),
};
