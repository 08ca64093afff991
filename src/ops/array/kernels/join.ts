/**
 * Ops that join values and take them apart again.
 *
 * @module
 */

import {formatShape, sameShape} from '../../../host/shape.js';
import {allocateObjects} from '../../../host/tensor.js';
import {concat, slice} from '../../../tensors/movement.js';
import type {Value} from '../../../tensors/value.js';
import {VALUE_BYTES} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis} from '../../node.js';

const concatFirst: Kernel = ([axis, ...values], ctx) => joined(values, axis!.number(), ctx);

const concatLast: Kernel = (inputs, ctx) => joined(inputs.slice(0, -1), inputs.at(-1)!.number(), ctx);

function joined(values: readonly Value[], axis: number, ctx: KernelContext): Value {
  const first = values[0]!;
  if (first.rank === 0) throw invalid(ctx, 'scalars cannot be concatenated');
  const at = resolveAxis(axis, first.rank, ctx);
  for (const value of values) {
    if (value.rank !== first.rank || !sameShape(value.shape.with(at, 0), first.shape.with(at, 0))) {
      throw invalid(
        ctx,
        `shapes ${formatShape(first.shape)} and ${formatShape(value.shape)} do not agree outside axis ${at}`,
      );
    }
  }
  return concat(values, at);
}

const pack: Kernel = (values, ctx) => {
  const {shape} = values[0]!;
  for (const value of values) {
    if (!sameShape(value.shape, shape)) {
      throw invalid(
        ctx,
        `shapes of all inputs must match: ${formatShape(shape)} and ${formatShape(value.shape)}`,
      );
    }
  }
  const axis = resolveAxis(ctx.attrs.int('axis'), shape.length + 1, ctx);
  return concat(
    values.map((value) => value.reshape(shape.toSpliced(axis, 0, 1))),
    axis,
  );
};

const unpack: Kernel = ([x], ctx) => {
  const axis = resolveAxis(ctx.attrs.int('axis'), x!.rank, ctx);
  const count = ctx.attrs.int('num');
  if (x!.shape[axis] !== count) {
    throw invalid(ctx, `axis ${axis} of ${formatShape(x!.shape)} cannot be unpacked into ${count} values`);
  }
  const shape = x!.shape.toSpliced(axis, 1);
  return pieces(x!, axis, allocateObjects(count, 1, VALUE_BYTES)).map((piece) => piece.reshape(shape));
};

const parallelConcat: Kernel = (values, ctx) => joined(values, 0, ctx);

const split: Kernel = ([axis, x], ctx) => {
  const at = resolveAxis(axis!.number(), x!.rank, ctx);
  const count = ctx.attrs.int('num_split');
  const size = x!.shape[at]! / count;
  if (!Number.isInteger(size)) {
    throw invalid(ctx, `axis ${at} of ${formatShape(x!.shape)} cannot be split into ${count} equal parts`);
  }
  return pieces(x!, at, allocateObjects(count, size, VALUE_BYTES));
};

const splitV: Kernel = ([x, sizes, axis], ctx) => {
  const at = resolveAxis(axis!.number(), x!.rank, ctx);
  const given = sizes!.numbers();
  const count = ctx.attrs.int('num_split');
  if (given.length !== count) throw invalid(ctx, `${count} sizes are expected, not [${given.join(', ')}]`);
  const open = given.indexOf(-1);
  const known = given.reduce((sum, size, i) => sum + (i === open ? 0 : size), 0);
  const complete = open < 0 ? given : given.with(open, x!.shape[at]! - known);
  const total = complete.reduce((sum, size) => sum + size, 0);
  if (complete.some((size) => size < 0) || total !== x!.shape[at]) {
    throw invalid(
      ctx,
      `axis ${at} of ${formatShape(x!.shape)} cannot be split into sizes [${given.join(', ')}]`,
    );
  }
  return pieces(x!, at, complete);
};

/** Consecutive parts of an axis. */
export function pieces(x: Value, axis: number, sizes: readonly number[]): Value[] {
  let start = 0;
  return sizes.map((size) => {
    const begin = new Array<number>(x.rank).fill(0).with(axis, start);
    start += size;
    return slice(x, begin, x.shape.with(axis, size));
  });
}

/** Ops that join values and take them apart. */
export const joinOps: OpFamily = {
  Concat: {kernel: concatFirst},
  ConcatV2: {kernel: concatLast},
  ParallelConcat: {kernel: parallelConcat},
  Pack: {kernel: pack},
  Unpack: {kernel: unpack},
  Split: {kernel: split},
  SplitV: {kernel: splitV},
};
