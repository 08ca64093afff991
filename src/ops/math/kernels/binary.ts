/**
 * Elementwise arithmetic of two operands that broadcast.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import * as complex from '../../../algorithms/complex.js';
import * as special from '../../../algorithms/special_functions.js';
import {CallError} from '../../../errors.js';
import {type DType, dtypeInfo, isFloating} from '../../../host/dtypes.js';
import {roundToDType} from '../../../host/rounding.js';
import {StringsBuilder} from '../../../host/strings.js';
import {sizeOf} from '../../../host/tensor.js';
import * as parts from '../../../tensors/complex_tensors.js';
import {hostMap2, withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {broadcastOrThrow, forEachBroadcast} from '../../../tensors/host.js';
import {roundTensor} from '../../../tensors/rounding.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Value} from '../../../tensors/value.js';
import * as words from '../../../tensors/word_runs.js';
import {binaryKernel} from '../../../tfjs/kernels.js';
import {type BinaryOp, binary} from '../../elementwise.js';
import type {Kernel, OpFamily} from '../../kernel.js';

type BinaryTensors = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;
/** The gradients of both operands, before they are summed over what was broadcast. */
type Gradients = (dy: tf.Tensor, x: tf.Tensor, y: tf.Tensor, z: tf.Tensor) => [tf.Tensor, tf.Tensor];

function differentiable(forward: BinaryTensors, gradients: Gradients): BinaryTensors {
  return (x, y) =>
    withGradient([x, y], forward as (...inputs: tf.Tensor[]) => tf.Tensor, (dy, [a, b], z) =>
      gradients(dy, a!, b!, z),
    );
}

/** A function that tfjs lacks: computed on the host, differentiated by expressions of tfjs operations. */
function hostFunction(f: (x: number, y: number) => number, gradients: Gradients): BinaryTensors {
  return differentiable((x, y) => hostMap2(x, y, f), gradients);
}

const noGradients: Gradients = (dy) => [tf.zerosLike(dy), tf.zerosLike(dy)];
const when = (condition: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.where(condition, x, tf.zerosLike(x));
const unless = (condition: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.where(condition, tf.zerosLike(x), x);

function nonZero(divisor: number): number {
  if (divisor === 0) throw new CallError('integer division by zero');
  return divisor;
}

const truncatingInts = {
  int: (x: number, y: number) => Math.trunc(x / nonZero(y)),
  ...words.truncateDivideWords,
};

/** The remainder with the sign of the divisor. */
function floorMod(x: number, y: number): number {
  const remainder = x % y;
  return remainder !== 0 && y < 0 !== remainder < 0 ? remainder + y : remainder;
}

/** The quotient as the narrow float has it, before it is floored: 1 / 0.1 is 10 in float32. */
function quotient(x: tf.Tensor, y: tf.Tensor, dtype: DType): tf.Tensor {
  const exact = tf.div(x, y);
  return dtype === 'float16' || dtype === 'bfloat16' ? roundTensor(exact, dtype) : exact;
}

/** A quotient rounded by `round`, through which TensorFlow lets no gradient. */
const roundedQuotient =
  (round: (x: tf.Tensor) => tf.Tensor): BinaryOp['device'] =>
  (x, y, dtype) =>
    differentiable((a, b) => round(quotient(a, b, dtype)), noGradients)(x, y);

const truncateTensor = (x: tf.Tensor): tf.Tensor => tf.mul(tf.sign(x), tf.floor(tf.abs(x)));

/** C's `pow`, where 1 to the power of anything is 1. */
function pow(x: number, y: number): number {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}

/** `x ** y`. tfjs's cpu backend follows JavaScript, where some powers of 1 and -1 are NaN; C has 1 for them. */
function powTensors(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const power = tf.pow(x, y);
  if (tf.getBackend() !== 'cpu') return power;
  const isOne = tf.logicalOr(tf.equal(x, 1), tf.logicalAnd(tf.equal(x, -1), tf.isInf(y)));
  return tf.where(isOne, tf.onesLike(x), power);
}

const power: BinaryOp = {
  float: pow,
  int: powInt,
  bigint: powBigInt,
  complex: complex.pow,
  device: differentiable(powTensors, (dy, x, y, z) => [
    tf.mul(dy, tf.mul(y, powTensors(x, tf.sub(y, 1)))),
    tf.mul(dy, tf.mul(z, when(tf.greater(x, 0), tf.log(x)))),
  ]),
};

/** The powers that models use most, as multiplications. */
const SMALL_POWERS: Readonly<Record<number, (x: tf.Tensor) => tf.Tensor>> = {
  2: tf.square,
  3: (x) => tf.mul(x, tf.square(x)),
};

const powKernel: Kernel = ([x, y], ctx) => {
  const isConstant = y!.size === 1 && y!.rank <= x!.rank && !y!.onDevice;
  const asProduct = isConstant && x!.onDevice && isFloating(x!.dtype) ? SMALL_POWERS[y!.number()] : undefined;
  if (asProduct) return fromTensor(asProduct(x!.tensor()), x!.dtype);
  return binary(power).kernel([x!, y!], ctx);
};

function powInt(base: number, exponent: number): number {
  if (exponent < 0) throw new CallError('an integer to a negative power is not an integer');
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

function powBigInt(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) throw new CallError('an integer to a negative power is not an integer');
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}

/** Backends in C++ drop a NaN of the second operand of min and max: it is added afterwards. */
function propagatingNaN(extremum: BinaryTensors): BinaryTensors {
  return (x, y) => {
    const [large, small] = x.size < y.size ? [y, x] : [x, y];
    return tf.add(extremum(large, small), when(tf.isNaN(small), small));
  };
}

/** For who folds many integers into one. */
export function largerBigInt(x: bigint, y: bigint): bigint {
  if (x > y) return x;
  return y;
}

export function smallerBigInt(x: bigint, y: bigint): bigint {
  if (x < y) return x;
  return y;
}

/** Shift distances outside of the dtype's bits are clamped into them, as TensorFlow does. */
function clampShift(distance: number, dtype: DType): number {
  return Math.min(Math.max(distance, 0), 8 * dtypeInfo(dtype).bytes - 1);
}

const clampBigShift = (distance: bigint): bigint => (distance < 0n ? 0n : distance > 63n ? 63n : distance);

const floatView = new Float32Array(1);
const floatBits = new Int32Array(floatView.buffer);
const doubleView = new Float64Array(1);
const doubleBits = new BigInt64Array(doubleView.buffer);

/** The neighbour of `x` in the direction of `y`, among the numbers of the dtype. */
function nextAfter(x: number, y: number, dtype: DType = 'float32'): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === y) return y;
  if (x === 0) return Math.sign(y) * (dtype === 'float64' ? Number.MIN_VALUE : 2 ** -149);
  const away = y > x === x > 0;
  if (dtype === 'float64') {
    doubleView[0] = x;
    doubleBits[0]! += away ? 1n : -1n;
    return doubleView[0]!;
  }
  floatView[0] = x;
  floatBits[0]! += away ? 1 : -1;
  return floatView[0]!;
}

const add: BinaryOp = {
  float: (x, y) => x + y,
  int: (x, y) => x + y,
  words: words.addWords,
  complex: complex.add,
  parts: parts.add,
  device: binaryKernel(tf.Add),
};

const divide: BinaryOp = {
  float: (x, y) => x / y,
  complex: complex.div,
  parts: parts.div,
  device: binaryKernel(tf.RealDiv),
};

/** `x / y` where `y` is not 0. The division avoids 0 as well, so that its gradient is not NaN there. */
function safeDivide(x: tf.Tensor, y: tf.Tensor, isSafe: tf.Tensor): tf.Tensor {
  return when(isSafe, tf.div(x, tf.where(isSafe, y, tf.onesLike(y))));
}

const truncateMod: BinaryOp = {
  float: (x, y) => x % y,
  int: (x, y) => x % nonZero(y),
  ...words.truncateModWords,
  device: hostFunction(
    (x, y) => x % y,
    (dy, x, y) => [dy, tf.neg(tf.mul(dy, truncateTensor(tf.div(x, y))))],
  ),
};

/** Concatenates byte strings: what `Add` does to them. */
const addStrings: Kernel = (inputs) => {
  const [x, y] = inputs as [Value, Value];
  const shape = broadcastOrThrow(x.shape, y.shape);
  const [a, b] = [x.strings(), y.strings()];
  const out = new StringsBuilder(sizeOf(shape), a.totalBytes + b.totalBytes);
  forEachBroadcast([x.shape, y.shape], shape, (_, [ia, ib]) => {
    out.append(a.bytes, a.starts[ia!], a.ends[ia!]);
    out.add(b.bytes, b.starts[ib!], b.ends[ib!]);
  });
  return stringValue(shape, out.strings());
};

const addNumbers = binary(add);

export const binaryMath: OpFamily = {
  Add: {
    kernel: (inputs, ctx) => (inputs[0]!.dtype === 'string' ? addStrings : addNumbers.kernel)(inputs, ctx),
  },
  AddV2: addNumbers,
  Sub: binary({
    float: (x, y) => x - y,
    int: (x, y) => x - y,
    words: words.subtractWords,
    complex: complex.sub,
    parts: parts.sub,
    device: binaryKernel(tf.Sub),
  }),
  Mul: binary({
    float: (x, y) => x * y,
    int: Math.imul,
    words: words.multiplyWords,
    complex: complex.mul,
    parts: parts.mul,
    device: binaryKernel(tf.Multiply),
  }),
  MulNoNan: binary({
    float: (x, y) => (y === 0 ? 0 : x * y),
    complex: complex.mulNoNan,
    device: differentiable(
      (x, y) => when(tf.notEqual(y, 0), tf.mul(x, y)),
      (dy, x, y) => [when(tf.notEqual(y, 0), tf.mul(dy, y)), when(tf.notEqual(dy, 0), tf.mul(x, dy))],
    ),
  }),
  RealDiv: binary(divide),
  Div: binary({...divide, ...truncatingInts}),
  DivNoNan: binary({
    float: (x, y) => (y === 0 ? 0 : x / y),
    complex: complex.divNoNan,
    device: differentiable(
      (x, y) => safeDivide(x, y, tf.notEqual(y, 0)),
      (dy, x, y) => {
        const isSafe = tf.notEqual(y, 0);
        const dx = safeDivide(dy, y, isSafe);
        return [dx, tf.neg(tf.mul(dx, safeDivide(x, y, isSafe)))];
      },
    ),
  }),
  FloorDiv: binary({
    float: (x, y, dtype) => Math.floor(roundToDType(x / y, dtype)),
    int: (x, y) => Math.floor(x / nonZero(y)),
    ...words.floorDivideWords,
    device: roundedQuotient(tf.floor),
  }),
  TruncateDiv: binary({
    float: (x, y, dtype) => Math.trunc(roundToDType(x / y, dtype)),
    ...truncatingInts,
    device: roundedQuotient(truncateTensor),
  }),
  FloorMod: binary({
    float: floorMod,
    int: (x, y) => floorMod(x, nonZero(y)),
    ...words.floorModWords,
    device: hostFunction(floorMod, (dy, x, y) => [dy, tf.neg(tf.mul(dy, tf.floor(tf.div(x, y))))]),
  }),
  TruncateMod: binary(truncateMod),
  Mod: binary(truncateMod),

  Maximum: binary({
    float: (x, y) => Math.max(x, y),
    int: (x, y) => Math.max(x, y),
    ...words.maximumWords,
    device: differentiable(propagatingNaN(tf.maximum), (dy, x, y) => [
      when(tf.greaterEqual(x, y), dy),
      unless(tf.greaterEqual(x, y), dy),
    ]),
  }),
  Minimum: binary({
    float: (x, y) => Math.min(x, y),
    int: (x, y) => Math.min(x, y),
    ...words.minimumWords,
    device: differentiable(propagatingNaN(tf.minimum), (dy, x, y) => [
      when(tf.lessEqual(x, y), dy),
      unless(tf.lessEqual(x, y), dy),
    ]),
  }),
  SquaredDifference: binary({
    float: (x, y) => (x - y) ** 2,
    int: (x, y) => Math.imul(x - y, x - y),
    bigint: (x, y) => (x - y) * (x - y),
    complex: complex.squaredDifference,
    device: differentiable(binaryKernel(tf.SquaredDifference), (dy, x, y) => {
      const dx = tf.mul(dy, tf.mul(2, tf.sub(x, y)));
      return [dx, tf.neg(dx)];
    }),
  }),
  Pow: {kernel: powKernel},
  Atan2: binary({float: Math.atan2, device: tf.atan2}),
  NextAfter: binary({
    float: nextAfter,
    device: hostFunction(nextAfter, (dy) => [dy, tf.zerosLike(dy)]),
  }),

  Xdivy: binary({
    float: (x, y) => (x === 0 ? 0 : x / y),
    complex: complex.xdivy,
    device: differentiable(
      (x, y) => when(tf.notEqual(x, 0), tf.div(x, y)),
      (dy, x, y) => {
        const notZero = tf.notEqual(x, 0);
        return [
          tf.mul(dy, when(notZero, tf.div(tf.onesLike(x), y))),
          tf.mul(dy, when(notZero, tf.div(tf.neg(x), tf.square(y)))),
        ];
      },
    ),
  }),
  Xlogy: binary({
    float: (x, y) => (x === 0 ? 0 : x * Math.log(y)),
    complex: complex.xlogy,
    device: differentiable(
      (x, y) => when(tf.notEqual(x, 0), tf.mul(x, tf.log(y))),
      (dy, x, y) => {
        const notZero = tf.notEqual(x, 0);
        return [tf.mul(dy, when(notZero, tf.log(y))), tf.mul(dy, when(notZero, tf.div(x, y)))];
      },
    ),
  }),
  Xlog1py: binary({
    float: (x, y) => (x === 0 ? 0 : x * Math.log1p(y)),
    complex: complex.xlog1py,
    device: differentiable(
      (x, y) => when(tf.notEqual(x, 0), tf.mul(x, tf.log1p(y))),
      (dy, x, y) => {
        const notZero = tf.notEqual(x, 0);
        return [tf.mul(dy, when(notZero, tf.log1p(y))), tf.mul(dy, when(notZero, tf.div(x, tf.add(y, 1))))];
      },
    ),
  }),

  Polygamma: binary({
    float: special.polygamma,
    device: hostFunction(special.polygamma, (dy, n, x) => [
      tf.zerosLike(dy),
      tf.mul(
        dy,
        hostMap2(n, x, (order, at) => special.polygamma(order + 1, at)),
      ),
    ]),
  }),
  Zeta: binary({
    float: special.zeta,
    device: hostFunction(special.zeta, (dy, s, q) => [
      tf.zerosLike(dy),
      tf.mul(
        dy,
        hostMap2(s, q, (power, at) => -power * special.zeta(power + 1, at)),
      ),
    ]),
  }),

  BitwiseAnd: binary({int: (x, y) => x & y, words: words.andWords}),
  BitwiseOr: binary({int: (x, y) => x | y, words: words.orWords}),
  BitwiseXor: binary({int: (x, y) => x ^ y, words: words.xorWords}),
  LeftShift: binary({
    int: (x, y, dtype) => x << clampShift(y, dtype),
    bigint: (x, y) => x << clampBigShift(y),
  }),
  RightShift: binary({
    int: (x, y, dtype) => Math.floor(x / 2 ** clampShift(y, dtype)),
    bigint: (x, y) => x >> clampBigShift(y),
  }),
};
