/**
 * Ops that join values and take them apart again.
 *
 * @module
 */

import {allocateObjects} from '../../../host/tensor.js';
import {concat, slice} from '../../../tensors/movement.js';
import type {Value} from '../../../tensors/value.js';
import {VALUE_BYTES} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {resolveAxis} from '../../node.js';
import {concatenation, evenPart, stacking, unevenParts, unstacking} from '../plan.js';

const concatFirst: Kernel = ([axis, ...values], ctx) => joined(values, axis!.number(), ctx);

const concatLast: Kernel = (inputs, ctx) => joined(inputs.slice(0, -1), inputs.at(-1)!.number(), ctx);

function joined(values: readonly Value[], axis: number, ctx: KernelContext): Value {
  const shapes = values.map(({shape}) => shape);
  return concat(values, concatenation(shapes, axis, ctx).axis);
}

const pack: Kernel = (values, ctx) => {
  const shapes = values.map(({shape}) => shape);
  const {axis, each} = stacking(shapes, ctx);
  return concat(
    values.map((value) => value.reshape(each)),
    axis,
  );
};

const unpack: Kernel = ([x], ctx) => {
  const {axis, each} = unstacking(x!.shape, ctx);
  const sizes = allocateObjects(ctx.attrs.int('num'), 1, VALUE_BYTES);
  return pieces(x!, axis, sizes).map((piece) => piece.reshape(each));
};

const parallelConcat: Kernel = (values, ctx) => joined(values, 0, ctx);

const split: Kernel = ([axis, x], ctx) => {
  const at = resolveAxis(axis!.number(), x!.rank, ctx);
  const size = evenPart(x!.shape, at, ctx);
  return pieces(x!, at, allocateObjects(ctx.attrs.int('num_split'), size, VALUE_BYTES));
};

const splitV: Kernel = ([x, sizes, axis], ctx) => {
  const at = resolveAxis(axis!.number(), x!.rank, ctx);
  return pieces(x!, at, unevenParts(x!.shape, at, sizes!.numbers(), ctx));
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
