/**
 * Gradients of convolutions with respect to their filters, which are convolutions again: of images whose channels are the batch, with
 * gradients as far apart as the strides.
 *
 * @module
 */

import {shapeFrom} from '../../../graph/known.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {withRank} from '../../infer_rules.js';
import type {Lower} from '../../lowering.js';
import {type ConvolutionKind, channelsFirst, channelsLast, convolutionPlan} from '../plan.js';
import {padsOf} from './pads.js';

export const filterGradient =
  (kind: ConvolutionKind): Lower =>
  ([input, sizes, dy], node, to) => {
    const isFirst = channelsFirst(node);
    const x = channelsLast(withRank(input!, kind.rank, 'the input', node), isFirst);
    const [, ...positions] = channelsLast(withRank(dy!, kind.rank, 'the gradient', node), isFirst);
    const w = shapeFrom(sizes!);
    if (w === null || w.includes(null)) return notLowered("the filter's shape is not known");
    const {windows, y} = convolutionPlan<number | null>(kind, x, w, node);
    const pads = windows.map(padsOf);
    if (positions.some((size, i) => size === null || size !== y[i + 1]) || x.slice(1).includes(null))
      return notLowered('sizes are not known, or do not fit');
    if (x.at(-1) !== w.at(-2)) notLowered('the channels are in groups');
    const turned = (each: OnnxTensor) => channelsAsBatch({...each, shape: null}, kind.rank, isFirst, to);
    const all = to.op('Conv', [turned(input!), turned(dy!)], {
      pads: [0, 1].flatMap((side) => pads.map((each) => each![side]!)),
      strides: windows.map(({dilation}) => dilation),
      dilations: windows.map(({stride}) => stride!),
    });
    // What strides leave out at the end would make more elements than the filter has.
    const spatial = windows.map((_, axis) => axis + 2);
    const ends = windows.map(({size}) => size!);
    const own = to.op('Slice', [all, to.ints(ends.map(() => 0)), to.ints(ends), to.ints(spatial)]);
    return to.transpose(own, [...spatial, 0, 1]);
  };

/** `[channels, batch, ...]`. */
function channelsAsBatch(x: OnnxTensor, rank: number, isFirst: boolean, to: OnnxBuilder): OnnxTensor {
  const spatial = Array.from({length: rank - 2}, (_, i) => i + (isFirst ? 2 : 1));
  return to.transpose(x, [isFirst ? 1 : rank - 1, 0, ...spatial]);
}
