/**
 * Arithmetic of complex values that hang on a gradient tape: on pairs of tensors, the real and the imaginary parts.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {UnsupportedOpError} from '../errors.js';
import {type DType, isFloating} from '../host/dtypes.js';
import {isTaping} from '../tfjs/tape.js';
import {withGradient} from './differentiable.js';
import {type ComplexParts, Value} from './value.js';

/** True where a gradient may have to pass through complex numbers made of these values. */
export function isComplexOnTape(...values: readonly Value[]): boolean {
  return values.some(
    (value) => value.parts !== undefined || (value.onDevice && isFloating(value.dtype) && isTaping()),
  );
}

/** The parts of any complex value. Those of a value without them are constants, not differentiable. */
export function partsOf(x: Value): ComplexParts {
  if (x.parts !== undefined) return x.parts;
  if (x.deviceTensor !== undefined) return partsOfTensor(x.deviceTensor, 'a tensor');
  const data = x.numeric();
  const part = (lane: 0 | 1): tf.Tensor => {
    const numbers = Float32Array.from({length: x.size}, (_, i) => Number(data[2 * i + lane]));
    return tf.tensor(numbers, x.shape as number[], 'float32');
  };
  return [part(0), part(1)];
}

/** The parts of a complex tensor. A gradient with respect to it is refused, by the name `what`. */
export function partsOfTensor(z: tf.Tensor, what: string): ComplexParts {
  const refuse = (): never => {
    throw new UnsupportedOpError(
      `${what} is complex, and tfjs has no gradients with respect to complex numbers; ` +
        'ask for those with respect to float tensors and variables only',
    );
  };
  const part = (of: typeof tf.real) => (isTaping() ? withGradient([z], () => of(z), refuse) : of(z));
  return [part(tf.real), part(tf.imag)];
}

/** A complex value of `dtype`. */
export function fromParts(parts: ComplexParts, dtype: DType): Value {
  return Value.complex(...parts, dtype === 'complex128' ? 'complex128' : 'complex64');
}

export const neg = ([re, im]: ComplexParts): ComplexParts => [tf.neg(re), tf.neg(im)];
export const conj = ([re, im]: ComplexParts): ComplexParts => [tf.clone(re), tf.neg(im)];
export const add = ([a, b]: ComplexParts, [c, d]: ComplexParts): ComplexParts => [tf.add(a, c), tf.add(b, d)];
export const sub = ([a, b]: ComplexParts, [c, d]: ComplexParts): ComplexParts => [tf.sub(a, c), tf.sub(b, d)];
export const mul = ([a, b]: ComplexParts, [c, d]: ComplexParts): ComplexParts => [
  tf.sub(tf.mul(a, c), tf.mul(b, d)),
  tf.add(tf.mul(a, d), tf.mul(b, c)),
];
export const square = (z: ComplexParts): ComplexParts => mul(z, z);

export function reciprocal([re, im]: ComplexParts): ComplexParts {
  const norm = tf.add(tf.square(re), tf.square(im));
  return [tf.div(re, norm), tf.neg(tf.div(im, norm))];
}

export const div = (z: ComplexParts, w: ComplexParts): ComplexParts => mul(z, reciprocal(w));

export function exp([re, im]: ComplexParts): ComplexParts {
  const radius = tf.exp(re);
  return [tf.mul(radius, tf.cos(im)), tf.mul(radius, tf.sin(im))];
}

/** The absolute value, whose derivative at 0 is 0. */
export function abs([re, im]: ComplexParts): tf.Tensor {
  return withGradient(
    [re, im],
    (a, b) => tf.sqrt(tf.add(tf.square(a!), tf.square(b!))),
    (dy, [a, b], y) => [tf.mul(dy, tf.divNoNan(a!, y)), tf.mul(dy, tf.divNoNan(b!, y))],
  );
}

/**
 * The result of an op that has no differentiable form for complex numbers. It may be used as long as no gradient is
 * asked of it: then `refuse` throws.
 */
export function withoutGradient(result: Value, operands: readonly Value[], refuse: () => never): Value {
  const inputs = operands.flatMap(partsOf);
  const [real, imag] = partsOf(result).map((part) => withGradient(inputs, () => tf.clone(part), refuse));
  return fromParts([real!, imag!], result.dtype);
}
