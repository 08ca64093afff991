/**
 * Elementwise functions of one operand as ops of ONNX.
 *
 * @module
 */

import {isFloating} from '../../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {forAll, onlyFor, onlyForFloats, same, tests, truth} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {sign} from './integers.js';

const square: Lower = ([x], _node, to) => to.op('Mul', [x, x]);

const rsqrt: Lower = ([x], _node, to) => to.op('Reciprocal', [to.op('Sqrt', [x])]);

const round: Lower = ([x], _node, to) => (isFloating(x!.dtype) ? to.op('Round', [x]) : x!);

/** NaN is not less than anything. */
const finite: Lower = ([x], _node, to) =>
  truth('Less', [to.op('Abs', [x]), to.scalar(x!.dtype, Number.POSITIVE_INFINITY)], to);

/**
 * `exp(x) - 1`. Near 0 the power is rounded to a neighbour of 1: what its logarithm differs by from `x` is what rounding took.
 */
const expm1: Lower = ([x], _node, to) => {
  onlyForFloats(x!);
  const power = to.op('Exp', [x]);
  const coarse = to.op('Sub', [power, to.scalar(x!.dtype, 1)]);
  const lost = to.op('Mul', [power, to.op('Sub', [x, to.op('Log', [power])])]);
  const isSmall = truth('Less', [to.op('Abs', [x]), to.scalar(x!.dtype, 1)], to);
  return to.op('Where', [isSmall, to.op('Add', [coarse, lost]), coarse]);
};

/** `log(1 + x)`: what the sum loses by rounding is divided by the sum, which is what the logarithm loses by it. */
export function log1p(x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  onlyForFloats(x);
  const one = to.scalar(x.dtype, 1);
  const sum = to.op('Add', [x, one]);
  const kept = to.op('Sub', [sum, one]);
  const log = to.op('Log', [sum]);
  const lost = to.op('Div', [to.op('Sub', [kept, x]), sum]);
  // Nothing is lost at infinity and at -1, where the correction is not a number.
  return to.op('Where', [truth('Equal', [kept, x], to), log, to.op('Sub', [log, lost])]);
}

/**
 * Coefficients of the complementary error function's polynomial, whose relative error is less than 1.2e-7 everywhere.
 *
 * Source: "Numerical Recipes", 6.2.2.
 */
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
];

/** `1 - erf(x)`, which a difference would be rounded to 0 where `x` is large. */
const erfc: Lower = ([x], _node, to) => {
  onlyFor(x!, 'float32', 'float16');
  // Half floats have no place for the intermediate results.
  const wide = to.cast(x!, 'float32');
  const constant = (value: number) => to.scalar('float32', value);
  const sum = (a: OnnxTensor, b: OnnxTensor) => to.op('Add', [a, b]);
  const half = to.op('Mul', [to.op('Abs', [wide]), constant(0.5)]);
  const t = to.op('Reciprocal', [sum(half, constant(1))]);
  const polynomial = ERFC.slice(0, -1).reduceRight(
    (result, coefficient) => sum(to.op('Mul', [result, t]), constant(coefficient)),
    constant(ERFC.at(-1)!),
  );
  const exponent = to.op('Sub', [polynomial, to.op('Mul', [wide, wide])]);
  const ofMagnitude = to.op('Mul', [t, to.op('Exp', [exponent])]);
  const isNegative = truth('Less', [wide, constant(0)], to);
  const mirrored = to.op('Sub', [constant(2), ofMagnitude]);
  return to.cast(to.op('Where', [isNegative, mirrored, ofMagnitude]), x!.dtype);
};

/** The bucket of each element: the number of boundaries that it is not below, so that a NaN comes after all of them. */
const bucketize: Lower = ([x], {attrs}, to) => {
  const boundaries = attrs.floats('boundaries');
  if (boundaries.length === 0) notLowered('there are no boundaries');
  if (boundaries.some((bound, i) => i > 0 && bound < boundaries[i - 1]!))
    notLowered('boundaries are not sorted');
  // TensorFlow compares integers with the boundaries as float32.
  const numbers = x!.dtype === 'float64' ? x! : to.cast(x!, 'float32');
  const isBelow = truth('Less', [to.unsqueeze(numbers, [-1]), to.vector(numbers.dtype, boundaries)], to);
  const isAbove = to.cast(truth('Not', [isBelow], to), 'int32');
  return to.op('ReduceSum', [isAbove, to.ints([-1])], {keepdims: 0});
};

export const unary: LowerTable = {
  Neg: same('Neg'),
  Abs: same('Abs'),
  Sign: ([x], _node, to) => sign(x!, to),
  Square: square,
  Sqrt: same('Sqrt'),
  Rsqrt: rsqrt,
  ...forAll(same('Reciprocal'), ['Reciprocal', 'Inv']),

  Exp: same('Exp'),
  Expm1: expm1,
  Log: same('Log'),
  Log1p: ([x], _node, to) => log1p(x!, to),
  Sigmoid: same('Sigmoid'),
  Erf: same('Erf'),
  Erfc: erfc,

  ...Object.fromEntries(
    ['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Tanh', 'Asinh', 'Acosh', 'Atanh'].map(
      (op) => [op, same(op)],
    ),
  ),

  Floor: same('Floor'),
  Ceil: same('Ceil'),
  ...forAll(round, ['Round', 'Rint']),

  Invert: same('BitwiseNot'),
  LogicalNot: same('Not'),
  IsNan: tests('IsNaN'),
  IsInf: tests('IsInf'),
  IsFinite: finite,
  Bucketize: bucketize,
};
