/**
 * Simulated quantization to a range that is moved so that zero is one of its levels.
 *
 * Source: `tensorflow/core/kernels/fake_quant_ops_functor.h`.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import type {Lower} from '../../lowering.js';

/** Lowest and highest quantized value. */
function levelsOf({attrs}: OpNode): [number, number] {
  const bits = attrs.int('num_bits');
  if (bits < 2 || bits > 16) notLowered(`num_bits is ${bits}`);
  return [attrs.bool('narrow_range') ? 1 : 0, 2 ** bits - 1];
}

/** Halves are rounded up. Adding a half would round what is just below one. */
function roundHalfUp(x: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const below = to.op('Floor', [x]);
  const fraction = to.op('Sub', [x, below]);
  const isUp = to.op('GreaterOrEqual', [fraction, to.scalar('float32', 0.5)], {}, {dtype: 'bool'});
  return to.op(
    'Where',
    [isUp, to.op('Add', [below, to.scalar('float32', 1)]), below],
    {},
    {dtype: 'float32'},
  );
}

/** A range, as scalars or as vectors with an element for each channel. */
interface NudgedRange {
  readonly min: OnnxTensor;
  readonly max: OnnxTensor;
  readonly scale: OnnxTensor;
  /** The scale again, or 1 in place of 0. */
  readonly divisor: OnnxTensor;
}

/** The range that has a level at zero. Where both bounds are zero, everything becomes zero. */
function nudge(
  min: OnnxTensor,
  max: OnnxTensor,
  [low, high]: [number, number],
  to: OnnxBuilder,
): NudgedRange {
  const number = (value: number) => to.scalar('float32', value);
  const isZero = (x: OnnxTensor) => to.op('Equal', [x, number(0)], {}, {dtype: 'bool'});
  const isEmpty = to.op('And', [isZero(min), isZero(max)]);
  const scale = to.op('Div', [to.op('Sub', [max, min]), number(high - low)]);
  const divisor = to.op('Where', [isEmpty, number(1), scale], {}, {dtype: 'float32'});
  const fromMin = to.op('Sub', [number(low), to.op('Div', [min, divisor])]);
  const zero = roundHalfUp(to.op('Min', [to.op('Max', [fromMin, number(low)]), number(high)]), to);
  const bound = (level: number) => to.op('Mul', [to.op('Sub', [number(level), zero]), scale]);
  return {min: bound(low), max: bound(high), scale, divisor};
}

/** Numbers halfway between two levels depend on whether the scale divides or its inverse multiplies. */
type Scaling = 'divide' | 'multiply';

function quantized(x: OnnxTensor, range: NudgedRange, scaling: Scaling, to: OnnxBuilder): OnnxTensor {
  const half = to.scalar('float32', 0.5);
  const inverse = to.op('Reciprocal', [range.divisor]);
  const floored = (each: OnnxTensor) => to.op('Floor', [to.op('Add', [each, half])]);
  const zero = floored(to.op('Mul', [to.op('Neg', [range.min]), inverse]));
  // In this order, because the bounds may be in the wrong one.
  const clamped = to.op('Max', [to.op('Min', [x, range.max]), range.min]);
  const shifted = to.op('Sub', [clamped, range.min]);
  const steps =
    scaling === 'divide' ? to.op('Div', [shifted, range.divisor]) : to.op('Mul', [shifted, inverse]);
  return to.op('Mul', [floored(to.op('Sub', [steps, zero])), range.scale]);
}

export const fakeQuantArgs: Lower = ([x], node, to) => {
  const [min, max] = ['min', 'max'].map((name) => to.scalar('float32', node.attrs.float(name)));
  return quantized(x!, nudge(min!, max!, levelsOf(node), to), 'multiply', to);
};

export const fakeQuantVars: Lower = ([x, min, max], node, to) => {
  if (min!.shape?.length !== 0 || max!.shape?.length !== 0)
    notLowered('the bounds are not known to be scalars');
  return quantized(x!, nudge(min!, max!, levelsOf(node), to), 'divide', to);
};

export const fakeQuantPerChannel: Lower = ([x, min, max], node, to) => {
  // ONNX would stretch single channels.
  if (x!.shape?.at(-1) == null || min!.shape?.[0] == null || max!.shape?.[0] == null)
    notLowered('the number of channels is not known');
  return quantized(x!, nudge(min!, max!, levelsOf(node), to), 'multiply', to);
};
