/**
 * Quantization proper: floats to the quantized dtypes and back.
 *
 * Source: `tensorflow/core/kernels/quantize_op.cc`, `dequantize_op.cc`, `quantization_utils.h`.
 *
 * @module
 */

import type {DType} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {ownEntry} from '../../../own_entry.js';
import {convertNumbers} from '../../../tensors/host.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';
import {channelView} from '../plan.js';

const f = Math.fround;

/** Least and greatest number of a quantized dtype. */
const STORAGE: Partial<Record<DType, readonly [number, number]>> = {
  qint8: [-128, 127],
  quint8: [0, 255],
  qint16: [-32768, 32767],
  quint16: [0, 65535],
  qint32: [-(2 ** 31), 2 ** 31 - 1],
};

function storageOf(dtype: DType, ctx: KernelContext): readonly [number, number] {
  const limits = STORAGE[dtype];
  if (limits === undefined) throw unsupported(ctx, `dtype ${dtype}`);
  return limits;
}

const roundHalfAway = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
const roundHalfEven = (x: number): number => {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
};
const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** How a mode turns numbers within `[min, max]` into quantized ones, and back; and the range it settles on. */
interface Mode {
  quantize(min: number, max: number, levels: readonly [number, number], ctx: KernelContext): Quantizer;
  dequantize(min: number, max: number, levels: readonly [number, number]): (x: number) => number;
}

interface Quantizer {
  readonly of: (x: number) => number;
  readonly min: number;
  readonly max: number;
}

/** Units per step of `MIN_FIRST`, which lets the range cover one step more than there are gaps. */
function firstScale(min: number, max: number, [low, high]: readonly [number, number]): number {
  const steps = high - low + 1;
  return ((max - min) * (steps / (steps - 1))) / steps;
}

const MODES: Readonly<Record<string, Mode>> = {
  MIN_COMBINED: {
    quantize: (min, max, [low, high]) => {
      const scale = f((high - low) / f(max - min));
      const half = low < 0 ? (high - low + 1) / 2 : 0;
      const steps = (x: number): number => f(f(clamp(x, min, max) - min) * scale);
      const of = (x: number): number =>
        half > 0 ? roundHalfAway(f(steps(x) - half)) : Math.floor(f(steps(x) + 0.5));
      return {of, min, max};
    },
    dequantize: (min, max, [low, high]) => {
      const scale = f(f(max - min) / (high - low));
      const half = low < 0 ? (high - low + 1) / 2 : 0;
      return (x) => f(f((x + half) * scale) + min);
    },
  },
  MIN_FIRST: {
    quantize: (min, max, levels) => {
      const scale = 1 / firstScale(min, max, levels);
      const first = f(min * scale);
      // Unsigned numbers have a path of their own in TensorFlow, which rounds once and halves to even.
      const step = (x: number): number =>
        levels[0] === 0 ? roundHalfEven(f(x - first)) : roundHalfAway(x) - roundHalfAway(first);
      const of = (x: number): number => clamp(step(f(x * scale)) + levels[0], ...levels);
      return {of, min, max};
    },
    dequantize: (min, max, levels) => {
      const scale = firstScale(min, max, levels);
      const first = f(roundHalfAway(min / scale) * scale);
      return (x) => first + (x - levels[0]) * scale;
    },
  },
  SCALED: {
    quantize: (min, max, [lowest, high], {attrs}) => {
      const low = lowest + (attrs.bool('narrow_range') ? 1 : 0);
      const fromMin = low * min > 0 ? f(low / min) : Infinity;
      const fromMax = high * max > 0 ? f(high / max) : Infinity;
      const scale = Math.min(fromMin, fromMax);
      const [from, to] = [f(low / scale), f(high / scale)];
      const round = attrs.string('round_mode') === 'HALF_TO_EVEN' ? roundHalfEven : roundHalfAway;
      return {of: (x) => round(f(clamp(x, from, to) * scale)), min: from, max: to};
    },
    dequantize: (min, max, [low, high]) => {
      const scale = low === 0 ? f(max / high) : Math.max(f(min / low), f(max / high));
      return (x) => f(x * scale);
    },
  },
};

function modeOf(ctx: KernelContext): Mode {
  const mode = ownEntry(MODES, ctx.attrs.string('mode'));
  if (mode === undefined) throw unsupported(ctx, `mode ${ctx.attrs.string('mode')}`);
  return mode;
}

/** Runs `each` over the channels along the node's `axis` (all elements when -1): their number and their elements. */
function forEachChannel(
  shape: readonly number[],
  ctx: KernelContext,
  each: (channel: number, elements: Iterable<number>) => void,
): void {
  const [outer, count, inner] = channelView(shape, ctx);
  const size = outer * count * inner;
  for (let channel = 0; channel < count; channel++) {
    each(
      channel,
      (function* elements() {
        for (let block = channel * inner; block < size; block += count * inner) {
          for (let i = block; i < block + inner; i++) yield i;
        }
      })(),
    );
  }
}

/** Refuses bounds that are not one for each channel, or one for all. */
function checkRanges(shape: readonly number[], bounds: readonly Value[], ctx: KernelContext): void {
  const [, count] = channelView(shape, ctx);
  const isPerChannel = ctx.attrs.int('axis') !== -1;
  for (const bound of bounds) {
    if (bound.size === count && (!isPerChannel || bound.rank === 1)) continue;
    throw invalid(ctx, `ranges must have ${count} elements, not ${formatShape(bound.shape)}`);
  }
}

const quantizeV2: Kernel = ([input, minRange, maxRange], ctx) => {
  const {attrs} = ctx;
  const dtype = attrs.dtype('T');
  const levels = storageOf(dtype, ctx);
  const mode = modeOf(ctx);
  const source = input!.numeric() as Float32Array;
  const out = allocate(dtype, source.length) as Int32Array;
  checkRanges(input!.shape, [minRange!, maxRange!], ctx);
  const [minima, maxima] = [minRange!.numbers(), maxRange!.numbers()];
  const [outMin, outMax] = [new Float32Array(minima.length), new Float32Array(maxima.length)];
  forEachChannel(input!.shape, ctx, (channel, elements) => {
    const [low, high] = [minima[channel]!, maxima[channel]!];
    if (high < low) throw invalid(ctx, `max_range ${high} must not be less than min_range ${low}`);
    const least = f(Math.max(1, Math.abs(low), Math.abs(high)) * f(attrs.float('ensure_minimum_range')));
    const min = Math.min(0, low);
    const max = Math.max(0, high, f(min + least));
    const quantizer = mode.quantize(min, max, levels, ctx);
    for (const i of elements) out[i] = quantizer.of(source[i]!);
    outMin[channel] = quantizer.min;
    outMax[channel] = quantizer.max;
  });
  const rangeShape = attrs.int('axis') === -1 ? [] : minRange!.shape;
  return [
    Value.host(dtype, input!.shape, out),
    Value.host('float32', rangeShape, outMin),
    Value.host('float32', rangeShape, outMax),
  ];
};

const dequantize: Kernel = ([input, minRange, maxRange], ctx) => {
  const {attrs} = ctx;
  const [lowest, high] = storageOf(input!.dtype, ctx);
  const low = attrs.string('mode') === 'SCALED' && attrs.bool('narrow_range') ? lowest + 1 : lowest;
  const mode = modeOf(ctx);
  const source = input!.numeric() as Int32Array;
  const out = new Float32Array(source.length);
  checkRanges(input!.shape, [minRange!, maxRange!], ctx);
  const [minima, maxima] = [minRange!.numbers(), maxRange!.numbers()];
  forEachChannel(input!.shape, ctx, (channel, elements) => {
    const of = mode.dequantize(minima[channel]!, maxima[channel]!, [low, high]);
    for (const i of elements) out[i] = of(source[i]!);
  });
  const dtype = attrs.dtype('dtype');
  return Value.host(dtype, input!.shape, convertNumbers(out, dtype));
};

/** Quantized dtypes. */
export const quantizedNumbers: OpFamily = {
  QuantizeV2: {
    kernel: quantizeV2,
    limits: 'half to even with signed numbers scales as TensorFlow does without oneDNN',
  },
  Dequantize: {kernel: dequantize},
};
