/**
 * Variables as ops of ONNX: a read is a constant of the session, or one of its inputs while the variable changes.
 *
 * @module
 */

import {notLowered} from '../../onnx/not_lowered.js';
import type {Lower, LowerTable} from '../lowering.js';

const read: Lower = ([handle], {attrs}, to) => to.variable(handle!, attrs.dtype('dtype'));

/** Indices out of range make the session fail: the interpreter then says what is wrong. */
const gather: Lower = ([handle, indices], {attrs}, to) => {
  if (attrs.int('batch_dims') !== 0) notLowered('batch_dims are not 0');
  const rows = to.variable(handle!, attrs.dtype('dtype'));
  return to.op('Gather', [rows, indices], {axis: 0});
};

export const onnx: LowerTable = {
  ReadVariableOp: read,
  ResourceGather: gather,
};
