/**
 * Fourier transforms that gradients flow through: on the tensors of real and imaginary parts. A transform is linear, so
 * its gradient is its adjoint, which is again a transform.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {complexToReal, fftAxis, realToComplex} from '../../../algorithms/fft.js';
import {withGradient} from '../../../tensors/differentiable.js';
import type {ComplexParts} from '../../../tensors/value.js';

// Between two functions both parts are stacked in one tensor of shape [2, ...], since a gradient function of tfjs has a
// single output.

const stack = ([re, im]: ComplexParts): tf.Tensor => tf.stack([re, im]);
const unstack = (z: tf.Tensor): ComplexParts => tf.unstack(z) as [tf.Tensor, tf.Tensor];

/** Complex numbers, interleaved, from a stacked tensor. */
function interleaved(z: tf.Tensor): Float64Array {
  const source = z.dataSync();
  const size = source.length / 2;
  const out = new Float64Array(source.length);
  for (let i = 0; i < size; i++) {
    out[2 * i] = source[i]!;
    out[2 * i + 1] = source[size + i]!;
  }
  return out;
}

/** The stacked tensor of interleaved complex numbers of `shape`. */
function stackedTensor(data: Float64Array, shape: readonly number[]): tf.Tensor {
  const size = data.length / 2;
  const out = new Float32Array(data.length);
  for (let i = 0; i < size; i++) {
    out[i] = data[2 * i]!;
    out[size + i] = data[2 * i + 1]!;
  }
  return tf.tensor(out, [2, ...shape], 'float32');
}

/** The transform along the given axes. */
export function fftParts(parts: ComplexParts, axes: readonly number[], inverse: boolean): ComplexParts {
  if (axes.length === 0) return parts;
  return unstack(axes.reduce((z, axis) => fftStacked(z, axis, inverse), stack(parts)));
}

/** The adjoint of the transform is its inverse but for the factor 1 / n, which only the inverse has. */
function fftStacked(z: tf.Tensor, axis: number, inverse: boolean): tf.Tensor {
  const shape = z.shape.slice(1);
  const n = shape[axis]!;
  return withGradient(
    [z],
    (input) => {
      const data = interleaved(input!);
      fftAxis(data, shape, axis, inverse);
      return stackedTensor(data, shape);
    },
    (dy) => [tf.mul(fftStacked(dy, axis, !inverse), inverse ? 1 / n : n)],
  );
}

/** The spectra of real rows. */
export function rfftParts(x: tf.Tensor): ComplexParts {
  return unstack(rfftStacked(x));
}

function rfftStacked(x: tf.Tensor): tf.Tensor {
  const n = x.shape.at(-1)!;
  const shape = x.shape.with(-1, Math.floor(n / 2) + 1);
  return withGradient(
    [x],
    (input) => stackedTensor(realToComplex(input!.dataSync(), n), shape),
    (dy) => [tf.mul(irfftStacked(tf.div(dy, multiplicities(n)), n), n)],
  );
}

/** The real rows of `n` numbers that have the given spectra. */
export function irfftTensor(parts: ComplexParts, n: number): tf.Tensor {
  return irfftStacked(stack(parts), n);
}

function irfftStacked(z: tf.Tensor, n: number): tf.Tensor {
  const shape = z.shape.slice(1).with(-1, n);
  return withGradient(
    [z],
    (input) => tf.tensor(Float32Array.from(complexToReal(interleaved(input!), n)), shape, 'float32'),
    (dy) => [tf.mul(rfftStacked(dy), tf.div(multiplicities(n), n))],
  );
}

/** How often each frequency of a half spectrum occurs in the whole: twice but for the first and, if `n` is even, the last. */
function multiplicities(n: number): tf.Tensor1D {
  const bins = Math.floor(n / 2) + 1;
  return tf.tensor1d(Array.from({length: bins}, (_, k) => (k === 0 || 2 * k === n ? 1 : 2)));
}
