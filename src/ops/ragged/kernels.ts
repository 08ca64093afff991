/**
 * Ops on ragged tensors: values in a row, and for each ragged dimension the splits where its rows begin and end.
 *
 * @module
 */

import {isBigInt} from '../../host/dtypes.js';
import {setInteger, wordsOf} from '../../host/int64.js';
import * as host from '../../host/movement.js';
import {roundToDType} from '../../host/rounding.js';
import {broadcastShapes, formatShape, sameShape, stridesOf} from '../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../host/tensor.js';
import {ownEntry} from '../../own_entry.js';
import {broadcastTo, concat, moveOnHost, movesOnHost} from '../../tensors/movement.js';
import {lastWriters, NO_ROW, takeRows} from '../../tensors/rows.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid} from '../node.js';
import {checkCount} from '../sizes.js';
import {longs} from '../sparse/coordinates.js';
import {fillEmptyRowsGrad, fillRows} from '../sparse/kernels/convert.js';
import {raggedCross} from '../sparse/kernels/cross.js';
import {raggedVariants} from './kernels/variant.js';
import {lengthsOf, running} from './row_splits.js';

/** The lengths of the rows of one ragged dimension, from the form in which the op is given them. */
const ROW_LENGTHS: Readonly<Record<string, (partition: Value, rows: number) => Float64Array>> = {
  ROW_SPLITS: (partition) => {
    const splits = partition.indices();
    return splits[0] === 0 ? lengthsOf(splits) : NO_ROWS;
  },
  VALUE_ROWIDS: (partition, rows) => {
    const counts = allocate('float64', rows) as Float64Array;
    const data = partition.narrow ?? partition.numeric();
    const isWide = data instanceof BigInt64Array;
    const ids = isWide ? wordsOf(data) : (data as Int32Array);
    const step = isWide ? 2 : 1;
    for (let at = 0; at < ids.length; at += step) {
      const id = ids[at]!;
      // An id of a row has no high word.
      if (id >= 0 && id < rows && (!isWide || ids[at + 1] === 0)) counts[id]!++;
    }
    return counts;
  },
};

/** What no rows have for lengths. */
const NO_ROWS = Float64Array.of(-1);

/** Row lengths of every ragged dimension, outermost first. */
function readPartitions(partitions: readonly Value[], ctx: KernelContext): Float64Array[] {
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
  const count = values!.shape[0]!;
  const lengths = levels.at(-1)!;
  const used = lengths.reduce((sum, length) => sum + length, 0);
  if (used > count) throw invalid(ctx, `the rows have ${used} values, and there are ${count}`);
  const stretches = {lengths, places: placeRows(levels, outer), most: outer[levels.length]!};
  const whole = [...outer, ...inner];
  if (movesOnHost(values!, blank)) {
    return moveOnHost(
      [values!, blank],
      (from, fill) => host.putRows(from!, width, stretches, whole, fill!),
      true,
    );
  }
  const places = spread(stretches, 1, used);
  // The default row comes first, the values after it.
  const writers = lastWriters(places, sizeOf(outer));
  for (let i = 0; i < writers.length; i++) writers[i]!++;
  const rows = concat([blank.reshape([1, width]), values!.reshape([count, width])], 0);
  return takeRows(rows, width, writers, whole);
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

/** Where each row of the innermost dimension begins in a dense tensor of `outer` dimensions; NO_ROW for one that is cut off. */
function placeRows(levels: readonly Float64Array[], outer: readonly number[]): Int32Array {
  const strides = stridesOf(outer);
  let places = int32Array(levels[0]!.length, (row) => (row < outer[0]! ? row * strides[0]! : NO_ROW));
  for (let level = 1; level < levels.length; level++) {
    const stretches = {lengths: levels[level - 1]!, places, most: outer[level]!};
    places = spread(stretches, strides[level]!, levels[level]!.length);
  }
  return places;
}

/** Where all of `count` rows go, which are `stride` places apart; NO_ROW for those that go nowhere. */
function spread({lengths, places, most}: host.Stretches, stride: number, count: number): Int32Array {
  const out = (allocate('int32', count) as Int32Array).fill(NO_ROW);
  let at = 0;
  for (let row = 0; row < lengths.length; row++) {
    const kept = places[row] === NO_ROW ? 0 : Math.min(lengths[row]!, most);
    for (let i = 0; i < kept; i++) out[at + i] = places[row]! + i * stride;
    at += lengths[row]!;
  }
  return out;
}

const toSparse: Kernel = (inputs, ctx) => {
  const values = inputs.at(-1)!;
  const splits = inputs.slice(0, -1);
  checkSplits(splits, values.shape[0]!, ctx);
  const levels = splits.map((each) => lengthsOf(each.indices()));
  const inner = values.shape.slice(1);
  const widest = levels.map((own) => own.reduce((most, length) => Math.max(most, length), 0));
  const shape = [levels[0]!.length, ...widest, ...inner];
  const indices = Value.host('int64', [values.size, shape.length], entriesOf(levels, inner, values.size));
  return [indices, values.reshape([values.size]), longs(shape, [shape.length])];
};

/** Where each value is in its rows and, of an element of a value, in that. Coordinate by coordinate, from the rows on. */
function entriesOf(levels: readonly Float64Array[], inner: readonly number[], size: number): BigInt64Array {
  const rank = levels.length + 1 + inner.length;
  const out = allocate('int64', size * rank) as BigInt64Array;
  const words = wordsOf(out);
  const width = sizeOf(inner);
  const strides = stridesOf(inner);
  // How many elements lie in each row of a level, from the last level up.
  const sizes = levels.map(() => new Float64Array(0));
  for (let level = levels.length - 1; level >= 0; level--) {
    const below = sizes[level + 1];
    let at = 0;
    sizes[level] = levels[level]!.map((length) => {
      if (below === undefined) return length * width;
      let sum = 0;
      for (const end = at + length; at < end; at++) sum += below[at]!;
      return sum;
    });
  }
  sizes[0]!.reduce((at, length, row) => {
    for (let i = 0; i < length; i++) setInteger(words, (at + i) * rank, row);
    return at + length;
  }, 0);
  levels.forEach((own, level) => {
    const below = sizes[level + 1];
    let at = 0;
    let row = 0;
    for (const length of own) {
      for (let i = 0; i < length; i++) {
        const count = below === undefined ? width : below[row++]!;
        for (const end = at + count; at < end; at++) setInteger(words, at * rank + level + 1, i);
      }
    }
  });
  for (let at = 0; inner.length > 0 && at < size; at++) {
    for (let k = 0; k < inner.length; k++) {
      setInteger(words, at * rank + levels.length + 1 + k, Math.floor(at / strides[k]!) % inner[k]!);
    }
  }
  return out;
}

/** Refuses splits that do not start at 0, decrease, or end elsewhere than the next level does. */
function checkSplits(splits: readonly Value[], count: number, ctx: KernelContext): void {
  splits.forEach((own, level) => {
    const bounds = own.indices();
    const next = splits[level + 1];
    const last = next === undefined ? count : next.size - 1;
    if (
      bounds[0] !== 0 ||
      bounds[bounds.length - 1] !== last ||
      lengthsOf(bounds).some((length) => length < 0)
    ) {
      throw invalid(ctx, `row splits [${Array.from(bounds).join(', ')}] do not partition ${last} rows`);
    }
  });
}

const gather: Kernel = (inputs, ctx) => {
  const indices = inputs.at(-1)!;
  const values = inputs.at(-2)!;
  const splits = inputs.slice(0, -2).map((each) => each.indices());
  const rows = splits[0]!.length - 1;
  checkSorted(splits, values.shape[0]!, ctx);
  const count = indices.size;
  const wanted = indices.indices();
  // The rows of a level that are taken: from `from[i]` to `to[i]`.
  let [from, to] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const index = wanted[i]!;
    if (index < 0 || index >= rows) throw invalid(ctx, `index ${index} is not in [0, ${rows})`);
    from[i] = index;
    to[i] = index + 1;
  }
  const outer = indices.shape.slice(0, -1).map((_, k) => {
    const rowsBefore = sizeOf(indices.shape.slice(0, k + 1));
    return Float64Array.from({length: rowsBefore + 1}, (_, row) => row * indices.shape[k + 1]!);
  });
  const inner = splits.map((bounds) => {
    const own = takenSplits(bounds, from, to, ctx);
    from = from.map((row) => bounds[row]!);
    to = to.map((row) => bounds[row]!);
    return own;
  });
  if (from.some((row) => row < 0) || to.some((row) => row > values.shape[0]!))
    throw invalid(ctx, 'row splits go beyond the values');
  const total = from.reduce((sum, start, i) => sum + to[i]! - start, 0);
  const picked = allocate('int32', checkCount(total, 'values', ctx)) as Int32Array;
  let at = 0;
  for (let i = 0; i < count; i++) for (let row = from[i]!; row < to[i]!; row++) picked[at++] = row;
  // A scalar index takes one row, whose splits are left out.
  const levels = indices.rank === 0 ? inner.slice(1) : [...outer, ...inner];
  const dense = takeRows(values, sizeOf(values.shape.slice(1)), picked, values.shape.with(0, picked.length));
  return [...levels.map((each) => Value.vector(inputs[0]!.dtype, each)), dense];
};

/** Refuses splits that decrease, or point beyond the rows of the next level. */
function checkSorted(splits: readonly ArrayLike<number>[], count: number, ctx: KernelContext): void {
  splits.forEach((bounds, level) => {
    const last = level + 1 < splits.length ? splits[level + 1]!.length - 1 : count;
    for (let i = 0; i < bounds.length; i++) {
      if (bounds[i]! >= (bounds[i - 1] ?? 0) && bounds[i]! <= last) continue;
      throw invalid(ctx, `row splits [${Array.from(bounds).join(', ')}] do not count up within ${last} rows`);
    }
  });
}

/** The splits of the rows from `from[i]` to `to[i]`, one after the other. */
function takenSplits(
  bounds: ArrayLike<number>,
  from: Float64Array,
  to: Float64Array,
  ctx: KernelContext,
): Float64Array {
  let count = 0;
  for (let i = 0; i < from.length; i++) {
    if (from[i]! < 0 || to[i]! >= bounds.length)
      throw invalid(ctx, 'row splits go beyond those of the next level');
    count += to[i]! - from[i]!;
  }
  const splits = allocate('float64', checkCount(count, 'rows', ctx) + 1) as Float64Array;
  let at = 0;
  for (let i = 0; i < from.length; i++) {
    for (let row = from[i]!; row < to[i]!; row++, at++) {
      splits[at + 1] = splits[at]! + bounds[row + 1]! - bounds[row]!;
    }
  }
  return splits;
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
    rowIds!.indices(),
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
