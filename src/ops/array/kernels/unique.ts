/**
 * Distinct elements or slices, and what one list has that another has not.
 *
 * @module
 */

import {formatShape} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {rowIds} from '../../../tensors/element_ids.js';
import {around, concat, transpose} from '../../../tensors/movement.js';
import {takeRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {uniqueAxis} from '../plan.js';

const unique: Kernel = ([x], ctx) => {
  if (x!.rank !== 1) throw invalid(ctx, `a vector is expected, not ${formatShape(x!.shape)}`);
  return uniqueAlong(x!, 0, ctx).slice(0, 2);
};

const uniqueWithCounts: Kernel = ([x], ctx) => {
  if (x!.rank !== 1) throw invalid(ctx, `a vector is expected, not ${formatShape(x!.shape)}`);
  return uniqueAlong(x!, 0, ctx);
};

const uniqueWithCountsV2: Kernel = ([x, axis], ctx) =>
  uniqueAlong(x!, uniqueAxis(x!.shape, axis!.numbers(), ctx), ctx);

const uniqueV2: Kernel = (inputs, ctx) => (uniqueWithCountsV2(inputs, ctx) as Value[]).slice(0, 2);

/** The distinct slices of an axis, the place of each slice among them, and how often each occurs. */
function uniqueAlong(x: Value, axis: number, ctx: KernelContext): Value[] {
  const dtype = ctx.attrs.dtype('out_idx');
  const front = [axis, ...x.shape.map((_, k) => k).filter((k) => k !== axis)];
  // Its elements are read on the host, wherever it is, and taken there.
  const rows = transpose(Value.host(x.dtype, x.shape, x.hostData()), front);
  const width = around(rows.shape, 0)[1];
  const {ids, firsts} = rowIds(rows, rows.shape[0]!);
  const picked = takeRows(rows, width, firsts, rows.shape.with(0, firsts.length));
  const back = front.map((_, k) => front.indexOf(k));
  const counts = allocate('int32', firsts.length) as Int32Array;
  for (let i = 0; i < ids.length; i++) counts[ids[i]!]!++;
  return [transpose(picked, back), Value.vector(dtype, ids), Value.vector(dtype, counts)];
}

/** Elements of `x` that are not in `y`, and where they are. */
const listDiff: Kernel = ([x, y], ctx) => {
  if (x!.rank !== 1 || y!.rank !== 1) throw invalid(ctx, 'vectors are expected');
  const {ids, firsts} = rowIds(concat([y!, x!], 0));
  // What is in `y` got its number before anything of `x` did.
  let inY = 0;
  while (inY < firsts.length && firsts[inY]! < y!.size) inY++;
  const kept = allocate('int32', x!.size) as Int32Array;
  let count = 0;
  for (let i = 0; i < kept.length; i++) if (ids[y!.size + i]! >= inY) kept[count++] = i;
  const places = kept.subarray(0, count);
  return [takeRows(x!, 1, places, [count]), Value.vector(ctx.attrs.dtype('out_idx'), places)];
};

/** Ops that tell elements apart. */
export const uniqueOps: OpFamily = {
  Unique: {kernel: unique},
  UniqueV2: {kernel: uniqueV2},
  UniqueWithCounts: {kernel: uniqueWithCounts},
  UniqueWithCountsV2: {kernel: uniqueWithCountsV2},
  ListDiff: {kernel: listDiff},
};
