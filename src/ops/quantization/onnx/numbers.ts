/**
 * Quantization proper, floats to the quantized dtypes and back, as ops of ONNX.
 *
 * Source: `tensorflow/core/kernels/quantize_op.cc`, `dequantize_op.cc`, `quantization_utils.h`.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import type {DType} from '../../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {ownEntry} from '../../../own_entry.js';
import {guarded, onlyFor, rankOf} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {resolveAxis} from '../../node.js';

type Levels = readonly [low: number, high: number];

/** Least and greatest number of the quantized dtypes whose steps a float32 can tell apart. */
const STORAGE: Partial<Record<DType, Levels>> = {
  qint8: [-128, 127],
  quint8: [0, 255],
  qint16: [-32768, 32767],
  quint16: [0, 65535],
};

function levelsOf(dtype: DType): Levels {
  return STORAGE[dtype] ?? notLowered(`${dtype} has more levels than a float32 can tell apart`);
}

/** Arithmetic of tensors and numbers in the dtype of the tensors. */
function arithmetic(to: OnnxBuilder) {
  const binary =
    (op: string) =>
    (a: OnnxTensor, b: OnnxTensor | number): OnnxTensor =>
      to.op(op, [a, typeof b === 'number' ? to.scalar(a.dtype, b) : b]);
  const test = (op: string, a: OnnxTensor, b: number): OnnxTensor =>
    to.op(op, [a, to.scalar(a.dtype, b)], {}, {dtype: 'bool'});
  const [plus, minus, times, over] = [binary('Add'), binary('Sub'), binary('Mul'), binary('Div')];
  const clamp = (x: OnnxTensor, low: OnnxTensor | number, high: OnnxTensor | number) =>
    binary('Max')(binary('Min')(x, high), low);
  /** Halves go away from zero. */
  const roundAway = (x: OnnxTensor): OnnxTensor => {
    const size = to.op('Abs', [x]);
    const below = to.op('Floor', [size]);
    const isUp = test('GreaterOrEqual', minus(size, below), 0.5);
    const rounded = to.op('Where', [isUp, plus(below, 1), below], {}, {dtype: x.dtype});
    return times(rounded, to.op('Sign', [x]));
  };
  return {plus, minus, times, over, clamp, roundAway, test, least: binary('Min'), greatest: binary('Max')};
}

type Arithmetic = ReturnType<typeof arithmetic>;

interface Range {
  readonly min: OnnxTensor;
  readonly max: OnnxTensor;
}

/** How a mode turns numbers within a range into quantized ones, and back. */
interface Mode {
  quantize(
    x: OnnxTensor,
    range: Range,
    levels: Levels,
    node: OpNode,
    math: Arithmetic,
    to: OnnxBuilder,
  ): Quantized;
  dequantize(x: OnnxTensor, range: Range, levels: Levels, math: Arithmetic, to: OnnxBuilder): OnnxTensor;
}

/** The numbers, still as floats, and the range that the mode settles on. */
interface Quantized extends Range {
  readonly steps: OnnxTensor;
}

const halfOf = ([low, high]: Levels): number => (low < 0 ? (high - low + 1) / 2 : 0);

/** Units per step of `MIN_FIRST`, in float64: the range covers one step more than there are gaps. */
function firstScale({min, max}: Range, [low, high]: Levels, math: Arithmetic, to: OnnxBuilder): OnnxTensor {
  const steps = high - low + 1;
  const span = math.minus(to.cast(max, 'float64'), to.cast(min, 'float64'));
  return math.over(math.times(span, steps / (steps - 1)), steps);
}

const MODES: Readonly<Record<string, Mode>> = {
  MIN_COMBINED: {
    quantize: (x, {min, max}, levels, _node, {plus, minus, times, clamp, roundAway}, to) => {
      const [low, high] = levels;
      const scale = to.op('Div', [to.scalar('float32', high - low), minus(max, min)]);
      const steps = times(minus(clamp(x, min, max), min), scale);
      const half = halfOf(levels);
      const rounded = half > 0 ? roundAway(minus(steps, half)) : to.op('Floor', [plus(steps, 0.5)]);
      return {steps: rounded, min, max};
    },
    dequantize: (x, {min, max}, levels, {plus, minus, times, over}) => {
      const scale = over(minus(max, min), levels[1] - levels[0]);
      return plus(times(plus(x, halfOf(levels)), scale), min);
    },
  },
  MIN_FIRST: {
    quantize: (x, range, levels, _node, math, to) => {
      const {plus, minus, times, clamp, roundAway} = math;
      const scale = to.op('Reciprocal', [firstScale(range, levels, math, to)]);
      const scaled = (each: OnnxTensor) => to.cast(times(to.cast(each, 'float64'), scale), 'float32');
      const first = scaled(range.min);
      // Unsigned numbers have a path of their own in TensorFlow, which rounds once and halves to even.
      const steps =
        levels[0] === 0
          ? to.op('Round', [minus(scaled(x), first)])
          : minus(roundAway(scaled(x)), roundAway(first));
      return {...range, steps: clamp(plus(steps, levels[0]), ...levels)};
    },
    dequantize: (x, range, levels, math, to) => {
      const {plus, minus, times, over, roundAway} = math;
      const scale = firstScale(range, levels, math, to);
      const first = times(roundAway(over(to.cast(range.min, 'float64'), scale)), scale);
      const wide = times(to.cast(minus(x, levels[0]), 'float64'), scale);
      return to.cast(plus(wide, to.cast(to.cast(first, 'float32'), 'float64')), 'float32');
    },
  },
  SCALED: {
    quantize: (x, {min, max}, [low, high], {attrs}, {times, clamp, roundAway, test, least}, to) => {
      const number = (value: number) => to.scalar('float32', value);
      /** Steps per unit on one side of zero: as many as one likes where the range does not reach there. */
      const side = (level: number, bound: OnnxTensor) => {
        if (level === 0) return number(Infinity);
        const steps = to.op('Div', [number(level), bound]);
        return to.op(
          'Where',
          [test('Greater', times(bound, level), 0), steps, number(Infinity)],
          {},
          {dtype: 'float32'},
        );
      };
      const scale = least(side(low, min), side(high, max));
      const range = {min: to.op('Div', [number(low), scale]), max: to.op('Div', [number(high), scale])};
      const steps = times(clamp(x, range.min, range.max), scale);
      const isEven = attrs.string('round_mode') === 'HALF_TO_EVEN';
      return {...range, steps: isEven ? to.op('Round', [steps]) : roundAway(steps)};
    },
    dequantize: (x, {min, max}, [low, high], {times, over, greatest}) =>
      times(x, low === 0 ? over(max, high) : greatest(over(min, low), over(max, high))),
  },
};

function modeOf({attrs}: OpNode): Mode {
  const name = attrs.string('mode');
  return ownEntry(MODES, name) ?? notLowered(`mode is ${name}`);
}

/** Levels of a node: `SCALED` may leave out the lowest. */
function levelsUsed(dtype: DType, {attrs}: OpNode): Levels {
  const [low, high] = levelsOf(dtype);
  return [attrs.string('mode') === 'SCALED' && attrs.bool('narrow_range') ? low + 1 : low, high];
}

/** Bounds as scalars, or as vectors with an element for each channel, and how these lie beside the elements. */
function boundsOf(x: OnnxTensor, bounds: readonly OnnxTensor[], node: OpNode, to: OnnxBuilder) {
  const axis = node.attrs.int('axis');
  if (axis === -1) {
    if (bounds.some(({shape}) => shape === null || shape.some((size) => size !== 1)))
      notLowered('the ranges are not known to have one element');
    const scalars = bounds.map((bound) => (bound.shape!.length === 0 ? bound : to.reshape(bound, [])));
    return {bounds: scalars as [OnnxTensor, OnnxTensor], beside: (bound: OnnxTensor) => bound};
  }
  const rank = rankOf(x);
  const own = resolveAxis(axis, rank, node);
  const count = x.shape![own];
  if (count == null || bounds.some(({shape}) => shape?.length !== 1 || shape[0] !== count))
    notLowered('the ranges are not known to be one for each channel');
  const after = Array.from({length: rank - 1 - own}, (_, i) => i + 1);
  return {
    bounds: bounds as readonly [OnnxTensor, OnnxTensor],
    beside: (bound: OnnxTensor) => to.unsqueeze(bound, after),
  };
}

export const quantizeV2: Lower = ([x, ...given], node, to) => {
  const dtype = node.attrs.dtype('T');
  const math = arithmetic(to);
  const {
    bounds: [low, high],
    beside,
  } = boundsOf(x!, given, node, to);
  const isOrdered = to.op('LessOrEqual', [low, high], {}, {dtype: 'bool'});
  const size = to.op('Max', [to.op('Abs', [low]), to.op('Abs', [high]), to.scalar('float32', 1)]);
  const width = math.times(size, node.attrs.float('ensure_minimum_range'));
  const min = math.least(guarded(low, isOrdered, to), 0);
  const max = to.op('Max', [high, math.plus(min, width), to.scalar('float32', 0)]);
  const range = {min: beside(min), max: beside(max)};
  const found = modeOf(node).quantize(x!, range, levelsUsed(dtype, node), node, math, to);
  const shape = to.op('Shape', [low], {}, {dtype: 'int64'});
  const bound = (each: OnnxTensor) => to.op('Reshape', [each, shape]);
  return [to.cast(found.steps, dtype), bound(found.min), bound(found.max)];
};

export const dequantize: Lower = ([x, ...given], node, to) => {
  const dtype = node.attrs.dtype('dtype');
  onlyFor({...x!, dtype}, 'float32');
  const levels = levelsUsed(x!.dtype, node);
  const {bounds, beside} = boundsOf(x!, given, node, to);
  const [min, max] = bounds.map(beside) as [OnnxTensor, OnnxTensor];
  return modeOf(node).dequantize(to.cast(x!, 'float32'), {min, max}, levels, arithmetic(to), to);
};
