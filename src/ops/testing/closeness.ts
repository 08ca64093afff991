/**
 * How close results have to be to TensorFlow's.
 *
 * @module
 */

import {type DType, lanes} from '../../host/dtypes.js';
import {elementAt, type HostTensor, sizeOf} from '../../host/tensor.js';

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Default tolerances per dtype: what one op may differ by (see the design's "Quality of the numbers"). */
export const TOLERANCE: Partial<Record<DType, Tolerance>> = {
  float32: {rtol: 1e-5, atol: 1e-6},
  complex64: {rtol: 1e-5, atol: 1e-6},
  float64: {rtol: 1e-12, atol: 1e-12},
  complex128: {rtol: 1e-12, atol: 1e-12},
  float16: {rtol: 2e-3, atol: 1e-6},
  bfloat16: {rtol: 1.6e-2, atol: 1e-6},
};

/** The first element in which two tensors of one dtype and shape differ, in words; undefined where none does. */
export function differingElement(
  found: HostTensor,
  wanted: HostTensor,
  tolerance?: Tolerance,
): string | undefined {
  const size = sizeOf(wanted.shape) * lanes(wanted.dtype);
  if (found.data.length !== size) return `${found.data.length} elements instead of ${size}`;
  for (let i = 0; i < size; i++) {
    const [value, target] = [elementAt(found.data, i), elementAt(wanted.data, i)];
    const same =
      value instanceof Uint8Array
        ? Buffer.compare(value, target as Uint8Array) === 0
        : Object.is(value, target) || value === target || (tolerance && isClose(value, target, tolerance));
    if (!same) return `[${i}]: got ${value}, TensorFlow gives ${target}`;
  }
  return undefined;
}

function isClose(value: unknown, target: unknown, {rtol, atol}: Tolerance): boolean {
  return Math.abs((value as number) - (target as number)) <= atol + rtol * Math.abs(target as number);
}
