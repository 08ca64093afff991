/**
 * Activations, losses, biases and orders of axes as ops of ONNX.
 *
 * @module
 */

import {notLowered} from '../../onnx/not_lowered.js';
import {rankOf, same} from '../lower_rules.js';
import type {Lower, LowerTable} from '../lowering.js';
import {ACTIVATIONS, leakyRelu} from './onnx/activations.js';
import {ACTIVATION_GRADIENTS, biasAddGradient} from './onnx/gradients.js';
import {softmaxCrossEntropy, sparseSoftmaxCrossEntropy} from './onnx/losses.js';
import {channelAxis, entryOrder, mappedAxis} from './plan.js';

const biasAdd: Lower = ([x, bias], node, to) => {
  const rank = rankOf(x!);
  const axis = channelAxis(rank, node);
  // ONNX would stretch a bias of one element, and an input of one channel.
  if (x!.shape![axis] == null || bias!.shape?.[0] == null) notLowered('the number of channels is not known');
  const after = Array.from({length: rank - 1 - axis}, (_, i) => i + 1);
  return to.op('Add', [x, to.unsqueeze(bias!, after)]);
};

const vectorPermute: Lower = ([x], node, to) => {
  const {shape} = x!;
  if (shape === null || shape.includes(null)) notLowered('it is not known how many entries there are');
  return to.op('Gather', [x, to.ints(entryOrder(shape as readonly number[], node))], {axis: 0});
};

/** Axes are looked up: negative ones count from the end in ONNX, too, and what is no axis throws. */
const dimMap: Lower = ([x], node, to) => {
  const axes = Array.from(node.attrs.string('src_format'), (_, axis) => mappedAxis(axis, node));
  return to.op('Gather', [to.vector(x!.dtype, axes), x], {axis: 0});
};

export const onnx: LowerTable = {
  ...Object.fromEntries(
    Object.entries(ACTIVATIONS).map(([op, build]): [string, Lower] => [
      op,
      ([x], _node, to) => build(x!, to),
    ]),
  ),
  ...ACTIVATION_GRADIENTS,
  LeakyRelu: ([x], {attrs}, to) => leakyRelu(x!, attrs.float('alpha'), to),
  Softmax: same('Softmax', {axis: -1}),
  LogSoftmax: same('LogSoftmax', {axis: -1}),
  SoftmaxCrossEntropyWithLogits: softmaxCrossEntropy,
  SparseSoftmaxCrossEntropyWithLogits: sparseSoftmaxCrossEntropy,
  BiasAdd: biasAdd,
  BiasAddV1: biasAdd,
  BiasAddGrad: biasAddGradient,
  DataFormatVecPermute: vectorPermute,
  DataFormatDimMap: dimMap,
};
