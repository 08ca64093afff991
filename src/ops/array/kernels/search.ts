/**
 * Ops that look for elements: where they are true, which are distinct, where they belong in a sorted row.
 *
 * @module
 */

import {lanes} from '../../../host/dtypes.js';
import {formatShape, stridesOf} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {type ElementKey, elementKeys, rowKey} from '../../../tensors/element_keys.js';
import {around, transpose} from '../../../tensors/movement.js';
import {reorder, takeRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis} from '../../node.js';

/** Coordinates of the elements that are not zero, in row-major order. */
const where: Kernel = ([condition], ctx) => {
  if (condition!.rank === 0) throw invalid(ctx, 'a scalar has no coordinates');
  const {shape, rank, size} = condition!;
  const data = condition!.numeric();
  const width = lanes(condition!.dtype);
  const strides = stridesOf(shape);
  const found: number[] = [];
  for (let i = 0; i < size; i++) {
    if (Number(data[i * width]) !== 0 || (width > 1 && data[i * width + 1] !== 0)) found.push(i);
  }
  const out = new BigInt64Array(found.length * rank);
  found.forEach((index, row) => {
    for (let k = 0; k < rank; k++) {
      out[row * rank + k] = BigInt(Math.floor(index / strides[k]!) % shape[k]!);
    }
  });
  return Value.host('int64', [found.length, rank], out);
};

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

const uniqueV2: Kernel = ([x, axis], ctx) => uniqueAlong(x!, uniqueAxis(x!, axis!, ctx), ctx).slice(0, 2);

const uniqueWithCountsV2: Kernel = ([x, axis], ctx) => uniqueAlong(x!, uniqueAxis(x!, axis!, ctx), ctx);

function uniqueAxis(x: Value, axis: Value, ctx: KernelContext): number {
  const axes = axis.numbers();
  if (axes.length > 1) throw invalid(ctx, `there must be at most one axis, not [${axes.join(', ')}]`);
  if (axes.length === 0 && x.rank !== 1) {
    throw invalid(ctx, `without an axis a vector is expected, not ${formatShape(x.shape)}`);
  }
  return resolveAxis(axes[0] ?? 0, x.rank, ctx);
}

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

/** Where in each sorted row values would be inserted: before their equals, or after them. */
function bound(isBefore: (sorted: number | bigint, value: number | bigint) => boolean): Kernel {
  return ([sorted, values], ctx) => {
    if (sorted!.rank !== 2 || values!.rank !== 2 || sorted!.shape[0] !== values!.shape[0]) {
      throw invalid(
        ctx,
        `matrices of as many rows are expected, not ${formatShape(sorted!.shape)} and ${formatShape(values!.shape)}`,
      );
    }
    const [length, count] = [sorted!.shape[1]!, values!.shape[1]!];
    const [row, wanted] = [sorted!.numeric(), values!.numeric()];
    const dtype = ctx.attrs.dtype('out_type');
    const out = allocate(dtype, values!.size);
    for (let i = 0; i < values!.size; i++) {
      const start = Math.floor(i / count) * length;
      let [low, high] = [0, length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (isBefore(row[start + middle]!, wanted[i]!)) low = middle + 1;
        else high = middle;
      }
      out[i] = (dtype === 'int64' ? BigInt(low) : low) as never;
    }
    return Value.host(dtype, values!.shape, out);
  };
}

/** Ops that look for elements. */
export const searchOps: OpFamily = {
  Where: {kernel: where},
  Unique: {kernel: unique},
  UniqueV2: {kernel: uniqueV2},
  UniqueWithCounts: {kernel: uniqueWithCounts},
  UniqueWithCountsV2: {kernel: uniqueWithCountsV2},
  ListDiff: {kernel: listDiff},
  LowerBound: {kernel: bound((sorted, value) => sorted < value)},
  UpperBound: {kernel: bound((sorted, value) => !(value < sorted))},
};
