/**
 * Where a sliding window (of a convolution or a pooling op) lies: attributes and shapes to numbers, for any count of
 * spatial axes. Sizes that are not known (null) give windows and shapes of which as much is known as follows from the rest.
 *
 * Source: `tensorflow/core/framework/kernel_shape_util.cc`.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import {derived, formatShape} from '../../host/shape.js';
import {invalid, unsupported} from '../node.js';

/** A size, or null where sizes need not be known. */
type Size = number | null;

/** A window along one axis. */
export interface Window<D extends Size = number> {
  /** Elements of the filter, and of the input between two of them. */
  readonly size: D;
  readonly dilation: number;
  readonly stride: D;
  /** Elements added to the input before and after. */
  readonly before: D;
  readonly after: D;
  readonly input: D;
  readonly output: D;
}

/** The window that covers an axis of one element. */
export const UNIT_WINDOW: Window = {
  size: 1,
  dilation: 1,
  stride: 1,
  before: 0,
  after: 0,
  input: 1,
  output: 1,
};

/** Elements of the input that one position of the window spans. */
export const spanOf = ({size, dilation}: Window): number => (size - 1) * dilation + 1;

/** True for `NCHW`, `NCDHW`. */
export function channelsFirst(node: OpNode): boolean {
  const format = node.attrs.string('data_format');
  if (!/^N(C(D?HW|W)|(D?HW|W)C)$/.test(format)) throw unsupported(node, `data_format ${format}`);
  return format.startsWith('NC');
}

/** The entries of the spatial axes of a list that has one for each axis of the data format. */
export function spatialOf<T>(list: readonly T[], isChannelsFirst: boolean): T[] {
  return isChannelsFirst ? list.slice(2) : list.slice(1, -1);
}

/** The entries of a list that has one for each axis of the data format, with that of the channels last. */
export function channelsLast<T>(list: readonly T[], isChannelsFirst: boolean): T[] {
  return isChannelsFirst ? [list[0]!, ...list.slice(2), list[1]!] : [...list];
}

/** The inverse of {@link channelsLast}. */
export function nodeOrder<T>(list: readonly T[], isChannelsFirst: boolean): T[] {
  return isChannelsFirst ? [list[0]!, list.at(-1)!, ...list.slice(1, -1)] : [...list];
}

/** What is the same along all axes of a sliding window, and the numbers of each spatial axis. */
interface Sliding<D extends Size> {
  readonly inputs: readonly D[];
  readonly sizes: readonly D[];
  readonly strides: readonly D[];
  /** 1 for ops that have none. */
  readonly dilations?: readonly number[] | undefined;
}

/** The windows of a node along its spatial axes. */
export function windowsOf<D extends Size>(
  {inputs, sizes, strides, dilations = sizes.map(() => 1)}: Sliding<D>,
  node: OpNode,
): Window<D>[] {
  const padding = node.attrs.string('padding');
  const explicit = padding === 'EXPLICIT' ? explicitPads(node) : undefined;
  return inputs.map((input, i) => {
    const [size, stride, dilation] = [sizes[i] as D, strides[i] as D, dilations[i]!];
    if ([stride, dilation, size].some((each) => each !== null && each < 1)) {
      throw invalid(node, 'window sizes, strides and dilations must be positive');
    }
    const span = derived((elements) => (elements - 1) * dilation + 1, size);
    const [before, after] =
      (explicit?.[i] as [D, D] | undefined) ?? impliedPads(padding, input, span, stride);
    const output = outputOf(padding, {input, span, stride, before, after});
    if (output !== null && output < 0) {
      throw invalid(node, `a window that spans ${span} is larger than the padded input of ${input}`);
    }
    return {size, dilation, stride, before, after, input, output};
  });
}

function explicitPads(node: OpNode): [number, number][] {
  const flat = node.attrs.ints('explicit_paddings');
  const pairs = Array.from({length: flat.length / 2}, (_, i): [number, number] => [
    flat[2 * i]!,
    flat[2 * i + 1]!,
  ]);
  if (flat.some((pad) => pad < 0)) throw invalid(node, `explicit paddings ${flat} must not be negative`);
  return spatialOf(pairs, channelsFirst(node));
}

function impliedPads<D extends Size>(padding: string, input: D, span: D, stride: D): [D, D] {
  if (padding === 'VALID') return [0 as D, 0 as D];
  const total = derived(
    (length, spanned, step) => Math.max(0, (Math.ceil(length / step) - 1) * step + spanned - length),
    input,
    span,
    stride,
  );
  return [derived((pads) => Math.floor(pads / 2), total), derived((pads) => Math.ceil(pads / 2), total)];
}

/** Positions of a window. Padding that leaves none out does not depend on the window's size. */
function outputOf<D extends Size>(
  padding: string,
  {input, span, stride, before, after}: Record<'input' | 'span' | 'stride' | 'before' | 'after', D>,
): D {
  if (padding === 'SAME') return derived((length, step) => Math.ceil(length / step), input, stride);
  return derived(
    (length, spanned, step, left, right) => Math.floor((length + left + right - spanned) / step) + 1,
    input,
    span,
    stride,
    before,
    after,
  );
}

/** What shapes have to do with each other in one kind of convolution. Shapes have the channels last. */
export interface ConvolutionKind {
  readonly rank: 4 | 5;
  /** Whether each channel has filters of its own, `[..., channels, multiplier]`; else each filter sees all channels. */
  readonly isDepthwise: boolean;
  /** Whether the channels may be cut into groups that do not mix. */
  readonly hasGroups: boolean;
}

export const CONV2D: ConvolutionKind = {rank: 4, isDepthwise: false, hasGroups: true};
export const DEPTHWISE: ConvolutionKind = {rank: 4, isDepthwise: true, hasGroups: false};
export const CONV3D: ConvolutionKind = {rank: 5, isDepthwise: false, hasGroups: false};

/** A node's convolution: its windows and the shapes of input, filter and result, channels last. */
export interface ConvolutionPlan<D extends Size = number> {
  readonly windows: Window<D>[];
  readonly x: D[];
  readonly w: D[];
  readonly y: D[];
}

/** The convolution of an input of `shape`, channels last. */
export function convolutionPlan<D extends Size>(
  kind: ConvolutionKind,
  shape: readonly D[],
  filter: readonly D[],
  node: OpNode,
): ConvolutionPlan<D> {
  if (filter.length !== kind.rank) {
    throw invalid(node, `the filter must have ${kind.rank} dimensions, got shape ${formatShape(filter)}`);
  }
  checkChannels(kind, shape.at(-1)!, filter, node);
  const first = channelsFirst(node);
  const {attrs} = node;
  const windows = windowsOf(
    {
      inputs: shape.slice(1, -1),
      sizes: filter.slice(0, -2),
      strides: spatialOf(attrs.ints('strides'), first) as D[],
      dilations: attrs.has('dilations') ? spatialOf(attrs.ints('dilations'), first) : undefined,
    },
    node,
  );
  const y = [shape[0]!, ...windows.map(({output}) => output), outChannels(kind, filter)];
  return {windows, x: [...shape], w: [...filter], y};
}

function outChannels<D extends Size>({isDepthwise}: ConvolutionKind, filter: readonly D[]): D {
  return isDepthwise ? derived((channels, each) => channels * each, ...filter.slice(-2)) : filter.at(-1)!;
}

function checkChannels(kind: ConvolutionKind, channels: Size, filter: readonly Size[], node: OpNode): void {
  const [own, filters] = filter.slice(-2) as [Size, Size];
  if (channels === null || own === null) return;
  const groups = channels / own;
  const fits = kind.hasGroups
    ? Number.isInteger(groups) && (filters === null || (filters % groups === 0 && filters > 0))
    : own === channels;
  if (!fits) {
    throw invalid(
      node,
      `an input of ${channels} channels does not fit a filter of shape ${formatShape(filter)}`,
    );
  }
}

/** The shape of a convolution's input, channels last, from an operand that may hold the spatial dimensions alone. */
export function convolutionInput<D extends Size>(
  {rank}: ConvolutionKind,
  sizes: readonly D[],
  {batch, channels}: {readonly batch: D; readonly channels: D},
  isChannelsFirst: boolean,
): D[] {
  return sizes.length === rank - 2 ? [batch, ...sizes, channels] : channelsLast(sizes, isChannelsFirst);
}

/** A node's pooling: windows along the spatial axes, shapes with the channels last. */
export interface PoolPlan<D extends Size = number> {
  readonly windows: readonly Window<D>[];
  readonly x: readonly D[];
  readonly y: readonly D[];
}

/** The windows of a pooling op, an entry for each axis of the data format. */
export interface PoolWindows<D extends Size = number> {
  readonly ksize: readonly D[];
  readonly strides: readonly D[];
}

/** Refuses windows that do not have an entry for each of `rank` axes. */
export function checkEntries({ksize, strides}: PoolWindows<Size>, rank: number, node: OpNode): void {
  if (ksize.length !== rank || strides.length !== rank) {
    throw invalid(node, `ksize [${ksize}] and strides [${strides}] must have ${rank} elements`);
  }
}

/** The pooling of images of `shape`, channels last. */
export function poolPlan<D extends Size>(
  shape: readonly D[],
  {ksize, strides}: PoolWindows<D>,
  node: OpNode,
): PoolPlan<D> {
  const first = channelsFirst(node);
  const isOne = (size: D) => size === null || size === 1;
  if (![ksize[0]!, strides[0]!].every(isOne)) throw unsupported(node, 'pooling over the batch');
  if (!isPooledInSpace(ksize, first) || !isPooledInSpace(strides, first)) {
    throw unsupported(node, 'pooling over channels and space');
  }
  return planOfWindows(shape, {ksize: spatialOf(ksize, first), strides: spatialOf(strides, first)}, node);
}

/** The pooling of images of `shape` by windows along their spatial axes. */
export function planOfWindows<D extends Size>(
  shape: readonly D[],
  {ksize, strides}: PoolWindows<D>,
  node: OpNode,
): PoolPlan<D> {
  const windows = windowsOf({inputs: shape.slice(1, -1), sizes: ksize, strides}, node);
  return {windows, x: shape, y: [shape[0]!, ...windows.map(({output}) => output), shape.at(-1)!]};
}

/** True unless the entry of the channels says that neighbouring channels are pooled. */
export function isPooledInSpace(entries: readonly Size[], isChannelsFirst: boolean): boolean {
  const ofChannels = isChannelsFirst ? entries[1] : entries.at(-1);
  return ofChannels === null || ofChannels === 1;
}

/** How many channels are left of those of an image whose neighbours are pooled: TensorFlow knows this for MaxPool alone. */
export function pooledChannels<D extends Size>(
  shape: readonly D[],
  {ksize, strides}: PoolWindows<D>,
  node: OpNode,
): D {
  const [size, stride, channels] = [ksize.at(-1), strides.at(-1), shape.at(-1)] as [D, D, D];
  const isMaximum = node.op === 'MaxPool' || node.op === 'MaxPoolV2';
  const isWider = ksize.slice(0, -1).some((each) => each !== null && each !== 1);
  if (!isMaximum || channelsFirst(node) || isWider) {
    throw unsupported(node, `pooling over channels with windows of ${ksize}`);
  }
  return derived(
    (window, step, count) => {
      if (step !== window || count % window !== 0) {
        throw invalid(node, `channels are pooled in windows of ${window} with strides of ${step}`);
      }
      return count / window;
    },
    size,
    stride,
    channels,
  );
}
