/**
 * cuDNN's recurrent layers: an op for each layer and direction, with weights out of the flat parameters.
 *
 * Source: cuDNN's documentation of the layout of its weights.
 *
 * @module
 */

import type {DType} from '../../../host/dtypes.js';
import {allocate} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {provided} from '../../lower_checks.js';
import {onlyFor, shapeKnown} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {type CudnnMode, cudnnModeOf, directionsOf} from '../plan.js';
import {type GateWeights, recurrentLayer} from './layer.js';

/** Where ONNX's gates, `iofc` and `zrh`, are among cuDNN's: input, forget, candidate, output; reset, update, candidate. */
const GATES: Readonly<Partial<Record<CudnnMode['name'], readonly number[]>>> = {
  lstm: [0, 3, 1, 2],
  gru: [1, 0, 2],
};

export const cudnnRnn: Lower = ([x, firstHidden, firstCell, params, lengths], node, to) => {
  const {attrs} = node;
  const {name, gates: count, hasCell} = cudnnModeOf(node);
  const order = GATES[name] ?? notLowered(`its mode is ${name}`);
  if (attrs.string('input_mode') === 'skip_input') notLowered('its input mode is skip_input');
  if (attrs.has('num_proj') && attrs.int('num_proj') > 0) notLowered('its hidden state is projected');
  onlyFor(x!, 'float32', 'float64');
  const isTimeMajor = !attrs.has('time_major') || attrs.bool('time_major');
  const turned = (each: OnnxTensor): OnnxTensor => (isTimeMajor ? each : to.transpose(each, [1, 0, 2]));
  const [input, hidden] = [turned(x!), turned(firstHidden!)];
  const [states, , units] = shapeKnown(hidden);
  const inputs = shapeKnown(input)[2];
  if (typeof states !== 'number' || typeof units !== 'number' || typeof inputs !== 'number')
    return notLowered('the number of layers, of units or of inputs is not known');
  const directions = directionsOf(node);
  const layers = states / directions;
  if (attrs.float('dropout') > 0 && attrs.bool('is_training') && layers > 1)
    notLowered('there is dropout between its layers');
  const widths = Array.from({length: states}, (_, i) => (i < directions ? inputs : directions * units));
  const weights = weightsOf(params!, widths, {order, count, units}, to);
  const stateOf = (all: OnnxTensor, i: number) =>
    to.op('Gather', [all, to.scalar('int64', i)], {axis: 0}, {shape: [all.shape?.[1] ?? null, units]});
  const cells = hasCell ? turned(firstCell!) : undefined;
  let sequence = lengths === undefined ? input : withSteps(input, lengths, to);
  const last: {readonly hidden: OnnxTensor; readonly cell: OnnxTensor | undefined}[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const runs = Array.from({length: directions}, (_, direction) => {
      const i = layer * directions + direction;
      return recurrentLayer(
        {
          kind: hasCell ? 'LSTM' : 'GRU',
          units,
          input: sequence,
          hidden: stateOf(hidden, i),
          cell: cells && stateOf(cells, i),
          gates: weights[i]!,
          resetsAfter: true,
          isTransposed: true,
          isBackwards: direction === 1,
          lengths,
        },
        to,
      );
    });
    const [time, batch] = sequence.shape!;
    const all = runs.map((run) => run.all);
    sequence =
      all.length === 1
        ? all[0]!
        : to.op('Concat', all, {axis: 2}, {shape: [time!, batch!, directions * units]});
    last.push(...runs);
  }
  const stacked = (each: readonly OnnxTensor[]): OnnxTensor =>
    turned({
      ...to.op(
        'Concat',
        each.map((state) => to.unsqueeze(state, [0])),
        {axis: 0},
      ),
      shape: [states, input.shape![1]!, units],
    });
  const reserves = [nothing(x!.dtype, to), nothing('int8', to)].slice(0, node.op === 'CudnnRNN' ? 1 : 2);
  return [
    turned(sequence),
    stacked(last.map((each) => each.hidden)),
    hasCell ? stacked(last.map((each) => each.cell!)) : nothing(x!.dtype, to),
    ...reserves,
  ];
};

/** What cuDNN keeps for the gradient: nothing. */
const nothing = (dtype: DType, to: OnnxBuilder): OnnxTensor =>
  to.constant({dtype, shape: [0], data: allocate(dtype, 0)});

/** A sequence without steps would keep its state, that of ONNX is zero then: the session fails. */
function withSteps(input: OnnxTensor, lengths: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const least = to.op('ReduceMin', [lengths, to.ints([0])], {keepdims: 0}, {shape: []});
  return provided(
    to.op('Greater', [least, to.scalar('int32', 0)], {}, {dtype: 'bool', shape: []}),
    input,
    to,
  );
}

/** The matrices of all layers (of each, forwards before backwards), then all biases. */
function weightsOf(
  params: OnnxTensor,
  widths: readonly number[],
  {order, count, units}: {readonly order: readonly number[]; readonly count: number; readonly units: number},
  to: OnnxBuilder,
): readonly (readonly GateWeights[])[] {
  let at = 0;
  const take = (...shape: readonly number[]): OnnxTensor => {
    const size = shape.reduce((product, each) => product * each, 1);
    const part = to.op('Slice', [params, to.ints([at]), to.ints([at + size]), to.ints([0])]);
    at += size;
    return to.reshape(part, shape);
  };
  const gates = <T>(make: () => T): readonly T[] => Array.from({length: count}, make);
  const matrices = widths.map((width) => ({
    kernels: gates(() => take(units, width)),
    recurrents: gates(() => take(units, units)),
  }));
  return matrices.map(({kernels, recurrents}) => {
    const [biases, resetBiases] = [gates(() => take(units)), gates(() => take(units))];
    return order.map((i) => ({
      kernel: kernels[i]!,
      recurrent: recurrents[i]!,
      biases: [biases[i]!],
      resetBiases: [resetBiases[i]!],
    }));
  });
}
