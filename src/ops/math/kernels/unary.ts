/**
 * Elementwise functions of one operand.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import * as complex from '../../../algorithms/complex.js';
import * as special from '../../../algorithms/special_functions.js';
import {dtypeInfo} from '../../../host/dtypes.js';
import * as parts from '../../../tensors/complex_tensors.js';
import {hostMap, withDerivative, withGradient} from '../../../tensors/differentiable.js';
import {mapUnary} from '../../../tensors/host.js';
import * as words from '../../../tensors/word_runs.js';
import {unaryKernel} from '../../../tfjs/kernels.js';
import {type UnaryOp, unary} from '../../elementwise.js';
import type {OpFamily} from '../../kernel.js';

type Derivative = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;

/** A function that tfjs lacks: computed on the host, differentiated by an expression of tfjs operations. */
function hostFunction(f: (x: number) => number, derivative: Derivative): UnaryOp {
  return {float: f, device: (x) => withDerivative(x, (input) => hostMap(input, f), derivative)};
}

/** Functions without a derivative, or a zero one: TensorFlow lets no gradient through. */
function step(forward: (x: tf.Tensor) => tf.Tensor): (x: tf.Tensor) => tf.Tensor {
  return (x) => withGradient([x], forward, (dy) => [tf.zerosLike(dy)]);
}

const identity = <T>(x: T): T => x;

/** Rounds to the nearest integer, ties to even. */
export function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

const reciprocal: UnaryOp = {
  float: (x) => 1 / x,
  complex: complex.reciprocal,
  parts: parts.reciprocal,
  device: unaryKernel(tf.Reciprocal),
};
const round: UnaryOp = {float: roundHalfToEven, int: identity, bigint: identity, device: step(tf.round)};

// tfjs differentiates these by their saved results, which a second derivative cannot follow back to the operand.
const expTensor = (x: tf.Tensor): tf.Tensor => withDerivative(x, unaryKernel(tf.Exp), (_, y) => y);
const sigmoidTensor = (x: tf.Tensor): tf.Tensor =>
  withDerivative(x, unaryKernel(tf.Sigmoid), (_, y) => tf.mul(y, tf.sub(1, y)));
const tanhTensor = (x: tf.Tensor): tf.Tensor =>
  withDerivative(x, unaryKernel(tf.Tanh), (_, y) => tf.sub(1, tf.square(y)));

/** d/dx erf(x), and of the functions made of erf. */
const gaussian = (x: tf.Tensor): tf.Tensor => tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x))));

const digamma = hostFunction(special.digamma, (x) => polygamma1(x, 1));

/** `polygamma(n, x)` of a tensor, for a fixed order. */
function polygamma1(x: tf.Tensor, order: number): tf.Tensor {
  return withDerivative(
    x,
    (input) => hostMap(input, (each) => special.polygamma(order, each)),
    (input) => polygamma1(input, order + 1),
  );
}

export const unaryMath: OpFamily = {
  Neg: unary({
    float: (x) => -x,
    int: (x) => -x,
    words: words.negateWords,
    complex: complex.neg,
    parts: parts.neg,
    device: unaryKernel(tf.Neg),
  }),
  Abs: unary({
    float: Math.abs,
    int: Math.abs,
    words: words.absoluteWords,
    // tfjs takes 1 or -1 for the derivative at 0.
    device: (x) => withDerivative(x, tf.abs, (input) => tf.sign(input)),
  }),
  Sign: unary({
    float: Math.sign,
    int: Math.sign,
    words: words.signWords,
    complex: complex.sign,
    // A NaN stays one, which not every backend's Sign sees to.
    device: step((x) => tf.where(tf.isNaN(x), x, tf.sign(x))),
  }),
  Square: unary({
    float: (x) => x * x,
    int: (x) => Math.imul(x, x),
    bigint: (x) => x * x,
    complex: complex.square,
    parts: parts.square,
    device: unaryKernel(tf.Square),
  }),
  Sqrt: unary({float: Math.sqrt, complex: complex.sqrt, device: unaryKernel(tf.Sqrt)}),
  Rsqrt: unary({float: (x) => 1 / Math.sqrt(x), complex: complex.rsqrt, device: unaryKernel(tf.Rsqrt)}),
  Reciprocal: unary(reciprocal),
  Inv: unary(reciprocal),

  Exp: unary({float: Math.exp, complex: complex.exp, parts: parts.exp, device: expTensor}),
  Expm1: unary({float: Math.expm1, complex: complex.expm1, device: tf.expm1}),
  Log: unary({float: Math.log, complex: complex.log, device: unaryKernel(tf.Log)}),
  Log1p: unary({float: Math.log1p, complex: complex.log1p, device: tf.log1p}),
  Sigmoid: unary({float: (x) => 1 / (1 + Math.exp(-x)), complex: complex.sigmoid, device: sigmoidTensor}),

  Sin: unary({float: Math.sin, complex: complex.sin, device: tf.sin}),
  Cos: unary({float: Math.cos, complex: complex.cos, device: tf.cos}),
  Tan: unary({float: Math.tan, complex: complex.tan, device: tf.tan}),
  Asin: unary({float: Math.asin, complex: complex.asin, device: tf.asin}),
  Acos: unary({float: Math.acos, complex: complex.acos, device: tf.acos}),
  Atan: unary({float: Math.atan, complex: complex.atan, device: tf.atan}),
  Sinh: unary({float: Math.sinh, complex: complex.sinh, device: tf.sinh}),
  Cosh: unary({float: Math.cosh, complex: complex.cosh, device: tf.cosh}),
  Tanh: unary({float: Math.tanh, complex: complex.tanh, device: tanhTensor}),
  Asinh: unary({float: Math.asinh, complex: complex.asinh, device: tf.asinh}),
  Acosh: unary({float: Math.acosh, complex: complex.acosh, device: tf.acosh}),
  Atanh: unary({float: Math.atanh, complex: complex.atanh, device: tf.atanh}),

  Erf: unary({float: special.erf, device: tf.erf}),
  Erfc: unary(hostFunction(special.erfc, (x) => tf.neg(gaussian(x)))),
  Erfinv: unary(hostFunction(special.erfinv, (_, y) => tf.mul(Math.sqrt(Math.PI) / 2, tf.exp(tf.square(y))))),
  Ndtri: unary(
    hostFunction(special.ndtri, (_, y) => tf.mul(Math.sqrt(2 * Math.PI), tf.exp(tf.mul(0.5, tf.square(y))))),
  ),
  Lgamma: unary(hostFunction(special.lgamma, (x) => digamma.device!(x, 'float32'))),
  Digamma: unary(digamma),

  Floor: unary({float: Math.floor, device: step(tf.floor)}),
  Ceil: unary({float: Math.ceil, device: step(tf.ceil)}),
  Round: unary(round),
  Rint: unary(round),
  Conj: unary({float: identity, complex: complex.conj, parts: parts.conj}),
  Invert: unary({int: (x) => ~x, words: words.invertWords}),
  PopulationCount: {
    kernel: ([x]) => {
      const width = 8 * dtypeInfo(x!.dtype).bytes;
      const bigint = (each: bigint) => countOnes(BigInt.asUintN(width, each));
      return mapUnary(x!, {number: (each) => bigint(BigInt(each)), bigint}, 'uint8');
    },
  },
};

function countOnes(bits: bigint): number {
  let count = 0;
  for (let rest = bits; rest > 0n; rest &= rest - 1n) count++;
  return count;
}
