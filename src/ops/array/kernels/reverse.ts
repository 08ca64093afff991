/**
 * Ops that reverse and shift along axes: Reverse, ReverseSequence, Roll.
 *
 * @module
 */

import {sameShape} from '../../../host/shape.js';
import {int32Array, sizeOf} from '../../../host/tensor.js';
import {around, concat, reverse} from '../../../tensors/movement.js';
import {takeRows} from '../../../tensors/rows.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis} from '../../node.js';
import {reversedAxes} from '../plan.js';
import {pieces} from './join.js';

const reverseFlags: Kernel = ([x, dims], ctx) => {
  const flags = dims!.numbers().map(Boolean);
  if (flags.length !== x!.rank) throw invalid(ctx, `there must be ${x!.rank} flags, one for each dimension`);
  return reverse(x!, flags);
};

const reverseAxes: Kernel = ([x, axis], ctx) => reverse(x!, reversedAxes(x!.rank, axis!.numbers(), ctx));

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

/** Ops that reverse and shift. */
export const reverseOps: OpFamily = {
  Reverse: {kernel: reverseFlags},
  ReverseV2: {kernel: reverseAxes},
  ReverseSequence: {kernel: reverseSequence},
  Roll: {kernel: roll},
};
