/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {residence: 'host'},
  [
    'All',
    'Any',
    'ArgMax',
    'ArgMin',
    'InTopK',
    'InTopKV2',
    'Bincount',
    'DenseBincount',
    'RaggedBincount',
    'HistogramFixedWidth',
  ],
  {
    ...factsFor({constantInputs: ['reduction_indices']}, ['Sum', 'Mean', 'Prod', 'Max', 'Min', 'All', 'Any']),
    EuclideanNorm: {constantInputs: ['reduction_indices']},
    Cumsum: {inputRanks: {axis: 'scalar'}},
    Cumprod: {inputRanks: {axis: 'scalar'}},
    CumulativeLogsumexp: {inputRanks: {axis: 'scalar'}},
    ArgMax: {inputRanks: {dimension: 'scalar'}, constantInputs: ['dimension']},
    ArgMin: {inputRanks: {dimension: 'scalar'}, constantInputs: ['dimension']},
    TopKV2: {inputRanks: {k: 'scalar'}, constantInputs: ['k']},
    InTopKV2: {inputRanks: {k: 'scalar'}},
    Bincount: {constantInputs: ['size']},
    DenseBincount: {constantInputs: ['size']},
    RaggedBincount: {constantInputs: ['size']},
    HistogramFixedWidth: {inputRanks: {value_range: 'vector', nbins: 'scalar'}, constantInputs: ['nbins']},
  },
);
