/**
 * Convolutions, and their reverse, which spreads each result over the input under its window, as ops of ONNX.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {shapeFrom} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import type {OnnxAttrs} from '../../../onnx/graph.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {withRank} from '../../infer_rules.js';
import {asInt64, guarded} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {
  type ConvolutionKind,
  type ConvolutionPlan,
  channelsFirst,
  channelsLast,
  convolutionInput,
  convolutionPlan,
} from '../plan.js';
import {filterInFront, withChannelsFirst} from './layout.js';
import {type OpenWindow, padsOf, plus, samePadding, slidOver} from './pads.js';

type OpenPlan = ConvolutionPlan<number | null>;

/** What is the same in both directions: how the windows move, and which channels they see. */
function slidingAttrs({isDepthwise}: ConvolutionKind, {windows, x, w}: OpenPlan): OnnxAttrs {
  const [channels, own] = [x.at(-1)!, w.at(-2)!];
  const group = isDepthwise ? (own ?? channels) : channels === null || own === null ? null : channels / own;
  return {
    strides: windows.map(({stride}) => stride!),
    dilations: windows.map(({dilation}) => dilation),
    group: group ?? notLowered('the number of channels is not known'),
  };
}

/** The filter in ONNX's order; of a depthwise one, each channel's filters form a group. */
function kernelOf({rank, isDepthwise}: ConvolutionKind, filter: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  if (!isDepthwise) return filterInFront(filter, rank, to);
  const [height, width, channels, multiplier] = withSizes(filter);
  return to.reshape(to.transpose(filter, [2, 3, 0, 1]), [channels! * multiplier!, 1, height!, width!]);
}

function withSizes({shape}: OnnxTensor): readonly number[] {
  if (shape === null || shape.includes(null)) notLowered("the filter's shape is not known");
  return shape as readonly number[];
}

/** A convolution of a node's first two inputs. */
export const convolution =
  (kind: ConvolutionKind): Lower =>
  ([x, filter], node, to) => {
    const isFirst = channelsFirst(node);
    const shape = withRank(x!, kind.rank, 'the input', node);
    const sizes = withRank(filter!, kind.rank, 'the filter', node);
    const plan = convolutionPlan(kind, channelsLast(shape, isFirst), sizes, node);
    const attrs = slidingAttrs(kind, plan);
    const kernel = kernelOf(kind, filter!, to);
    return withChannelsFirst({...x!, shape}, kind.rank, isFirst, to, (each) => {
      const slid = slidOver(each, plan.windows, () => 0, to);
      return to.op('Conv', [slid.x, kernel], {...attrs, ...slid.attrs});
    });
  };

/** The gradient of a convolution with respect to its input, of a shape that is the first operand: known as transposed convolution. */
export const transposedConvolution =
  (kind: ConvolutionKind): Lower =>
  ([sizes, filter, dy], node, to) => {
    const isFirst = channelsFirst(node);
    const shape = withRank(dy!, kind.rank, 'the gradient', node);
    const [batch, ...found] = channelsLast(shape, isFirst);
    const w = withRank(filter!, kind.rank, 'the filter', node);
    const given = shapeFrom(sizes!) ?? notLowered('it is not known how many sizes there are');
    const x = convolutionInput(kind, given, {batch: batch!, channels: w.at(-2)!}, isFirst);
    const plan = convolutionPlan(kind, x, w, node);
    const output = {
      sizes: given.length === kind.rank ? sizes! : undefined,
      node,
      kind,
      plan,
      /** How many positions the gradient has, in place of those that it should have. */
      found: found.slice(0, -1),
    };
    if (plan.y.slice(1).some((size, i) => size !== null && found[i] !== null && size !== found[i]))
      notLowered('the sizes do not fit the gradient');
    const kernel = kernelOf(kind, filter!, to);
    const spread = (each: OnnxTensor) =>
      output.found.includes(null) || plan.windows.some((window) => window.input === null || !padsOf(window))
        ? spreadAtRun(
            each,
            kernel,
            {...output, spatial: spatialSizes(sizes!, given.length < kind.rank ? 0 : isFirst ? 2 : 1, to)},
            to,
          )
        : spreadKnown(each, kernel, output, to);
    return withChannelsFirst({...dy!, shape}, kind.rank, isFirst, to, spread);
  };

interface SpreadOutput {
  /** The sizes of all axes, if they are given. */
  readonly sizes: OnnxTensor | undefined;
  readonly node: OpNode;
  readonly kind: ConvolutionKind;
  readonly plan: OpenPlan;
  readonly found: readonly (number | null)[];
}

/** All elements of the input that `out` positions of a window span. */
const spanned = (out: number, {size, stride, dilation}: OpenWindow): number =>
  (out - 1) * stride! + (size! - 1) * dilation + 1;

function spreadKnown(
  dy: OnnxTensor,
  kernel: OnnxTensor,
  {sizes, kind, plan}: SpreadOutput,
  to: OnnxBuilder,
): OnnxTensor {
  const edges = plan.windows.map((window) => {
    const [before] = padsOf(window)!;
    const rest = spanned(window.output!, window) - before - window.input!;
    return {before, after: Math.max(0, rest), missing: Math.max(0, -rest)};
  });
  const y = to.op('ConvTranspose', [dy, kernel], {
    ...slidingAttrs(kind, plan),
    pads: [...edges.map(({before}) => before), ...edges.map(({after}) => after)],
    output_padding: edges.map(({missing}) => missing),
  });
  if (sizes === undefined || (plan.x[0] !== null && dy.shape?.[0] === plan.x[0])) return y;
  // Throws where the sizes have another batch than the gradient.
  const batch = to.op('Slice', [asInt64(sizes, to), to.ints([0]), to.ints([1])]);
  const [, ...spatial] = plan.x.slice(0, -1);
  const rest = to.ints([
    plan.x.at(-1) ?? notLowered('the number of channels is not known'),
    ...(spatial as number[]),
  ]);
  return to.op('Reshape', [y, to.op('Concat', [batch, rest], {axis: 0})]);
}

/** The size of each spatial axis, as vectors of one int64, from sizes of which those start at `lead`. */
function spatialSizes(sizes: OnnxTensor, lead: number, to: OnnxBuilder) {
  const all = asInt64(sizes, to);
  return (axis: number): OnnxTensor =>
    to.op('Slice', [all, to.ints([lead + axis]), to.ints([lead + axis + 1])]);
}

/** All that the windows span, of which is cut out what the sizes say. */
function spreadAtRun(
  dy: OnnxTensor,
  kernel: OnnxTensor,
  {sizes, node, kind, plan, spatial}: SpreadOutput & {readonly spatial: (axis: number) => OnnxTensor},
  to: OnnxBuilder,
): OnnxTensor {
  const all = to.op('ConvTranspose', [dy, kernel], {
    ...slidingAttrs(kind, plan),
    // What no window spans has zeros; there are fewer such elements than a stride has.
    output_padding: plan.windows.map(({stride}) => stride! - 1),
  });
  const cuts = plan.windows.map((window, axis) => {
    if (window.size === null) notLowered("a window's size is not known");
    return cutOut(window, spatial(axis), to.sizeAlong(dy, axis + 2), node, to);
  });
  const isSame =
    sizes === undefined
      ? []
      : [equal(to.op('Slice', [asInt64(sizes, to), to.ints([0]), to.ints([1])]), to.sizeAlong(dy, 0), to)];
  const holds = [...isSame, ...cuts.map(({fits}) => fits)].reduce((a, b) => to.op('And', [a, b]));
  const starts = to.op(
    'Concat',
    cuts.map(({from}) => from),
    {axis: 0},
  );
  const ends = to.op(
    'Concat',
    cuts.map(({end}) => end),
    {axis: 0},
  );
  return to.op('Slice', [all, guarded(starts, holds, to), ends, to.ints(cuts.map((_, axis) => axis + 2))]);
}

const equal = (a: OnnxTensor, b: OnnxTensor, to: OnnxBuilder): OnnxTensor =>
  to.op('Equal', [a, b], {}, {dtype: 'bool'});

/** Where an axis of `length` lies in all that `positions` of a window span, and whether there are so many positions. */
function cutOut(
  window: OpenWindow,
  length: OnnxTensor,
  positions: OnnxTensor,
  node: OpNode,
  to: OnnxBuilder,
) {
  const [stride, span] = [window.stride!, (window.size! - 1) * window.dilation + 1];
  const steps = (added: number) => to.op('Div', [plus(length, added, to), to.ints([stride])]);
  if (node.attrs.string('padding') === 'SAME') {
    const total = samePadding(length, positions, {span, stride, to});
    const from = to.op('Div', [total, to.ints([2])]);
    return {from, end: to.op('Add', [from, length]), fits: equal(positions, steps(stride - 1), to)};
  }
  const [before, after] = padsOf(window)!;
  return {
    from: to.ints([before]),
    end: plus(length, before, to),
    fits: equal(positions, steps(before + after - span + stride), to),
  };
}
