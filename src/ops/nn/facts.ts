/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  CTCGreedyDecoder: {inputRanks: {sequence_length: 'vector'}, dataDependent: true, gradient: 'none'},
};
