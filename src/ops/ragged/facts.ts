/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor({residence: 'host'}, ['RaggedRange'], {
  RaggedTensorToTensor: {constantInputs: ['shape'], dataDependent: true},
  RaggedGather: {inputRanks: {params_nested_splits: 'vector'}, dataDependent: true},
  RaggedRange: {dataDependent: true, gradient: 'none'},
  RaggedFillEmptyRows: {
    inputRanks: {value_rowids: 'vector', nrows: 'scalar', default_value: 'scalar'},
    constantInputs: ['nrows'],
    dataDependent: true,
  },
  RaggedFillEmptyRowsGrad: {inputRanks: {reverse_index_map: 'vector'}},
  RaggedCross: {
    inputRanks: {ragged_row_splits: 'vector', sparse_shape: 'vector'},
    constantInputs: ['sparse_shape'],
    dataDependent: true,
  },
  RaggedTensorFromVariant: {dataDependent: true},
  RaggedTensorToVariantGradient: {constantInputs: ['dense_values_shape']},
});
