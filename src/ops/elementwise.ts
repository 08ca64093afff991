/**
 * Builds elementwise ops from what they do to one element of each class of dtype, and to a float tensor on a backend.
 *
 * Integers, booleans and complex numbers are computed on the host, where they are exact and no gradient is lost; real
 * floats too while they are small and no gradient hangs on them; other floats by differentiable tfjs operations.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {Complex} from '../algorithms/complex.js';
import {type DType, dtypeInfo, isBigInt, isFloating} from '../host/dtypes.js';
import {mapComplex, mapComplex2} from '../tensors/complex_host.js';
import {fromParts, partsOf, withoutGradient} from '../tensors/complex_tensors.js';
import {fromTensor} from '../tensors/from_tensor.js';
import {mapBinary, mapUnary, mapUnaryWords, mapWords} from '../tensors/host.js';
import {type ComplexParts, preferHost, type Value} from '../tensors/value.js';
import type {UnaryWordRun, WordRun} from '../tensors/word_runs.js';
import type {Kernel, KernelContext, OpImplementation} from './kernel.js';
import {unsupported} from './node.js';

/** A function of one element; an absent member means that the op has no such form. */
export interface UnaryOp {
  /** Of a real floating point number. */
  readonly float?: (x: number, dtype: DType) => number;
  /** Of an integer of at most 32 bits (or a boolean); the result wraps to the dtype. */
  readonly int?: (x: number, dtype: DType) => number;
  /** Of a 64-bit integer; the result wraps. */
  readonly bigint?: (x: bigint) => bigint;
  /** The same of many at once: where there is this form, it is taken. */
  readonly words?: UnaryWordRun;
  readonly complex?: (x: Complex) => Complex;
  /** Of complex numbers on a gradient tape, differentiable; without it a gradient is refused. */
  readonly parts?: (x: ComplexParts) => ComplexParts;
  /** Of a float32 tensor, differentiable. `dtype` is what the tensor stands for. */
  readonly device?: (x: tf.Tensor, dtype: DType) => tf.Tensor;
}

/** A function of two elements; an absent member means that the op has no such form. */
export interface BinaryOp {
  readonly float?: (x: number, y: number, dtype: DType) => number;
  readonly int?: (x: number, y: number, dtype: DType) => number;
  readonly bigint?: (x: bigint, y: bigint) => bigint;
  /** The same of many at once: where there is this form, it is taken. */
  readonly words?: WordRun;
  /** The same for uint64, where it is not that for int64. */
  readonly unsignedWords?: WordRun;
  readonly complex?: (x: Complex, y: Complex) => Complex;
  readonly parts?: (x: ComplexParts, y: ComplexParts) => ComplexParts;
  /** Of two float32 tensors that broadcast, differentiable. */
  readonly device?: (x: tf.Tensor, y: tf.Tensor, dtype: DType) => tf.Tensor;
}

/** An op on one operand whose result has the operand's dtype. */
export function unary(op: UnaryOp): OpImplementation {
  const kernel: Kernel = (inputs, ctx) => {
    const x = inputs[0]!;
    const {dtype} = x;
    if (dtypeInfo(dtype).kind === 'complex') {
      if (x.parts && op.parts) return fromParts(op.parts(x.parts), dtype);
      const result = mapComplex(x, demand(op.complex, dtype, ctx));
      return x.parts ? withoutGradient(result, [x], () => refuse(dtype, ctx)) : result;
    }
    if (isFloating(dtype) && !preferHost(x)) {
      return fromTensor(demand(op.device, dtype, ctx)(x.tensor(), dtype), dtype);
    }
    if (isBigInt(dtype)) {
      if (op.words) return mapUnaryWords(x, op.words);
      return mapUnary(x, {number: Number, bigint: demand(op.bigint, dtype, ctx)});
    }
    return mapUnary(x, {number: demand(isFloating(dtype) ? op.float : op.int, dtype, ctx)});
  };
  return {kernel};
}

/** An op on two operands of one dtype that broadcast, whose result has their dtype. */
export function binary(op: BinaryOp): OpImplementation {
  const kernel: Kernel = (inputs, ctx) => {
    const [x, y] = inputs as [Value, Value];
    const {dtype} = x;
    if (dtypeInfo(dtype).kind === 'complex') {
      const isOnTape = x.parts !== undefined || y.parts !== undefined;
      if (isOnTape && op.parts) return fromParts(op.parts(partsOf(x), partsOf(y)), dtype);
      const result = mapComplex2(x, y, demand(op.complex, dtype, ctx));
      return isOnTape ? withoutGradient(result, [x, y], () => refuse(dtype, ctx)) : result;
    }
    if (isFloating(dtype) && !preferHost(x, y)) {
      return fromTensor(demand(op.device, dtype, ctx)(x.tensor(), y.tensor(), dtype), dtype);
    }
    if (isBigInt(dtype)) {
      const run = (dtype === 'uint64' ? op.unsignedWords : undefined) ?? op.words;
      if (run) return mapWords(x, y, run);
      return mapBinary(x, y, {number: Number, bigint: demand(op.bigint, dtype, ctx)});
    }
    return mapBinary(x, y, {number: demand(isFloating(dtype) ? op.float : op.int, dtype, ctx)});
  };
  return {kernel};
}

function refuse(dtype: DType, ctx: KernelContext): never {
  throw unsupported(ctx, `a gradient through ${dtype}`);
}

/** The form of an op for `dtype`, which must exist. */
export function demand<T>(form: T | undefined, dtype: DType, ctx: KernelContext): T {
  if (form === undefined) throw unsupported(ctx, dtype);
  return form;
}
