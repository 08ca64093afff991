/**
 * Recurrent cells and layers as ops of ONNX.
 *
 * @module
 */

import {forAll} from '../lower_rules.js';
import type {LowerTable} from '../lowering.js';
import {blockLstm, gruBlockCell, lstmBlockCell} from './onnx/blocks.js';
import {cudnnRnn} from './onnx/cudnn.js';

export const onnx: LowerTable = {
  LSTMBlockCell: lstmBlockCell,
  GRUBlockCell: gruBlockCell,
  BlockLSTM: blockLstm('icfo'),
  BlockLSTMV2: blockLstm('ifco'),
  ...forAll(cudnnRnn, ['CudnnRNN', 'CudnnRNNV2', 'CudnnRNNV3']),
};
