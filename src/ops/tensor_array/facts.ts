/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {handsOn: true, repeatable: true},
  [
    'TensorArrayV3',
    'TensorArrayGradV3',
    'TensorArrayWriteV3',
    'TensorArrayReadV3',
    'TensorArrayGatherV3',
    'TensorArrayScatterV3',
    'TensorArrayConcatV3',
    'TensorArraySplitV3',
    'TensorArraySizeV3',
    'TensorArrayCloseV3',
    'StackV2',
    'StackPushV2',
    'StackPopV2',
    'StackCloseV2',
  ],
  {
    TensorArrayV3: {inputRanks: {size: 'scalar'}},
    TensorArrayWriteV3: {inputRanks: {index: 'scalar'}},
    TensorArrayReadV3: {inputRanks: {index: 'scalar'}},
    TensorArrayGatherV3: {inputRanks: {indices: 'vector'}},
    TensorArrayScatterV3: {inputRanks: {indices: 'vector'}},
    TensorArraySplitV3: {inputRanks: {lengths: 'vector'}},
    StackV2: {inputRanks: {max_size: 'scalar'}},
  },
);
