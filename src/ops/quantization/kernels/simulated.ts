/**
 * Simulated quantization: floats rounded to what a few bits can tell apart, as models trained for it contain.
 *
 * Source: `tensorflow/core/kernels/fake_quant_ops_functor.h`, `quantize_and_dequantize_op.h`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {formatShape, sameShape} from '../../../host/shape.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {linear} from '../../../tensors/linear.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {channelView} from '../plan.js';

const f = Math.fround;

/** A range moved so that zero is one of the quantized values. */
interface NudgedRange {
  readonly min: number;
  readonly max: number;
  readonly scale: number;
  /** Both bounds are zero: everything becomes zero. */
  readonly isEmpty: boolean;
}

function nudge(min: number, max: number, levels: readonly [number, number]): NudgedRange {
  if (min === 0 && max === 0) return {min, max, scale: 0, isEmpty: true};
  const [low, high] = levels;
  const scale = f(f(max - min) / (high - low));
  const fromMin = f(low - f(min / scale));
  const zero = fromMin < low ? low : fromMin > high ? high : Math.floor(fromMin + 0.5);
  return {
    min: f((low - zero) * scale),
    max: f((high - zero) * scale),
    scale,
    isEmpty: false,
  };
}

/** Lowest and highest quantized value. */
function levelsOf(ctx: KernelContext): [number, number] {
  const bits = ctx.attrs.int('num_bits');
  if (bits < 2 || bits > 16) throw invalid(ctx, `num_bits ${bits} is not within [2, 16]`);
  return [ctx.attrs.bool('narrow_range') ? 1 : 0, 2 ** bits - 1];
}

/** One number of each range, to broadcast along the last axis. */
const row = (ranges: readonly NudgedRange[], pick: (range: NudgedRange) => number): tf.Tensor =>
  ranges.length === 1 ? tf.scalar(pick(ranges[0]!)) : tf.tensor1d(ranges.map(pick));

/** Numbers halfway between two levels depend on whether the scale divides or its inverse multiplies. */
type Scaling = 'divide' | 'multiply';

function fakeQuantize(x: tf.Tensor, ranges: readonly NudgedRange[], scaling: Scaling): tf.Tensor {
  const [min, max] = [row(ranges, (range) => range.min), row(ranges, (range) => range.max)];
  const scale = row(ranges, (range) => range.scale);
  // An empty range is scaled to nothing whatever the divisor.
  const divisor = (range: NudgedRange): number => (range.isEmpty ? 1 : range.scale);
  const zero = row(ranges, (range) =>
    range.isEmpty ? 0 : Math.floor(f(f(-range.min * f(1 / range.scale)) + 0.5)),
  );
  const clamped = tf.maximum(tf.minimum(x, max), min);
  const shifted = tf.sub(clamped, min);
  const steps =
    scaling === 'divide'
      ? tf.div(shifted, row(ranges, divisor))
      : tf.mul(
          shifted,
          row(ranges, (range) => f(1 / divisor(range))),
        );
  const levels = tf.floor(tf.add(tf.sub(steps, zero), 0.5));
  return tf.mul(levels, scale);
}

/** The gradients with respect to the input, the lower and the upper bounds. */
function fakeQuantizeGradients(
  dy: tf.Tensor,
  x: tf.Tensor,
  ranges: readonly NudgedRange[],
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  // `step` and not a comparison, which tfjs could not differentiate once more. Empty ranges let everything pass.
  const below = tf.step(
    tf.sub(
      row(ranges, ({isEmpty, min}) => (isEmpty ? -Infinity : min)),
      x,
    ),
  );
  const above = tf.step(
    tf.sub(
      x,
      row(ranges, ({isEmpty, max}) => (isEmpty ? Infinity : max)),
    ),
  );
  // With bounds in the wrong order, an element may be beyond both.
  const inside = tf.mul(tf.sub(1, below), tf.sub(1, above));
  const leading = x.shape.slice(0, -1).map((_, axis) => axis);
  const total = (mask: tf.Tensor): tf.Tensor =>
    tf.sum(tf.mul(dy, mask), ranges.length === 1 ? undefined : leading);
  return [tf.mul(dy, inside), total(below), total(above)];
}

function rangesOf(min: ArrayLike<number>, max: ArrayLike<number>, ctx: KernelContext): NudgedRange[] {
  const levels = levelsOf(ctx);
  return Array.from(min, (low, i) => nudge(low, max[i]!, levels));
}

function checkBounds(x: Value, bounds: readonly Value[], isPerChannel: boolean, ctx: KernelContext): void {
  if (isPerChannel && x.rank < 1) throw invalid(ctx, 'the input must have at least one dimension');
  const expected = isPerChannel ? [x.shape.at(-1)!] : [];
  for (const bound of bounds) {
    if (!sameShape(bound.shape, expected)) {
      throw invalid(
        ctx,
        `min and max must have shape ${formatShape(expected)}, got ${formatShape(bound.shape)}`,
      );
    }
  }
}

/** Ranges by attributes. */
function attrRanges({attrs}: KernelContext, ctx: KernelContext): NudgedRange[] {
  return rangesOf([f(attrs.float('min'))], [f(attrs.float('max'))], ctx);
}

const fakeQuantArgs: Kernel = ([x], ctx) => {
  const ranges = attrRanges(ctx, ctx);
  const y = withGradient(
    [x!.tensor()],
    (input) => fakeQuantize(input!, ranges, 'multiply'),
    (dy, [input]) => [fakeQuantizeGradients(dy, input!, ranges)[0]],
  );
  return fromTensor(y, x!.dtype);
};

const fakeQuantArgsGradient: Kernel = ([dy, x], ctx) =>
  fromTensor(fakeQuantizeGradients(dy!.tensor(), x!.tensor(), attrRanges(ctx, ctx))[0], x!.dtype);

function fakeQuantVars(isPerChannel: boolean): Kernel {
  return ([x, min, max], ctx) => {
    checkBounds(x!, [min!, max!], isPerChannel, ctx);
    const rangesFrom = (low: tf.Tensor, high: tf.Tensor): NudgedRange[] =>
      rangesOf(low.dataSync(), high.dataSync(), ctx);
    const y = withGradient(
      [x!.tensor(), min!.tensor(), max!.tensor()],
      (input, low, high) =>
        fakeQuantize(input!, rangesFrom(low!, high!), isPerChannel ? 'multiply' : 'divide'),
      (dy, [input, low, high]) =>
        shaped(fakeQuantizeGradients(dy, input!, rangesFrom(low!, high!)), low!.shape),
    );
    return fromTensor(y, x!.dtype);
  };
}

/** The gradients of the bounds in the bounds' shape (one channel is summed as if it were none). */
const shaped = ([dx, low, high]: [tf.Tensor, tf.Tensor, tf.Tensor], shape: number[]): tf.Tensor[] => [
  dx,
  tf.reshape(low, shape),
  tf.reshape(high, shape),
];

function fakeQuantVarsGradient(isPerChannel: boolean): Kernel {
  return ([dy, x, min, max], ctx) => {
    checkBounds(x!, [min!, max!], isPerChannel, ctx);
    const ranges = rangesOf(min!.tensor().dataSync(), max!.tensor().dataSync(), ctx);
    const gradients = fakeQuantizeGradients(dy!.tensor(), x!.tensor(), ranges);
    return shaped(gradients, min!.shape as number[]).map((gradient) => fromTensor(gradient, x!.dtype));
  };
}

/** A range widened so that zero stays zero, and steps per unit. */
interface SymmetricRange {
  readonly min: number;
  readonly max: number;
  readonly scale: number;
  readonly inverse: number;
}

function symmetricRange(min: number, max: number, [low, high]: readonly [number, number]): SymmetricRange {
  const fromMin = low * min > 0 ? f(low / min) : Infinity;
  const fromMax = high * max > 0 ? f(high / max) : Infinity;
  if (fromMin < fromMax) {
    const inverse = f(min / low);
    return {min, max: f(high * inverse), scale: fromMin, inverse};
  }
  const inverse = f(max / high);
  return {min: f(low * inverse), max, scale: fromMax === Infinity ? 3.4028234663852886e38 : fromMax, inverse};
}

/** `bits` is an attribute, or the fourth input of the third version. */
function quantizeAndDequantize(version: 2 | 3 | 4): Kernel {
  return ([input, inputMin, inputMax, numBits], ctx) => {
    const {attrs} = ctx;
    const isSigned = attrs.bool('signed_input');
    const bits = version === 3 ? numBits!.number() : attrs.int('num_bits');
    if (bits < 1 || bits > 62 || (isSigned && bits < 2))
      throw invalid(ctx, `num_bits ${bits} is out of range`);
    const half = 2 ** (bits - 1);
    const low = isSigned ? (attrs.bool('narrow_range') ? 1 - half : -half) : 0;
    const levels = [low, isSigned ? half - 1 : 2 * half - 1] as const;
    const view = channelView(input!.shape, ctx);
    const [, count] = view;
    const x = tf.reshape(input!.tensor(), view);
    if (x.size === 0) return input!;
    const isGiven = attrs.bool('range_given');
    const extremes = (given: Value, find: (t: tf.Tensor, axes: number[]) => tf.Tensor): ArrayLike<number> =>
      isGiven ? given.tensor().dataSync() : find(x, [0, 2]).dataSync();
    const minima = extremes(inputMin!, tf.min);
    const maxima = extremes(inputMax!, tf.max);
    if (minima.length !== count || maxima.length !== count) {
      throw invalid(ctx, `expected ${count} bounds, got ${minima.length} and ${maxima.length}`);
    }
    const ranges = Array.from(minima, (min, i) => {
      if (isGiven && !(min <= maxima[i]!)) throw invalid(ctx, `min ${min} is greater than max ${maxima[i]}`);
      return symmetricRange(min, maxima[i]!, levels);
    });
    const halfUp = version !== 3 && attrs.string('round_mode') === 'HALF_UP';
    const y = straightThrough(
      x,
      (t) => roundToSteps(t, ranges, isGiven, halfUp),
      version === 4,
      minima,
      maxima,
    );
    return fromTensor(tf.reshape(y, input!.shape as number[]), input!.dtype);
  };
}

const column = (numbers: ArrayLike<number>): tf.Tensor =>
  tf.tensor(Float32Array.from(numbers), [1, numbers.length, 1]);

function roundToSteps(
  x: tf.Tensor,
  ranges: readonly SymmetricRange[],
  isClamped: boolean,
  halfUp: boolean,
): tf.Tensor {
  const part = (pick: (range: SymmetricRange) => number): tf.Tensor => column(ranges.map(pick));
  const [min, max] = [part((range) => range.min), part((range) => range.max)];
  const steps = tf.mul(
    isClamped ? tf.maximum(tf.minimum(x, max), min) : x,
    part((range) => range.scale),
  );
  const rounded = halfUp ? tf.floor(tf.add(steps, 0.5)) : tf.round(steps);
  return tf.mul(
    rounded,
    part((range) => range.inverse),
  );
}

/** The gradient passes as if nothing was rounded; in the fourth version, within the bounds alone. */
function straightThrough(
  x: tf.Tensor,
  forward: (x: tf.Tensor) => tf.Tensor,
  isBounded: boolean,
  minima: ArrayLike<number>,
  maxima: ArrayLike<number>,
): tf.Tensor {
  if (!isBounded) return linear(x, forward, (dy) => dy);
  return withGradient(
    [x],
    (input) => forward(input!),
    (dy, [input]) => {
      const outside = tf.add(
        tf.step(tf.sub(column(minima), input!)),
        tf.step(tf.sub(input!, column(maxima))),
      );
      return [tf.mul(dy, tf.sub(1, outside))];
    },
  );
}

const FLOAT32 = 'float64 is computed in float32';

/** Simulated quantization. */
export const simulatedQuantization: OpFamily = {
  FakeQuantWithMinMaxArgs: {kernel: fakeQuantArgs},
  FakeQuantWithMinMaxArgsGradient: {kernel: fakeQuantArgsGradient},
  FakeQuantWithMinMaxVars: {kernel: fakeQuantVars(false)},
  FakeQuantWithMinMaxVarsGradient: {kernel: fakeQuantVarsGradient(false)},
  FakeQuantWithMinMaxVarsPerChannel: {kernel: fakeQuantVars(true)},
  FakeQuantWithMinMaxVarsPerChannelGradient: {kernel: fakeQuantVarsGradient(true)},
  QuantizeAndDequantizeV2: {kernel: quantizeAndDequantize(2), limits: FLOAT32},
  QuantizeAndDequantizeV3: {kernel: quantizeAndDequantize(3), limits: FLOAT32},
  QuantizeAndDequantizeV4: {
    kernel: quantizeAndDequantize(4),
    limits: `${FLOAT32}; no gradient with respect to the bounds`,
  },
};
