/**
 * Ops that reshape, reorder, join, cut and fill sparse tensors: the values move, nothing is computed with them.
 *
 * @module
 */

import {integerAt, setInteger, wordsOf} from '../../../host/int64.js';
import {formatShape, sameShape} from '../../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../../host/tensor.js';
import {broadcastTo, concat} from '../../../tensors/movement.js';
import {addRows, lastWriters, NO_ROW, reorder, takeRows} from '../../../tensors/rows.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, resolveAxis} from '../../node.js';
import {checkCount} from '../../sizes.js';
import {
  type Coordinates,
  checkDense,
  checkOrder,
  checkValues,
  entriesAt,
  entryAt,
  flatPositions,
  indexMatrix,
  longs,
  readCoordinates,
  sortedOrder,
} from '../coordinates.js';
import {completeShape, slicedShape, splitSizes} from '../plan.js';

/** Scalar or vector indices are those of a vector. */
function asMatrix(indices: Value): Value {
  return indices.rank === 2 ? indices : indices.reshape([indices.size, 1]);
}

const sparseToDense: Kernel = ([indices, shape, values, fallback], ctx) => {
  const coordinates = readCoordinates(asMatrix(indices!), shape!, ctx);
  const spread = values!.rank === 0 ? broadcastTo(values!, [coordinates.count]) : values!;
  checkValues(spread, coordinates.count, ctx);
  if (ctx.attrs.bool('validate_indices')) checkOrder(coordinates, ctx);
  const writers = lastWriters(flatPositions(coordinates, ctx), sizeOf(coordinates.shape));
  // The default comes first, the values after it.
  const index = writers.map((writer) => writer + 1);
  return takeRows(concat([fallback!.reshape([1]), spread], 0), 1, index, coordinates.shape);
};

const sparseReshape: Kernel = ([indices, shape, newShape], ctx) => {
  const from = [...(shape!.numeric() as BigInt64Array)];
  const to = completeShape(from, [...(newShape!.numeric() as BigInt64Array)], ctx);
  if (indices!.rank !== 2 || indices!.shape[1] !== from.length) {
    throw invalid(ctx, `indices of ${formatShape(indices!.shape)} do not have ${from.length} dimensions`);
  }
  const count = indices!.shape[0]!;
  const flat = indices!.numeric() as BigInt64Array;
  const out = allocate('int64', count * to.length) as BigInt64Array;
  const isSmall =
    [...from, ...to].reduce((size, dim) => size * Math.max(1, Math.abs(Number(dim))), 1) < 2 ** 53;
  const moved = isSmall && moveSafely(flat, from.map(Number), out, to.map(Number));
  if (!moved) moveExactly(flat, from, out, to);
  const outShape = Value.host('int64', [to.length], BigInt64Array.from(to));
  return [Value.host('int64', [count, to.length], out), outShape];
};

/** Puts the coordinates in another shape; false where their positions may be beyond 2^53. */
function moveSafely(
  flat: BigInt64Array,
  from: readonly number[],
  out: BigInt64Array,
  to: readonly number[],
): boolean {
  const [source, target] = [wordsOf(flat), wordsOf(out)];
  const [rank, newRank] = [from.length, to.length];
  for (let i = 0; i * rank < flat.length; i++) {
    let position = 0;
    for (let k = 0; k < rank; k++) {
      const at = integerAt(source, i * rank + k);
      if (at < 0 || at >= from[k]!) return false;
      position = position * from[k]! + at;
    }
    for (let k = newRank - 1; k >= 0; k--) {
      const rest = Math.floor(position / to[k]!);
      setInteger(target, i * newRank + k, position - rest * to[k]!);
      position = rest;
    }
  }
  return true;
}

/** The same with big integers: products of sparse shapes exceed what numbers hold exactly. */
function moveExactly(
  flat: BigInt64Array,
  from: readonly bigint[],
  out: BigInt64Array,
  to: readonly bigint[],
): void {
  for (let i = 0; i * from.length < flat.length; i++) {
    let position = 0n;
    from.forEach((dim, k) => {
      position = position * dim + flat[i * from.length + k]!;
    });
    for (let k = to.length - 1; k >= 0; k--) {
      out[i * to.length + k] = position % to[k]!;
      position /= to[k]!;
    }
  }
}

const sparseReorder: Kernel = ([indices, values, shape], ctx) => {
  const coordinates = readCoordinates(indices!, shape!, ctx);
  checkValues(values!, coordinates.count, ctx);
  const order = sortedOrder(coordinates);
  const sorted = entriesAt(coordinates, order);
  return [longs(sorted, [coordinates.count, coordinates.shape.length]), reorder(values!, order)];
};

/** Entries joined and brought into row-major order. */
function joined(coordinates: Coordinates, values: Value): Value[] {
  const order = sortedOrder(coordinates);
  const sorted = entriesAt(coordinates, order);
  const {shape, count} = coordinates;
  return [longs(sorted, [count, shape.length]), reorder(values, order), longs(shape, [shape.length])];
}

const sparseConcat: Kernel = (inputs, ctx) => {
  const count = inputs.length / 3;
  const parts = Array.from({length: count}, (_, i) =>
    readCoordinates(inputs[i]!, inputs[2 * count + i]!, ctx),
  );
  const values = inputs.slice(count, 2 * count);
  for (const part of parts) checkDense(part, ctx);
  const {shape} = parts[0]!;
  const axis = resolveAxis(ctx.attrs.int('concat_dim'), shape.length, ctx);
  let offset = 0;
  const flat = parts.flatMap((part, i) => {
    checkValues(values[i]!, part.count, ctx);
    if (!sameShape(part.shape.with(axis, 0), shape.with(axis, 0))) {
      throw invalid(
        ctx,
        `shapes ${formatShape(shape)} and ${formatShape(part.shape)} cannot be concatenated`,
      );
    }
    const moved = Array.from(part.flat, (at, k) => (k % shape.length === axis ? at + offset : at));
    offset += part.shape[axis]!;
    return moved;
  });
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  return joined({count: total, shape: shape.with(axis, offset), flat}, concat(values, 0));
};

/** The entries within a block, counted from its corner; which ones they are, and the block's shape. */
function cut(coordinates: Coordinates, start: readonly number[], size: readonly number[]) {
  const kept: number[] = [];
  const entries: number[][] = [];
  for (let i = 0; i < coordinates.count; i++) {
    const entry = entryAt(coordinates, i).map((at, k) => at - start[k]!);
    if (!entry.every((at, k) => at >= 0 && at < size[k]!)) continue;
    kept.push(i);
    entries.push(entry);
  }
  return {kept, entries};
}

const sparseSlice: Kernel = ([indices, values, shape, start, size], ctx) => {
  const coordinates = readCoordinates(indices!, shape!, ctx);
  checkValues(values!, coordinates.count, ctx);
  const corner = start!.numbers();
  const wanted = size!.numbers();
  const rank = coordinates.shape.length;
  checkDense(coordinates, ctx);
  const block = slicedShape(coordinates.shape, corner, wanted, ctx);
  // The entries by what was asked for: TensorFlow trusts them to lie within the shape.
  const {kept, entries} = cut(coordinates, corner, wanted);
  return [indexMatrix(entries, rank), reorder(values!, kept), longs(block, [rank])];
};

/** Puts the gradients of a slice's values where those values were. */
const sparseSliceGrad: Kernel = ([dy, inputIndices, start, outputIndices], ctx) => {
  const rank = inputIndices!.shape[1]!;
  const corner = start!.numbers();
  if (corner.length !== rank)
    throw invalid(ctx, `input_start must have ${rank} elements, not ${corner.length}`);
  const shape = Value.vector('int64', new Array<number>(rank).fill(0));
  const input = readCoordinates(inputIndices!, shape, ctx);
  const output = readCoordinates(outputIndices!, shape, ctx);
  checkValues(dy!, output.count, ctx);
  const places = new Map<string, number>();
  for (let i = 0; i < output.count; i++) places.set(entryAt(output, i).join(), i);
  const index = int32Array(input.count, (i) => {
    const entry = entryAt(input, i).map((at, k) => at - corner[k]!);
    return places.get(entry.join()) ?? NO_ROW;
  });
  const used = index.filter((place) => place !== NO_ROW).length;
  if (used !== output.count)
    throw invalid(ctx, `${output.count - used} gradients belong to no entry of the input`);
  return takeRows(dy!, 1, index, [input.count]);
};

const sparseSplit: Kernel = ([axis, indices, values, shape], ctx) => {
  const coordinates = readCoordinates(indices!, shape!, ctx);
  checkValues(values!, coordinates.count, ctx);
  checkDense(coordinates, ctx);
  flatPositions(coordinates, ctx);
  const rank = coordinates.shape.length;
  const at = resolveAxis(axis!.number(), rank, ctx);
  const sizes = splitSizes(coordinates.shape[at]!, ctx.attrs.int('num_split'), ctx);
  let offset = 0;
  const pieces = sizes.map((size) => {
    const block = coordinates.shape.with(at, size);
    const {kept, entries} = cut(coordinates, new Array<number>(rank).fill(0).with(at, offset), block);
    offset += size;
    return [indexMatrix(entries, rank), reorder(values!, kept), longs(block, [rank])] as const;
  });
  return [0, 1, 2].flatMap((k) => pieces.map((piece) => piece[k]!));
};

/** Values with a default for each row that has none. */
interface FilledRows {
  /** The row of each value. */
  readonly rows: Int32Array;
  /** Which of the values given each one is; one more than the last for the default. */
  readonly source: Int32Array;
  readonly filled: Value;
  /** Which rows had no value. */
  readonly empty: Value;
  /** Where each of the values given is now. */
  readonly reverse: Value;
}

/** Sorts values by their row, and gives rows without one the default. */
export function fillRows(
  rowOf: ArrayLike<number>,
  values: Value,
  fallback: Value,
  rowCount: number,
  ctx: KernelContext,
): FilledRows {
  const count = rowOf.length;
  if (count !== values.shape[0]) {
    throw invalid(ctx, `there are ${count} rows for values of ${formatShape(values.shape)}`);
  }
  // How many values each row has, then where its next one goes.
  const next = allocate('int32', checkCount(rowCount, 'rows', ctx) + 1) as Int32Array;
  for (let i = 0; i < count; i++) {
    const row = rowOf[i]!;
    if (!(row >= 0 && row < rowCount))
      throw invalid(ctx, `value ${i} is in row ${row}, which is not in [0, ${rowCount})`);
    next[row]!++;
  }
  const empty = allocate('bool', rowCount) as Uint8Array;
  let total = 0;
  for (let row = 0; row < rowCount; row++) {
    const own = next[row]!;
    empty[row] = own === 0 ? 1 : 0;
    next[row] = total;
    total += Math.max(1, own);
  }
  const rows = allocate('int32', total) as Int32Array;
  const source = (allocate('int32', total) as Int32Array).fill(count);
  const reverse = allocate('int32', count) as Int32Array;
  for (let row = 0; row < rowCount; row++) if (empty[row] === 1) rows[next[row]!] = row;
  for (let i = 0; i < count; i++) {
    const at = next[rowOf[i]!]!++;
    rows[at] = rowOf[i]!;
    source[at] = i;
    reverse[i] = at;
  }
  return {
    rows,
    source,
    filled: reorder(concat([values, fallback.reshape([1])], 0), source),
    empty: Value.host('bool', [rowCount], empty),
    reverse: Value.vector('int64', reverse),
  };
}

/** The first coordinate of each entry. */
function rowsOf({count, shape, flat}: Coordinates): Float64Array {
  const rows = allocate('float64', count) as Float64Array;
  for (let i = 0; i < count; i++) rows[i] = flat[i * shape.length]!;
  return rows;
}

/** A row without entries gets one, at its start, with the default value. */
const fillEmptyRows: Kernel = ([indices, values, shape, fallback], ctx) => {
  const coordinates = readCoordinates(indices!, shape!, ctx);
  const {count, flat} = coordinates;
  checkValues(values!, count, ctx);
  const rank = coordinates.shape.length;
  const {rows, source, filled, empty, reverse} = fillRows(
    rowsOf(coordinates),
    values!,
    fallback!,
    coordinates.shape[0] ?? 0,
    ctx,
  );
  const entries = allocate('float64', source.length * rank) as Float64Array;
  for (let i = 0; i < source.length; i++) {
    entries[i * rank] = rows[i]!;
    if (source[i]! === count) continue;
    for (let k = 1; k < rank; k++) entries[i * rank + k] = flat[source[i]! * rank + k]!;
  }
  return [longs(entries, [source.length, rank]), filled, empty, reverse];
};

/** The gradients of the values, and of the default. */
export const fillEmptyRowsGrad: Kernel = ([reverse, dy], ctx) => {
  const index = Int32Array.from(reverse!.numbers(), (at) => {
    if (at < 0 || at >= dy!.size) throw invalid(ctx, `index ${at} is not in [0, ${dy!.size})`);
    return at;
  });
  const taken = new Set(index);
  const rest = int32Array(dy!.size, (i) => (taken.has(i) ? NO_ROW : 0));
  return [takeRows(dy!, 1, index, [index.length]), addRows(dy!, 1, rest, [])];
};

/** Sparse tensors reshaped, reordered, joined, cut and filled. */
export const sparseConversions: OpFamily = {
  SparseToDense: {kernel: sparseToDense},
  SparseReshape: {kernel: sparseReshape},
  SparseReorder: {kernel: sparseReorder},
  SparseConcat: {kernel: sparseConcat},
  SparseSlice: {kernel: sparseSlice},
  SparseSliceGrad: {kernel: sparseSliceGrad},
  SparseSplit: {kernel: sparseSplit},
  SparseFillEmptyRows: {kernel: fillEmptyRows},
  SparseFillEmptyRowsGrad: {kernel: fillEmptyRowsGrad},
};
