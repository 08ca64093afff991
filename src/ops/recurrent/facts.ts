/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor({repeatable: true}, ['CudnnRNN', 'CudnnRNNV2', 'CudnnRNNV3'], {
  BlockLSTM: {inputRanks: {seq_len_max: 'scalar'}},
  BlockLSTMV2: {inputRanks: {seq_len_max: 'scalar'}},
});
