/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  MatrixDiagV2: {
    inputRanks: {k: 'flat', num_rows: 'scalar', num_cols: 'scalar'},
    constantInputs: ['k', 'num_rows', 'num_cols'],
  },
  MatrixDiagV3: {
    inputRanks: {k: 'flat', num_rows: 'scalar', num_cols: 'scalar'},
    constantInputs: ['k', 'num_rows', 'num_cols'],
  },
  MatrixDiagPartV2: {inputRanks: {k: 'flat'}, constantInputs: ['k']},
  MatrixDiagPartV3: {inputRanks: {k: 'flat'}, constantInputs: ['k']},
  MatrixSetDiagV2: {inputRanks: {k: 'flat'}},
  MatrixSetDiagV3: {inputRanks: {k: 'flat'}},
  MatrixBandPart: {inputRanks: {num_lower: 'scalar', num_upper: 'scalar'}},
};
