/**
 * Elementwise arithmetic of two operands that broadcast, as ops of ONNX.
 *
 * @module
 */

import {isFloating} from '../../../host/dtypes.js';
import {elementAt} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {extremum, forAll, onlyFor, onlyForFloats, same, shapedLike, truth} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {floorDivInts, floorModInts, truncateDivInts, truncateModInts} from './integers.js';
import {log1p} from './unary.js';

type Binary = (x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder) => OnnxTensor;

/** One way for floats, another one for integers. */
const byKind =
  (floats: Binary, integers: Binary): Lower =>
  ([x, y], _node, to) =>
    (isFloating(x!.dtype) ? floats : integers)(x!, y!, to);

const forFloats =
  (compute: Binary): Lower =>
  ([x, y], _node, to) => {
    onlyForFloats(x!);
    return compute(x!, y!, to);
  };

const quotient: Binary = (x, y, to) => to.op('Div', [x, y]);

const floorDiv: Binary = (x, y, to) => to.op('Floor', [quotient(x, y, to)]);

const truncateDiv: Binary = (x, y, to) => {
  const exact = quotient(x, y, to);
  const isNegative = truth('Less', [exact, to.scalar(x.dtype, 0)], to);
  return to.op('Where', [isNegative, to.op('Ceil', [exact]), to.op('Floor', [exact])]);
};

/** The remainder with the sign of the dividend. */
const truncateMod: Binary = (x, y, to) => to.op('Mod', [x, y], {fmod: 1});

/** The remainder with the sign of the divisor. */
const floorMod: Binary = (x, y, to) => {
  const remainder = truncateMod(x, y, to);
  const signs = to.op('Mul', [to.op('Sign', [remainder]), to.op('Sign', [y])]);
  const areOpposite = truth('Less', [signs, to.scalar(x.dtype, 0)], to);
  return to.op('Where', [areOpposite, to.op('Add', [remainder, y]), remainder]);
};

const squaredDifference: Lower = ([x, y], _node, to) => {
  const difference = to.op('Sub', [x, y]);
  return to.op('Mul', [difference, difference]);
};

/** 0 where an operand is 0, whatever the other one is. */
const zeroWhere =
  (operand: 'x' | 'y', compute: Binary): Lower =>
  ([x, y], _node, to) => {
    onlyForFloats(x!);
    const zero = to.scalar(x!.dtype, 0);
    const isZero = truth('Equal', [operand === 'x' ? x! : y!, zero], to);
    return to.op('Where', [isZero, zero, compute(x!, y!, to)]);
  };

const product: Binary = (x, y, to) => to.op('Mul', [x, y]);

/** Powers of integers are multiplied out up to this exponent. */
const MOST_FACTORS = 64;

/** ONNX Runtime takes powers of integers in float64, which does not wrap: only constant exponents are multiplied out. */
const pow: Lower = ([x, y], _node, to) => {
  if (isFloating(x!.dtype)) return to.op('Pow', [x, y]);
  const exponent = y!.value?.data.length === 1 ? Number(elementAt(y!.value.data, 0)) : undefined;
  // One of a higher rank would add dimensions.
  if (exponent === undefined || y!.shape?.length !== 0)
    notLowered('an exponent of integers is no constant scalar');
  if (exponent! < 1 || exponent! > MOST_FACTORS) notLowered(`integers are taken to the power of ${exponent}`);
  let result: OnnxTensor | undefined;
  let power = x!;
  for (let rest = exponent!; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? power : to.op('Mul', [result, power]);
    if (rest > 1) power = to.op('Mul', [power, power]);
  }
  return result!;
};

/** True for what is negative, -0 included. */
function hasSign(x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const zero = to.scalar(x.dtype, 0);
  return to.op('Or', [truth('Less', [x, zero], to), truth('Less', [to.op('Reciprocal', [x]), zero], to)]);
}

/** The angle of a point: that of its slope, turned by half a circle on the left. */
const atan2: Lower = ([y, x], _node, to) => {
  onlyFor(y!, 'float32', 'float16');
  const [wideY, wideX] = [to.cast(y!, 'float32'), to.cast(x!, 'float32')];
  const constant = (value: number) => to.scalar('float32', value);
  const areInfinite = to.op('And', [truth('IsInf', [wideY], to), truth('IsInf', [wideX], to)]);
  const [up, right] = [wideY, wideX].map((each) =>
    to.op('Where', [areInfinite, to.op('Sign', [each]), each]),
  );
  const isOrigin = to.op('And', [
    truth('Equal', [up!, constant(0)], to),
    truth('Equal', [right!, constant(0)], to),
  ]);
  const slope = to.op('Atan', [to.op('Div', [up, right])]);
  const angle = to.op('Where', [isOrigin, up, slope]);
  const turn = to.op('Where', [hasSign(up!, to), constant(-Math.PI), constant(Math.PI)]);
  const turned = to.op('Add', [angle, turn]);
  return to.cast(to.op('Where', [hasSign(right!, to), turned, angle]), y!.dtype);
};

/** All operands have one shape. */
const addN: Lower = (inputs, _node, to) => {
  const [first, ...others] = inputs as [OnnxTensor, ...OnnxTensor[]];
  const rest = others.map((each) => shapedLike(each, first, to));
  if (rest.length === 0) return first;
  if (first.dtype === 'float32' && rest.length > 1) return to.op('Sum', [first, ...rest]);
  return rest.reduce((sum, each) => to.op('Add', [sum, each]), first);
};

/** An op of a training step: takes a function's result `y` and its gradient `dy`, which have one shape. */
const gradient =
  (
    compute: (
      y: OnnxTensor,
      dy: OnnxTensor,
      constant: (value: number) => OnnxTensor,
      to: OnnxBuilder,
    ) => OnnxTensor,
  ): Lower =>
  ([y, dy], _node, to) => {
    onlyForFloats(y!);
    return compute(y!, shapedLike(dy!, y!, to), (value) => to.scalar(y!.dtype, value), to);
  };

const reciprocalGrad = gradient((y, dy, _, to) => to.op('Mul', [to.op('Neg', [dy]), to.op('Mul', [y, y])]));

export const binary: LowerTable = {
  ...forAll(same('Add'), ['Add', 'AddV2']),
  Sub: same('Sub'),
  Mul: same('Mul'),
  RealDiv: forFloats(quotient),
  Div: byKind(quotient, truncateDivInts),
  FloorDiv: byKind(floorDiv, floorDivInts),
  TruncateDiv: byKind(truncateDiv, truncateDivInts),
  FloorMod: byKind(floorMod, floorModInts),
  ...forAll(byKind(truncateMod, truncateModInts), ['Mod', 'TruncateMod']),
  SquaredDifference: squaredDifference,
  DivNoNan: zeroWhere('y', quotient),
  MulNoNan: zeroWhere('y', product),
  Xdivy: zeroWhere('x', quotient),
  Xlogy: zeroWhere('x', (x, y, to) => product(x, to.op('Log', [y]), to)),
  Xlog1py: zeroWhere('x', (x, y, to) => product(x, log1p(y, to), to)),
  Pow: pow,
  Atan2: atan2,
  Maximum: ([x, y], _node, to) => extremum('Max', x!, y!, to),
  Minimum: ([x, y], _node, to) => extremum('Min', x!, y!, to),
  ...forAll(addN, ['AddN', 'AccumulateNV2']),

  SigmoidGrad: gradient((y, dy, constant, to) =>
    to.op('Mul', [dy, to.op('Mul', [y, to.op('Sub', [constant(1), y])])]),
  ),
  TanhGrad: gradient((y, dy, constant, to) =>
    to.op('Mul', [dy, to.op('Sub', [constant(1), to.op('Mul', [y, y])])]),
  ),
  SqrtGrad: gradient((y, dy, constant, to) => to.op('Div', [to.op('Mul', [dy, constant(0.5)]), y])),
  RsqrtGrad: gradient((y, dy, constant, to) =>
    to.op('Mul', [to.op('Mul', [dy, constant(-0.5)]), to.op('Mul', [y, to.op('Mul', [y, y])])]),
  ),
  ...forAll(reciprocalGrad, ['ReciprocalGrad', 'InvGrad']),
};
