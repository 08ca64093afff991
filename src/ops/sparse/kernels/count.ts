/**
 * How often each number occurs in the rows of dense, sparse and ragged tensors, as sparse counts.
 *
 * @module
 */

import {isBigInt, isFloating} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {convertNumbers} from '../../../tensors/host.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {lengthsOf} from '../../ragged/row_splits.js';
import {checkCount} from '../../sizes.js';
import {
  type Coordinates,
  checkValues,
  flatPositions,
  indexMatrix,
  longs,
  readCoordinates,
} from '../coordinates.js';

/** Numbers in rows, each with its weight. */
interface Occurrences {
  readonly numbers: Value;
  /** One weight per number, or none at all: then each occurrence counts 1. */
  readonly weights: Value;
  /** The row of each number. */
  readonly rowOf: readonly number[];
  readonly rows: number;
  /** Whether there are rows at all, or just one vector. */
  readonly isMatrix: boolean;
}

/** The sum of the weights of each number, row by row. */
function countRows(what: Occurrences, ctx: KernelContext): Map<number, number | bigint>[] {
  const {numbers, weights, rowOf, rows} = what;
  if (weights.size > 0 && weights.size !== numbers.size) {
    throw invalid(ctx, `weights of ${formatShape(weights.shape)} do not fit ${formatShape(numbers.shape)}`);
  }
  const binary = ctx.attrs.bool('binary_output');
  const one = isBigInt(weights.dtype) ? 1n : 1;
  const weightOf = weights.size > 0 && !binary ? weights.numeric() : undefined;
  const counts = Array.from({length: rows}, () => new Map<number, number | bigint>());
  numbers.numbers().forEach((number, i) => {
    if (number < 0) throw invalid(ctx, `cannot count the negative number ${number}`);
    const own = counts[rowOf[i]!]!;
    const known = own.get(number);
    const weight = weightOf?.[i] ?? one;
    own.set(number, known === undefined || binary ? weight : (known as number) + (weight as number));
  });
  return counts;
}

/** Counts as a sparse tensor of `minlength` columns or as many as the largest number needs, at most `maxlength`. */
function sparseCounts(what: Occurrences, ctx: KernelContext): Value[] {
  const [least, most] = [ctx.attrs.int('minlength'), ctx.attrs.int('maxlength')];
  const counts = countRows(what, ctx);
  const isCounted = (number: number) => most < 0 || number < most;
  let largest = 0;
  for (const own of counts) for (const number of own.keys()) largest = Math.max(largest, number);
  const width = most >= 0 ? most : Math.max(largest + 1, least);
  const entries: number[][] = [];
  const sums: (number | bigint)[] = [];
  counts.forEach((own, row) => {
    const sorted = [...own.keys()].filter(isCounted).sort((a, b) => a - b);
    for (const number of sorted) {
      entries.push(what.isMatrix ? [row, number] : [number]);
      sums.push(own.get(number)!);
    }
  });
  const shape = what.isMatrix ? [what.rows, width] : [width];
  const values = allocate(what.weights.dtype, sums.length);
  sums.forEach((sum, i) => {
    values[i] = sum as never;
  });
  return [
    indexMatrix(entries, shape.length),
    Value.host(what.weights.dtype, [sums.length], values),
    longs(shape, [shape.length]),
  ];
}

/** Rows of a vector, which is one, or of a matrix. */
function denseOccurrences(numbers: Value, weights: Value, ctx: KernelContext): Occurrences {
  const {rank, shape, size} = numbers;
  if (rank < 1 || rank > 2) throw invalid(ctx, `a vector or a matrix is expected, not ${formatShape(shape)}`);
  const width = shape.at(-1)!;
  const rowOf = Array.from({length: size}, (_, i) => (rank === 1 ? 0 : Math.floor(i / width)));
  return {numbers, weights, rowOf, rows: rank === 1 ? 1 : shape[0]!, isMatrix: rank === 2};
}

function sparseOccurrences(
  coordinates: Coordinates,
  numbers: Value,
  weights: Value,
  ctx: KernelContext,
): Occurrences {
  const {shape, flat, count} = coordinates;
  checkValues(numbers, count, ctx);
  if (shape.length < 1 || shape.length > 2) {
    throw invalid(ctx, `a vector or a matrix is expected, not ${formatShape(shape)}`);
  }
  flatPositions(coordinates, ctx);
  const isMatrix = shape.length === 2;
  const rowOf = Array.from({length: count}, (_, i) => (isMatrix ? flat[2 * i]! : 0));
  return {numbers, weights, rowOf, rows: isMatrix ? checkCount(shape[0]!, 'rows', ctx) : 1, isMatrix};
}

function raggedOccurrences(splits: Value, numbers: Value, weights: Value, ctx: KernelContext): Occurrences {
  const rows = [...lengthsOf(splits.indices())];
  if (
    splits.numbers()[0] !== 0 ||
    splits.numbers().at(-1) !== numbers.size ||
    rows.some((length) => length < 0)
  ) {
    throw invalid(ctx, `row splits must rise from 0 to ${numbers.size}`);
  }
  const rowOf = rows.flatMap((length, row) => new Array<number>(length).fill(row));
  return {numbers, weights, rowOf, rows: rows.length, isMatrix: true};
}

const denseCount: Kernel = ([numbers, weights], ctx) =>
  sparseCounts(denseOccurrences(numbers!, weights!, ctx), ctx);

const sparseCount: Kernel = ([indices, numbers, shape, weights], ctx) =>
  sparseCounts(sparseOccurrences(readCoordinates(indices!, shape!, ctx), numbers!, weights!, ctx), ctx);

const raggedCount: Kernel = ([splits, numbers, weights], ctx) =>
  sparseCounts(raggedOccurrences(splits!, numbers!, weights!, ctx), ctx);

/** Counts of the numbers below `size`, as a dense tensor. */
const sparseBincount: Kernel = ([indices, numbers, shape, size, weights], ctx) => {
  const what = sparseOccurrences(readCoordinates(indices!, shape!, ctx), numbers!, weights!, ctx);
  const width = size!.number();
  if (size!.rank !== 0 || width < 0)
    throw invalid(ctx, `size must be one number of at least 0, not ${width}`);
  const outShape = what.isMatrix ? [what.rows, width] : [width];
  const {dtype} = weights!;
  const sums = allocate(isFloating(dtype) ? 'float64' : dtype, sizeOf(outShape));
  countRows(what, ctx).forEach((own, row) => {
    for (const [number, sum] of own) if (number < width) sums[row * width + number] = sum as never;
  });
  return Value.host(dtype, outShape, isFloating(dtype) ? convertNumbers(sums, dtype) : sums);
};

/** Counts of the numbers in sparse tensors, and sparse counts. */
export const sparseCounting: OpFamily = {
  SparseBincount: {kernel: sparseBincount},
  DenseCountSparseOutput: {kernel: denseCount},
  SparseCountSparseOutput: {kernel: sparseCount},
  RaggedCountSparseOutput: {kernel: raggedCount},
};
