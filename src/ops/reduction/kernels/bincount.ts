/**
 * How often each number occurs: bin counts and histograms.
 *
 * @module
 */

import {isBigInt, type NumericArray} from '../../../host/dtypes.js';
import {nearestNumbers} from '../../../host/int64.js';
import {formatShape, sameShape} from '../../../host/shape.js';
import {allocate, numbersAs} from '../../../host/tensor.js';
import {convertNumbers} from '../../../tensors/host.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** What is counted: numbers in rows, each number with its weight. */
interface Occurrences {
  readonly numbers: Value;
  /** The row that element `i` is counted in. */
  readonly rowOf: (i: number) => number;
  readonly rows: number;
  readonly size: Value;
  /** One weight per number, or none at all: then each occurrence counts 1. */
  readonly weights: Value;
  /** Only record whether a number occurs. */
  readonly binary: boolean;
}

/** The sums of the weights of each number below `size`, row by row, in the dtype of the weights. */
function countBins(what: Occurrences, ctx: KernelContext): NumericArray {
  const {numbers, rowOf, rows, weights, binary} = what;
  const size = what.size.number();
  if (what.size.rank !== 0 || size < 0)
    throw invalid(ctx, `size must be one number of at least 0, not ${size}`);
  if (weights.size > 0 && !sameShape(weights.shape, numbers.shape)) {
    throw invalid(ctx, `weights ${formatShape(weights.shape)} do not fit ${formatShape(numbers.shape)}`);
  }
  const {dtype} = weights;
  const weightOf = weights.size > 0 && !binary ? weights.numeric() : undefined;
  // Occurrences are counted by numbers, and become int64 in the end. Weights are summed in their own dtype, as TensorFlow does.
  const isCount = isBigInt(dtype) && weightOf === undefined;
  const sums = allocate(isCount ? 'int32' : dtype, rows * size) as Float64Array;
  const source = nearestNumbers(numbers.numeric());
  for (let i = 0; i < source.length; i++) {
    const bin = source[i]!;
    if (bin < 0) throw invalid(ctx, `cannot count the negative number ${bin}`);
    if (bin >= size) continue;
    const at = rowOf(i) * size + bin;
    if (binary) sums[at] = 1;
    else sums[at]! += weightOf ? (weightOf[i] as number) : 1;
  }
  return isCount ? numbersAs(dtype, sums) : sums;
}

const bincount: Kernel = ([numbers, size, weights], ctx) => {
  const what = {numbers: numbers!, rowOf: () => 0, rows: 1, size: size!, weights: weights!, binary: false};
  return Value.host(weights!.dtype, [size!.number()], countBins(what, ctx));
};

const denseBincount: Kernel = ([numbers, size, weights], ctx) => {
  const {rank, shape} = numbers!;
  if (rank < 1 || rank > 2)
    throw invalid(ctx, `the input must be a vector or a matrix, not ${formatShape(shape)}`);
  const rows = rank === 1 ? 1 : shape[0]!;
  const length = shape.at(-1)!;
  const what = {
    numbers: numbers!,
    rowOf: (i: number) => (rank === 1 ? 0 : Math.floor(i / length)),
    rows,
    size: size!,
    weights: weights!,
    binary: ctx.attrs.bool('binary_output'),
  };
  const outShape = [...shape.slice(0, -1), size!.number()];
  return Value.host(weights!.dtype, outShape, countBins(what, ctx));
};

const raggedBincount: Kernel = ([splits, numbers, size, weights], ctx) => {
  const ends = splits!.numbers();
  const isValid =
    ends[0] === 0 && ends.at(-1) === numbers!.size && ends.every((end, i) => i === 0 || end >= ends[i - 1]!);
  if (!isValid) throw invalid(ctx, `splits must rise from 0 to ${numbers!.size}`);
  let row = 0;
  const what = {
    numbers: numbers!,
    rowOf: (i: number) => {
      while (i >= ends[row + 1]!) row++;
      return row;
    },
    rows: ends.length - 1,
    size: size!,
    weights: weights!,
    binary: ctx.attrs.bool('binary_output'),
  };
  return Value.host(weights!.dtype, [what.rows, size!.number()], countBins(what, ctx));
};

/** Counts of the values in `nbins` equal parts of a range; what lies outside counts for the first or the last part. */
const histogramFixedWidth: Kernel = ([values, range, nbins], ctx) => {
  const [low, high] = range!.numbers() as [number, number];
  const bins = nbins!.number();
  if (range!.size !== 2 || !(low < high)) throw invalid(ctx, `a range from ${low} to ${high} is empty`);
  if (bins <= 0) throw invalid(ctx, `nbins must be positive, not ${bins}`);
  const step = (high - low) / bins;
  const counts = allocate('int32', bins) as Int32Array;
  for (const value of values!.numeric()) {
    counts[Math.min(Math.trunc(Math.max(Number(value) - low, 0) / step), bins - 1)]!++;
  }
  const dtype = ctx.attrs.dtype('dtype');
  return Value.host(dtype, [bins], convertNumbers(counts, dtype));
};

export const counts: OpFamily = {
  Bincount: {kernel: bincount},
  DenseBincount: {kernel: denseBincount},
  RaggedBincount: {kernel: raggedBincount},
  HistogramFixedWidth: {kernel: histogramFixedWidth},
};
