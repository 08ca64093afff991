/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor} from '../facts_table.js';

export const facts: FactTable = factsFor(
  {handsOn: true},
  [
    'EmptyTensorList',
    'TensorListReserve',
    'TensorListFromTensor',
    'TensorListStack',
    'TensorListGetItem',
    'TensorListSetItem',
    'TensorListPushBack',
    'TensorListPopBack',
    'TensorListPushBackBatch',
    'TensorListLength',
    'TensorListResize',
    'TensorListGather',
    'TensorListScatter',
    'TensorListScatterV2',
    'TensorListScatterIntoExistingList',
    'TensorListConcat',
    'TensorListConcatV2',
    'TensorListConcatLists',
    'TensorListSplit',
    'TensorListElementShape',
  ],
  {
    EmptyTensorList: {inputRanks: {element_shape: 'flat', max_num_elements: 'scalar'}},
    TensorListReserve: {inputRanks: {element_shape: 'flat', num_elements: 'scalar'}},
    TensorListFromTensor: {inputRanks: {element_shape: 'flat'}},
    TensorListStack: {inputRanks: {element_shape: 'flat'}},
    TensorListSetItem: {inputRanks: {index: 'scalar'}},
    TensorListResize: {inputRanks: {size: 'scalar'}},
    TensorListGather: {inputRanks: {element_shape: 'flat'}},
    TensorListScatter: {inputRanks: {element_shape: 'flat'}},
    TensorListScatterV2: {inputRanks: {element_shape: 'flat', num_elements: 'scalar'}},
    TensorListScatterIntoExistingList: {inputRanks: {indices: 'vector'}},
    TensorListConcatV2: {inputRanks: {element_shape: 'flat'}},
    TensorListSplit: {inputRanks: {element_shape: 'flat', lengths: 'vector'}},
  },
);
