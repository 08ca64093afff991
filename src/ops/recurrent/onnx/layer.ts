/**
 * A recurrent layer as `LSTM` or `GRU` of ONNX.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';

/** The weights of one gate, as TensorFlow has them. */
export interface GateWeights {
  /** `[inputs, units]`, or transposed. */
  readonly kernel: OnnxTensor;
  /** `[units, units]`, or transposed. */
  readonly recurrent: OnnxTensor;
  /** `[units]` each. */
  readonly biases: readonly OnnxTensor[];
  /** Added to the product with the hidden state. */
  readonly resetBiases: readonly OnnxTensor[];
}

/** A layer in one direction. */
export interface RecurrentLayer {
  readonly kind: 'LSTM' | 'GRU';
  readonly units: number;
  /** `[time, batch, inputs]` */
  readonly input: OnnxTensor;
  /** States before the first step, `[batch, units]`. */
  readonly hidden: OnnxTensor;
  readonly cell: OnnxTensor | undefined;
  /** In ONNX's order: `iofc`, `zrh`. */
  readonly gates: readonly GateWeights[];
  /** Of a GRU. */
  readonly resetsAfter?: boolean;
  /** Whether weights are transposed, units first. */
  readonly isTransposed?: boolean;
  /** Whether it goes from the last step to the first one. */
  readonly isBackwards?: boolean;
  /** How many steps each sequence has: int32, a vector. */
  readonly lengths?: OnnxTensor | undefined;
}

/** What a layer gives. */
export interface RecurrentOutputs {
  /** `[time, batch, units]` */
  readonly all: OnnxTensor;
  /** States after the last step, `[batch, units]`. */
  readonly hidden: OnnxTensor;
  readonly cell: OnnxTensor | undefined;
}

/** Builds a layer. */
export function recurrentLayer(layer: RecurrentLayer, to: OnnxBuilder): RecurrentOutputs {
  const {kind, units, input, hidden, cell, gates, resetsAfter, isTransposed, isBackwards, lengths} = layer;
  const {dtype} = input;
  const matrix = (parts: readonly OnnxTensor[]): OnnxTensor => {
    if (isTransposed) return to.unsqueeze(joined(parts, 0, to), [0]);
    const all = joined(parts, 1, to);
    return to.unsqueeze(to.op('Transpose', [all], {perm: [1, 0]}), [0]);
  };
  const zeros = to.vector(dtype, new Array<number>(units).fill(0));
  const sum = (biases: readonly OnnxTensor[]): OnnxTensor =>
    biases.length === 0
      ? zeros
      : biases.reduce((all, each) => to.op('Add', [all, each], {}, {shape: [units]}));
  const hasBias = gates.some(({biases, resetBiases}) => biases.length + resetBiases.length > 0);
  const biases = hasBias
    ? to.unsqueeze(
        joined(
          [...gates.map((gate) => sum(gate.biases)), ...gates.map((gate) => sum(gate.resetBiases))],
          0,
          to,
        ),
        [0],
      )
    : undefined;
  const [time, batch] = input.shape ?? [null, null];
  const state = {dtype, shape: [1, batch ?? null, units]};
  const [all, lastHidden, lastCell] = to.ops(
    kind,
    [
      input,
      matrix(gates.map(({kernel}) => kernel)),
      matrix(gates.map(({recurrent}) => recurrent)),
      biases,
      lengths,
      to.unsqueeze(hidden, [0]),
      ...(cell === undefined ? [] : [to.unsqueeze(cell, [0])]),
    ],
    {
      hidden_size: units,
      direction: isBackwards ? 'reverse' : 'forward',
      ...(kind === 'GRU' ? {linear_before_reset: resetsAfter ? 1 : 0} : {}),
    },
    [{dtype, shape: [time ?? null, 1, batch ?? null, units]}, state, ...(cell === undefined ? [] : [state])],
  );
  const shape = [batch ?? null, units];
  return {
    all: {...to.squeeze(all!, [1]), shape: [time ?? null, ...shape]},
    hidden: {...to.squeeze(lastHidden!, [0]), shape},
    cell: lastCell && {...to.squeeze(lastCell, [0]), shape},
  };
}

const joined = (parts: readonly OnnxTensor[], axis: number, to: OnnxBuilder): OnnxTensor =>
  parts.length === 1 ? parts[0]! : to.op('Concat', parts, {axis});
