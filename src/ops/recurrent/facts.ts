/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  BlockLSTM: {inputRanks: {seq_len_max: 'scalar'}},
  BlockLSTMV2: {inputRanks: {seq_len_max: 'scalar'}},
};
