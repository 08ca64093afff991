/**
 * Elementwise functions of complex values on the host.
 *
 * @module
 */

import type {Complex} from '../algorithms/complex.js';
import {allocate, sizeOf} from '../host/tensor.js';
import {broadcastOrThrow, forEachBroadcast} from './host.js';
import {Value} from './value.js';

/** Applies `f` to each element of a complex value. */
export function mapComplex(x: Value, f: (z: Complex) => Complex): Value {
  const source = x.numeric() as Float64Array;
  const out = allocate(x.dtype, x.size);
  for (let i = 0; i < out.length; i += 2) [out[i], out[i + 1]] = f([source[i]!, source[i + 1]!]);
  return Value.host(x.dtype, x.shape, out);
}

/** Applies `f` to each pair of elements of two broadcast complex values of one dtype. */
export function mapComplex2(x: Value, y: Value, f: (z: Complex, w: Complex) => Complex): Value {
  const shape = broadcastOrThrow(x.shape, y.shape);
  const a = x.numeric() as Float64Array;
  const b = y.numeric() as Float64Array;
  const out = allocate(x.dtype, sizeOf(shape));
  forEachBroadcast([x.shape, y.shape], shape, (i, [ia, ib]) => {
    const z: Complex = [a[2 * ia!]!, a[2 * ia! + 1]!];
    const w: Complex = [b[2 * ib!]!, b[2 * ib! + 1]!];
    [out[2 * i], out[2 * i + 1]] = f(z, w);
  });
  return Value.host(x.dtype, shape, out);
}
