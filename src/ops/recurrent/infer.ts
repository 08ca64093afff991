/**
 * Shapes of recurrent cells and layers.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import type {Inferred} from '../../graph/known.js';
import {derived} from '../../host/shape.js';
import {forAll, mergeOrThrow, withRank} from '../infer_rules.js';
import {cudnnModeOf, directionsOf} from './plan.js';

/** So many outputs of one shape: what a step gives beside its result is told for the gradient. */
const repeated = (count: number, output: Inferred): Inferred[] => new Array<Inferred>(count).fill(output);

const lstmCell: Infer = ([x, cell, hidden], node) => {
  const [batch] = withRank(x!, 2, 'x', node);
  const state = mergeOrThrow(cell!.shape, hidden!.shape, node);
  const shape = mergeOrThrow(withRank({...cell!, shape: state}, 2, 'cs_prev', node), [batch!, null], node);
  return repeated(7, {shape});
};

const gruCell: Infer = ([x, hidden], node) => {
  const [batch] = withRank(x!, 2, 'x', node);
  const shape = mergeOrThrow(withRank(hidden!, 2, 'h_prev', node), [batch!, null], node);
  return repeated(4, {shape});
};

/** The bias has an element for each of the four gates of each unit. */
const lstmLayer: Infer = (inputs, node) => {
  const [time, batch] = withRank(inputs[1]!, 3, 'x', node);
  const [gates] = withRank(inputs.at(-1)!, 1, 'b', node);
  return repeated(7, {shape: [time!, batch!, derived((count) => count / 4, gates!)]});
};

/** Output, last states, and what is kept for the gradient: nothing. */
const cudnnLayer: Infer = ([x, hidden], node) => {
  const [outer, inner] = withRank(x!, 3, 'input', node);
  const state = withRank(hidden!, 3, 'input_h', node);
  const width = derived((units) => units * directionsOf(node), state[2]!);
  const nothing: Inferred = {shape: [0]};
  const cell = cudnnModeOf(node).hasCell ? {shape: state} : nothing;
  const reserves = node.op === 'CudnnRNN' ? [nothing] : [nothing, nothing];
  return [{shape: [outer!, inner!, width]}, {shape: state}, cell, ...reserves];
};

export const infer: InferTable = {
  LSTMBlockCell: lstmCell,
  GRUBlockCell: gruCell,
  ...forAll(lstmLayer, ['BlockLSTM', 'BlockLSTMV2']),
  ...forAll(cudnnLayer, ['CudnnRNN', 'CudnnRNNV2', 'CudnnRNNV3']),
};
