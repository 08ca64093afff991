/**
 * Convolutions in reverse, known as transposed convolutions: each result is spread over the input under its window.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {shapeFrom} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {withRank} from '../../infer_rules.js';
import {asInt64, guarded} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {
  type ConvolutionKind,
  channelsFirst,
  channelsLast,
  convolutionInput,
  convolutionPlan,
} from '../plan.js';
import {kernelOf, type OpenPlan, slidingAttrs} from './convolutions.js';
import {withChannelsFirst} from './layout.js';
import {type OpenWindow, padsOf, plus, samePadding} from './pads.js';

/** The gradient of a convolution with respect to its input, of a shape that is the first operand. */
export const transposedConvolution =
  (kind: ConvolutionKind): Lower =>
  ([sizes, filter, dy], node, to) => {
    const isFirst = channelsFirst(node);
    const shape = withRank(dy!, kind.rank, 'the gradient', node);
    const [batch, ...positions] = channelsLast(shape, isFirst).slice(0, -1);
    const w = withRank(filter!, kind.rank, 'the filter', node);
    const given = shapeFrom(sizes!) ?? notLowered('it is not known how many sizes there are');
    const x = convolutionInput(kind, given, {batch: batch!, channels: w.at(-2)!}, isFirst);
    // Then there could be groups.
    if (x.at(-1) === null && kind.hasGroups) notLowered('the number of channels is not known');
    const plan = convolutionPlan(kind, x.with(-1, x.at(-1) ?? w.at(-2)!), w, node);
    const outputs = plan.windows.map(({output}) => output);
    if (outputs.some((count, i) => count !== null && count !== (positions[i] ?? count)))
      notLowered('the sizes do not fit the gradient');
    const kernel = kernelOf(kind, filter!, to);
    const output = {sizes: sizesGiven(sizes!, given.length, kind, isFirst, to), node, kind, plan};
    const isKnown = ![x.at(-1), ...positions, ...outputs].includes(null);
    return withChannelsFirst({...dy!, shape}, kind.rank, isFirst, to, (each) =>
      isKnown ? spreadKnown(each, kernel, output, to) : spreadAtRun(each, kernel, output, to),
    );
  };

/** What a convolution's gradient is spread to. */
interface SpreadOutput {
  readonly sizes: GivenSizes;
  readonly node: OpNode;
  readonly kind: ConvolutionKind;
  readonly plan: OpenPlan;
}

/** The sizes of the axes, as vectors of one int64. */
interface GivenSizes {
  /** Undefined where the spatial sizes alone are given. */
  readonly batch?: OnnxTensor;
  readonly channels?: OnnxTensor;
  readonly spatial: readonly OnnxTensor[];
}

function sizesGiven(
  sizes: OnnxTensor,
  count: number,
  {rank}: ConvolutionKind,
  isFirst: boolean,
  to: OnnxBuilder,
): GivenSizes {
  const all = asInt64(sizes, to);
  const each = Array.from({length: count}, (_, i) => to.op('Slice', [all, to.ints([i]), to.ints([i + 1])]));
  if (count < rank) return {spatial: each};
  const [batch, ...spatial] = channelsLast(each, isFirst);
  const channels = spatial.pop()!;
  return {batch: batch!, channels, spatial};
}

/** All elements of the input that `out` positions of a window span. */
const spanned = (out: number, {size, stride, dilation}: OpenWindow): number =>
  (out - 1) * stride! + (size! - 1) * dilation + 1;

/** Where all sizes but the batch's are known, ONNX's op does it alone. */
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
  if (sizes.batch === undefined || (plan.x[0] !== null && dy.shape?.[0] === plan.x[0])) return y;
  // Throws where the sizes have another batch than the gradient.
  const rest = to.ints([plan.x.at(-1)!, ...plan.windows.map(({input}) => input!)]);
  return to.op('Reshape', [y, to.op('Concat', [sizes.batch, rest], {axis: 0})]);
}

/** All that the windows span, of which is cut out what the sizes say. */
function spreadAtRun(
  dy: OnnxTensor,
  kernel: OnnxTensor,
  {sizes, node, kind, plan}: SpreadOutput,
  to: OnnxBuilder,
): OnnxTensor {
  const all = to.op('ConvTranspose', [dy, kernel], {
    ...slidingAttrs(kind, plan),
    // What no window spans has zeros; there are fewer such elements than a stride has.
    output_padding: plan.windows.map(({stride}) => stride! - 1),
  });
  const cuts = plan.windows.map((window, axis) => {
    if (window.size === null) notLowered("a window's size is not known");
    return cutOut(window, sizes.spatial[axis]!, to.sizeAlong(dy, axis + 2), node, to);
  });
  const [batch, channels] = [to.sizeAlong(dy, 0), to.ints([plan.x.at(-1)!])];
  const holds = [
    ...(sizes.batch === undefined ? [] : [equal(sizes.batch, batch, to)]),
    ...(sizes.channels === undefined ? [] : [equal(sizes.channels, channels, to)]),
    ...cuts.map(({fits}) => fits),
  ].reduce((a, b) => to.op('And', [a, b]));
  const vector = (parts: readonly OnnxTensor[]) => to.op('Concat', parts, {axis: 0});
  const starts = guarded(vector(cuts.map(({from}) => from)), holds, to);
  const axes = to.ints(cuts.map((_, axis) => axis + 2));
  return to.op('Slice', [all, starts, vector(cuts.map(({end}) => end)), axes]);
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
