/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {residence: 'host'},
  [
    'DenseToDenseSetOperation',
    'DenseToSparseSetOperation',
    'SparseToSparseSetOperation',
    'SetSize',
    'DenseCountSparseOutput',
    'SparseCountSparseOutput',
    'RaggedCountSparseOutput',
    'SparseBincount',
  ],
  {
    SparseToDense: {
      inputRanks: {output_shape: 'vector', default_value: 'scalar'},
      constantInputs: ['output_shape'],
    },
    SparseReshape: {inputRanks: {input_shape: 'vector', new_shape: 'vector'}},
    SparseReorder: {inputRanks: {input_shape: 'vector'}},
    SparseConcat: {inputRanks: {shapes: 'vector'}, gradient: 'none'},
    SparseSlice: {inputRanks: {shape: 'vector', start: 'vector', size: 'vector'}, dataDependent: true},
    SparseSliceGrad: {inputRanks: {input_start: 'vector'}},
    SparseSplit: {inputRanks: {split_dim: 'scalar', shape: 'vector'}, dataDependent: true},
    SparseFillEmptyRows: {
      inputRanks: {dense_shape: 'vector', default_value: 'scalar'},
      constantInputs: ['dense_shape'],
      dataDependent: true,
    },
    SparseFillEmptyRowsGrad: {inputRanks: {reverse_index_map: 'vector'}},
    SparseTensorDenseMatMul: {inputRanks: {a_shape: 'vector'}, constantInputs: ['a_shape']},
    SparseTensorDenseAdd: {inputRanks: {a_shape: 'vector'}},
    SparseReduceSum: {
      inputRanks: {input_shape: 'vector', reduction_axes: 'flat'},
      constantInputs: ['input_shape', 'reduction_axes'],
    },
    SparseReduceSumSparse: {
      inputRanks: {input_shape: 'vector', reduction_axes: 'flat'},
      constantInputs: ['reduction_axes'],
      dataDependent: true,
    },
    SparseReduceMax: {
      inputRanks: {input_shape: 'vector', reduction_axes: 'flat'},
      constantInputs: ['input_shape', 'reduction_axes'],
    },
    SparseReduceMaxSparse: {
      inputRanks: {input_shape: 'vector', reduction_axes: 'flat'},
      constantInputs: ['reduction_axes'],
      dataDependent: true,
    },
    SparseSoftmax: {inputRanks: {sp_shape: 'vector'}},
    SparseAdd: {inputRanks: {a_shape: 'vector', b_shape: 'vector', thresh: 'scalar'}, dataDependent: true},
    SparseAddGrad: {
      inputRanks: {a_indices: 'matrix', b_indices: 'matrix', sum_indices: 'matrix'},
      gradient: 'none',
    },
    SparseSparseMaximum: {inputRanks: {a_shape: 'vector', b_shape: 'vector'}, dataDependent: true},
    SparseSparseMinimum: {inputRanks: {a_shape: 'vector', b_shape: 'vector'}, dataDependent: true},
    SparseDenseCwiseMul: {inputRanks: {sp_shape: 'vector'}},
    SparseDenseCwiseDiv: {inputRanks: {sp_shape: 'vector'}},
    SparseDenseCwiseAdd: {inputRanks: {sp_shape: 'vector'}},
    SparseBincount: {inputRanks: {dense_shape: 'vector'}, constantInputs: ['dense_shape', 'size']},
    SparseCountSparseOutput: {inputRanks: {dense_shape: 'vector'}, dataDependent: true},
    DenseToSparseSetOperation: {inputRanks: {set2_shape: 'vector'}, dataDependent: true},
    SparseToSparseSetOperation: {
      inputRanks: {set1_shape: 'vector', set2_shape: 'vector'},
      dataDependent: true,
    },
    SetSize: {inputRanks: {set_shape: 'vector'}, constantInputs: ['set_shape']},
    SparseCross: {inputRanks: {shapes: 'vector'}, dataDependent: true},
    SparseCrossV2: {inputRanks: {shapes: 'vector'}, dataDependent: true},
    SparseCrossHashed: {inputRanks: {shapes: 'vector', num_buckets: 'scalar'}, dataDependent: true},
    SerializeManySparse: {constantInputs: ['sparse_shape']},
    DeserializeSparse: {dataDependent: true},
    DenseCountSparseOutput: {dataDependent: true},
    RaggedCountSparseOutput: {dataDependent: true},
    DenseToDenseSetOperation: {dataDependent: true},
  },
);
