/**
 * Ops that make values of one element: Fill, zeros and ones.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type DType, isBigInt, isFloating} from '../../../host/dtypes.js';
import {filledData} from '../../../host/movement.js';
import {allocate, allocateObjects, sizeOf} from '../../../host/tensor.js';
import {broadcastTo, zeros} from '../../../tensors/movement.js';
import {hasDeviceType, type Resource, Value, type Variant} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';
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

/** Ops that make values of one element. */
export const fillOps: OpFamily = {
  Fill: {kernel: fill},
  ZerosLike: {kernel: zerosLike, unsupportedDtypes: {T: ['resource']}},
  OnesLike: {kernel: onesLike},
  Empty: {kernel: empty},
  FakeParam: {kernel: fakeParam},
};
