/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  SparseToDense: {inputRanks: {output_shape: 'vector', default_value: 'scalar'}},
  SparseReshape: {inputRanks: {input_shape: 'vector', new_shape: 'vector'}},
  SparseReorder: {inputRanks: {input_shape: 'vector'}},
  SparseConcat: {inputRanks: {shapes: 'vector'}, gradient: 'none'},
  SparseSlice: {inputRanks: {shape: 'vector', start: 'vector', size: 'vector'}},
  SparseSliceGrad: {inputRanks: {input_start: 'vector'}},
  SparseSplit: {inputRanks: {split_dim: 'scalar', shape: 'vector'}},
  SparseFillEmptyRows: {inputRanks: {dense_shape: 'vector', default_value: 'scalar'}},
  SparseFillEmptyRowsGrad: {inputRanks: {reverse_index_map: 'vector'}},
  SparseTensorDenseMatMul: {inputRanks: {a_shape: 'vector'}},
  SparseTensorDenseAdd: {inputRanks: {a_shape: 'vector'}},
  SparseReduceSum: {inputRanks: {input_shape: 'vector', reduction_axes: 'flat'}},
  SparseReduceSumSparse: {inputRanks: {input_shape: 'vector', reduction_axes: 'flat'}},
  SparseReduceMax: {inputRanks: {input_shape: 'vector', reduction_axes: 'flat'}},
  SparseReduceMaxSparse: {inputRanks: {input_shape: 'vector', reduction_axes: 'flat'}},
  SparseSoftmax: {inputRanks: {sp_shape: 'vector'}},
  SparseAdd: {inputRanks: {a_shape: 'vector', b_shape: 'vector', thresh: 'scalar'}},
  SparseAddGrad: {
    inputRanks: {a_indices: 'matrix', b_indices: 'matrix', sum_indices: 'matrix'},
    gradient: 'none',
  },
  SparseSparseMaximum: {inputRanks: {a_shape: 'vector', b_shape: 'vector'}},
  SparseSparseMinimum: {inputRanks: {a_shape: 'vector', b_shape: 'vector'}},
  SparseDenseCwiseMul: {inputRanks: {sp_shape: 'vector'}},
  SparseDenseCwiseDiv: {inputRanks: {sp_shape: 'vector'}},
  SparseDenseCwiseAdd: {inputRanks: {sp_shape: 'vector'}},
  SparseBincount: {inputRanks: {dense_shape: 'vector'}},
  SparseCountSparseOutput: {inputRanks: {dense_shape: 'vector'}},
  DenseToSparseSetOperation: {inputRanks: {set2_shape: 'vector'}},
  SparseToSparseSetOperation: {inputRanks: {set1_shape: 'vector', set2_shape: 'vector'}},
  SetSize: {inputRanks: {set_shape: 'vector'}},
  SparseCross: {inputRanks: {shapes: 'vector'}},
  SparseCrossV2: {inputRanks: {shapes: 'vector'}},
  SparseCrossHashed: {inputRanks: {shapes: 'vector', num_buckets: 'scalar'}},
};
