/**
 * Ops that pick, reorder and shift whole slices.
 *
 * @module
 */

import {lanes} from '../../../host/dtypes.js';
import {broadcastShapes, formatShape, sameShape} from '../../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../../host/tensor.js';
import {conj, fromParts, partsOf} from '../../../tensors/complex_tensors.js';
import {
  around,
  broadcastTo,
  concat,
  movesOnHost,
  reverse,
  slice,
  stridedSlice,
  stridedUnslice,
  transpose,
} from '../../../tensors/movement.js';
import {lastWriters, takeRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis} from '../../node.js';
import {type SliceSpec, sliceSpec} from '../slice_spec.js';
import {pieces} from './join.js';

const sliceKernel: Kernel = ([x, begin, size], ctx) => {
  const from = begin!.numbers();
  const given = size!.numbers();
  if (from.length !== x!.rank || given.length !== x!.rank) {
    throw invalid(ctx, `begin and size must have ${x!.rank} elements, one for each dimension`);
  }
  const count = given.map((dim, k) => (dim === -1 ? x!.shape[k]! - from[k]! : dim));
  count.forEach((dim, k) => {
    if (from[k]! < 0 || dim < 0 || from[k]! + dim > x!.shape[k]!) {
      throw invalid(
        ctx,
        `[${from[k]}, ${from[k]! + dim}) is out of bounds for axis ${k} of ${formatShape(x!.shape)}`,
      );
    }
  });
  return slice(x!, from, count);
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
  const fits = broadcastShapes(value!.shape, spec.shape);
  if (fits === undefined || !sameShape(fits, spec.shape)) {
    throw invalid(ctx, `${formatShape(value!.shape)} does not broadcast to ${formatShape(spec.shape)}`);
  }
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

const transposeKernel: Kernel = ([x, perm], ctx) => transpose(x!, permutation(x!, perm!, ctx));

const conjugateTranspose: Kernel = ([x, perm], ctx) => conjugate(transpose(x!, permutation(x!, perm!, ctx)));

function permutation(x: Value, perm: Value, ctx: KernelContext): number[] {
  const axes = perm.numbers().map((axis) => resolveAxis(axis, x.rank, ctx));
  if (axes.length !== x.rank || new Set(axes).size !== axes.length) {
    throw invalid(ctx, `[${axes.join(', ')}] is no permutation of the axes of ${formatShape(x.shape)}`);
  }
  return axes;
}

function conjugate(x: Value): Value {
  if (lanes(x.dtype) === 1) return x;
  if (!movesOnHost(x)) {
    return fromParts(conj(partsOf(x)), x.dtype);
  }
  const source = x.numeric();
  const out = allocate(x.dtype, x.size);
  for (let i = 0; i < out.length; i++) out[i] = (i % 2 === 0 ? source[i]! : -source[i]!) as never;
  return Value.host(x.dtype, x.shape, out);
}

const reverseFlags: Kernel = ([x, dims], ctx) => {
  const flags = dims!.numbers().map(Boolean);
  if (flags.length !== x!.rank) throw invalid(ctx, `there must be ${x!.rank} flags, one for each dimension`);
  return reverse(x!, flags);
};

const reverseAxes: Kernel = ([x, axis], ctx) => {
  const axes = axis!.numbers().map((each) => resolveAxis(each, x!.rank, ctx));
  if (new Set(axes).size !== axes.length) throw invalid(ctx, `an axis occurs twice in [${axes.join(', ')}]`);
  return reverse(
    x!,
    x!.shape.map((_, k) => axes.includes(k)),
  );
};

/** Reverses, within each batch element, the first `seq_lengths` steps. */
const reverseSequence: Kernel = ([x, lengths], ctx) => {
  const seq = resolveAxis(ctx.attrs.int('seq_dim'), x!.rank, ctx);
  const batch = resolveAxis(ctx.attrs.int('batch_dim'), x!.rank, ctx);
  const steps = x!.shape[seq]!;
  const counts = lengths!.numbers();
  if (seq === batch) throw invalid(ctx, `seq_dim and batch_dim are both ${seq}`);
  if (counts.length !== x!.shape[batch]) {
    throw invalid(ctx, `there must be ${x!.shape[batch]} sequence lengths, not ${counts.length}`);
  }
  if (counts.some((count) => count < 0 || count > steps)) {
    throw invalid(ctx, `sequence lengths must lie within [0, ${steps}]`);
  }
  const last = Math.max(seq, batch);
  const rowStep = around(x!.shape.slice(0, last + 1), seq)[1];
  const batchStep = around(x!.shape.slice(0, last + 1), batch)[1];
  const index = int32Array(sizeOf(x!.shape.slice(0, last + 1)), (i) => {
    const step = Math.floor(i / rowStep) % steps;
    const count = counts[Math.floor(i / batchStep) % counts.length]!;
    return step < count ? i + (count - 1 - 2 * step) * rowStep : i;
  });
  return takeRows(x!, around(x!.shape, last)[1], index, x!.shape);
};

const roll: Kernel = ([x, shift, axis], ctx) => {
  const shifts = shift!.numbers();
  const axes = axis!.numbers().map((each) => resolveAxis(each, x!.rank, ctx));
  if (!sameShape(shift!.shape, axis!.shape)) throw invalid(ctx, 'shift and axis must have the same size');
  return axes.reduce((rolled, at, i) => rollAxis(rolled, at, shifts[i]!), x!);
};

function rollAxis(x: Value, axis: number, shift: number): Value {
  const size = x.shape[axis]!;
  const by = size === 0 ? 0 : ((shift % size) + size) % size;
  if (by === 0) return x;
  const [head, tail] = pieces(x, axis, [size - by, by]);
  return concat([tail!, head!], axis);
}

function shaped(x: Value, shape: readonly number[]): Value {
  return sameShape(x.shape, shape) ? x : x.reshape(shape);
}

/** Ops that pick, reorder and shift slices. */
export const sliceOps: OpFamily = {
  Slice: {kernel: sliceKernel},
  StridedSlice: {kernel: stridedSliceKernel},
  StridedSliceGrad: {kernel: stridedSliceGrad},
  TensorStridedSliceUpdate: {kernel: stridedSliceUpdate},
  Transpose: {kernel: transposeKernel},
  ConjugateTranspose: {kernel: conjugateTranspose},
  Reverse: {kernel: reverseFlags},
  ReverseV2: {kernel: reverseAxes},
  ReverseSequence: {kernel: reverseSequence},
  Roll: {kernel: roll},
};
