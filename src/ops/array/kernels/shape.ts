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
import {invalid, resolveAxis} from '../../node.js';

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

/**
 * A shape with as many elements as `shape`, from one in which one dimension may be -1. Where both have a dimension of 0,
 * the -1 follows from the other dimensions.
 */
function completeShape(shape: readonly number[], dims: readonly number[], ctx: KernelContext): number[] {
  const open = dims.indexOf(-1);
  const bad = () => invalid(ctx, `${formatShape(shape)} cannot be reshaped to ${formatShape(dims)}`);
  if (dims.some((dim, i) => dim < 0 && i !== open)) throw bad();
  const available = sizeOf(dims.includes(0) ? shape.filter((dim) => dim > 0) : shape);
  const known = sizeOf(dims.filter((dim) => dim > 0));
  const complete = open < 0 ? [...dims] : dims.with(open, Math.floor(available / known));
  if (sizeOf(complete) !== sizeOf(shape)) throw bad();
  return complete;
}

const expandDims: Kernel = ([x, axis], ctx) => {
  if (axis!.size !== 1) throw invalid(ctx, `the axis must be one number, not ${formatShape(axis!.shape)}`);
  const at = resolveAxis(axis!.number(), x!.rank + 1, ctx);
  return x!.reshape(x!.shape.toSpliced(at, 0, 1));
};

const squeeze: Kernel = ([x], ctx) => {
  const dims = ctx.attrs.ints('squeeze_dims').map((axis) => resolveAxis(axis, x!.rank, ctx));
  for (const axis of dims) {
    if (x!.shape[axis] !== 1) {
      throw invalid(ctx, `axis ${axis} of ${formatShape(x!.shape)} has not just one element`);
    }
  }
  const shape = x!.shape.filter((dim, axis) => (dims.length > 0 ? !dims.includes(axis) : dim !== 1));
  return x!.reshape(shape);
};

const broadcastArgs: Kernel = ([a, b], ctx) =>
  Value.vector(a!.dtype, broadcastOrFail(a!.numbers(), b!.numbers(), ctx));

function broadcastOrFail(a: readonly number[], b: readonly number[], ctx: KernelContext): number[] {
  const shape = broadcastShapes(a, b);
  if (shape === undefined) {
    throw invalid(ctx, `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
  }
  return shape;
}

/** Where each of the shapes starts in their concatenation along an axis. */
const concatOffset: Kernel = ([axis, ...shapes], ctx) => {
  const dims = shapes.map((shape) => shape.numbers());
  const at = resolveAxis(axis!.number(), dims[0]!.length, ctx);
  let offset = 0;
  return dims.map((shape, i) => {
    if (shape.length !== dims[0]!.length || !sameShape(shape.with(at, 0), dims[0]!.with(at, 0))) {
      throw invalid(ctx, `shapes ${formatShape(dims[0]!)} and ${formatShape(shape)} cannot be concatenated`);
    }
    const start = new Array<number>(shape.length).fill(0).with(at, offset);
    offset += shape[at]!;
    return Value.vector(shapes[i]!.dtype, start);
  });
};

const invertPermutation: Kernel = ([x], ctx) => {
  const perm = x!.numbers();
  const inverse = new Array<number>(perm.length).fill(-1);
  perm.forEach((to, from) => {
    if (to < 0 || to >= perm.length || inverse[to] !== -1) {
      throw invalid(ctx, `${to} is out of range or occurs twice: this is no permutation`);
    }
    inverse[to] = from;
  });
  return Value.vector(x!.dtype, inverse);
};

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
