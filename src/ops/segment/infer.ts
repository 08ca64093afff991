/**
 * Shapes of rows that are gathered in segments: how many segments there are, data tells or the node.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {dimensionFrom, type Inferred, type Known, UNKNOWN} from '../../graph/known.js';
import {numberedRest} from '../indexing/plan.js';
import {forAll, ofRank} from '../infer_rules.js';

/** As many rows like those of `data`. */
const rowsLike = ({shape}: Known, count: number | null): Inferred =>
  shape === null || shape.length === 0 ? UNKNOWN : {shape: shape.with(0, count)};

const segmented: Infer = ([data]) => [rowsLike(data!, null)];

/** As many rows as an input says. */
const counted: Infer = ([data, , , count]) => [rowsLike(data!, dimensionFrom(count))];

const unsorted: Infer = ([data, ids, count], node) => {
  if (data!.shape === null || ids!.shape === null) return [UNKNOWN];
  return [{shape: [dimensionFrom(count), ...numberedRest(data!.shape, ids!.shape, 'ids', node)]}];
};

/** The rows that were picked, and which they are. */
const compactGradient: Infer = ([data]) => [rowsLike(data!, null), ofRank(1)];

export const infer: InferTable = {
  ...forAll(segmented, ['SegmentSum', 'SegmentMean', 'SegmentMax', 'SegmentMin', 'SegmentProd']),
  ...forAll(segmented, ['SparseSegmentSum', 'SparseSegmentMean', 'SparseSegmentSqrtN']),
  ...forAll(unsorted, [
    'UnsortedSegmentSum',
    'UnsortedSegmentMax',
    'UnsortedSegmentMin',
    'UnsortedSegmentProd',
  ]),
  ...forAll(counted, [
    ...['SparseSegmentSumWithNumSegments', 'SparseSegmentMeanWithNumSegments'],
    ...['SparseSegmentSqrtNWithNumSegments', 'SparseSegmentSumGrad'],
    ...['SparseSegmentMeanGrad', 'SparseSegmentSqrtNGrad'],
  ]),
  ...forAll(compactGradient, [
    ...['SparseSegmentSumGradV2', 'SparseSegmentMeanGradV2', 'SparseSegmentSqrtNGradV2'],
  ]),
};
