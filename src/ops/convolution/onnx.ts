/**
 * Convolutions and pooling as ops of ONNX, which have the channels first: transpositions around them cancel out where ops follow each
 * other.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {OnnxBuilder, OnnxTensor} from '../../onnx/builder.js';
import type {OnnxAttrs} from '../../onnx/graph.js';
import {notLowered} from '../../onnx/not_lowered.js';
import {rankOf, shapeKnown} from '../lower_rules.js';
import type {Lower, LowerTable} from '../lowering.js';
import {channelsFirst, spatialOf} from './plan.js';

/** The axes of a tensor with the channels last, in the order that puts them first. */
const inward = (rank: number): number[] => [0, rank - 1, ...Array.from({length: rank - 2}, (_, i) => i + 1)];

/** The inverse of {@link inward}. */
const outward = (rank: number): number[] => [0, ...Array.from({length: rank - 2}, (_, i) => i + 2), 1];

/** Padding as ONNX says it. */
function padding({attrs}: OpNode, isFirst: boolean): OnnxAttrs {
  switch (attrs.string('padding')) {
    case 'SAME':
      return {auto_pad: 'SAME_UPPER'};
    case 'VALID':
      return {auto_pad: 'VALID'};
    default: {
      const flat = attrs.ints('explicit_paddings');
      const starts = spatialOf(
        flat.filter((_, i) => i % 2 === 0),
        isFirst,
      );
      const ends = spatialOf(
        flat.filter((_, i) => i % 2 === 1),
        isFirst,
      );
      return {pads: [...starts, ...ends]};
    }
  }
}

function withChannelsFirst(
  x: OnnxTensor,
  isFirst: boolean,
  to: OnnxBuilder,
  compute: (x: OnnxTensor) => OnnxTensor,
): OnnxTensor {
  if (isFirst) return compute(x);
  const rank = rankOf(x);
  return to.transpose(compute(to.transpose(x, inward(rank))), outward(rank));
}

const convolution: Lower = ([x, filter], node, to) => {
  const isFirst = channelsFirst(node);
  const rank = rankOf(x!);
  const sizes = shapeKnown(filter!);
  const channels = x!.shape![isFirst ? 1 : rank - 1]!;
  const own = sizes[rank - 2]!;
  if (channels === null || own === null) notLowered('the number of channels is not known');
  const attrs = {
    ...padding(node, isFirst),
    strides: spatialOf(node.attrs.ints('strides'), isFirst),
    dilations: spatialOf(node.attrs.ints('dilations'), isFirst),
    group: channels! / own!,
  };
  const kernel = to.transpose(filter!, [rank - 1, rank - 2, ...Array.from({length: rank - 2}, (_, i) => i)]);
  return withChannelsFirst(x!, isFirst, to, (each) => to.op('Conv', [each, kernel], attrs));
};

const depthwise: Lower = ([x, filter], node, to) => {
  const isFirst = channelsFirst(node);
  const [height, width, channels, multiplier] = shapeKnown(filter!);
  if ([height, width, channels, multiplier].includes(null)) notLowered("the filter's shape is not known");
  const attrs = {
    ...padding(node, isFirst),
    strides: spatialOf(node.attrs.ints('strides'), isFirst),
    dilations: spatialOf(node.attrs.ints('dilations'), isFirst),
    group: channels!,
  };
  const kernel = to.reshape(to.transpose(filter!, [2, 3, 0, 1]), [
    channels! * multiplier!,
    1,
    height!,
    width!,
  ]);
  return withChannelsFirst(x!, isFirst, to, (each) => to.op('Conv', [each, kernel], attrs));
};

const pool =
  (op: string): Lower =>
  ([x], node, to) => {
    const isFirst = channelsFirst(node);
    const [ksize, strides] = [node.attrs.ints('ksize'), node.attrs.ints('strides')];
    if (ksize[0] !== 1 || ksize[isFirst ? 1 : ksize.length - 1] !== 1)
      notLowered('it pools over the batch or over channels');
    const attrs = {
      ...padding(node, isFirst),
      kernel_shape: spatialOf(ksize, isFirst),
      strides: spatialOf(strides, isFirst),
    };
    return withChannelsFirst(x!, isFirst, to, (each) => to.op(op, [each], attrs));
  };

export const onnx: LowerTable = {
  Conv2D: convolution,
  Conv3D: convolution,
  DepthwiseConv2dNative: depthwise,
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  MaxPool3D: pool('MaxPool'),
  AvgPool3D: pool('AveragePool'),
};
