/**
 * Sizes of Fourier transforms: of real numbers, whose spectrum is half as long.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {formatShape, type PartialShape} from '../../host/shape.js';
import {invalid} from '../node.js';

/** Checks that there are as many dimensions as are transformed. */
export function checkRank(shape: PartialShape & {}, rank: number, node: OpNode): void {
  if (shape.length < rank)
    throw invalid(node, `at least ${rank} dimensions are needed, got ${formatShape(shape)}`);
}

/** What is transformed: the first elements of the last dimensions, and the shape of the result. */
export interface TransformPlan<D> {
  readonly cropped: readonly D[];
  readonly shape: readonly D[];
}

/** The spectrum of real numbers of these lengths. */
export function realTransform<D extends number | null>(
  shape: readonly D[],
  lengths: readonly number[],
  node: OpNode,
): TransformPlan<D | number> {
  const cropped = croppedTo(shape, lengths, node);
  return {cropped, shape: cropped.with(-1, spectrumSize(lengths.at(-1)!))};
}

/** The real numbers of these lengths that have a spectrum. */
export function inverseRealTransform<D extends number | null>(
  shape: readonly D[],
  lengths: readonly number[],
  node: OpNode,
): TransformPlan<D | number> {
  const n = lengths.at(-1)!;
  const cropped = croppedTo(shape, lengths.with(-1, spectrumSize(n)), node);
  return {cropped, shape: cropped.with(-1, n)};
}

/** Frequencies of `n` real numbers: those of the other half are their conjugates. */
function spectrumSize(n: number): number {
  return n === 0 ? 0 : Math.floor(n / 2) + 1;
}

/** The first elements of the last dimensions. The graph pads what is too short before it comes here. */
function croppedTo<D extends number | null>(
  shape: readonly D[],
  sizes: readonly number[],
  node: OpNode,
): readonly (D | number)[] {
  const lead = shape.length - sizes.length;
  sizes.forEach((size, i) => {
    const dim = shape[lead + i]!;
    if (dim !== null && size > dim) {
      throw invalid(node, `dimension ${lead + i} of ${formatShape(shape)} needs at least ${size} elements`);
    }
  });
  return [...shape.slice(0, lead), ...sizes];
}

/** The lengths of a transform along the last dimensions, from a vector of them. */
export function transformLengths(
  shape: PartialShape & {},
  lengths: readonly number[],
  isVector: boolean,
  rank: number,
  node: OpNode,
): readonly number[] {
  checkRank(shape, rank, node);
  if (!isVector || lengths.length !== rank || lengths.some((size) => size < 0)) {
    throw invalid(node, `fft_length must be ${rank} lengths, not [${lengths}]`);
  }
  return lengths;
}
