/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {residence: 'host'},
  ['DataFormatVecPermute', 'DataFormatDimMap', 'CTCGreedyDecoder'],
  {
    CTCGreedyDecoder: {inputRanks: {sequence_length: 'vector'}, dataDependent: true, gradient: 'none'},
  },
);
