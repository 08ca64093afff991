/**
 * The number of the bucket that each element falls into.
 *
 * @module
 */

import type {NumericArray} from '../../../host/dtypes.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** How many of the sorted `boundaries` satisfy `isBefore`, which holds for the first of them only. */
function partitionPoint(boundaries: ArrayLike<number>, isBefore: (boundary: number) => boolean): number {
  let [low, high] = [0, boundaries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(boundaries[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Boundaries belong to the bucket above them; a NaN comes after all of them. */
const bucketAbove: BucketOf = (boundaries, x) => partitionPoint(boundaries, (boundary) => !(x < boundary));

/** Boundaries belong to the bucket below them, and the last bucket has no end (quantile_ops.cc). */
const bucketBelow: BucketOf = (boundaries, x) =>
  Math.min(
    partitionPoint(boundaries, (boundary) => boundary < x),
    Math.max(boundaries.length - 1, 0),
  );

type BucketOf = (boundaries: ArrayLike<number>, x: number) => number;

function bucketNumbers(x: Value, boundaries: ArrayLike<number>, bucketOf: BucketOf): Value {
  const source: NumericArray = x.numeric();
  const out = new Int32Array(source.length);
  for (let i = 0; i < out.length; i++) out[i] = bucketOf(boundaries, Number(source[i]));
  return Value.host('int32', x.shape, out);
}

const bucketize: Kernel = ([x], ctx) => {
  const boundaries = ctx.attrs.floats('boundaries');
  checkSorted(boundaries, ctx);
  return bucketNumbers(x!, boundaries, bucketAbove);
};

function checkSorted(boundaries: readonly number[], ctx: KernelContext): void {
  if (boundaries.some((bound, i) => i > 0 && bound < boundaries[i - 1]!)) {
    throw invalid(ctx, 'the boundaries must be in ascending order');
  }
}

const bucketizeEach: Kernel = (inputs, ctx) => {
  const count = ctx.attrs.int('num_features');
  return inputs
    .slice(0, count)
    .map((x, i) => bucketNumbers(x, inputs[count + i]!.numeric() as Float32Array, bucketBelow));
};

/** Buckets. */
export const buckets: OpFamily = {
  Bucketize: {kernel: bucketize},
  BoostedTreesBucketize: {kernel: bucketizeEach},
};
