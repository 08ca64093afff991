/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  Cumsum: {inputRanks: {axis: 'scalar'}},
  Cumprod: {inputRanks: {axis: 'scalar'}},
  CumulativeLogsumexp: {inputRanks: {axis: 'scalar'}},
  ArgMax: {inputRanks: {dimension: 'scalar'}},
  ArgMin: {inputRanks: {dimension: 'scalar'}},
  TopKV2: {inputRanks: {k: 'scalar'}},
  InTopKV2: {inputRanks: {k: 'scalar'}},
  HistogramFixedWidth: {inputRanks: {value_range: 'vector', nbins: 'scalar'}},
};
