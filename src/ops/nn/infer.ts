/**
 * Shapes of activations, losses and biases.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {elementsOf, withElements} from '../../graph/known.js';
import {isKnown} from '../../host/shape.js';
import {
  broadcastOrThrow,
  commonSize,
  forAll,
  oneShape,
  shapeOfInput,
  withRank,
  withRankAtLeast,
} from '../infer_rules.js';
import {channelAxis, entryOrder, mappedAxis} from './plan.js';

const rowwise: Infer = ([logits], node) => [{shape: withRankAtLeast(logits!, 1, 'logits', node)}];

/** A loss per row, and its gradient with respect to the logits. */
const losses = (logits: readonly (number | null)[]) => [{shape: logits.slice(0, 1)}, {shape: logits}];

/** Logits and labels are broadcast to one matrix. */
const crossEntropy: Infer = ([logits, labels], node) => {
  const [a, b] = [logits!.shape ?? [null, null], labels!.shape ?? [null, null]];
  return losses(withRank({...logits!, shape: broadcastOrThrow(a, b, node)}, 2, 'logits', node));
};

const sparseCrossEntropy: Infer = ([logits, labels], node) => {
  const [batch, classes] = withRank(logits!, 2, 'logits', node);
  const [count] = withRank(labels!, 1, 'labels', node);
  return losses([commonSize([batch!, count!], 'the numbers of logits and labels', node), classes!]);
};

const biasAdd: Infer = ([value, bias], node) => {
  const shape = withRankAtLeast(value!, 2, 'the input', node);
  const [channels] = withRank(bias!, 1, 'the bias', node);
  if (shape === null) return [{shape}];
  const axis = channelAxis(shape.length, node);
  return [{shape: shape.with(axis, commonSize([shape[axis]!, channels!], 'the numbers of channels', node))}];
};

const biasAddGradient: Infer = ([dy], node) => {
  const shape = withRankAtLeast(dy!, 2, 'the input', node);
  return [{shape: [shape === null ? null : shape[channelAxis(shape.length, node)]!]}];
};

const vectorPermute: Infer = ([x], node) => {
  const {shape} = x!;
  if (!isKnown(shape)) return [{shape}];
  const elements = elementsOf(x!);
  const order = entryOrder(shape, node);
  return [withElements(shape, elements && order.map((at) => elements[at]!))];
};

const dimMap: Infer = ([x], node) => {
  const elements = elementsOf(x!)?.map((axis) => (axis === null ? null : mappedAxis(axis, node)));
  return [withElements(x!.shape, elements)];
};

/** A sparse matrix, and the negative logarithm of each sequence's probability. */
const greedyDecoder: Infer = ([inputs, lengths], node) => {
  const [, batch] = withRank(inputs!, 3, 'inputs', node);
  const [count] = withRank(lengths!, 1, 'sequence_length', node);
  const size = commonSize([batch!, count!], 'the numbers of sequences and of their lengths', node);
  return [{shape: [null, 2]}, {shape: [null]}, {shape: [2]}, {shape: [size, 1]}];
};

export const infer: InferTable = {
  ...forAll(shapeOfInput(), ['Relu', 'Relu6', 'LeakyRelu', 'Elu', 'Selu', 'Softplus', 'Softsign']),
  ...forAll(oneShape, ['ReluGrad', 'Relu6Grad', 'LeakyReluGrad', 'EluGrad', 'SeluGrad']),
  ...forAll(oneShape, ['SoftplusGrad', 'SoftsignGrad']),
  ...forAll(rowwise, ['Softmax', 'LogSoftmax']),
  SoftmaxCrossEntropyWithLogits: crossEntropy,
  SparseSoftmaxCrossEntropyWithLogits: sparseCrossEntropy,
  ...forAll(biasAdd, ['BiasAdd', 'BiasAddV1']),
  BiasAddGrad: biasAddGradient,
  DataFormatVecPermute: vectorPermute,
  DataFormatDimMap: dimMap,
  CTCGreedyDecoder: greedyDecoder,
};
