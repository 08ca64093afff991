/**
 * Where a sliding window (of a convolution or a pooling op) lies: attributes to numbers, for any count of spatial axes.
 *
 * Source: `tensorflow/core/framework/kernel_shape_util.cc`.
 *
 * @module
 */

import {roomFor} from '../../host/budget.js';
import {formatShape} from '../../host/shape.js';
import {sizeOf} from '../../host/tensor.js';
import {transpose} from '../../tensors/movement.js';
import type {Value} from '../../tensors/value.js';
import type {KernelContext} from '../kernel.js';
import {invalid, unsupported} from '../node.js';

/** A window along one axis. */
export interface Window {
  /** Elements of the filter, and of the input between two of them. */
  readonly size: number;
  readonly dilation: number;
  readonly stride: number;
  /** Elements added to the input before and after. */
  readonly before: number;
  readonly after: number;
  readonly input: number;
  readonly output: number;
}

/** What one element of a filter takes. */
const FILTER_BYTES = 4;

/** Elements of the input that one position of the window spans. */
export const spanOf = ({size, dilation}: Window): number => (size - 1) * dilation + 1;

/** True for `NCHW`, `NCDHW`. */
export function channelsFirst(ctx: KernelContext): boolean {
  const format = ctx.attrs.string('data_format');
  if (!/^N(C(D?HW|W)|(D?HW|W)C)$/.test(format)) throw unsupported(ctx, `data_format ${format}`);
  return format.startsWith('NC');
}

/** The entries of the spatial axes of a list that has one for each axis of the data format. */
export function spatialOf<T>(list: readonly T[], isChannelsFirst: boolean): T[] {
  return isChannelsFirst ? list.slice(2) : list.slice(1, -1);
}

/** The value with its channels last. */
export function toChannelsLast(x: Value, isChannelsFirst: boolean): Value {
  if (!isChannelsFirst) return x;
  const spatial = Array.from({length: x.rank - 2}, (_, i) => i + 2);
  return transpose(x, [0, ...spatial, 1]);
}

/** The inverse of {@link toChannelsLast}. */
export function fromChannelsLast(x: Value, isChannelsFirst: boolean): Value {
  if (!isChannelsFirst) return x;
  const spatial = Array.from({length: x.rank - 2}, (_, i) => i + 1);
  return transpose(x, [0, x.rank - 1, ...spatial]);
}

/** The windows of a node along its spatial axes. `dilations` are 1 for ops that have none. */
export function windowsOf(
  ctx: KernelContext,
  inputs: readonly number[],
  sizes: readonly number[],
  strides: readonly number[],
  dilations: readonly number[] = sizes.map(() => 1),
): Window[] {
  const padding = ctx.attrs.string('padding');
  // Some kernels make a filter of the window's size.
  roomFor(FILTER_BYTES * sizeOf(sizes));
  const explicit = padding === 'EXPLICIT' ? explicitPads(ctx) : undefined;
  return inputs.map((input, i) => {
    const [size, stride, dilation] = [sizes[i]!, strides[i]!, dilations[i]!];
    if (stride < 1 || dilation < 1 || size < 1) {
      throw invalid(ctx, 'window sizes, strides and dilations must be positive');
    }
    const span = (size - 1) * dilation + 1;
    const [before, after] = explicit?.[i] ?? impliedPads(padding, input, span, stride);
    const output = Math.floor((input + before + after - span) / stride) + 1;
    if (output < 0) {
      throw invalid(ctx, `a window that spans ${span} is larger than the padded input of ${input}`);
    }
    return {size, dilation, stride, before, after, input, output};
  });
}

function explicitPads(ctx: KernelContext): [number, number][] {
  const flat = ctx.attrs.ints('explicit_paddings');
  const pairs = Array.from({length: flat.length / 2}, (_, i): [number, number] => [
    flat[2 * i]!,
    flat[2 * i + 1]!,
  ]);
  if (flat.some((pad) => pad < 0)) throw invalid(ctx, `explicit paddings ${flat} must not be negative`);
  return spatialOf(pairs, channelsFirst(ctx));
}

function impliedPads(padding: string, input: number, span: number, stride: number): [number, number] {
  if (padding === 'VALID') return [0, 0];
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + span - input);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Throws unless the value has the rank of the data format. */
export function checkRank(x: Value, rank: number, what: string, ctx: KernelContext): void {
  if (x.rank !== rank) {
    throw invalid(ctx, `${what} must have ${rank} dimensions, got shape ${formatShape(x.shape)}`);
  }
}
