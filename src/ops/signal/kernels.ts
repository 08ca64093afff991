/**
 * Fourier transforms of the last dimensions.
 *
 * @module
 */

import {complexToReal, fftAxis, realToComplex} from '../../algorithms/fft.js';
import {allocate} from '../../host/tensor.js';
import {fromParts, isComplexOnTape} from '../../tensors/complex_tensors.js';
import {fromTensor} from '../../tensors/from_tensor.js';
import {convertNumbers} from '../../tensors/host.js';
import {slice} from '../../tensors/movement.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily, OpImplementation} from '../kernel.js';
import {fftParts, irfftTensor, rfftParts} from './kernels/fft.js';
import {checkRank, inverseRealTransform, realTransform, transformLengths} from './plan.js';

/** The transform of complex numbers over the last `rank` dimensions. */
function complexTransform(rank: number, inverse: boolean): OpImplementation {
  const kernel: Kernel = ([x], ctx) => {
    checkRank(x!.shape, rank, ctx);
    const axes = Array.from({length: rank}, (_, i) => x!.rank - 1 - i);
    if (x!.parts) return fromParts(fftParts(x!.parts, axes, inverse), x!.dtype);
    const data = Float64Array.from(x!.numeric() as Float64Array);
    for (const axis of axes) fftAxis(data, x!.shape, axis, inverse);
    return complexValue(x!.dtype, x!.shape, data);
  };
  return {kernel};
}

function complexValue(dtype: Value['dtype'], shape: readonly number[], data: Float64Array): Value {
  return Value.host(dtype, shape, dtype === 'complex64' ? Float32Array.from(data) : data);
}

/** A transform of the first elements of the last `rank` dimensions, as many as the lengths say. */
const planned = (
  plan: typeof realTransform,
  rank: number,
  [x, lengths]: readonly Value[],
  ctx: KernelContext,
) => {
  const sizes = transformLengths(x!.shape, lengths!.numbers(), lengths!.rank === 1, rank, ctx);
  const {cropped, shape} = plan(x!.shape, sizes, ctx);
  const none = x!.shape.map(() => 0);
  return {n: sizes.at(-1)!, shape, cropped: slice(x!, none, cropped)};
};

/** The transformed axes before the last one, which is the one of real numbers; innermost first. */
function outerAxes({length}: readonly number[], rank: number): number[] {
  return Array.from({length: rank - 1}, (_, i) => length - 2 - i);
}

function fromReal(rank: number): OpImplementation {
  const kernel: Kernel = (inputs, ctx) => {
    const {n, shape, cropped} = planned(realTransform, rank, inputs, ctx);
    const dtype = ctx.attrs.dtype('Tcomplex');
    if (cropped.size === 0) return complexValue(dtype, shape, new Float64Array(0));
    const axes = outerAxes(shape, rank);
    if (isComplexOnTape(cropped)) {
      return fromParts(fftParts(rfftParts(cropped.tensor()), axes, false), dtype);
    }
    const spectra = realToComplex(cropped.numeric() as Float32Array, n);
    for (const axis of axes) fftAxis(spectra, shape, axis, false);
    return complexValue(dtype, shape, spectra);
  };
  return {kernel};
}

function toReal(rank: number): OpImplementation {
  const kernel: Kernel = (inputs, ctx) => {
    const {n, shape, cropped} = planned(inverseRealTransform, rank, inputs, ctx);
    const dtype = ctx.attrs.dtype('Treal');
    if (cropped.size === 0) return Value.host(dtype, shape, allocate(dtype, 0));
    const axes = outerAxes(shape, rank);
    if (cropped.parts) return fromTensor(irfftTensor(fftParts(cropped.parts, axes, true), n), dtype);
    const spectra = Float64Array.from(cropped.numeric() as Float64Array);
    for (const axis of axes) fftAxis(spectra, cropped.shape, axis, true);
    return Value.host(dtype, shape, convertNumbers(complexToReal(spectra, n), dtype));
  };
  return {kernel};
}

export const signal: OpFamily = {
  FFT: complexTransform(1, false),
  IFFT: complexTransform(1, true),
  FFT2D: complexTransform(2, false),
  IFFT2D: complexTransform(2, true),
  FFT3D: complexTransform(3, false),
  IFFT3D: complexTransform(3, true),
  RFFT: fromReal(1),
  IRFFT: toReal(1),
  RFFT2D: fromReal(2),
  IRFFT2D: toReal(2),
  RFFT3D: fromReal(3),
  IRFFT3D: toReal(3),
};
