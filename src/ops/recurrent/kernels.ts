/**
 * Fused recurrent ops: block cells, and cuDNN's recurrent layers (which the models that contain them could, in
 * TensorFlow, run on GPUs alone).
 *
 * Source: `tensorflow/core/kernels/rnn/lstm_ops.h`, `gru_ops.h`; cuDNN's documentation of `cudnnRNNForward` and the layout
 * of its weights.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {formatShape, sameShape} from '../../host/shape.js';
import {fromTensor} from '../../tensors/from_tensor.js';
import {Value} from '../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid, unsupported} from '../node.js';
import {type CudnnMode, cudnnModeOf, directionsOf} from './plan.js';

/** Everything a block cell gives, in the order of its outputs. */
interface LstmStep {
  readonly i: tf.Tensor;
  readonly cs: tf.Tensor;
  readonly f: tf.Tensor;
  readonly o: tf.Tensor;
  readonly ci: tf.Tensor;
  readonly co: tf.Tensor;
  readonly h: tf.Tensor;
}

const STEP_OUTPUTS = ['i', 'cs', 'f', 'o', 'ci', 'co', 'h'] as const;

/** The order of the gates along the columns of the weights: `c` is the candidate for the cell. */
type GateOrder = 'icfo' | 'ifco';

interface LstmWeights {
  /** `[inputs + units, 4 * units]`. */
  readonly w: tf.Tensor2D;
  readonly b: tf.Tensor;
  /** Weights from the cell to the gates, `[units]` each. */
  readonly peepholes: {readonly i: tf.Tensor; readonly f: tf.Tensor; readonly o: tf.Tensor} | undefined;
  readonly order: GateOrder;
  readonly forgetBias: number;
  /** The cell is clipped to this magnitude; not at all when not positive. */
  readonly cellClip: number;
}

function lstmStep(x: tf.Tensor, cell: tf.Tensor, hidden: tf.Tensor, weights: LstmWeights): LstmStep {
  const {w, b, peepholes, order, forgetBias, cellClip} = weights;
  const sums = tf.add(tf.matMul(tf.concat([x, hidden], 1) as tf.Tensor2D, w), b);
  const parts = tf.split(sums, 4, 1);
  const gate = (name: string): tf.Tensor => parts[order.indexOf(name)]!;
  const peek = (name: 'i' | 'f' | 'o', state: tf.Tensor): tf.Tensor =>
    peepholes === undefined ? gate(name) : tf.add(gate(name), tf.mul(state, peepholes[name]));
  const i = tf.sigmoid(peek('i', cell));
  const f = tf.sigmoid(tf.add(peek('f', cell), forgetBias));
  const ci = tf.tanh(gate('c'));
  const sum = tf.add(tf.mul(ci, i), tf.mul(cell, f));
  const cs = cellClip > 0 ? tf.clipByValue(sum, -cellClip, cellClip) : sum;
  const o = tf.sigmoid(peek('o', cs));
  const co = tf.tanh(cs);
  return {i, cs, f, o, ci, co, h: tf.mul(co, o)};
}

/** Attributes that not every version has. */
const floatAttr = (ctx: KernelContext, name: string): number =>
  ctx.attrs.has(name) ? ctx.attrs.float(name) : 0;

function lstmWeights(
  [w, wci, wcf, wco, b]: readonly Value[],
  order: GateOrder,
  ctx: KernelContext,
): LstmWeights {
  const units = b!.size / 4;
  if (b!.rank !== 1 || w!.rank !== 2 || w!.shape[1] !== 4 * units) {
    throw invalid(
      ctx,
      `weights ${formatShape(w!.shape)} and bias ${formatShape(b!.shape)} do not fit each other`,
    );
  }
  const usesPeepholes = ctx.attrs.bool('use_peephole');
  return {
    w: w!.tensor() as tf.Tensor2D,
    b: b!.tensor(),
    peepholes: usesPeepholes ? {i: wci!.tensor(), f: wcf!.tensor(), o: wco!.tensor()} : undefined,
    order,
    forgetBias: floatAttr(ctx, 'forget_bias'),
    cellClip: floatAttr(ctx, 'cell_clip'),
  };
}

const lstmBlockCell: Kernel = ([x, cell, hidden, ...rest], ctx) => {
  if (x!.rank !== 2 || cell!.rank !== 2 || !sameShape(cell!.shape, hidden!.shape)) {
    throw invalid(ctx, 'x, cs_prev and h_prev must be matrices with the same number of rows');
  }
  const weights = lstmWeights(rest, 'icfo', ctx);
  const step = lstmStep(x!.tensor(), cell!.tensor(), hidden!.tensor(), weights);
  return STEP_OUTPUTS.map((name) => fromTensor(step[name], x!.dtype));
};

/** A sequence `[time, batch, inputs]`; steps from `seq_len_max` on are zero. */
function blockLstm(order: GateOrder): Kernel {
  return ([length, x, firstCell, firstHidden, ...rest], ctx) => {
    if (x!.rank !== 3) throw invalid(ctx, `x must have 3 dimensions, got shape ${formatShape(x!.shape)}`);
    const weights = lstmWeights(rest, order, ctx);
    const [time] = x!.shape as [number];
    const steps: LstmStep[] = [];
    let [cell, hidden] = [firstCell!.tensor(), firstHidden!.tensor()];
    for (const input of unstack(x!.tensor()).slice(0, Math.min(time, length!.number()))) {
      const step = lstmStep(input, cell, hidden, weights);
      steps.push(step);
      cell = step.cs;
      hidden = step.h;
    }
    const nothing = tf.zerosLike(hidden);
    const late = new Array<tf.Tensor>(time - steps.length).fill(nothing);
    return STEP_OUTPUTS.map((name) => {
      const all = [...steps.map((step) => step[name]), ...late];
      return fromTensor(all.length > 0 ? tf.stack(all) : tf.zeros([0, ...hidden.shape]), x!.dtype);
    });
  };
}

const gruBlockCell: Kernel = ([x, hidden, gateWeights, cellWeights, gateBias, cellBias], ctx) => {
  if (x!.rank !== 2 || hidden!.rank !== 2) throw invalid(ctx, 'x and h_prev must be matrices');
  const [input, before] = [x!.tensor(), hidden!.tensor()];
  const product = (left: tf.Tensor, w: Value, b: Value): tf.Tensor =>
    tf.add(tf.matMul(tf.concat([input, left], 1) as tf.Tensor2D, w.tensor() as tf.Tensor2D), b.tensor());
  const [r, u] = tf.split(tf.sigmoid(product(before, gateWeights!, gateBias!)), 2, 1) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const c = tf.tanh(product(tf.mul(before, r), cellWeights!, cellBias!));
  const h = tf.add(tf.mul(u, before), tf.mul(tf.sub(1, u), c));
  return [r, u, c, h].map((tensor) => fromTensor(tensor, x!.dtype));
};

/** The state of a cuDNN layer; `c` in LSTMs alone. */
interface State {
  readonly h: tf.Tensor;
  readonly c: tf.Tensor | undefined;
}

/** From the gates' sums over the input and over the hidden state to the next state. */
type Step = (input: tf.Tensor[], recurrent: tf.Tensor[], state: State) => State;

/** A kind of recurrent layer. */
interface Cell extends CudnnMode {
  readonly step: Step;
}

const plain =
  (activation: (x: tf.Tensor) => tf.Tensor): Step =>
  ([x], [h]) => ({h: activation(tf.add(x!, h!)), c: undefined});

const STEPS: Readonly<Record<CudnnMode['name'], Step>> = {
  rnn_relu: plain((x) => tf.relu(x)),
  rnn_tanh: plain((x) => tf.tanh(x)),
  // Gates: input, forget, candidate, output.
  lstm: (xs, hs, {c}) => {
    const [i, f, g, o] = xs.map((x, k) => tf.add(x, hs[k]!)) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const cell = tf.add(tf.mul(tf.sigmoid(f), c!), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    return {h: tf.mul(tf.sigmoid(o), tf.tanh(cell)), c: cell};
  },
  // Gates: reset, update, candidate. The reset gate acts after the product with the recurrent weights.
  gru: ([xr, xu, xn], [hr, hu, hn], {h}) => {
    const r = tf.sigmoid(tf.add(xr!, hr!));
    const u = tf.sigmoid(tf.add(xu!, hu!));
    const n = tf.tanh(tf.add(xn!, tf.mul(r, hn!)));
    return {h: tf.add(tf.mul(tf.sub(1, u), n), tf.mul(u, h)), c: undefined};
  },
};

/** The weights of one direction of one layer. */
interface CudnnWeights {
  /** `[gates * units, inputs]` and `[gates * units, units]`. */
  readonly w: tf.Tensor;
  readonly r: tf.Tensor;
  /** `[gates * units]`: cuDNN adds one bias with each product. */
  readonly bw: tf.Tensor;
  readonly br: tf.Tensor;
}

/** cuDNN's flat parameters: the matrices of all layers (of each, forwards before backwards), then all biases. */
function unpack(
  params: tf.Tensor,
  layers: readonly {inputs: number}[],
  rows: number,
  units: number,
  ctx: KernelContext,
): CudnnWeights[] {
  let at = 0;
  const take = (...shape: number[]): tf.Tensor => {
    const size = tf.util.sizeFromShape(shape);
    if (at + size > params.size) throw invalid(ctx, `${params.size} parameters are too few`);
    const part = tf.reshape(tf.slice(params, at, size), shape);
    at += size;
    return part;
  };
  const matrices = layers.map(({inputs}) => ({w: take(rows, inputs), r: take(rows, units)}));
  return matrices.map((each) => ({...each, bw: take(rows), br: take(rows)}));
}

// tfjs's gradients of taking a tensor apart fail where there is only one piece.

const unstack = (x: tf.Tensor): tf.Tensor[] => (x.shape[0] === 1 ? [tf.squeeze(x, [0])] : tf.unstack(x));

const gatesOf = (x: tf.Tensor, {gates}: Cell): tf.Tensor[] => (gates === 1 ? [x] : tf.split(x, gates, 1));

/** Runs one direction of a layer over `steps`; `lengths` are those of the batch's sequences where they differ. */
function runDirection(
  steps: tf.Tensor[],
  first: State,
  {w, r, bw, br}: CudnnWeights,
  mode: Cell,
  backwards: boolean,
  lengths: readonly number[] | undefined,
): {outputs: tf.Tensor[]; last: State} {
  const [batch, inputs] = steps[0]!.shape as [number, number];
  const all = tf.reshape(tf.stack(steps), [steps.length * batch, inputs]) as tf.Tensor2D;
  // The input's share of all steps at once.
  const sums = tf.add(tf.matMul(all, w as tf.Tensor2D, false, true), bw);
  const shares = unstack(tf.reshape(sums, [steps.length, batch, bw.size]));
  const outputs = new Array<tf.Tensor>(steps.length);
  let state = first;
  for (let k = 0; k < steps.length; k++) {
    const t = backwards ? steps.length - 1 - k : k;
    const recurrent = tf.add(tf.matMul(state.h as tf.Tensor2D, r as tf.Tensor2D, false, true), br);
    const next = mode.step(gatesOf(shares[t]!, mode), gatesOf(recurrent, mode), state);
    // A sequence that has not begun (backwards) or is over keeps its state and gives zeros.
    const live =
      lengths &&
      tf.tensor2d(
        lengths.map((length) => (t < length ? 1 : 0)),
        [batch, 1],
      );
    outputs[t] = live ? tf.mul(next.h, live) : next.h;
    state = live ? {h: mix(next.h, state.h, live), c: next.c && mix(next.c, state.c!, live)} : next;
  }
  return {outputs, last: state};
}

/** `now` where `live` is 1, `before` where it is 0. */
const mix = (now: tf.Tensor, before: tf.Tensor, live: tf.Tensor): tf.Tensor =>
  tf.add(tf.mul(now, live), tf.mul(before, tf.sub(1, live)));

/** What the versions of the op say differently. */
interface CudnnVersion {
  /** Of the outputs beyond output, h and c. */
  readonly reserves: 1 | 2;
  readonly hasLengths: boolean;
}

function cudnnRnn({reserves, hasLengths}: CudnnVersion): Kernel {
  return (inputs, ctx) => {
    const {attrs} = ctx;
    const [x, firstH, firstC, params, sequenceLengths] = inputs as [Value, Value, Value, Value, Value];
    const kind = cudnnModeOf(ctx);
    const mode: Cell = {...kind, step: STEPS[kind.name]};
    if (attrs.string('input_mode') === 'skip_input') throw unsupported(ctx, 'input_mode skip_input');
    if (attrs.has('num_proj') && attrs.int('num_proj') > 0)
      throw unsupported(ctx, 'a projected hidden state');
    if (x.rank !== 3 || firstH.rank !== 3) throw invalid(ctx, 'input and input_h must have 3 dimensions');
    const isTimeMajor = !attrs.has('time_major') || attrs.bool('time_major');
    const toTimeMajor = (value: Value): tf.Tensor =>
      isTimeMajor ? value.tensor() : tf.transpose(value.tensor(), [1, 0, 2]);
    const directions = directionsOf(ctx);
    const states = unstack(toTimeMajor(firstH));
    const cells = mode.hasCell ? unstack(toTimeMajor(firstC)) : undefined;
    const [layers, units] = [states.length / directions, firstH.shape[2]!];
    if (attrs.float('dropout') > 0 && attrs.bool('is_training') && layers > 1) {
      throw unsupported(ctx, 'dropout between layers');
    }
    const shapes = states.map((_, k) => ({inputs: k < directions ? x.shape[2]! : directions * units}));
    const weights = unpack(params.tensor(), shapes, mode.gates * units, units, ctx);
    const time = isTimeMajor ? x.shape[0]! : x.shape[1]!;
    const given = hasLengths ? sequenceLengths.numbers() : [];
    const lengths = given.some((length) => length < time) ? given : undefined;
    let steps = unstack(toTimeMajor(x));
    const last: State[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const runs = Array.from({length: directions}, (_, direction) => {
        const k = layer * directions + direction;
        const first = {h: states[k]!, c: cells?.[k]};
        return runDirection(steps, first, weights[k]!, mode, direction === 1, lengths);
      });
      steps = steps.map((_, t) =>
        tf.concat(
          runs.map(({outputs}) => outputs[t]!),
          1,
        ),
      );
      last.push(...runs.map((run) => run.last));
    }
    const fromTimeMajor = (tensors: tf.Tensor[]): Value => {
      const stacked = tf.stack(tensors);
      return fromTensor(isTimeMajor ? stacked : tf.transpose(stacked, [1, 0, 2]), x.dtype);
    };
    const nothing = Value.host(x.dtype, [0], new Float32Array(0));
    const reserved = [nothing, Value.host('int8', [0], new Int8Array(0))].slice(0, reserves);
    return [
      fromTimeMajor(steps),
      fromTimeMajor(last.map(({h}) => h)),
      cells === undefined ? nothing : fromTimeMajor(last.map(({c}) => c!)),
      ...reserved,
    ];
  };
}

const FLOAT32 = 'float64 is computed in float32';
const CUDNN_LIMITS = `input_mode linear_input, no projection, no dropout between layers; ${FLOAT32}`;

/** Recurrent cells and layers. */
export const recurrent: OpFamily = {
  LSTMBlockCell: {kernel: lstmBlockCell},
  BlockLSTM: {kernel: blockLstm('icfo')},
  BlockLSTMV2: {kernel: blockLstm('ifco')},
  GRUBlockCell: {kernel: gruBlockCell},
  CudnnRNN: {kernel: cudnnRnn({reserves: 1, hasLengths: false}), limits: CUDNN_LIMITS},
  CudnnRNNV2: {kernel: cudnnRnn({reserves: 2, hasLengths: false}), limits: CUDNN_LIMITS},
  CudnnRNNV3: {kernel: cudnnRnn({reserves: 2, hasLengths: true}), limits: CUDNN_LIMITS},
};
