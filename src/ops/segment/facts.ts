/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = {
  ...factsFor({dataDependent: true}, [
    ...['SegmentSum', 'SegmentMean', 'SegmentMax', 'SegmentMin', 'SegmentProd'],
    ...['SparseSegmentSum', 'SparseSegmentMean', 'SparseSegmentSqrtN'],
  ]),
  UnsortedSegmentSum: {inputRanks: {num_segments: 'scalar'}, constantInputs: ['num_segments']},
  UnsortedSegmentMax: {inputRanks: {num_segments: 'scalar'}, constantInputs: ['num_segments']},
  UnsortedSegmentMin: {inputRanks: {num_segments: 'scalar'}, constantInputs: ['num_segments']},
  UnsortedSegmentProd: {inputRanks: {num_segments: 'scalar'}, constantInputs: ['num_segments']},
  SparseSegmentSumWithNumSegments: {inputRanks: {num_segments: 'scalar'}, constantInputs: ['num_segments']},
  SparseSegmentMeanWithNumSegments: {inputRanks: {num_segments: 'scalar'}, constantInputs: ['num_segments']},
  SparseSegmentSqrtNWithNumSegments: {inputRanks: {num_segments: 'scalar'}, constantInputs: ['num_segments']},
  SparseSegmentSumGrad: {inputRanks: {output_dim0: 'scalar'}, constantInputs: ['output_dim0']},
  SparseSegmentMeanGrad: {inputRanks: {output_dim0: 'scalar'}, constantInputs: ['output_dim0']},
  SparseSegmentSqrtNGrad: {inputRanks: {output_dim0: 'scalar'}, constantInputs: ['output_dim0']},
  SparseSegmentSumGradV2: {inputRanks: {dense_output_dim0: 'scalar'}, dataDependent: true},
  SparseSegmentMeanGradV2: {inputRanks: {dense_output_dim0: 'scalar'}, dataDependent: true},
  SparseSegmentSqrtNGradV2: {inputRanks: {dense_output_dim0: 'scalar'}, dataDependent: true},
};
