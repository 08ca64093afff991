/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  RaggedGather: {inputRanks: {params_nested_splits: 'vector'}},
  RaggedRange: {gradient: 'none'},
  RaggedFillEmptyRows: {inputRanks: {value_rowids: 'vector', nrows: 'scalar', default_value: 'scalar'}},
  RaggedFillEmptyRowsGrad: {inputRanks: {reverse_index_map: 'vector'}},
  RaggedCross: {inputRanks: {ragged_row_splits: 'vector', sparse_shape: 'vector'}},
};
