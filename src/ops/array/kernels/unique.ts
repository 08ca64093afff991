/**
 * Distinct elements or slices, and what one list has that another has not.
 *
 * @module
 */

import {formatShape} from '../../../host/shape.js';
import {type ElementKey, elementKeys, rowKey} from '../../../tensors/element_keys.js';
import {around, transpose} from '../../../tensors/movement.js';
import {reorder, takeRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {uniqueAxis} from '../plan.js';

interface Distinct {
  /** Where each distinct key occurs first. */
  readonly first: Int32Array;
  /** For each key its place among the distinct ones. */
  readonly place: number[];
  readonly counts: number[];
}

function distinct(keys: readonly ElementKey[]): Distinct {
  const places = new Map<ElementKey, number>();
  const first: number[] = [];
  const counts: number[] = [];
  const place = keys.map((key, i) => {
    let at = places.get(key);
    if (at === undefined) {
      at = places.size;
      places.set(key, at);
      first.push(i);
      counts.push(0);
    }
    counts[at]!++;
    return at;
  });
  return {first: Int32Array.from(first), place, counts};
}

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
  const rows = transpose(x, front);
  const keys = elementKeys(rows);
  const width = around(rows.shape, 0)[1];
  const {first, place, counts} = distinct(
    Array.from({length: rows.shape[0]!}, (_, i) => rowKey(keys.slice(i * width, (i + 1) * width))),
  );
  const picked = takeRows(rows, width, first, rows.shape.with(0, first.length));
  const back = front.map((_, k) => front.indexOf(k));
  return [transpose(picked, back), Value.vector(dtype, place), Value.vector(dtype, counts)];
}

/** Elements of `x` that are not in `y`, and where they are. */
const listDiff: Kernel = ([x, y], ctx) => {
  if (x!.rank !== 1 || y!.rank !== 1) throw invalid(ctx, 'vectors are expected');
  const excluded = new Set(elementKeys(y!));
  const kept = elementKeys(x!).flatMap((key, i) => (excluded.has(key) ? [] : [i]));
  const out = reorder(x!, kept);
  return [out, Value.vector(ctx.attrs.dtype('out_idx'), kept)];
};

/** Ops that tell elements apart. */
export const uniqueOps: OpFamily = {
  Unique: {kernel: unique},
  UniqueV2: {kernel: uniqueV2},
  UniqueWithCounts: {kernel: uniqueWithCounts},
  UniqueWithCountsV2: {kernel: uniqueWithCountsV2},
  ListDiff: {kernel: listDiff},
};
