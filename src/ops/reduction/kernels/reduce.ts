/**
 * Reductions over axes: sums, products, extremes, logic, norms.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import * as complex from '../../../algorithms/complex.js';
import {type DType, dtypeInfo, isBigInt, isFloating, lanes, type NumericArray} from '../../../host/dtypes.js';
import {wordsOf} from '../../../host/int64.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {convertNumbers, forEachBroadcast, forEachRun} from '../../../tensors/host.js';
import {mapTensor} from '../../../tensors/movement.js';
import {preferHost, Value} from '../../../tensors/value.js';
import {
  addWords,
  maximumWords,
  minimumWords,
  multiplyWords,
  type WordRun,
} from '../../../tensors/word_runs.js';
import {demand} from '../../elementwise.js';
import type {KernelContext, OpFamily, OpImplementation} from '../../kernel.js';
import {largerBigInt, smallerBigInt} from '../../math/kernels/binary.js';
import {type ReductionPlan, reductionPlan} from '../plan.js';
import {cumprodTensor} from './scan.js';

/** A fold of the elements along the reduced axes; absent members mean that the op has no such form. */
interface Reduction {
  /** What an empty sequence gives. */
  readonly start: number | ((dtype: DType) => number | bigint);
  readonly float: (sum: number, x: number) => number;
  /** Of integers of at most 32 bits and booleans; the sum wraps after each step. As for floats when absent. */
  readonly int?: (sum: number, x: number) => number;
  readonly bigint?: (sum: bigint, x: bigint) => bigint;
  /** The same of int64 as words. */
  readonly words?: WordRun;
  /** Of uint64, where that is another. */
  readonly unsignedWords?: WordRun;
  readonly complex?: (sum: complex.Complex, x: complex.Complex) => complex.Complex;
  /** Turns a fold of `count` elements into the result. */
  readonly finish?: (sum: number, count: number) => number;
  readonly finishBigInt?: (sum: bigint, count: bigint) => bigint;
  /** True when the parts of complex numbers are reduced each by themselves. */
  readonly isLinear?: boolean;
  /** Of a float32 tensor, differentiable; the reduced axes stay, with one element. */
  readonly device?: (x: tf.Tensor, axes: number[]) => tf.Tensor;
}

function reduction(rule: Reduction): OpImplementation {
  return {
    kernel: ([x, axes], ctx) => {
      const plan = reductionPlan(x!.shape, axes!.numbers(), ctx);
      // Backends make nothing, or garbage, of empty tensors.
      if (isFloating(x!.dtype) && !preferHost(x!) && x!.size > 0) {
        const device = demand(rule.device, x!.dtype, ctx);
        return fromTensor(tf.reshape(device(x!.tensor(), plan.axes), plan.shape), x!.dtype);
      }
      const device = rule.isLinear ? rule.device : undefined;
      if (x!.parts && device) {
        return mapTensor(x!, (part) => tf.reshape(device(part, plan.axes), plan.shape));
      }
      return reduceOnHost(x!, plan, rule, ctx);
    },
  };
}

function reduceOnHost(x: Value, plan: ReductionPlan<number>, rule: Reduction, ctx: KernelContext): Value {
  const {dtype} = x;
  const result = (data: NumericArray): Value => Value.host(dtype, plan.shape, data);
  if (lanes(dtype) === 2) return result(foldComplex(x, plan, rule, ctx));
  if (isBigInt(dtype)) return result(foldBigInts(x, plan, rule, ctx));
  return result(foldNumbers(x, plan, rule));
}

function foldNumbers(x: Value, {kept, count}: ReductionPlan<number>, rule: Reduction): NumericArray {
  const {dtype} = x;
  const source = x.numeric() as Float64Array;
  // Integers wrap as their array does; floats are summed in double precision and rounded once.
  const sums = (
    isFloating(dtype) ? new Float64Array(sizeOf(kept)) : allocate(dtype, sizeOf(kept))
  ) as Float64Array;
  sums.fill(startOf(rule, dtype) as number);
  const fold = isFloating(dtype) ? rule.float : (rule.int ?? rule.float);
  forEachRun([kept], x.shape, (first, [at], [step], length) => {
    let to = at!;
    for (let i = first; i < first + length; i++, to += step!) sums[to] = fold(sums[to]!, source[i]!);
  });
  if (rule.finish) for (let i = 0; i < sums.length; i++) sums[i] = rule.finish(sums[i]!, count);
  return isFloating(dtype) ? convertNumbers(sums, dtype) : sums;
}

function foldBigInts(
  x: Value,
  {kept, count}: ReductionPlan<number>,
  rule: Reduction,
  ctx: KernelContext,
): NumericArray {
  const fold = demand(rule.bigint, x.dtype, ctx);
  const words = x.dtype === 'uint64' ? (rule.unsignedWords ?? rule.words) : rule.words;
  const source = x.numeric() as BigInt64Array;
  const sums = allocate(x.dtype, sizeOf(kept)) as BigInt64Array;
  sums.fill(BigInt(startOf(rule, x.dtype)));
  if (words === undefined) {
    forEachBroadcast([kept], x.shape, (i, [at]) => {
      sums[at!] = fold(sums[at!]!, source[i]!);
    });
  } else {
    const [from, to] = [wordsOf(source), wordsOf(sums)];
    forEachBroadcast([kept], x.shape, (i, [at]) => {
      words(to, 2 * at!, 0, from, 2 * i, 0, to, 2 * at!, 2 * at! + 2);
    });
  }
  const finish = rule.finishBigInt;
  return finish ? sums.map((sum) => finish(sum, BigInt(count))) : sums;
}

function foldComplex(
  x: Value,
  {kept, count}: ReductionPlan<number>,
  rule: Reduction,
  ctx: KernelContext,
): NumericArray {
  const fold = demand(rule.complex, x.dtype, ctx);
  const source = x.numeric() as Float64Array;
  const sums = new Float64Array(2 * sizeOf(kept));
  for (let i = 0; i < sums.length; i += 2) sums[i] = startOf(rule, x.dtype) as number;
  forEachBroadcast([kept], x.shape, (i, [at]) => {
    const sum: complex.Complex = [sums[2 * at!]!, sums[2 * at! + 1]!];
    [sums[2 * at!], sums[2 * at! + 1]] = fold(sum, [source[2 * i]!, source[2 * i + 1]!]);
  });
  const finished = rule.finish ? sums.map((part) => rule.finish!(part, count)) : sums;
  return x.dtype === 'complex64' ? Float32Array.from(finished) : finished;
}

function startOf({start}: Reduction, dtype: DType): number | bigint {
  return typeof start === 'number' ? start : start(dtype);
}

/** The least number of a dtype, or the greatest. */
function limitOf(dtype: DType, sign: 1 | -1): number | bigint {
  const {kind, bytes} = dtypeInfo(dtype);
  if (kind === 'float') return sign * Infinity;
  const bits = BigInt(8 * bytes);
  const [least, greatest] =
    kind === 'uint' ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
  const limit = sign < 0 ? least : greatest;
  return isBigInt(dtype) ? limit : Number(limit);
}

/** Max or Min of a tensor; the gradient is shared among all elements that are the extreme. */
function extremeTensor(reduce: typeof tf.max): Reduction['device'] {
  return (x, axes) =>
    withGradient(
      [x],
      (input) => reduce(input!, axes, true),
      (dy, [input], y) => {
        const isExtreme = tf.cast(tf.equal(input!, y), 'float32');
        return [tf.mul(tf.div(isExtreme, tf.sum(isExtreme, axes, true)), dy)];
      },
    );
}

function prodTensor(x: tf.Tensor, axes: number[]): tf.Tensor {
  return withGradient(
    [x],
    (input) => tf.prod(input!, axes, true),
    (dy, [input]) => [tf.mul(productsOfOthers(input!, axes), dy)],
  );
}

/** For each element the product of all others along the axes: right where elements are 0, unlike a division. */
function productsOfOthers(x: tf.Tensor, axes: number[]): tf.Tensor {
  const kept = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const order = [...kept, ...axes];
  const last = tf.transpose(x, order);
  const rows = tf.reshape(last, [sizeOf(kept.map((axis) => x.shape[axis]!)), -1]);
  const before = cumprodTensor(rows, 1, true, false);
  const after = cumprodTensor(rows, 1, true, true);
  const back = order.map((_, axis) => order.indexOf(axis));
  return tf.transpose(tf.reshape(tf.mul(before, after), last.shape), back);
}

function euclideanNormTensor(x: tf.Tensor, axes: number[]): tf.Tensor {
  return withGradient(
    [x],
    (input) => tf.sqrt(tf.sum(tf.square(input!), axes, true)),
    (dy, [input], y) => [tf.div(input!, tf.div(y, dy))],
  );
}

const add: Pick<Reduction, 'start' | 'float' | 'bigint' | 'words' | 'complex'> = {
  start: 0,
  float: (sum, x) => sum + x,
  bigint: (sum, x) => sum + x,
  words: addWords,
  complex: complex.add,
};

export const reductions: OpFamily = {
  Sum: reduction({...add, isLinear: true, device: (x, axes) => tf.sum(x, axes, true)}),
  Mean: reduction({
    ...add,
    finish: (sum, count) => sum / count,
    finishBigInt: (sum, count) => sum / count,
    isLinear: true,
    device: (x, axes) => tf.mean(x, axes, true),
  }),
  Prod: reduction({
    start: 1,
    float: (product, x) => product * x,
    int: Math.imul,
    bigint: (product, x) => product * x,
    words: multiplyWords,
    complex: complex.mul,
    device: prodTensor,
  }),
  Max: reduction({
    start: (dtype) => limitOf(dtype, -1),
    float: Math.max,
    bigint: largerBigInt,
    ...maximumWords,
    device: extremeTensor(tf.max),
  }),
  Min: reduction({
    start: (dtype) => limitOf(dtype, 1),
    float: Math.min,
    bigint: smallerBigInt,
    ...minimumWords,
    device: extremeTensor(tf.min),
  }),
  All: reduction({start: 1, float: (all, x) => all & x}),
  Any: reduction({start: 0, float: (any, x) => any | x}),
  EuclideanNorm: reduction({
    start: 0,
    float: (sum, x) => sum + x * x,
    int: (sum, x) => sum + Math.imul(x, x),
    bigint: (sum, x) => sum + x * x,
    complex: (sum, x) => [sum[0] + x[0] * x[0] + x[1] * x[1], 0],
    finish: Math.sqrt,
    finishBigInt: (sum) => BigInt(Math.floor(Math.sqrt(Number(sum)))),
    device: euclideanNormTensor,
  }),
  L2Loss: {
    kernel: ([x]) => {
      if (preferHost(x!)) {
        const sum = (x!.numeric() as Float64Array).reduce((total, each) => total + each * each, 0);
        return Value.host(x!.dtype, [], convertNumbers(Float64Array.of(sum / 2), x!.dtype));
      }
      return fromTensor(tf.div(tf.sum(tf.square(x!.tensor())), 2), x!.dtype);
    },
  },
};
