/**
 * Ops that join strings: element by element, along axes, in segments.
 *
 * @module
 */

import {joinGroups, joinRuns} from '../../../host/join_strings.js';
import {stridesOf} from '../../../host/shape.js';
import {StringsBuilder} from '../../../host/strings.js';
import {allocate, int32Array, sizeOf} from '../../../host/tensor.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis} from '../../node.js';
import {reductionPlan} from '../../reduction/plan.js';
import {joinedSegments, joinedShape} from '../plan.js';

/** Joins element by element; scalars go with every element. */
const stringJoin: Kernel = (inputs, ctx) => {
  const separator = ctx.attrs.bytes('separator');
  const shape = joinedShape(
    inputs.map((input) => input.shape),
    ctx,
  ) as readonly number[];
  const columns = inputs.map((input) => ({strings: input.strings(), step: input.rank > 0 ? 1 : 0}));
  const size = sizeOf(shape);
  let bytes = size * separator.length * Math.max(0, inputs.length - 1);
  for (const {strings, step} of columns) bytes += strings.totalBytes * (step === 0 ? size : 1);
  const out = new StringsBuilder(size, bytes);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < columns.length; k++) {
      if (k > 0 && separator.length > 0) out.append(separator);
      const {strings, step} = columns[k]!;
      out.append(strings.bytes, strings.starts[i * step], strings.ends[i * step]);
    }
    out.end();
  }
  return stringValue(shape, out.strings());
};

/** Joins along the first axis given, then what that gave along the second, and so on. */
const reduceJoin: Kernel = ([input, indices], ctx) => {
  const separator = ctx.attrs.bytes('separator');
  const {rank, shape} = input!;
  const axes = indices!.numbers().map((axis) => resolveAxis(axis, rank, ctx));
  if (new Set(axes).size !== axes.length) throw invalid(ctx, `duplicate reduction dimension in [${axes}]`);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const strides = stridesOf(shape);
  const within = offsetsOver(axes.toReversed(), shape, strides);
  const bases = offsetsOver(kept, shape, strides);
  const members = allocate('int32', bases.length * within.length) as Int32Array;
  bases.forEach((base, run) => {
    for (let k = 0; k < within.length; k++) members[run * within.length + k] = base + within[k]!;
  });
  const bounds = int32Array(bases.length + 1, (run) => run * within.length);
  return stringValue(
    reductionPlan(shape, axes, ctx).shape,
    joinRuns(input!.strings(), members, bounds, separator),
  );
};

/** Offsets of every position along `axes`, the last axis running fastest. */
function offsetsOver(
  axes: readonly number[],
  shape: readonly number[],
  strides: readonly number[],
): number[] {
  let offsets = [0];
  for (const axis of axes) {
    const steps = Array.from({length: shape[axis]!}, (_, i) => i * strides[axis]!);
    offsets = offsets.flatMap((offset) => steps.map((step) => offset + step));
  }
  return offsets;
}

/** Joins the strings of each segment, in their order. */
const unsortedSegmentJoin: Kernel = ([input, ids, count], ctx) => {
  const segments = count!.number();
  if (segments < 0) throw invalid(ctx, `num_segments ${segments} must not be negative`);
  const shape = joinedSegments(input!.shape, ids!.shape, segments, ctx);
  const inner = shape.slice(1);
  const width = sizeOf(inner);
  const strings = input!.strings();
  const groups = allocate('int32', strings.length) as Int32Array;
  ids!.numbers().forEach((id, row) => {
    if (id < 0 || id >= segments)
      throw invalid(ctx, `segment_ids[${row}] = ${id} is out of range [0, ${segments})`);
    for (let i = 0; i < width; i++) groups[row * width + i] = id * width + i;
  });
  return stringValue(shape, joinGroups(strings, groups, segments * width, ctx.attrs.bytes('separator')));
};

/** Joins. */
export const stringJoining: OpFamily = {
  StringJoin: {kernel: stringJoin},
  ReduceJoin: {kernel: reduceJoin},
  UnsortedSegmentJoin: {kernel: unsortedSegmentJoin},
};
