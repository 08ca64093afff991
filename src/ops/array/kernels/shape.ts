/**
 * Ops on shapes: reading them, changing them, and computing with them.
 *
 * @module
 */

import type {DType} from '../../../host/dtypes.js';
import {broadcastShapes, formatShape, sameShape, stridesOf} from '../../../host/shape.js';
import {sizeOf} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {completeShape, concatOffsets, expandedShape, invertedPermutation, squeezedShape} from '../plan.js';

const shapeOf: Kernel = ([x], ctx) => Value.vector(ctx.attrs.dtype('out_type'), x!.shape);

const shapesOf: Kernel = (inputs, ctx) => {
  const dtype = ctx.attrs.dtype('out_type');
  return inputs.map((x) => Value.vector(dtype, x.shape));
};

const sizeKernel: Kernel = ([x], ctx) => Value.scalar(ctx.attrs.dtype('out_type'), x!.size);

const rank: Kernel = ([x]) => Value.scalar('int32', x!.rank);

const reshape: Kernel = ([x, shape], ctx) => {
  const wanted = completeShape(x!.shape, shape!.numbers(), ctx);
  return sameShape(wanted, x!.shape) ? x! : x!.reshape(wanted);
};

const expandDims: Kernel = ([x, axis], ctx) => {
  if (axis!.size !== 1) throw invalid(ctx, `the axis must be one number, not ${formatShape(axis!.shape)}`);
  return x!.reshape(expandedShape(x!.shape, axis!.number(), ctx));
};

const squeeze: Kernel = ([x], ctx) => x!.reshape(squeezedShape(x!.shape, ctx));

const broadcastArgs: Kernel = ([a, b], ctx) =>
  Value.vector(a!.dtype, broadcastOrFail(a!.numbers(), b!.numbers(), ctx));

function broadcastOrFail(a: readonly number[], b: readonly number[], ctx: KernelContext): number[] {
  const shape = broadcastShapes(a, b);
  if (shape === undefined) {
    throw invalid(ctx, `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
  }
  return shape;
}

const concatOffset: Kernel = ([axis, ...shapes], ctx) => {
  const dims = shapes.map((shape) => shape.numbers());
  return concatOffsets(axis!.number(), dims, ctx).map((start, i) => Value.vector(shapes[i]!.dtype, start));
};

const invertPermutation: Kernel = ([x], ctx) =>
  Value.vector(x!.dtype, invertedPermutation(x!.numbers(), ctx));

const LARGEST_INDEX: Partial<Record<DType, number>> = {int32: 2 ** 31 - 1, int64: 2 ** 63};

/** Coordinates of flat indices: `[rank]` for a scalar, `[rank, n]` for a vector. */
const unravelIndex: Kernel = ([indices, dims], ctx) => {
  const shape = dims!.numbers();
  const strides = stridesOf(shape);
  const size = sizeOf(shape);
  if (size > LARGEST_INDEX[dims!.dtype]!) {
    throw invalid(ctx, `${formatShape(shape)} has more elements than ${dims!.dtype} counts`);
  }
  const flat = indices!.numbers();
  for (const index of flat) {
    if (index < 0 || index >= size)
      throw invalid(ctx, `index ${index} is out of bounds for ${formatShape(shape)}`);
  }
  const coordinates = shape.flatMap((dim, k) => flat.map((index) => Math.floor(index / strides[k]!) % dim));
  return Value.vector(indices!.dtype, coordinates).reshape([shape.length, ...indices!.shape]);
};

/** Ops on shapes. */
export const shapeOps: OpFamily = {
  Shape: {kernel: shapeOf},
  ShapeN: {kernel: shapesOf},
  Size: {kernel: sizeKernel},
  Rank: {kernel: rank},
  Reshape: {kernel: reshape},
  ExpandDims: {kernel: expandDims},
  Squeeze: {kernel: squeeze},
  BroadcastArgs: {kernel: broadcastArgs},
  ConcatOffset: {kernel: concatOffset},
  InvertPermutation: {kernel: invertPermutation},
  UnravelIndex: {kernel: unravelIndex},
};
