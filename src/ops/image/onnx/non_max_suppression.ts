/**
 * Suppression of boxes that overlap better ones, as the op of ONNX, which goes through them in the same order.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {elementOf} from '../../../graph/known.js';
import {elementAt} from '../../../host/tensor.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {withRank} from '../../infer_rules.js';
import {guarded} from '../../lower_rules.js';
import type {Lower, Lowering} from '../../lowering.js';
import {detectionLimits} from '../plan.js';

/** The least float32: what has no threshold is above it. */
const LOWEST = -3.4028234663852886e38;

/** What boxes are picked by. */
interface Rules {
  readonly most: OnnxTensor;
  readonly overlap: OnnxTensor;
  readonly score: OnnxTensor;
}

/** A number of boxes as int64, which the session refuses if it is negative. */
function countOf(most: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const count = to.cast(most, 'int64');
  const known = elementOf(most);
  if (known !== undefined && known >= 0) return count;
  return guarded(count, to.op('GreaterOrEqual', [count, to.scalar('int64', 0)], {}, {dtype: 'bool'}), to);
}

/** The boxes that are picked, `[n, 3]`: which image, class and box. Boxes `[images, boxes, 4]`, scores `[images, classes, boxes]`. */
function suppress(
  boxes: OnnxTensor,
  scores: OnnxTensor,
  {most, overlap, score}: Rules,
  to: OnnxBuilder,
): OnnxTensor {
  return to.op(
    'NonMaxSuppression',
    [boxes, scores, most, overlap, score],
    {},
    {dtype: 'int64', shape: [null, 3]},
  );
}

/** The indices of the boxes that are picked, as int64, and how many may be. */
function picked(inputs: readonly OnnxTensor[], {attrs}: OpNode, to: Lowering) {
  const [boxes, scores, limit, overlap, score, sigma] = inputs;
  if (sigma !== undefined && (sigma.value === undefined || elementAt(sigma.value.data, 0) !== 0))
    notLowered('soft_nms_sigma is not known to be 0');
  const most = countOf(limit!, to);
  const rules = {
    most,
    overlap: overlap ?? to.scalar('float32', attrs.float('iou_threshold')),
    score: score ?? to.scalar('float32', LOWEST),
  };
  const found = suppress(to.unsqueeze(boxes!, [0]), to.unsqueeze(scores!, [0, 1]), rules, to);
  return {indices: to.op('Gather', [found, to.scalar('int64', 2)], {axis: 1}, {shape: [null]}), most};
}

export const nonMaxSuppression: Lower = (inputs, node, to) =>
  to.cast(picked(inputs, node, to).indices, 'int32');

/** The indices, the scores if `hasScores`, and how many there are; filled up with zeros if the node asks for it. */
const paddedSuppression =
  (hasScores: boolean): Lower =>
  (inputs, node, to) => {
    const {indices, most} = picked(inputs, node, to);
    const count = to.sizeAlong(indices, 0);
    const filled = (x: OnnxTensor): OnnxTensor => {
      if (!node.attrs.bool('pad_to_max_output_size')) return x;
      const missing = to.op('Sub', [most, count]);
      const pads = to.op('Concat', [to.ints([0]), missing], {axis: 0});
      return to.op('Pad', [x, pads, to.scalar(x.dtype, 0)]);
    };
    const scores = hasScores ? [filled(to.op('Gather', [inputs[1], indices], {axis: 0}))] : [];
    return [to.cast(filled(indices), 'int32'), ...scores, to.cast(to.squeeze(count, [0]), 'int32')];
  };

export const nonMaxSuppressionV4: Lower = paddedSuppression(false);
export const nonMaxSuppressionV5: Lower = paddedSuppression(true);

/** Boxes `[images, classes or 1, boxes, 4]` and scores `[images, classes, boxes]`, and how many of these there are. */
interface Candidates {
  readonly boxes: OnnxTensor;
  readonly scores: OnnxTensor;
  readonly classes: number;
  readonly count: number;
  readonly isShared: boolean;
}

function candidatesOf(boxes: OnnxTensor, scores: OnnxTensor, node: OpNode, to: OnnxBuilder): Candidates {
  const [, count, owners, sides] = withRank(boxes, 4, 'boxes', node);
  const [, candidates, classes] = withRank(scores, 3, 'scores', node);
  if (count == null || owners == null || classes == null || candidates !== count || sides !== 4)
    return notLowered('the numbers of boxes and classes are not known');
  if (owners !== 1 && owners !== classes) notLowered('the classes of boxes and scores differ');
  return {
    boxes: to.transpose(boxes, [0, 2, 1, 3]),
    scores: to.transpose(scores, [0, 2, 1]),
    classes,
    count,
    isShared: owners === 1,
  };
}

/** The scores of the boxes that stay, `[images, classes * boxes]`; those of the others are minus infinity. */
function scoresLeft(
  {boxes, scores, classes, count, isShared}: Candidates,
  rules: Rules,
  to: OnnxBuilder,
): OnnxTensor {
  // Where classes have boxes of their own, each is suppressed as if it was an image.
  const own = isShared ? scores : to.reshape(scores, [-1, 1, count]);
  const found = suppress(to.reshape(boxes, [-1, count, 4]), own, rules, to);
  const none = to.op('Expand', [to.scalar('float32', -Infinity), to.shapeOf(own)]);
  const kept = to.op('ScatterND', [none, found, to.op('GatherND', [own, found])]);
  return to.reshape(kept, [-1, classes * count]);
}

/** The best boxes of all classes together, for each image. */
export const combinedSuppression: Lower = (inputs, node, to) => {
  const [boxes, scores, perClass, total, overlap, score] = inputs as OnnxTensor[];
  const candidates = candidatesOf(boxes!, scores!, node, to);
  const {count, classes, isShared} = candidates;
  const limits = {
    boxes: count,
    classes,
    perClass: elementOf(perClass) ?? null,
    total: elementOf(total) ?? null,
  };
  const {perClass: most, room} = detectionLimits<number | null>(limits, node);
  if (most === null || room === null) return notLowered('it is not known how many boxes are wanted');
  const rules = {most: to.scalar('int64', most), overlap: overlap!, score: score!};
  const left = scoresLeft(candidates, rules, to);
  const missing = Math.max(0, room - classes * count);
  const none = to.scalar('float32', -Infinity);
  const all = missing === 0 ? left : to.op('Pad', [left, to.ints([0, 0, 0, missing]), none]);
  const [best, places] = to.ops('TopK', [all, to.ints([room])], {axis: 1}, [{}, {dtype: 'int64'}]);
  const isThere = to.op('Greater', [best, none], {}, {dtype: 'bool'});
  const at = to.op('Where', [isThere, places, to.scalar('int64', 0)], {}, {dtype: 'int64'});
  const each = to.scalar('int64', count);
  const row = to.unsqueeze(isShared ? to.op('Mod', [at, each]) : at, [2]);
  const rows = to.reshape(candidates.boxes, [-1, isShared ? count : classes * count, 4]);
  const chosen = to.op('GatherND', [rows, row], {batch_dims: 1});
  const [zero, one] = [to.scalar('float32', 0), to.scalar('float32', 1)];
  const shown = node.attrs.bool('clip_boxes') ? to.op('Clip', [chosen, zero, one]) : chosen;
  const orZero = (isKept: OnnxTensor, x: OnnxTensor) =>
    to.op('Where', [isKept, x, zero], {}, {dtype: 'float32'});
  return [
    orZero(to.unsqueeze(isThere, [2]), shown),
    orZero(isThere, best!),
    to.cast(to.op('Div', [at, each]), 'float32'),
    to.op('ReduceSum', [to.cast(isThere, 'int32'), to.ints([1])], {keepdims: 0}),
  ];
};
