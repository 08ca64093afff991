/**
 * Convolution ops: dense, depthwise and 3-D, and their gradients.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isFloating} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {checkRank, invalid} from '../../node.js';
import {
  CONV2D as CONV2D_SHAPES,
  CONV3D as CONV3D_SHAPES,
  type ConvolutionKind,
  type ConvolutionPlan,
  channelsFirst,
  convolutionInput,
  convolutionPlan,
  DEPTHWISE as DEPTHWISE_SHAPES,
  UNIT_WINDOW,
  type Window,
} from '../plan.js';
import {
  type Convolution,
  convolve3d,
  convolve3dFilter,
  convolve3dInput,
  dense,
  depthwise,
  grouped,
} from './convolution.js';
import {hostConvolution, hostConvolutionFilter, hostConvolutionInput} from './host_convolution.js';
import {fromChannelsLast, toChannelsLast} from './layout.js';
import {roomForWindow} from './taps.js';

/** How one kind of convolution is computed. Shapes have the channels last. */
export interface Kind extends ConvolutionKind {
  /** The filter's shape seen as one of a grouped convolution `[..., c / groups, o]`. */
  asGrouped(filter: readonly number[]): number[];
  forward(x: tf.Tensor, w: tf.Tensor, windows: Window[]): tf.Tensor;
  input(dy: tf.Tensor, w: tf.Tensor, windows: Window[], channels: number): tf.Tensor;
  filter(x: tf.Tensor, dy: tf.Tensor, windows: Window[], shape: number[]): tf.Tensor;
}

type Plane = [Window, Window];
type Space = [Window, Window, Window];

/** The convolution that connects `channels` input channels by a filter. */
function denseOrGrouped(channels: number, filter: readonly number[]): Convolution {
  const groups = channels / filter.at(-2)!;
  return groups === 1 ? dense : grouped(groups);
}

export const CONV2D: Kind = {
  ...CONV2D_SHAPES,
  asGrouped: (filter) => [...filter],
  forward: (x, w, windows) => denseOrGrouped(x.shape[3]!, w.shape).forward(x, w, windows as Plane),
  input: (dy, w, windows, channels) => denseOrGrouped(channels, w.shape).input(dy, w, windows as Plane),
  filter: (x, dy, windows, shape) =>
    denseOrGrouped(x.shape[3]!, shape).filter(
      x,
      dy,
      windows as Plane,
      shape as [number, number, number, number],
    ),
};

export const DEPTHWISE: Kind = {
  ...DEPTHWISE_SHAPES,
  asGrouped: ([h, w, channels, multiplier]) => [h!, w!, 1, channels! * multiplier!],
  forward: (x, w, windows) => depthwise.forward(x, w, windows as Plane),
  input: (dy, w, windows) => depthwise.input(dy, w, windows as Plane),
  filter: (x, dy, windows, shape) =>
    depthwise.filter(x, dy, windows as Plane, shape as [number, number, number, number]),
};

const CONV3D: Kind = {
  ...CONV3D_SHAPES,
  asGrouped: (filter) => [...filter],
  forward: (x, w, windows) => convolve3d(x, w, windows as Space),
  input: (dy, w, windows) => convolve3dInput(dy, w, windows as Space),
  filter: (x, dy, windows, shape) => convolve3dFilter(x, dy, windows as Space, shape),
};

/** `shape` is the input's, channels last. */
function planOf(
  kind: Kind,
  shape: readonly number[],
  filter: readonly number[],
  ctx: KernelContext,
): ConvolutionPlan {
  roomForWindow(filter.slice(0, -2));
  return convolutionPlan(kind, shape, filter, ctx);
}

/** What the host loops need: a plan with a depth axis. */
function hostPlan(kind: Kind, {windows, x, w, y}: ConvolutionPlan) {
  const filter = kind.asGrouped(w);
  if (kind.rank === 5) return {shapes: {x, w: filter, y}, windows};
  return {
    shapes: {x: x.toSpliced(1, 0, 1), w: [1, ...filter], y: y.toSpliced(1, 0, 1)},
    windows: [UNIT_WINDOW, ...windows],
  };
}

const onHost = (a: Value, b: Value): boolean =>
  !isFloating(a.dtype) || (a.dtype === 'float64' && a.hostReady && b.hostReady);

/** A tensor of zeros where a shape of the plan has no elements, which tfjs's kernels need not cope with. */
function unlessEmpty(
  plan: ConvolutionPlan,
  shape: number[],
  dtype: Value['dtype'],
  compute: () => Value,
): Value {
  const isEmpty = [plan.x, plan.w, plan.y].some((each) => sizeOf(each) === 0);
  return isEmpty ? Value.host(dtype, shape, allocate(dtype, sizeOf(shape))) : compute();
}

/** `y(x, w)` with channels last. */
export function convolve(kind: Kind, x: Value, w: Value, ctx: KernelContext): Value {
  const plan = planOf(kind, x.shape, w.shape, ctx);
  return unlessEmpty(plan, plan.y, x.dtype, () => {
    if (onHost(x, w)) {
      const {shapes, windows} = hostPlan(kind, plan);
      return hostConvolution(x, w, shapes, windows).reshape(plan.y);
    }
    return fromTensor(kind.forward(floats(x), floats(w), plan.windows), x.dtype);
  });
}

const floats = (x: Value): tf.Tensor => tf.cast(x.tensor(), 'float32');

function convolution(kind: Kind): Kernel {
  return ([input, filter], ctx) => {
    checkRank(input!.shape, kind.rank, 'the input', ctx);
    const first = channelsFirst(ctx);
    return fromChannelsLast(convolve(kind, toChannelsLast(input!, first), filter!, ctx), first);
  };
}

function checkResult(dy: Value, plan: ConvolutionPlan, ctx: KernelContext): void {
  if (dy.shape.some((dim, i) => dim !== plan.y[i])) {
    const expected = `${formatShape(plan.y)} for an input of ${formatShape(plan.x)}`;
    throw invalid(
      ctx,
      `the gradient has shape ${formatShape(dy.shape)} (channels last), expected ${expected}`,
    );
  }
}

function inputGradient(kind: Kind): Kernel {
  return ([sizes, filter, outBackprop], ctx) => {
    checkRank(outBackprop!.shape, kind.rank, 'the gradient', ctx);
    const first = channelsFirst(ctx);
    const dy = toChannelsLast(outBackprop!, first);
    const own = {batch: dy.shape[0]!, channels: filter!.shape.at(-2)!};
    const shape = convolutionInput(kind, sizes!.numbers(), own, first);
    const plan = planOf(kind, shape, filter!.shape, ctx);
    checkResult(dy, plan, ctx);
    const dx = unlessEmpty(plan, plan.x, dy.dtype, () => {
      if (onHost(dy, filter!)) {
        const {shapes, windows} = hostPlan(kind, plan);
        return hostConvolutionInput(dy, filter!, shapes, windows).reshape(plan.x);
      }
      return fromTensor(kind.input(floats(dy), floats(filter!), plan.windows, plan.x.at(-1)!), dy.dtype);
    });
    return fromChannelsLast(dx, first);
  };
}

function filterGradient(kind: Kind): Kernel {
  return ([input, sizes, outBackprop], ctx) => {
    checkRank(input!.shape, kind.rank, 'the input', ctx);
    checkRank(outBackprop!.shape, kind.rank, 'the gradient', ctx);
    const first = channelsFirst(ctx);
    const x = toChannelsLast(input!, first);
    const dy = toChannelsLast(outBackprop!, first);
    const shape = sizes!.numbers();
    const plan = planOf(kind, x.shape, shape, ctx);
    checkResult(dy, plan, ctx);
    return unlessEmpty(plan, shape, x.dtype, () => {
      if (onHost(x, dy)) {
        const {shapes, windows} = hostPlan(kind, plan);
        return hostConvolutionFilter(x, dy, shapes, windows).reshape(shape);
      }
      return fromTensor(kind.filter(floats(x), floats(dy), plan.windows, shape), x.dtype);
    });
  };
}

/** Convolutions and their gradients. */
export const convolutions: OpFamily = {
  Conv2D: {kernel: convolution(CONV2D)},
  Conv2DBackpropInput: {kernel: inputGradient(CONV2D)},
  Conv2DBackpropFilter: {kernel: filterGradient(CONV2D)},
  DepthwiseConv2dNative: {kernel: convolution(DEPTHWISE)},
  DepthwiseConv2dNativeBackpropInput: {kernel: inputGradient(DEPTHWISE)},
  DepthwiseConv2dNativeBackpropFilter: {kernel: filterGradient(DEPTHWISE)},
  Conv3D: {kernel: convolution(CONV3D)},
  Conv3DBackpropInputV2: {kernel: inputGradient(CONV3D)},
  Conv3DBackpropFilterV2: {kernel: filterGradient(CONV3D)},
};
