/**
 * Block cells step by step: all that TensorFlow gives of a step is computed, what nobody reads is left out of the session.
 *
 * Source: `tensorflow/core/kernels/rnn/lstm_ops.h`, `gru_ops.h`.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {elementOf} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {countOf, provided} from '../../lower_checks.js';
import {rankOf} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';

/** The order of the gates along the columns of the weights: `c` is the candidate for the cell. */
type GateOrder = 'icfo' | 'ifco';

interface LstmWeights {
  readonly w: OnnxTensor;
  readonly b: OnnxTensor;
  /** From the cell to the gates `ifo`. */
  readonly peepholes: readonly OnnxTensor[] | undefined;
  readonly order: GateOrder;
  readonly forgetBias: number;
  /** The cell is clipped to this magnitude; not at all when not positive. */
  readonly cellClip: number;
}

function lstmWeights(
  [w, wci, wcf, wco, b]: readonly OnnxTensor[],
  order: GateOrder,
  {attrs}: OpNode,
): LstmWeights {
  const peepholes = attrs.bool('use_peephole') ? [wci!, wcf!, wco!] : undefined;
  checkBias(w!, b!);
  for (const each of peepholes ?? []) {
    if (rankOf(each) !== 1 || each.shape![0] !== b!.shape![0]! / 4)
      notLowered('weights may not fit each other');
  }
  return {
    w: w!,
    b: b!,
    peepholes,
    order,
    forgetBias: attrs.has('forget_bias') ? attrs.float('forget_bias') : 0,
    cellClip: attrs.has('cell_clip') ? attrs.float('cell_clip') : 0,
  };
}

/** Refuses what could be broadcast: TensorFlow does not. */
function checkBias(w: OnnxTensor, b: OnnxTensor): void {
  const [columns] = b.shape ?? [];
  const fits = rankOf(w) === 2 && rankOf(b) === 1 && typeof columns === 'number' && w.shape![1] === columns;
  if (!fits) notLowered('weights and biases may not fit each other');
}

/** What a step gives, in TensorFlow's order: `i`, `cs`, `f`, `o`, `ci`, `co`, `h`. */
type LstmStep = readonly [
  i: OnnxTensor,
  cs: OnnxTensor,
  f: OnnxTensor,
  o: OnnxTensor,
  ci: OnnxTensor,
  co: OnnxTensor,
  h: OnnxTensor,
];

function lstmStep(
  x: OnnxTensor,
  cell: OnnxTensor,
  hidden: OnnxTensor,
  {w, b, peepholes, order, forgetBias, cellClip}: LstmWeights,
  to: OnnxBuilder,
): LstmStep {
  const all = to.op('Concat', [x, hidden], {axis: 1});
  const sums = to.op('Add', [to.op('MatMul', [all, w]), b]);
  const parts = to.ops('Split', [sums], {axis: 1, num_outputs: 4}, [{}, {}, {}, {}]);
  const gate = (name: string): OnnxTensor => parts[order.indexOf(name)]!;
  const peek = (name: 'i' | 'f' | 'o', state: OnnxTensor): OnnxTensor =>
    peepholes === undefined
      ? gate(name)
      : to.op('Add', [gate(name), to.op('Mul', [state, peepholes['ifo'.indexOf(name)]])]);
  const forget = peek('f', cell);
  const i = to.op('Sigmoid', [peek('i', cell)]);
  const f = to.op('Sigmoid', [
    forgetBias === 0 ? forget : to.op('Add', [forget, to.scalar(x.dtype, forgetBias)]),
  ]);
  const ci = to.op('Tanh', [gate('c')]);
  const sum = to.op('Add', [to.op('Mul', [ci, i]), to.op('Mul', [cell, f])]);
  const cs =
    cellClip > 0 ? to.op('Clip', [sum, to.scalar(x.dtype, -cellClip), to.scalar(x.dtype, cellClip)]) : sum;
  const o = to.op('Sigmoid', [peek('o', cs)]);
  const co = to.op('Tanh', [cs]);
  return [i, cs, f, o, ci, co, to.op('Mul', [co, o])];
}

export const lstmBlockCell: Lower = ([x, cell, hidden, ...rest], node, to) => {
  if (rankOf(x!) !== 2) notLowered('x is no matrix');
  return lstmStep(x!, withRowsOf(hidden!, cell!, to), hidden!, lstmWeights(rest, 'icfo', node), to);
};

/** The cell, which must have as many rows as the hidden state: one row would be that of all. */
function withRowsOf(hidden: OnnxTensor, cell: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  if (rankOf(hidden) !== 2 || rankOf(cell) !== 2) notLowered('a state is no matrix');
  const [rows, columns] = cell.shape!;
  const [wantedRows, wantedColumns] = hidden.shape!;
  if (columns === null || columns !== wantedColumns) notLowered('states may not fit each other');
  if (rows !== null && rows === wantedRows) return cell;
  const sizes = [to.sizeAlong(cell, 0), to.sizeAlong(hidden, 0)];
  const isSame = to.op('Equal', sizes, {}, {dtype: 'bool', shape: [1]});
  return provided(to.squeeze(isSame, [0]), cell, to);
}

/** A sequence `[time, batch, inputs]`; steps from `seq_len_max` on are zero. */
export const blockLstm =
  (order: GateOrder): Lower =>
  ([length, x, firstCell, firstHidden, ...rest], node, to) => {
    if (rankOf(x!) !== 3) notLowered('x has not 3 dimensions');
    const weights = lstmWeights(rest, order, node);
    const time = to.sizeAlong(x!, 0);
    const steps = to.squeeze(to.op('Min', [time, countOf(length!, to)]), [0]);
    const {dtype} = x!;
    const body = to.body((inner) => {
      const turn = inner.declare({dtype: 'int64', shape: []});
      const goesOn = inner.declare({dtype: 'bool', shape: []});
      const [cell, hidden] = [firstCell!, firstHidden!].map(({shape}) => inner.declare({dtype, shape})) as [
        OnnxTensor,
        OnnxTensor,
      ];
      const input = inner.op('Gather', [x, turn], {axis: 0});
      const step = lstmStep(input, cell, hidden, weights, inner);
      return {
        inputs: [turn, goesOn, cell, hidden],
        outputs: [inner.scalar('bool', 1), step[1], step[6], ...step],
      };
    });
    const [, , ...all] = to.ops(
      'Loop',
      [steps, undefined, withRowsOf(firstHidden!, firstCell!, to), firstHidden],
      {body: {graph: body}},
      new Array(9).fill({dtype}),
    );
    if (elementOf(length) !== undefined && elementOf(length)! >= (x!.shape![0] ?? Number.POSITIVE_INFINITY))
      return all;
    return all.map((each) => {
      const [done, size] = [to.sizeAlong(each, 0), to.op('Shape', [each], {start: 1}, {dtype: 'int64'})];
      const late = to.op('Concat', [to.op('Sub', [time, done]), size], {axis: 0});
      return to.op('Concat', [each, to.op('Expand', [to.scalar(dtype, 0), late])], {axis: 0});
    });
  };

export const gruBlockCell: Lower = ([x, hidden, gateWeights, cellWeights, gateBias, cellBias], _node, to) => {
  if (rankOf(x!) !== 2 || rankOf(hidden!) !== 2) notLowered('an input is no matrix');
  checkBias(gateWeights!, gateBias!);
  checkBias(cellWeights!, cellBias!);
  const product = (left: OnnxTensor, w: OnnxTensor, b: OnnxTensor): OnnxTensor =>
    to.op('Add', [to.op('MatMul', [to.op('Concat', [x, left], {axis: 1}), w]), b]);
  const sums = to.op('Sigmoid', [product(hidden!, gateWeights!, gateBias!)]);
  const [r, u] = to.ops('Split', [sums], {axis: 1, num_outputs: 2}, [{}, {}]) as [OnnxTensor, OnnxTensor];
  const c = to.op('Tanh', [product(to.op('Mul', [hidden, r]), cellWeights!, cellBias!)]);
  const rest = to.op('Sub', [to.scalar(x!.dtype, 1), u]);
  const h = to.op('Add', [to.op('Mul', [u, hidden]), to.op('Mul', [rest, c])]);
  return [r, u, c, h];
};
