/**
 * Ops that make values: filled with one element, counting up, one-hot.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type DType, isBigInt, isFloating, lanes} from '../../../host/dtypes.js';
import {filledData} from '../../../host/movement.js';
import {allocate, allocateObjects, sizeOf} from '../../../host/tensor.js';
import {roundToDType} from '../../../tensors/host.js';
import {broadcastTo, concat, movesOnHost, zeros} from '../../../tensors/movement.js';
import {takeRows} from '../../../tensors/rows.js';
import {hasDeviceType, type Resource, Value, type Variant} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis, unsupported} from '../../node.js';
import {shapeOperand} from '../../sizes.js';

/** Floats beyond this many elements are made on the backend, where they are likely to be used. */
const LARGE = 1024;

const fill: Kernel = ([dims, value], ctx) => {
  const shape = shapeOperand(dims!, ctx);
  if (value!.size !== 1 || value!.rank > 1) throw invalid(ctx, 'the value must be a scalar');
  if (!value!.hostReady) return broadcastTo(value!.reshape([]), shape);
  if (madeOnDevice(value!.dtype, shape)) {
    return Value.device(tf.fill(shape, value!.number(), 'float32'), value!.dtype);
  }
  return Value.host(value!.dtype, shape, filledData(value!, sizeOf(shape)));
};

function madeOnDevice(dtype: DType, shape: readonly number[]): boolean {
  return isFloating(dtype) && hasDeviceType(dtype) && sizeOf(shape) > LARGE;
}

/** The same objects around the zeros of what they hold. */
function variantZeros(x: Value, ctx: KernelContext): Value {
  const zeroOf = (variant: Variant): Variant => {
    if (variant.zerosLike === undefined) throw unsupported(ctx, `a zero of a ${variant.kind}`);
    return variant.zerosLike((value) => zerosLike([value], ctx) as Value);
  };
  return Value.host('variant', x.shape, (x.hostData() as readonly Variant[]).map(zeroOf));
}

const zerosLike: Kernel = ([x], ctx) => {
  const {dtype, shape} = x!;
  if (dtype === 'resource') throw unsupported(ctx, `zeros of dtype ${dtype}`);
  if (dtype === 'variant') return variantZeros(x!, ctx);
  return madeOnDevice(dtype, shape) ? Value.device(tf.zeros(shape as number[]), dtype) : zeros(dtype, shape);
};

const onesLike: Kernel = ([x]) => {
  const {dtype, shape} = x!;
  if (madeOnDevice(dtype, shape)) return Value.device(tf.ones(shape as number[]), dtype);
  const one = allocate(dtype, 1);
  one[0] = (isBigInt(dtype) ? 1n : 1) as never;
  return Value.host(dtype, shape, filledData(Value.host(dtype, [], one), sizeOf(shape)));
};

const empty: Kernel = ([shape], ctx) => zeros(ctx.attrs.dtype('dtype'), shapeOperand(shape!, ctx));

/** What a branch that makes no such value has for an output: nobody reads it. */
const NOTHING: Variant & Resource = {kind: 'nothing', name: 'nothing', *values() {}};

const fakeParam: Kernel = (_, ctx) => {
  const dtype = ctx.attrs.dtype('dtype');
  const shape = (ctx.attrs.shape('shape') ?? []).map((dim) => dim ?? 0);
  const isObject = dtype === 'resource' || dtype === 'variant';
  return isObject ? Value.host(dtype, shape, allocateObjects(sizeOf(shape), NOTHING)) : zeros(dtype, shape);
};

const range: Kernel = ([start, limit, delta], ctx) => {
  const {dtype} = start!;
  const [from, to, step] = [start!, limit!, delta!].map((each) => each.numeric()[0]!);
  if (Number(step) === 0) throw invalid(ctx, 'delta must not be 0');
  // Written so that NaN leads nowhere.
  if (!(Number(step) > 0 ? from! <= to! : from! >= to!)) {
    throw invalid(ctx, `delta ${step} does not lead from ${from} to ${to}`);
  }
  const count = isBigInt(dtype)
    ? Number((BigInt(to!) - BigInt(from!) + BigInt(step!) - (BigInt(step!) > 0n ? 1n : -1n)) / BigInt(step!))
    : Math.ceil(Math.abs(roundToDType(roundToDType(Number(to) - Number(from), dtype) / Number(step), dtype)));
  if (!Number.isFinite(count)) throw invalid(ctx, `from ${from} to ${to} there is no end of numbers`);
  return Value.host(dtype, [count], counting(dtype, count, from!, step!));
};

function counting(dtype: DType, count: number, from: number | bigint, step: number | bigint) {
  const out = allocate(dtype, count);
  for (let i = 0; i < count; i++) {
    out[i] = (
      isBigInt(dtype)
        ? BigInt(from) + BigInt(i) * BigInt(step)
        : roundToDType(Number(from) + roundToDType(i * Number(step), dtype), dtype)
    ) as never;
  }
  return out;
}

const linSpace: Kernel = ([start, stop, num], ctx) => {
  const {dtype} = start!;
  const count = num!.number();
  if (count <= 0) throw invalid(ctx, `the number of values must be positive, not ${count}`);
  const [from, to] = [start!.number(), stop!.number()];
  const step = roundToDType(count > 1 ? (to - from) / (count - 1) : 0, dtype);
  const out = counting(dtype, count, from, step);
  if (count > 1) out[count - 1] = to as never;
  return Value.host(dtype, [count], out);
};

const oneHot: Kernel = ([indices, depth, on, off], ctx) => {
  const axis = resolveAxis(ctx.attrs.int('axis'), indices!.rank + 1, ctx);
  const count = depth!.number();
  if (count < 0) throw invalid(ctx, `depth must not be negative: ${count}`);
  const shape = indices!.shape.toSpliced(axis, 0, count);
  const inner = sizeOf(indices!.shape.slice(axis));
  const hot = allocate('int32', sizeOf(shape)) as Int32Array;
  // An index out of range makes no element hot.
  indices!.numbers().forEach((index, i) => {
    if (index < 0 || index >= count) return;
    hot[(Math.floor(i / inner) * count + index) * inner + (i % inner)] = 1;
  });
  if (!movesOnHost(on!, off!)) return takeRows(pair(off!, on!), 1, hot, shape);
  return oneHotOnHost(on!, off!, hot, shape);
};

function oneHotOnHost(on: Value, off: Value, hot: Int32Array, shape: readonly number[]): Value {
  if (lanes(on.dtype) > 1) return takeRows(pair(off, on), 1, hot, shape);
  const out = filledData(off, hot.length);
  const element = (on.hostData() as readonly unknown[])[0];
  for (let i = 0; i < hot.length; i++) if (hot[i] === 1) out[i] = element as never;
  return Value.host(on.dtype, shape, out);
}

function pair(first: Value, second: Value): Value {
  return concat([first.reshape([1]), second.reshape([1])], 0);
}

/** Ops that make values. */
export const fillOps: OpFamily = {
  Fill: {kernel: fill},
  ZerosLike: {kernel: zerosLike, unsupportedDtypes: {T: ['resource']}},
  OnesLike: {kernel: onesLike},
  Empty: {kernel: empty},
  FakeParam: {kernel: fakeParam},
  Range: {kernel: range},
  LinSpace: {kernel: linSpace},
  OneHot: {kernel: oneHot},
};
