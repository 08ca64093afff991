/**
 * Running sums, products and log-sum-exps along an axis.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import * as complex from '../../../algorithms/complex.js';
import {type DType, isBigInt, isFloating, lanes, type NumericArray} from '../../../host/dtypes.js';
import {wordsOf} from '../../../host/int64.js';
import {roundToDType} from '../../../host/rounding.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {mapTensor} from '../../../tensors/movement.js';
import {preferHost, Value} from '../../../tensors/value.js';
import {addWords, multiplyWords, type WordRun} from '../../../tensors/word_runs.js';
import {demand} from '../../elementwise.js';
import type {OpFamily, OpImplementation} from '../../kernel.js';
import {resolveAxis} from '../../node.js';

/** A fold whose every intermediate result is kept; absent members mean that the op has no such form. */
interface Scan {
  readonly start: number;
  readonly float: (sum: number, x: number) => number;
  readonly int?: (sum: number, x: number) => number;
  readonly bigint?: (sum: bigint, x: bigint) => bigint;
  /** The same of int64 and uint64 as words. */
  readonly words?: WordRun;
  readonly complex?: (sum: complex.Complex, x: complex.Complex) => complex.Complex;
  /** True when the parts of complex numbers are summed each by themselves. */
  readonly isLinear?: boolean;
  /** Of a float32 tensor, differentiable. */
  readonly device: (x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean) => tf.Tensor;
}

function scan(rule: Scan): OpImplementation {
  return {
    kernel: ([x, axisValue], ctx) => {
      const axis = resolveAxis(axisValue!.number(), x!.rank, ctx);
      const exclusive = ctx.attrs.bool('exclusive');
      const reverse = ctx.attrs.bool('reverse');
      if (x!.size === 0) return x!;
      if (isFloating(x!.dtype) && !preferHost(x!)) {
        return fromTensor(rule.device(x!.tensor(), axis, exclusive, reverse), x!.dtype);
      }
      if (x!.parts && rule.isLinear)
        return mapTensor(x!, (part) => rule.device(part, axis, exclusive, reverse));
      demand(rule[formOf(x!.dtype)], x!.dtype, ctx);
      return scanOnHost(x!, axis, exclusive, reverse, rule);
    },
  };
}

function scanOnHost(x: Value, axis: number, exclusive: boolean, reverse: boolean, rule: Scan): Value {
  const source = x.numeric();
  const out = allocate(x.dtype, x.size);
  if (isBigInt(x.dtype) && rule.words) {
    scanWords(x, out as BigInt64Array, axis, exclusive, reverse, rule.words, rule.start);
    return Value.host(x.dtype, x.shape, out);
  }
  const step = stepper(x.dtype, source, out, rule);
  const length = x.shape[axis]!;
  const inner = sizeOf(x.shape.slice(axis + 1));
  for (let row = 0; row < x.size / length; row++) {
    const start = Math.floor(row / inner) * length * inner + (row % inner);
    let sum = step.start;
    for (let i = 0; i < length; i++) {
      const at = start + (reverse ? length - 1 - i : i) * inner;
      const next = step.fold(sum, at);
      step.store(at, exclusive ? sum : next);
      sum = next;
    }
  }
  return Value.host(x.dtype, x.shape, out);
}

function scanWords(
  x: Value,
  out: BigInt64Array,
  axis: number,
  exclusive: boolean,
  reverse: boolean,
  fold: WordRun,
  start: number,
): void {
  const [from, to] = [wordsOf(x.numeric() as BigInt64Array), wordsOf(out)];
  const sum = new Int32Array(2);
  const length = x.shape[axis]!;
  const inner = sizeOf(x.shape.slice(axis + 1));
  for (let row = 0; row < x.size / length; row++) {
    const first = Math.floor(row / inner) * length * inner + (row % inner);
    sum[0] = start;
    sum[1] = 0;
    for (let i = 0; i < length; i++) {
      const at = 2 * (first + (reverse ? length - 1 - i : i) * inner);
      const [low, high] = [sum[0]!, sum[1]!];
      fold(sum, 0, 0, from, at, 0, sum, 0, 2);
      to[at] = exclusive ? low : sum[0]!;
      to[at + 1] = exclusive ? high : sum[1]!;
    }
  }
}

type Sum = number | bigint | complex.Complex;

interface Stepper {
  readonly start: Sum;
  /** `sum` continued by the element at a position. */
  fold(sum: Sum, at: number): Sum;
  store(at: number, sum: Sum): void;
}

/** The rule's form for elements of a dtype. */
function formOf(dtype: DType): 'float' | 'int' | 'bigint' | 'complex' {
  if (lanes(dtype) === 2) return 'complex';
  return isBigInt(dtype) ? 'bigint' : isFloating(dtype) ? 'float' : 'int';
}

function stepper(dtype: DType, source: NumericArray, out: NumericArray, rule: Scan): Stepper {
  if (lanes(dtype) === 2) {
    const fold = rule.complex!;
    const [from, to] = [source as Float64Array, out as Float64Array];
    return {
      start: [rule.start, 0],
      fold: (sum, at) => fold(sum as complex.Complex, [from[2 * at]!, from[2 * at + 1]!]),
      store: (at, sum) => ([to[2 * at], to[2 * at + 1]] = sum as complex.Complex),
    };
  }
  const big = isBigInt(dtype);
  const fold = rule[formOf(dtype)];
  const start = big ? BigInt(rule.start) : rule.start;
  const store = (at: number, sum: Sum): void => {
    out[at] = (big ? sum : roundToDType(sum as number, dtype)) as never;
  };
  return {start, fold: (sum, at) => (fold as unknown as (a: Sum, b: Sum) => Sum)(sum, source[at]!), store};
}

/** tfjs's own gradient leaves the axes swapped. */
function cumsumTensor(x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean): tf.Tensor {
  return withGradient(
    [x],
    (input) => tf.cumsum(input!, axis, exclusive, reverse),
    (dy) => [cumsumTensor(dy, axis, exclusive, !reverse)],
  );
}

/** A running product, whose gradient is TensorFlow's (0 where the input is 0). */
export function cumprodTensor(x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean): tf.Tensor {
  return withGradient(
    [x],
    (input) => tf.cumprod(input!, axis, exclusive, reverse),
    (dy, [input], y) => {
      const sums = cumsumTensor(tf.mul(y, dy), axis, exclusive, !reverse);
      return [tf.divNoNan(sums, input!)];
    },
  );
}

function logCumsumExpTensor(x: tf.Tensor, axis: number, exclusive: boolean, reverse: boolean): tf.Tensor {
  return withGradient(
    [x],
    (input) => {
      const data = input!.dataSync();
      const scanned = scanOnHost(Value.host('float32', x.shape, data), axis, exclusive, reverse, logSumExp);
      return tf.tensor(scanned.numeric() as Float32Array, x.shape, 'float32');
    },
    (dy, [input], y) => {
      // Logarithms need positive numbers: both signs of the gradient go their own way.
      const part = (signed: tf.Tensor): tf.Tensor => {
        const logs = tf.where(tf.greater(signed, 0), tf.log(signed), tf.fill(signed.shape, LOWEST));
        const sums = logCumsumExpTensor(tf.sub(logs, y), axis, exclusive, !reverse);
        return tf.exp(tf.add(sums, input!));
      };
      return [tf.sub(part(dy), part(tf.neg(dy)))];
    },
  );
}

/** The least finite float32. */
const LOWEST = -3.4028234663852886e38;

/** log(exp(a) + exp(b)) without overflow. */
function logAddExp(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === -Infinity ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}

const logSumExp: Scan = {start: -Infinity, float: logAddExp, device: logCumsumExpTensor};

export const scans: OpFamily = {
  Cumsum: scan({
    start: 0,
    float: (sum, x) => sum + x,
    int: (sum, x) => (sum + x) | 0,
    bigint: (sum, x) => sum + x,
    words: addWords,
    complex: complex.add,
    isLinear: true,
    device: cumsumTensor,
  }),
  Cumprod: scan({
    start: 1,
    float: (product, x) => product * x,
    int: Math.imul,
    bigint: (product, x) => product * x,
    words: multiplyWords,
    complex: complex.mul,
    device: cumprodTensor,
  }),
  CumulativeLogsumexp: scan(logSumExp),
};
