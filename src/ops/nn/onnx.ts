/**
 * Activations and biases as ops of ONNX.
 *
 * @module
 */

import {rankOf, same} from '../lower_rules.js';
import type {Lower, LowerTable} from '../lowering.js';

const biasAdd: Lower = ([x, bias], {attrs}, to) => {
  if (attrs.string('data_format') !== 'NCHW') return to.op('Add', [x, bias]);
  const rank = rankOf(x!);
  const after = Array.from({length: rank - 2}, (_, i) => i + 1);
  return to.op('Add', [x, rank > 2 ? to.unsqueeze(bias!, after) : bias]);
};

const relu6: Lower = ([x], _node, to) => to.op('Clip', [x, to.scalar(x!.dtype, 0), to.scalar(x!.dtype, 6)]);

export const onnx: LowerTable = {
  BiasAdd: biasAdd,
  Relu: same('Relu'),
  Relu6: relu6,
  Softmax: same('Softmax', {axis: -1}),
  LogSoftmax: same('LogSoftmax', {axis: -1}),
  Softplus: same('Softplus'),
  Softsign: same('Softsign'),
  Elu: same('Elu'),
  Selu: same('Selu'),
};
