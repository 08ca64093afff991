/**
 * Variables as ops of ONNX: a read is a constant of the session, or one of its inputs while the variable changes.
 *
 * @module
 */

import {gathered, gatheredNd} from '../indexing/onnx.js';
import type {Lower, LowerTable} from '../lowering.js';

const read: Lower = ([handle], {attrs}, to) => to.variable(handle!, attrs.dtype('dtype'));

/** Indices out of range make the session fail: the interpreter then says what is wrong. */
const gather: Lower = ([handle, indices], node, to) => {
  const batchDims = node.attrs.int('batch_dims');
  // The axis right after the batch is gathered from.
  return gathered(to.variable(handle!, node.attrs.dtype('dtype')), indices!, batchDims, batchDims, node, to);
};

const gatherNd: Lower = ([handle, indices], node, to) =>
  gatheredNd(to.variable(handle!, node.attrs.dtype('dtype')), indices!, node, to);

export const onnx: LowerTable = {
  ReadVariableOp: read,
  ResourceGather: gather,
  ResourceGatherNd: gatherNd,
};
