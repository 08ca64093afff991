/**
 * Ops on ragged tensors: values in a row, and for each ragged dimension the splits where its rows begin and end.
 *
 * @module
 */

import {isBigInt} from '../../host/dtypes.js';
import {roundToDType} from '../../host/rounding.js';
import {broadcastShapes, formatShape, sameShape, stridesOf} from '../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../host/tensor.js';
import {ownEntry} from '../../own_entry.js';
import {broadcastTo, concat} from '../../tensors/movement.js';
import {lastWriters, NO_ROW, takeRows} from '../../tensors/rows.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid} from '../node.js';
import {checkCount} from '../sizes.js';
import {indexMatrix, longs} from '../sparse/coordinates.js';
import {fillEmptyRowsGrad, fillRows} from '../sparse/kernels/convert.js';
import {raggedCross} from '../sparse/kernels/cross.js';
import {raggedVariants} from './kernels/variant.js';
import {lengths, running} from './row_splits.js';

/** The lengths of the rows of one ragged dimension, from the form in which the op is given them. */
const ROW_LENGTHS: Readonly<Record<string, (partition: Value, rows: number) => number[]>> = {
  ROW_SPLITS: (partition) => (partition.number() === 0 ? lengths(partition) : [-1]),
  VALUE_ROWIDS: (partition, rows) => {
    const counts = new Array<number>(rows).fill(0);
    for (const row of partition.numbers()) if (row >= 0 && row < rows) counts[row]!++;
    return counts;
  },
};

/** Row lengths of every ragged dimension, outermost first. */
function readPartitions(partitions: readonly Value[], ctx: KernelContext): number[][] {
  const types = ctx.attrs.strings('row_partition_types');
  if (types.length !== partitions.length) {
    throw invalid(ctx, `there are ${types.length} partition types for ${partitions.length} partitions`);
  }
  const sized = types[0] === 'FIRST_DIM_SIZE';
  if (partitions[0]?.size === 0) throw invalid(ctx, 'the first row partition is empty');
  let rows = checkCount(sized ? partitions[0]!.number() : partitions[0]!.size - 1, 'rows', ctx);
  return types.slice(sized ? 1 : 0).map((type, level) => {
    const read = ownEntry(ROW_LENGTHS, type);
    if (read === undefined) throw invalid(ctx, `unknown row partition type '${type}'`);
    const own = read(partitions[level + (sized ? 1 : 0)]!, rows);
    if (own.some((length) => length < 0)) throw invalid(ctx, 'row splits must start at 0 and not decrease');
    rows = checkCount(
      own.reduce((sum, length) => sum + length, 0),
      'rows',
      ctx,
    );
    return own;
  });
}

const toTensor: Kernel = ([shape, values, fallback, ...partitions], ctx) => {
  if (shape!.rank === 0 && shape!.number() !== -1)
    throw invalid(ctx, 'the only scalar that is a shape is -1');
  const levels = readPartitions(partitions, ctx);
  const inner = values!.shape.slice(1);
  const wanted = shape!.rank === 0 ? undefined : shape!.numbers();
  if (wanted !== undefined && wanted.length !== levels.length + 1 + inner.length) {
    throw invalid(
      ctx,
      `a shape of ${levels.length + 1 + inner.length} dimensions is expected, not ${formatShape(wanted)}`,
    );
  }
  inner.forEach((dim, k) => {
    const asked = wanted?.[levels.length + 1 + k] ?? -1;
    if (asked >= 0 && asked !== dim)
      throw invalid(ctx, `values of ${formatShape(inner)} do not fit ${formatShape(wanted!)}`);
  });
  const natural = [
    levels[0]!.length,
    ...levels.map((own) => own.reduce((most, length) => Math.max(most, length), 0)),
  ];
  const outer = natural.map((size, k) => (wanted !== undefined && wanted[k]! >= 0 ? wanted[k]! : size));
  const width = sizeOf(inner);
  const blank = blankRow(fallback!, inner, ctx);
  // The default row comes first, the values after it.
  const writers = lastWriters(placeRows(levels, outer), sizeOf(outer)).map((writer) => writer + 1);
  const count = values!.shape[0]!;
  const rows = concat([blank.reshape([1, width]), values!.reshape([count, width])], 0);
  return takeRows(rows, width, writers, [...outer, ...inner]);
};

function blankRow(fallback: Value, shape: readonly number[], ctx: KernelContext): Value {
  const fits = broadcastShapes(fallback.shape, shape);
  if (fits === undefined || !sameShape(fits, shape)) {
    throw invalid(
      ctx,
      `a default of ${formatShape(fallback.shape)} does not broadcast to ${formatShape(shape)}`,
    );
  }
  return broadcastTo(fallback, shape);
}

/** Where each value goes in a dense tensor of `outer` dimensions; NO_ROW for one that is cut off. */
function placeRows(levels: readonly (readonly number[])[], outer: readonly number[]): Int32Array {
  const strides = stridesOf(outer);
  let places = int32Array(levels[0]!.length, (row) => (row < outer[0]! ? row * strides[0]! : NO_ROW));
  levels.forEach((own, level) => {
    const size = outer[level + 1]!;
    const stride = strides[level + 1]!;
    const count = own.reduce((sum, length) => sum + Math.max(0, length), 0);
    const next = (allocate('int32', count) as Int32Array).fill(NO_ROW);
    let at = 0;
    own.forEach((length, row) => {
      const place = places[row]!;
      if (place !== NO_ROW)
        for (let i = 0; i < Math.min(length, size); i++) next[at + i] = place + i * stride;
      at += Math.max(0, length);
    });
    places = next;
  });
  return places;
}

const toSparse: Kernel = (inputs, ctx) => {
  const values = inputs.at(-1)!;
  const levels = inputs.slice(0, -1).map(lengths);
  checkSplits(inputs.slice(0, -1), values.shape[0]!, ctx);
  const inner = values.shape.slice(1);
  let entries: number[][] = levels[0]!.map((_, row) => [row]);
  for (const own of levels) {
    entries = entries.flatMap((at, row) => Array.from({length: own[row]!}, (_, i) => [...at, i]));
  }
  const strides = stridesOf(inner);
  const within = Array.from({length: sizeOf(inner)}, (_, i) =>
    inner.map((dim, k) => Math.floor(i / strides[k]!) % dim),
  );
  const indices = entries.flatMap((at) => within.map((rest) => [...at, ...rest]));
  const widest = levels.map((own) => own.reduce((most, length) => Math.max(most, length), 0));
  const shape = [levels[0]!.length, ...widest, ...inner];
  return [indexMatrix(indices, shape.length), values.reshape([values.size]), longs(shape, [shape.length])];
};

/** Refuses splits that do not start at 0, decrease, or end elsewhere than the next level does. */
function checkSplits(splits: readonly Value[], count: number, ctx: KernelContext): void {
  splits.forEach((own, level) => {
    const bounds = own.numbers();
    const next = splits[level + 1];
    const last = next === undefined ? count : next.size - 1;
    if (bounds[0] !== 0 || bounds.at(-1) !== last || lengths(own).some((length) => length < 0)) {
      throw invalid(ctx, `row splits [${bounds.join(', ')}] do not partition ${last} rows`);
    }
  });
}

const gather: Kernel = (inputs, ctx) => {
  const indices = inputs.at(-1)!;
  const values = inputs.at(-2)!;
  const splits = inputs.slice(0, -2).map((each) => each.numbers());
  const rows = splits[0]!.length - 1;
  checkSorted(splits, values.shape[0]!, ctx);
  let spans = indices.numbers().map((index) => {
    if (index < 0 || index >= rows) throw invalid(ctx, `index ${index} is not in [0, ${rows})`);
    return [index, index + 1] as const;
  });
  const outer = indices.shape.slice(0, -1).map((_, k) => {
    const count = sizeOf(indices.shape.slice(0, k + 1));
    return Array.from({length: count + 1}, (_, row) => row * indices.shape[k + 1]!);
  });
  const inner = splits.map((bounds) => {
    const own = spans.flatMap(([start, end]) => rowLengths(bounds, start, end, ctx));
    spans = spans.map(([start, end]) => [bounds[start]!, bounds[end]!] as const);
    return running(own);
  });
  if (spans.some(([start, end]) => start < 0 || end > values.shape[0]!))
    throw invalid(ctx, 'row splits go beyond the values');
  const picked = Int32Array.from(
    spans.flatMap(([start, end]) => Array.from({length: end - start}, (_, i) => start + i)),
  );
  // A scalar index takes one row, whose splits are left out.
  const levels = indices.rank === 0 ? inner.slice(1) : [...outer, ...inner];
  const dense = takeRows(values, sizeOf(values.shape.slice(1)), picked, values.shape.with(0, picked.length));
  return [...levels.map((each) => Value.vector(inputs[0]!.dtype, each)), dense];
};

/** Refuses splits that decrease, or point beyond the rows of the next level. */
function checkSorted(splits: readonly (readonly number[])[], count: number, ctx: KernelContext): void {
  splits.forEach((bounds, level) => {
    const last = level + 1 < splits.length ? splits[level + 1]!.length - 1 : count;
    if (bounds.some((bound, i) => bound < (bounds[i - 1] ?? 0) || bound > last)) {
      throw invalid(ctx, `row splits [${bounds.join(', ')}] do not count up within ${last} rows`);
    }
  });
}

function rowLengths(bounds: readonly number[], start: number, end: number, ctx: KernelContext): number[] {
  if (start < 0 || end >= bounds.length) throw invalid(ctx, 'row splits go beyond those of the next level');
  return Array.from({length: end - start}, (_, i) => bounds[start + i + 1]! - bounds[start + i]!);
}

const range: Kernel = ([starts, limits, deltas], ctx) => {
  const operands = [starts!, limits!, deltas!];
  const sizes = new Set(operands.filter((each) => each.rank > 0).map((each) => each.size));
  if (sizes.size > 1 || operands.some((each) => each.rank > 1)) {
    throw invalid(ctx, 'starts, limits and deltas must be scalars or vectors of one size');
  }
  const count = [...sizes][0] ?? 1;
  const {dtype} = starts!;
  const [from, to, by] = operands.map((each) => {
    const data = each.numeric();
    return (row: number) => data[each.rank === 0 ? 0 : row]!;
  });
  const counts = Array.from({length: count}, (_, row) => {
    if (Number(by!(row)) === 0) throw invalid(ctx, 'deltas must not be 0');
    return rangeSize(from!(row), to!(row), by!(row));
  });
  const splits = running(counts);
  checkCount(splits.at(-1)!, 'values', ctx);
  const out = allocate(dtype, splits.at(-1)!);
  counts.forEach((length, row) => {
    let value = from!(row);
    for (let i = 0; i < length; i++) {
      out[splits[row]! + i] = value as never;
      // Added up step by step, and rounded at each, as TensorFlow does.
      value = isBigInt(dtype)
        ? (value as bigint) + (by!(row) as bigint)
        : roundToDType((value as number) + (by!(row) as number), dtype);
    }
  });
  return [Value.vector(ctx.attrs.dtype('Tsplits'), splits), Value.host(dtype, [out.length], out)];
};

function rangeSize(from: number | bigint, to: number | bigint, by: number | bigint): number {
  if (by > 0 ? from >= to : from <= to) return 0;
  if (typeof from !== 'bigint') return Math.ceil(Math.abs((Number(to) - from) / Number(by)));
  const [distance, step] = [BigInt(to) - from, BigInt(by)];
  return Number((distance + step - (step > 0n ? 1n : -1n)) / step);
}

/** Gives each row without values one default value. */
const fillEmptyRows: Kernel = ([rowIds, values, rowCount, fallback], ctx) => {
  const {rows, filled, empty, reverse} = fillRows(
    rowIds!.numbers(),
    values!,
    fallback!,
    rowCount!.number(),
    ctx,
  );
  return [Value.vector('int64', rows), filled, empty, reverse];
};

/** Ragged tensors. */
export const ragged: OpFamily = {
  RaggedTensorToTensor: {kernel: toTensor},
  RaggedTensorToSparse: {kernel: toSparse},
  RaggedGather: {kernel: gather},
  RaggedRange: {kernel: range},
  RaggedFillEmptyRows: {kernel: fillEmptyRows},
  RaggedFillEmptyRowsGrad: {kernel: fillEmptyRowsGrad},
  RaggedCross: {kernel: raggedCross},
  ...raggedVariants,
};
