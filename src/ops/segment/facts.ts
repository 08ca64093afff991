/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  UnsortedSegmentSum: {inputRanks: {num_segments: 'scalar'}},
  UnsortedSegmentMax: {inputRanks: {num_segments: 'scalar'}},
  UnsortedSegmentMin: {inputRanks: {num_segments: 'scalar'}},
  UnsortedSegmentProd: {inputRanks: {num_segments: 'scalar'}},
  SparseSegmentSumWithNumSegments: {inputRanks: {num_segments: 'scalar'}},
  SparseSegmentMeanWithNumSegments: {inputRanks: {num_segments: 'scalar'}},
  SparseSegmentSqrtNWithNumSegments: {inputRanks: {num_segments: 'scalar'}},
  SparseSegmentSumGrad: {inputRanks: {output_dim0: 'scalar'}},
  SparseSegmentMeanGrad: {inputRanks: {output_dim0: 'scalar'}},
  SparseSegmentSqrtNGrad: {inputRanks: {output_dim0: 'scalar'}},
  SparseSegmentSumGradV2: {inputRanks: {dense_output_dim0: 'scalar'}},
  SparseSegmentMeanGradV2: {inputRanks: {dense_output_dim0: 'scalar'}},
  SparseSegmentSqrtNGradV2: {inputRanks: {dense_output_dim0: 'scalar'}},
};
