/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  GatherV2: {inputRanks: {axis: 'scalar'}},
  ScatterNd: {inputRanks: {shape: 'vector'}},
};
