/**
 * Ops that join strings: element by element, along axes, in segments.
 *
 * @module
 */

import {joinBytes} from '../../../host/bytes.js';
import {stridesOf} from '../../../host/shape.js';
import {ARRAY_BYTES, allocateObjects, sizeOf} from '../../../host/tensor.js';
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
  const out = Array.from({length: sizeOf(shape)}, (_, i) =>
    joinBytes(
      columns.map(({strings, step}) => strings[i * step]!),
      separator,
    ),
  );
  return stringValue(shape, out);
};

/** Joins along the first axis given, then what that gave along the second, and so on. */
const reduceJoin: Kernel = ([input, indices], ctx) => {
  const separator = ctx.attrs.bytes('separator');
  const {rank, shape} = input!;
  const axes = indices!.numbers().map((axis) => resolveAxis(axis, rank, ctx));
  if (new Set(axes).size !== axes.length) throw invalid(ctx, `duplicate reduction dimension in [${axes}]`);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const strides = stridesOf(shape);
  const strings = input!.strings();
  const members = offsetsOver(axes.toReversed(), shape, strides);
  const out = offsetsOver(kept, shape, strides).map((base) =>
    joinBytes(
      members.map((offset) => strings[base + offset]!),
      separator,
    ),
  );
  return stringValue(reductionPlan(shape, axes, ctx).shape, out);
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
  const groups = allocateObjects(segments * width, 0, ARRAY_BYTES).map(() => [] as Uint8Array[]);
  ids!.numbers().forEach((id, row) => {
    if (id < 0 || id >= segments)
      throw invalid(ctx, `segment_ids[${row}] = ${id} is out of range [0, ${segments})`);
    for (let i = 0; i < width; i++) groups[id * width + i]!.push(strings[row * width + i]!);
  });
  const separator = ctx.attrs.bytes('separator');
  return stringValue(
    shape,
    groups.map((group) => joinBytes(group, separator)),
  );
};

/** Joins. */
export const stringJoining: OpFamily = {
  StringJoin: {kernel: stringJoin},
  ReduceJoin: {kernel: reduceJoin},
  UnsortedSegmentJoin: {kernel: unsortedSegmentJoin},
};
