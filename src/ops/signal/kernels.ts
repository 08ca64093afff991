/**
 * Fourier transforms of the last dimensions.
 *
 * @module
 */

import {complexToReal, fftAxis, realToComplex} from '../../algorithms/fft.js';
import {formatShape} from '../../host/shape.js';
import {allocate} from '../../host/tensor.js';
import {fromParts, isComplexOnTape} from '../../tensors/complex_tensors.js';
import {fromTensor} from '../../tensors/from_tensor.js';
import {convertNumbers} from '../../tensors/host.js';
import {slice} from '../../tensors/movement.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily, OpImplementation} from '../kernel.js';
import {invalid} from '../node.js';
import {fftParts, irfftTensor, rfftParts} from './kernels/fft.js';

/** The transform of complex numbers over the last `rank` dimensions. */
function complexTransform(rank: number, inverse: boolean): OpImplementation {
  const kernel: Kernel = ([x], ctx) => {
    checkRank(x!, rank, ctx);
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

function checkRank(x: Value, rank: number, ctx: KernelContext): void {
  if (x.rank < rank)
    throw invalid(ctx, `at least ${rank} dimensions are needed, got ${formatShape(x.shape)}`);
}

/** The lengths of the transform along the last dimensions. */
function transformLengths(x: Value, lengths: Value, rank: number, ctx: KernelContext): number[] {
  checkRank(x, rank, ctx);
  const sizes = lengths.numbers();
  if (lengths.rank !== 1 || sizes.length !== rank || sizes.some((size) => size < 0)) {
    throw invalid(ctx, `fft_length must be ${rank} lengths, not [${sizes}]`);
  }
  return sizes;
}

/** The first elements of the last dimensions. The graph pads what is too short before it comes here. */
function cropTo(x: Value, sizes: readonly number[], ctx: KernelContext): Value {
  const lead = x.rank - sizes.length;
  sizes.forEach((size, i) => {
    if (size > x.shape[lead + i]!) {
      throw invalid(ctx, `dimension ${lead + i} of ${formatShape(x.shape)} needs at least ${size} elements`);
    }
  });
  return slice(
    x,
    x.shape.map(() => 0),
    [...x.shape.slice(0, lead), ...sizes],
  );
}

/** The transformed axes before the last one, which is the one of real numbers; innermost first. */
function outerAxes({length}: readonly number[], rank: number): number[] {
  return Array.from({length: rank - 1}, (_, i) => length - 2 - i);
}

function realTransform(rank: number): OpImplementation {
  const kernel: Kernel = ([x, lengths], ctx) => {
    const sizes = transformLengths(x!, lengths!, rank, ctx);
    const dtype = ctx.attrs.dtype('Tcomplex');
    const n = sizes.at(-1)!;
    const cropped = cropTo(x!, sizes, ctx);
    const shape = cropped.shape.with(-1, n === 0 ? 0 : Math.floor(n / 2) + 1);
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

function inverseRealTransform(rank: number): OpImplementation {
  const kernel: Kernel = ([x, lengths], ctx) => {
    const sizes = transformLengths(x!, lengths!, rank, ctx);
    const dtype = ctx.attrs.dtype('Treal');
    const n = sizes.at(-1)!;
    const cropped = cropTo(x!, sizes.with(-1, n === 0 ? 0 : Math.floor(n / 2) + 1), ctx);
    const shape = cropped.shape.with(-1, n);
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
  RFFT: realTransform(1),
  IRFFT: inverseRealTransform(1),
  RFFT2D: realTransform(2),
  IRFFT2D: inverseRealTransform(2),
  RFFT3D: realTransform(3),
  IRFFT3D: inverseRealTransform(3),
};
