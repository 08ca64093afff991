/**
 * A bias per channel, added to an image of any number of axes.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isFloating} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {mapBinary} from '../../../tensors/host.js';
import {preferHost, Value} from '../../../tensors/value.js';
import {binaryKernel, reshape} from '../../../tfjs/kernels.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {channelAxis} from '../plan.js';

/** The value's axes seen as `[outer, channels, inner]`. */
function channelView(shape: readonly number[], ctx: KernelContext): [number, number, number] {
  const axis = channelAxis(shape.length, ctx);
  return [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
}

const biasAdd: Kernel = ([value, bias], ctx) => {
  const {dtype, shape, rank} = value!;
  if (rank < 2) throw invalid(ctx, `the input must have at least 2 dimensions, got ${formatShape(shape)}`);
  if (bias!.rank !== 1) throw invalid(ctx, `the bias must be a vector, got ${formatShape(bias!.shape)}`);
  const view = channelView(shape, ctx);
  if (bias!.shape[0] !== view[1]) {
    throw invalid(ctx, `the bias has ${bias!.shape[0]} elements where the input has ${view[1]} channels`);
  }
  if (preferHost(value!, bias!) || !isFloating(dtype)) {
    const sum = mapBinary(value!.reshape(view), bias!.reshape([view[1], 1]), {
      number: (x, b) => x + b,
      bigint: (x, b) => x + b,
    });
    return sum.reshape(shape);
  }
  return fromTensor(addBias(value!.tensor(), bias!.tensor(), view), dtype);
};

const add = binaryKernel(tf.Add);

/** `x` with the bias of each channel added, `view` being `[outer, channels, inner]`. */
function addBias(x: tf.Tensor, bias: tf.Tensor, view: [number, number, number]): tf.Tensor {
  if (x.size === 0) return tf.clone(x);
  const [outer, channels, inner] = view;
  if (inner === 1) return reshape(add(reshape(x, [outer, channels]), bias), x.shape);
  return reshape(add(reshape(x, view), reshape(bias, [channels, 1])), x.shape);
}

const biasAddGrad: Kernel = ([dy], ctx) => {
  const {dtype, shape, rank} = dy!;
  if (rank < 2) throw invalid(ctx, `the input must have at least 2 dimensions, got ${formatShape(shape)}`);
  const [outer, channels, inner] = channelView(shape, ctx);
  if (preferHost(dy!) || !isFloating(dtype)) return sumOverHost(dy!, outer, channels, inner);
  if (dy!.size === 0) return fromTensor(tf.zeros([channels]), dtype);
  return fromTensor(tf.sum(tf.reshape(dy!.tensor(), [outer, channels, inner]), [0, 2]), dtype);
};

function sumOverHost(dy: Value, outer: number, channels: number, inner: number): Value {
  let sum = Value.host(dy.dtype, [channels], allocate(dy.dtype, channels));
  const source = dy.numeric();
  const add = {number: (a: number, b: number) => a + b, bigint: (a: bigint, b: bigint) => a + b};
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const part = allocate(dy.dtype, channels);
      for (let c = 0; c < channels; c++) part[c] = source[(o * channels + c) * inner + i]! as never;
      sum = mapBinary(sum, Value.host(dy.dtype, [channels], part), add);
    }
  }
  return sum;
}

const COMPLEX_BIAS = 'complex inputs are not supported';
const COMPLEX = {T: ['complex64', 'complex128']} as const;

/** Biases. */
export const biases: OpFamily = {
  BiasAdd: {kernel: biasAdd, limits: COMPLEX_BIAS, unsupportedDtypes: COMPLEX},
  BiasAddV1: {kernel: biasAdd, limits: COMPLEX_BIAS, unsupportedDtypes: COMPLEX},
  BiasAddGrad: {kernel: biasAddGrad, limits: COMPLEX_BIAS, unsupportedDtypes: COMPLEX},
};
