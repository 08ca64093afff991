/**
 * Slices, and slices put in place of others.
 *
 * @module
 */

import {formatShape, sameShape} from '../../../host/shape.js';
import {int32Array, sizeOf} from '../../../host/tensor.js';
import {broadcastTo, concat, slice, stridedSlice, stridedUnslice} from '../../../tensors/movement.js';
import {lastWriters, takeRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {checkBroadcast, sliceSizes} from '../plan.js';
import {type SliceSpec, sliceSpec} from '../slice_spec.js';

const sliceKernel: Kernel = ([x, begin, size], ctx) => {
  const from = begin!.numbers();
  return slice(x!, from, sliceSizes(x!.shape, from, size!.numbers(), ctx));
};

/** Numbers that are clamped later, so that the largest int64, a common 'up to the end', needs no exact number. */
const bounds = (value: Value) => Array.from(value.numeric(), Number);

const stridedSliceKernel: Kernel = ([x, begin, end, strides], ctx) => {
  const spec = sliceSpec(x!.shape, bounds(begin!), bounds(end!), bounds(strides!), ctx);
  return shaped(stridedSlice(x!, spec.begin, spec.size, spec.steps), spec.shape);
};

const stridedSliceGrad: Kernel = ([shape, begin, end, strides, dy], ctx) => {
  const dims = shape!.numbers();
  const spec = sliceSpec(dims, bounds(begin!), bounds(end!), bounds(strides!), ctx);
  if (!sameShape(dy!.shape, spec.shape)) {
    throw invalid(ctx, `the gradient has shape ${formatShape(dy!.shape)}, not ${formatShape(spec.shape)}`);
  }
  return stridedUnslice(dy!.reshape(spec.size), dims, spec.begin, spec.steps);
};

const stridedSliceUpdate: Kernel = ([x, begin, end, strides, value], ctx) => {
  const spec = sliceSpec(x!.shape, bounds(begin!), bounds(end!), bounds(strides!), ctx);
  checkBroadcast(value!.shape, spec.shape, ctx);
  return assignSlice(x!, spec, broadcastTo(value!, spec.shape));
};

/** `x` with the elements of a strided slice replaced. */
export function assignSlice(x: Value, spec: SliceSpec, value: Value): Value {
  if (sizeOf(spec.size) === 0) return x;
  const positions = Value.host(
    'int32',
    x.shape,
    int32Array(x.size, (i) => i),
  );
  const written = stridedSlice(positions, spec.begin, spec.size, spec.steps).numeric() as Int32Array;
  const writers = lastWriters(written, x.size);
  const index = writers.map((writer, i) => (writer < 0 ? i : x.size + writer));
  const flat = concat([x.reshape([x.size]), value.reshape([value.size])], 0);
  return takeRows(flat, 1, index, x.shape);
}

function shaped(x: Value, shape: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : x.reshape(shape);
}

/** Ops that take slices and put them back. */
export const sliceOps: OpFamily = {
  Slice: {kernel: sliceKernel},
  StridedSlice: {kernel: stridedSliceKernel},
  StridedSliceGrad: {kernel: stridedSliceGrad},
  TensorStridedSliceUpdate: {kernel: stridedSliceUpdate},
};
