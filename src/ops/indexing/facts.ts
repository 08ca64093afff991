/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  GatherV2: {inputRanks: {axis: 'scalar'}, constantInputs: ['axis']},
  ScatterNd: {inputRanks: {shape: 'vector'}, constantInputs: ['shape']},
  DynamicPartition: {dataDependent: true},
  DynamicStitch: {constantInputs: ['indices']},
  ParallelDynamicStitch: {constantInputs: ['indices']},
};
