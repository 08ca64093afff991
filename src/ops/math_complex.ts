/**
 * Complex numbers from real ones and back.
 *
 * @module
 */

import type {DType} from '../graph/dtypes.js';
import {allocate, sizeOf} from '../graph/tensor.js';
import {located} from './elementwise.js';
import {broadcastOrThrow, forEachBroadcast} from './host.js';
import type {Kernel, OpFamily, OpImplementation} from './kernel.js';
import {Value} from './value.js';

const NO_GRADIENT = 'no gradient passes through complex numbers';

/** A real number from each complex one. */
function realPart(f: (re: number, im: number) => number): OpImplementation {
  const kernel: Kernel = ([x]) => {
    const dtype: DType = x!.dtype === 'complex128' ? 'float64' : 'float32';
    const source = x!.numeric() as Float64Array;
    const out = allocate(dtype, x!.size);
    for (let i = 0; i < out.length; i++) out[i] = f(source[2 * i]!, source[2 * i + 1]!);
    return Value.host(dtype, x!.shape, out);
  };
  return {kernel, limits: NO_GRADIENT};
}

const complexFromParts: Kernel = (inputs, ctx) => {
  const [real, imag] = inputs as [Value, Value];
  const shape = located(ctx, () => broadcastOrThrow(real.shape, imag.shape));
  const dtype: DType = real.dtype === 'float64' ? 'complex128' : 'complex64';
  const [re, im] = [real.numeric(), imag.numeric()];
  const out = allocate(dtype, sizeOf(shape));
  forEachBroadcast([real.shape, imag.shape], shape, (i, [a, b]) => {
    out[2 * i] = re[a!]!;
    out[2 * i + 1] = im[b!]!;
  });
  return Value.host(dtype, shape, out);
};

export const complexParts: OpFamily = {
  Complex: {kernel: complexFromParts, limits: NO_GRADIENT},
  Real: realPart((re) => re),
  Imag: realPart((_, im) => im),
  ComplexAbs: realPart((re, im) => Math.sqrt(re * re + im * im)),
  Angle: realPart((re, im) => Math.atan2(im, re)),
};
