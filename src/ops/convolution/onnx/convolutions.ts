/**
 * Convolutions as ops of ONNX.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import type {OnnxAttrs} from '../../../onnx/graph.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {withRank} from '../../infer_rules.js';
import type {Lower} from '../../lowering.js';
import {
  type ConvolutionKind,
  type ConvolutionPlan,
  channelsFirst,
  channelsLast,
  convolutionPlan,
} from '../plan.js';
import {filterInFront, withChannelsFirst} from './layout.js';
import {slidOver} from './pads.js';

/** A convolution of which not all may be known. */
export type OpenPlan = ConvolutionPlan<number | null>;

/** What is the same in both directions: how the windows move, and which channels they see. */
export function slidingAttrs({isDepthwise}: ConvolutionKind, {windows, x, w}: OpenPlan): OnnxAttrs {
  const [channels, own] = [x.at(-1)!, w.at(-2)!];
  const group = isDepthwise ? (own ?? channels) : channels === null || own === null ? null : channels / own;
  return {
    strides: windows.map(({stride}) => stride!),
    dilations: windows.map(({dilation}) => dilation),
    group: group ?? notLowered('the number of channels is not known'),
  };
}

/** The filter in ONNX's order; of a depthwise one, each channel's filters form a group. */
export function kernelOf(
  {rank, isDepthwise}: ConvolutionKind,
  filter: OnnxTensor,
  to: OnnxBuilder,
): OnnxTensor {
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
