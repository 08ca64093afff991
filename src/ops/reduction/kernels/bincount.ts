/**
 * How often each number occurs: bin counts and histograms.
 *
 * @module
 */

import {nearestNumbers} from '../../../host/int64.js';
import {formatShape, sameShape} from '../../../host/shape.js';
import {allocate, int32Array} from '../../../host/tensor.js';
import {convertNumbers} from '../../../tensors/host.js';
import {Value} from '../../../tensors/value.js';
import {filledInHeap} from '../../../tfjs/wasm_views.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** What is counted: numbers in rows, each number with its weight. */
interface Occurrences {
  readonly numbers: Value;
  /** Where each row begins that numbers are counted in by themselves, and where the last one ends. */
  readonly splits: ArrayLike<number>;
  readonly size: Value;
  /** One weight per number, or none at all: then each occurrence counts 1. */
  readonly weights: Value;
  /** Only record whether a number occurs. */
  readonly binary: boolean;
}

/** The sums of the weights of each number below `size`, row by row, in the dtype of the weights, as a value of `shape`. */
function countBins(what: Occurrences, shape: readonly number[], ctx: KernelContext): Value {
  const {numbers, splits, weights, binary} = what;
  const rows = splits.length - 1;
  const size = what.size.number();
  if (what.size.rank !== 0 || size < 0)
    throw invalid(ctx, `size must be one number of at least 0, not ${size}`);
  if (weights.size > 0 && !sameShape(weights.shape, numbers.shape)) {
    throw invalid(ctx, `weights ${formatShape(weights.shape)} do not fit ${formatShape(numbers.shape)}`);
  }
  const {dtype} = weights;
  const weightOf = weights.size > 0 && !binary ? weights.numeric() : undefined;
  // Occurrences are counted by numbers, also for int64. Weights are summed in their own dtype, as TensorFlow does.
  const isCount = dtype === 'int64' && weightOf === undefined;
  const source = numbers.narrow ?? nearestNumbers(numbers.numeric());
  const addTo = (sums: Float64Array): void => {
    for (let row = 0; row < rows; row++) {
      const first = row * size;
      for (let i = splits[row]!; i < splits[row + 1]!; i++) {
        const bin = source[i]!;
        if (bin < 0) throw invalid(ctx, `cannot count the negative number ${bin}`);
        if (bin >= size) continue;
        if (binary) sums[first + bin] = 1;
        else sums[first + bin]! += weightOf ? (weightOf[i] as number) : 1;
      }
    }
  };
  if (dtype === 'float32' && rows * size >= MANY) {
    const tensor = filledInHeap(shape, addTo as unknown as (sums: Float32Array) => void);
    if (tensor !== undefined) return Value.device(tensor);
  }
  const sums = allocate(isCount ? 'int32' : dtype, rows * size) as Float64Array;
  addTo(sums);
  return isCount ? Value.freshNarrow(shape, sums as unknown as Int32Array) : Value.fresh(dtype, shape, sums);
}

/** So many floats are better put where they are computed with than carried there: words of texts are counted in matrices that are mostly zeros. */
const MANY = 2 ** 16;

const bincount: Kernel = ([numbers, size, weights], ctx) => {
  const what = {numbers: numbers!, splits: [0, numbers!.size], size: size!, weights: weights!, binary: false};
  return countBins(what, [size!.number()], ctx);
};

const denseBincount: Kernel = ([numbers, size, weights], ctx) => {
  const {rank, shape} = numbers!;
  if (rank < 1 || rank > 2)
    throw invalid(ctx, `the input must be a vector or a matrix, not ${formatShape(shape)}`);
  const rows = rank === 1 ? 1 : shape[0]!;
  const length = shape.at(-1)!;
  const what = {
    numbers: numbers!,
    splits: int32Array(rows + 1, (row) => row * length),
    size: size!,
    weights: weights!,
    binary: ctx.attrs.bool('binary_output'),
  };
  const outShape = [...shape.slice(0, -1), size!.number()];
  return countBins(what, outShape, ctx);
};

const raggedBincount: Kernel = ([splits, numbers, size, weights], ctx) => {
  const ends = splits!.numbers();
  const isValid =
    ends[0] === 0 && ends.at(-1) === numbers!.size && ends.every((end, i) => i === 0 || end >= ends[i - 1]!);
  if (!isValid) throw invalid(ctx, `splits must rise from 0 to ${numbers!.size}`);
  const what = {
    numbers: numbers!,
    splits: ends,
    size: size!,
    weights: weights!,
    binary: ctx.attrs.bool('binary_output'),
  };
  return countBins(what, [ends.length - 1, size!.number()], ctx);
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
