/**
 * Division, bits and shifts of integers as ops of ONNX.
 *
 * @module
 */

import {type DType, dtypeInfo} from '../../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {same, truth, zerosOrThrow} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';

/** A divisor that is safe, and where it stands for -1; undefined where it never does. */
interface Divisor {
  readonly divisor: OnnxTensor;
  readonly isNegation?: OnnxTensor;
}

const isUnsigned = ({dtype}: OnnxTensor): boolean => dtypeInfo(dtype).kind === 'uint';

/**
 * A division of integers by 0, and of the least one by -1, ends the process that ONNX Runtime runs in. 0 makes the session throw before,
 * and -1 is taken for 1.
 */
function safeDivisor(y: OnnxTensor, to: OnnxBuilder): Divisor {
  const known = y.value && Array.from(y.value.data as ArrayLike<number | bigint>, Number);
  if (known?.includes(0)) notLowered('integers are divided by 0');
  if (known !== undefined && !known.includes(-1)) return {divisor: y};
  const isZero = to.cast(truth('Equal', [y, to.scalar(y.dtype, 0)], to), 'int32');
  const divisor = known ? y : to.op('Add', [y, zerosOrThrow(isZero, y.dtype, to)]);
  if (isUnsigned(y)) return {divisor};
  const isNegation = truth('Equal', [divisor, to.scalar(y.dtype, -1)], to);
  return {divisor: to.op('Where', [isNegation, to.scalar(y.dtype, 1), divisor]), isNegation};
}

export function truncateDivInts(x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const {divisor, isNegation} = safeDivisor(y, to);
  const quotient = to.op('Div', [x, divisor]);
  return isNegation === undefined ? quotient : to.op('Where', [isNegation, to.op('Neg', [x]), quotient]);
}

/** ONNX Runtime's Sign looks at the lower half of an int64 as if it had a sign. */
export function sign(x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  if (x.dtype !== 'int64') return to.op('Sign', [x]);
  const zero = to.scalar(x.dtype, 0);
  const [isAbove, isBelow] = ['Greater', 'Less'].map((op) => to.cast(truth(op, [x, zero], to), x.dtype));
  return to.op('Sub', [isAbove, isBelow]);
}

/** The truncated quotient, less 1 where it lies above the exact one. */
export function floorDivInts(x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const quotient = truncateDivInts(x, y, to);
  if (isUnsigned(x)) return quotient;
  const rest = to.op('Sub', [x, to.op('Mul', [quotient, y])]);
  const signs = to.op('Mul', [sign(rest, to), sign(y, to)]);
  return to.op('Sub', [quotient, to.cast(truth('Less', [signs, to.scalar(x.dtype, 0)], to), x.dtype)]);
}

/** The remainder with the sign of the divisor; that of 1 and of -1 is 0. */
export function floorModInts(x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  return to.op('Mod', [x, safeDivisor(y, to).divisor]);
}

/** The remainder with the sign of the dividend. ONNX Runtime takes it in float64, which has not all int64. */
export function truncateModInts(x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const {divisor} = safeDivisor(y, to);
  return to.op('Sub', [x, to.op('Mul', [to.op('Div', [x, divisor]), divisor])]);
}

/** The dtype to shift in, of at least as many bits. */
const SHIFTED_IN: Partial<Record<DType, DType>> = {
  int8: 'uint8',
  uint8: 'uint8',
  int16: 'uint32',
  uint16: 'uint32',
  int32: 'uint32',
  uint32: 'uint32',
  int64: 'uint64',
  uint64: 'uint64',
};

/** `x` shifted as a number without sign. TensorFlow clamps distances into the dtype's bits. */
function shifted(
  x: OnnxTensor,
  distance: OnnxTensor,
  direction: 'LEFT' | 'RIGHT',
  to: OnnxBuilder,
): OnnxTensor {
  const within = SHIFTED_IN[x.dtype] ?? notLowered(`it is computed in ${x.dtype}`);
  const most = 8 * dtypeInfo(x.dtype).bytes - 1;
  const limits = [to.scalar(x.dtype, 0), to.scalar(x.dtype, most)];
  const clamped = to.op('Clip', [distance, ...limits]);
  return to.cast(to.op('BitShift', [to.cast(x, within), to.cast(clamped, within)], {direction}), x.dtype);
}

const leftShift: Lower = ([x, y], _node, to) => shifted(x!, y!, 'LEFT', to);

/** What is negative is shifted as its complement, so that the sign moves in. */
const rightShift: Lower = ([x, y], _node, to) => {
  if (isUnsigned(x!)) return shifted(x!, y!, 'RIGHT', to);
  const isNegative = truth('Less', [x!, to.scalar(x!.dtype, 0)], to);
  const mask = to.op('Neg', [to.cast(isNegative, x!.dtype)]);
  const positive = to.op('BitwiseXor', [x, mask]);
  return to.op('BitwiseXor', [shifted(positive, y!, 'RIGHT', to), mask]);
};

export const bits: LowerTable = {
  BitwiseAnd: same('BitwiseAnd'),
  BitwiseOr: same('BitwiseOr'),
  BitwiseXor: same('BitwiseXor'),
  LeftShift: leftShift,
  RightShift: rightShift,
};
