/**
 * Pooling ops over two and three spatial axes, and their gradients.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {type DType, isFloating, type NumericArray} from '../../../host/dtypes.js';
import {formatShape, sameShape} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {hasDeviceType, Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {checkRank, invalid, unsupported} from '../../node.js';
import {
  channelsFirst,
  channelsLast,
  checkEntries,
  isPooledInSpace,
  type PoolPlan,
  type PoolWindows,
  planOfWindows,
  pooledChannels,
  poolPlan,
  spatialOf,
  UNIT_WINDOW,
  type Window,
} from '../plan.js';
import {fromChannelsLast, toChannelsLast} from './layout.js';
import {average, maximum, type Pooling} from './pooling.js';
import {roomForWindow} from './taps.js';

type Reduction = 'Max' | 'Avg';

const POOLING: Readonly<Record<Reduction, Pooling>> = {Max: maximum, Avg: average};

/** The pooling of images of `shape`, channels last. */
function planOf(shape: readonly number[], windows: PoolWindows, ctx: KernelContext): PoolPlan {
  roomForWindow(spatialOf(windows.ksize, channelsFirst(ctx)));
  return poolPlan(shape, windows, ctx);
}

/** Pooling windows from the attributes, or from the inputs of an op's second version. */
function windowsFrom(inputs: readonly Value[], at: number, ctx: KernelContext): PoolWindows {
  if (inputs.length <= at) return {ksize: ctx.attrs.ints('ksize'), strides: ctx.attrs.ints('strides')};
  const windows = {ksize: inputs[at]!.numbers(), strides: inputs[at + 1]!.numbers()};
  checkEntries(windows, inputs[0]!.rank, ctx);
  return windows;
}

const onHost = (...values: readonly Value[]): boolean =>
  !isFloating(values[0]!.dtype) || values.every((x) => x.hostReady && !hasDeviceType(x.dtype));

const zeros = (dtype: DType, shape: readonly number[]): Value =>
  Value.host(dtype, shape, allocate(dtype, sizeOf(shape)));

function pool(reduction: Reduction, rank: 4 | 5): Kernel {
  return (inputs, ctx) => {
    const input = inputs[0]!;
    checkRank(input.shape, rank, 'the input', ctx);
    const windows = windowsFrom(inputs, 1, ctx);
    const first = channelsFirst(ctx);
    if (!isPooledInSpace(windows.ksize, first)) return poolChannels(input, windows, ctx);
    const x = toChannelsLast(input, first);
    return fromChannelsLast(poolLast(reduction, x, planOf(x.shape, windows, ctx)), first);
  };
}

/** Pools a value with the channels last. */
function poolLast(reduction: Reduction, x: Value, plan: PoolPlan): Value {
  if (sizeOf(plan.y) === 0) return zeros(x.dtype, plan.y);
  if (onHost(x)) return reduction === 'Max' ? hostMax(x, plan).output : hostAverage(x, plan);
  return fromTensor(POOLING[reduction].forward(tensorOf(x), plan.windows), x.dtype);
}

const tensorOf = (x: Value): tf.Tensor => tf.cast(x.tensor(), 'float32');

/** The largest of each run of neighbouring channels. */
function poolChannels(x: Value, windows: PoolWindows, ctx: KernelContext): Value {
  const size = windows.ksize.at(-1)!;
  const channels = x.shape.at(-1)!;
  const output = pooledChannels(x.shape, windows, ctx);
  // Each run of channels becomes the spatial axis of an image of one channel.
  const runs = x.reshape([sizeOf(x.shape) / channels, 1, channels, 1]);
  const along: Window = {...UNIT_WINDOW, size, stride: size, input: channels, output};
  const plan: PoolPlan = {windows: [UNIT_WINDOW, along], x: runs.shape, y: [runs.shape[0]!, 1, output, 1]};
  return poolLast('Max', runs, plan).reshape([...x.shape.slice(0, -1), output]);
}

/** Calls `each` for every result element with the flat indices of the input elements under its window. */
function forEachWindow({windows, x}: PoolPlan, each: (yi: number, xis: readonly number[]) => void): void {
  const space = windows.length === 2 ? [UNIT_WINDOW, ...windows] : windows;
  const [dw, hw, ww] = space as [Window, Window, Window];
  const [n, channels] = [x[0]!, x.at(-1)!];
  const under = space.map((window) => Array.from({length: window.output}, (_, o) => covered(window, o)));
  let yi = 0;
  for (let b = 0; b < n; b++) {
    for (let od = 0; od < dw.output; od++) {
      for (let oh = 0; oh < hw.output; oh++) {
        for (let ow = 0; ow < ww.output; ow++) {
          const pixels = under[0]![od]!.flatMap((d) =>
            under[1]![oh]!.flatMap((h) =>
              under[2]![ow]!.map((w) => (((b * dw.input + d) * hw.input + h) * ww.input + w) * channels),
            ),
          );
          for (let c = 0; c < channels; c++) {
            each(
              yi++,
              pixels.map((pixel) => pixel + c),
            );
          }
        }
      }
    }
  }
}

/** Positions of the input, not of its padding, under window `o`. */
function covered({size, stride, before, input}: Window, o: number): number[] {
  const from = Math.max(0, o * stride - before);
  const to = Math.min(input, o * stride - before + size);
  return Array.from({length: Math.max(0, to - from)}, (_, i) => from + i);
}

/** The largest elements and where they are; the first of equals wins. */
function hostMax(x: Value, plan: PoolPlan): {output: Value; argmax: Int32Array} {
  const source = x.numeric();
  const out = allocate(x.dtype, sizeOf(plan.y));
  const argmax = new Int32Array(out.length);
  forEachWindow(plan, (yi, xis) => {
    let best = xis[0]!;
    for (const xi of xis) if (source[xi]! > source[best]!) best = xi;
    argmax[yi] = best;
    out[yi] = source[best]! as never;
  });
  return {output: Value.host(x.dtype, plan.y, out), argmax};
}

function hostAverage(x: Value, plan: PoolPlan): Value {
  const source = x.numeric() as Float64Array;
  const out = allocate(x.dtype, sizeOf(plan.y)) as Float64Array;
  forEachWindow(plan, (yi, xis) => {
    let sum = 0;
    for (const xi of xis) sum += source[xi]!;
    out[yi] = sum / xis.length;
  });
  return Value.host(x.dtype, plan.y, out);
}

const maxPoolWithArgmax: Kernel = ([input], ctx) => {
  checkRank(input!.shape, 4, 'the input', ctx);
  const {dtype} = input!;
  const ksize = ctx.attrs.ints('ksize');
  if (ksize[3] !== 1) throw unsupported(ctx, 'pooling over channels');
  // The op has no data format: channels are last.
  const sizes = spatialOf(ksize, false);
  roomForWindow(sizes);
  const strides = spatialOf(ctx.attrs.ints('strides'), false);
  const plan = planOfWindows(input!.shape, {ksize: sizes, strides}, ctx);
  const {x, y} = plan;
  const host = hostMax(Value.host(dtype, x, input!.hostData()), plan);
  const image = sizeOf(x.slice(1));
  const indices = ctx.attrs.bool('include_batch_in_index') ? host.argmax : host.argmax.map((i) => i % image);
  const index = ctx.attrs.dtype('Targmax');
  const argmax = allocate(index, indices.length);
  indices.forEach((at, i) => {
    argmax[i] = (index === 'int64' ? BigInt(at) : at) as never;
  });
  const output = onHost(input!) ? host.output : poolLast('Max', input!, plan);
  return [output, Value.host(index, y, argmax)];
};

function maxPoolGrad(rank: 4 | 5): Kernel {
  return (inputs, ctx) => {
    const [input, , grad] = inputs as [Value, Value, Value];
    checkRank(input.shape, rank, 'the input', ctx);
    const first = channelsFirst(ctx);
    const x = toChannelsLast(input, first);
    const dy = toChannelsLast(grad, first);
    const plan = planOf(x.shape, windowsFrom(inputs, 3, ctx), ctx);
    checkGradient(dy, plan, ctx);
    if (sizeOf(plan.y) === 0) return zeros(input.dtype, input.shape);
    if (onHost(x, dy)) return fromChannelsLast(scatter(dy, hostMax(x, plan).argmax, plan), first);
    const dx = maximum.input(tensorOf(dy), plan.windows, tensorOf(x));
    return fromChannelsLast(fromTensor(dx, input.dtype), first);
  };
}

function scatter(dy: Value, argmax: Int32Array, plan: PoolPlan): Value {
  const source = dy.numeric();
  const out = allocate(dy.dtype, sizeOf(plan.x)) as NumericArray;
  argmax.forEach((xi, yi) => {
    // Both operands are bigints or both numbers.
    out[xi] = ((out[xi] as number) + (source[yi] as number)) as never;
  });
  return Value.host(dy.dtype, plan.x, out);
}

function avgPoolGrad(rank: 4 | 5): Kernel {
  return ([shape, grad], ctx) => {
    checkRank(grad!.shape, rank, 'the gradient', ctx);
    const first = channelsFirst(ctx);
    const dims = shape!.numbers();
    const dy = toChannelsLast(grad!, first);
    const plan = planOf(channelsLast(dims, first), windowsFrom([], 0, ctx), ctx);
    checkGradient(dy, plan, ctx);
    if (sizeOf(plan.x) === 0 || sizeOf(plan.y) === 0) return zeros(grad!.dtype, dims);
    if (onHost(dy)) return fromChannelsLast(hostAverageGrad(dy, plan), first);
    const dx = average.input(tensorOf(dy), plan.windows);
    return fromChannelsLast(fromTensor(dx, grad!.dtype), first);
  };
}

function hostAverageGrad(dy: Value, plan: PoolPlan): Value {
  const source = dy.numeric() as Float64Array;
  const out = allocate(dy.dtype, sizeOf(plan.x)) as Float64Array;
  forEachWindow(plan, (yi, xis) => {
    for (const xi of xis) out[xi] = out[xi]! + source[yi]! / xis.length;
  });
  return Value.host(dy.dtype, plan.x, out);
}

function checkGradient(dy: Value, plan: PoolPlan, ctx: KernelContext): void {
  if (!sameShape(dy.shape, plan.y)) {
    throw invalid(ctx, `the gradient has shape ${formatShape(dy.shape)}, expected ${formatShape(plan.y)}`);
  }
}

/** Pooling. */
export const pools: OpFamily = {
  MaxPool: {kernel: pool('Max', 4)},
  MaxPoolV2: {kernel: pool('Max', 4)},
  AvgPool: {kernel: pool('Avg', 4)},
  MaxPool3D: {kernel: pool('Max', 5)},
  AvgPool3D: {kernel: pool('Avg', 5)},
  MaxPoolWithArgmax: {kernel: maxPoolWithArgmax},
  MaxPoolGrad: {kernel: maxPoolGrad(4)},
  MaxPoolGradV2: {kernel: maxPoolGrad(4)},
  MaxPool3DGrad: {kernel: maxPoolGrad(5)},
  AvgPoolGrad: {kernel: avgPoolGrad(4)},
  AvgPool3DGrad: {kernel: avgPoolGrad(5)},
};
