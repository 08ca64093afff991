/**
 * Simulated quantization to a range around zero.
 *
 * Source: `tensorflow/core/kernels/quantize_and_dequantize_op.h`.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {elementOf} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {guarded, onlyFor, rankOf} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {resolveAxis} from '../../node.js';

/** Lowest and highest quantized value. */
function levelsOf({attrs}: OpNode, bits: number): readonly [number, number] {
  const isSigned = attrs.bool('signed_input');
  if (bits < 1 || bits > 62 || (isSigned && bits < 2)) notLowered(`num_bits is ${bits}`);
  const half = 2 ** (bits - 1);
  const low = isSigned ? (attrs.bool('narrow_range') ? 1 - half : -half) : 0;
  return [low, isSigned ? half - 1 : 2 * half - 1];
}

/** Which axes share a range, from the node's axis of the channels; undefined where all do. */
function sharedAxes(x: OnnxTensor, node: OpNode): readonly number[] | undefined {
  const axis = node.attrs.has('axis') ? node.attrs.int('axis') : -1;
  if (axis === -1) return undefined;
  const rank = rankOf(x);
  const own = resolveAxis(axis, rank, node);
  return Array.from({length: rank}, (_, i) => i).filter((each) => each !== own);
}

/** Bounds of the range that is given, one for all or one for each channel. */
function givenBounds(
  x: OnnxTensor,
  bounds: readonly OnnxTensor[],
  shared: readonly number[] | undefined,
  to: OnnxBuilder,
): readonly [OnnxTensor, OnnxTensor] {
  const [min, max] = bounds as [OnnxTensor, OnnxTensor];
  const size = (shape: OnnxTensor['shape']) => (shape?.length === 1 ? shape[0] : undefined);
  if (shared === undefined) {
    if (bounds.some(({shape}) => shape?.length !== 0)) notLowered('the bounds are not known to be scalars');
  } else {
    const count = x.shape!.find((_, axis) => !shared.includes(axis));
    if (count == null || size(min.shape) !== count || size(max.shape) !== count)
      notLowered('the bounds are not known to be one for each channel');
  }
  const isOrdered = to.op('LessOrEqual', [min, max], {}, {dtype: 'bool'});
  const along = (bound: OnnxTensor) => (shared === undefined ? bound : beside(bound, shared, to));
  return [along(guarded(min, isOrdered, to)), along(max)];
}

/** A vector along the axis that is not among `shared`. */
const beside = (bound: OnnxTensor, shared: readonly number[], to: OnnxBuilder) => to.unsqueeze(bound, shared);

/** The bounds of the elements themselves. */
function ownBounds(
  x: OnnxTensor,
  shared: readonly number[] | undefined,
  to: OnnxBuilder,
): readonly [OnnxTensor, OnnxTensor] {
  const reduce = (op: string) =>
    shared === undefined ? to.op(op, [x], {keepdims: 0}) : to.op(op, [x, to.ints(shared)], {keepdims: 1});
  return [reduce('ReduceMin'), reduce('ReduceMax')];
}

const LARGEST = {float32: 3.4028234663852886e38, float64: Number.MAX_VALUE};

/** The range widened so that zero stays zero, steps per unit and units per step. */
function symmetric(
  [min, max]: readonly [OnnxTensor, OnnxTensor],
  [low, high]: readonly [number, number],
  to: OnnxBuilder,
) {
  const dtype = min.dtype as 'float32' | 'float64';
  const number = (value: number) => to.scalar(dtype, value);
  const pick = (isFirst: OnnxTensor, a: OnnxTensor, b: OnnxTensor) =>
    to.op('Where', [isFirst, a, b], {}, {dtype});
  /** Steps per unit on one side of zero: as many as one likes where the range does not reach there. */
  const steps = (level: number, bound: OnnxTensor) => {
    if (level === 0) return number(Infinity);
    const isThere = to.op('Greater', [to.op('Mul', [number(level), bound]), number(0)], {}, {dtype: 'bool'});
    return pick(isThere, to.op('Div', [number(level), bound]), number(Infinity));
  };
  const [below, above] = [steps(low, min), steps(high, max)];
  const isBelow = to.op('Less', [below, above], {}, {dtype: 'bool'});
  const ofMax = to.op('Div', [max, number(high)]);
  const inverse = low === 0 ? ofMax : pick(isBelow, to.op('Div', [min, number(low)]), ofMax);
  return {
    inverse,
    scale: to.op('Min', [pick(isBelow, below, above), number(LARGEST[dtype])]),
    min: pick(isBelow, min, to.op('Mul', [number(low), inverse])),
    max: pick(isBelow, to.op('Mul', [number(high), inverse]), max),
  };
}

/** `bits` is an attribute, or the fourth input of the third version. */
export const quantizeAndDequantize: Lower = ([x, ...rest], node, to) => {
  onlyFor(x!, 'float32', 'float64');
  const {attrs} = node;
  const isThird = !attrs.has('num_bits');
  const bits = isThird ? (elementOf(rest[2]) ?? notLowered('num_bits is not known')) : attrs.int('num_bits');
  const shared = sharedAxes(x!, node);
  const isGiven = attrs.bool('range_given');
  const bounds = isGiven ? givenBounds(x!, rest.slice(0, 2), shared, to) : ownBounds(x!, shared, to);
  const range = symmetric(bounds, levelsOf(node, bits), to);
  const clamped = isGiven ? to.op('Max', [to.op('Min', [x, range.max]), range.min]) : x!;
  const steps = to.op('Mul', [clamped, range.scale]);
  const isHalfUp = !isThird && attrs.string('round_mode') === 'HALF_UP';
  const rounded = isHalfUp
    ? to.op('Floor', [to.op('Add', [steps, to.scalar(x!.dtype, 0.5)])])
    : to.op('Round', [steps]);
  return to.op('Mul', [rounded, range.inverse]);
};
