/**
 * Ops of non-maximum suppression: of boxes that overlap, the one with the highest score stays.
 *
 * @module
 */

import {
  intersectionOverUnion,
  type Selection,
  type SuppressionRules,
  suppress,
} from '../../../algorithms/non_max_suppression.js';
import type {DType} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {checkCount} from '../../sizes.js';
import {detectionLimits} from '../plan.js';

function checkBoxes(boxes: Value, scores: Value, ctx: KernelContext): void {
  if (boxes.rank !== 2 || boxes.shape[1] !== 4) {
    throw invalid(ctx, `boxes must have shape (n, 4), got ${formatShape(boxes.shape)}`);
  }
  if (scores.rank !== 1 || scores.shape[0] !== boxes.shape[0]) {
    throw invalid(ctx, `scores must have one number for each box, got shape ${formatShape(scores.shape)}`);
  }
}

function checkThreshold(threshold: number, ctx: KernelContext): number {
  if (!(threshold >= 0 && threshold <= 1))
    throw invalid(ctx, `iou_threshold ${threshold} is not within [0, 1]`);
  return threshold;
}

function sizeLimit(limit: Value, ctx: KernelContext): number {
  if (limit.number() < 0) throw invalid(ctx, `max_output_size ${limit.number()} must not be negative`);
  return limit.number();
}

/** The rules in the inputs of a node from the third on, as many as its version has. */
function rulesOf([limit, overlap, score, sigma]: readonly Value[], ctx: KernelContext): SuppressionRules {
  const softSigma = sigma?.number() ?? 0;
  if (!(softSigma >= 0)) throw invalid(ctx, `soft_nms_sigma ${softSigma} must not be negative`);
  return {
    limit: sizeLimit(limit!, ctx),
    overlapThreshold: checkThreshold(overlap?.number() ?? ctx.attrs.float('iou_threshold'), ctx),
    scoreThreshold: score?.number() ?? -Infinity,
    softSigma,
  };
}

const selectBoxes = (inputs: readonly Value[], ctx: KernelContext): Selection & {limit: number} => {
  const [boxes, scores, ...rest] = inputs as [Value, Value, ...Value[]];
  checkBoxes(boxes, scores, ctx);
  const rules = rulesOf(rest, ctx);
  const overlap = intersectionOverUnion(boxes.numeric() as Float32Array);
  return {...suppress(scores.numeric() as Float32Array, overlap, rules), limit: rules.limit};
};

const nonMaxSuppression: Kernel = (inputs, ctx) => Value.vector('int32', selectBoxes(inputs, ctx).indices);

/** `numbers`, filled up with zeros to `limit` if the node asks for it. */
function padded(dtype: DType, numbers: readonly number[], limit: number, ctx: KernelContext): Value {
  if (!ctx.attrs.bool('pad_to_max_output_size') || numbers.length >= limit)
    return Value.vector(dtype, numbers);
  const out = allocate(dtype, checkCount(limit, 'boxes', ctx));
  (out as Float32Array).set(numbers);
  return Value.host(dtype, [limit], out);
}

const nonMaxSuppressionV4: Kernel = (inputs, ctx) => {
  const {indices, limit} = selectBoxes(inputs, ctx);
  return [padded('int32', indices, limit, ctx), Value.scalar('int32', indices.length)];
};

const nonMaxSuppressionV5: Kernel = (inputs, ctx) => {
  const {indices, scores, limit} = selectBoxes(inputs, ctx);
  return [
    padded('int32', indices, limit, ctx),
    padded(inputs[1]!.dtype, scores, limit, ctx),
    Value.scalar('int32', indices.length),
  ];
};

const withOverlaps: Kernel = ([overlaps, scores, limit, overlapThreshold, scoreThreshold], ctx) => {
  const count = overlaps!.shape[0]!;
  if (overlaps!.rank !== 2 || overlaps!.shape[1] !== count) {
    throw invalid(ctx, `overlaps must be a square matrix, got ${formatShape(overlaps!.shape)}`);
  }
  if (scores!.rank !== 1 || scores!.shape[0] !== count)
    throw invalid(ctx, 'scores must have one number per box');
  const shared = overlaps!.numeric() as Float32Array;
  const rules: SuppressionRules = {
    limit: sizeLimit(limit!, ctx),
    overlapThreshold: overlapThreshold!.number(),
    scoreThreshold: scoreThreshold!.number(),
    softSigma: 0,
  };
  const {indices} = suppress(scores!.numeric() as Float32Array, (i, j) => shared[i * count + j]!, rules);
  return Value.vector('int32', indices);
};

/** Boxes of all classes of one image, best first. */
interface Detection {
  readonly box: number;
  readonly class: number;
  readonly score: number;
}

const combined: Kernel = ([boxes, scores, perClass, total, overlap, threshold], ctx) => {
  const [batch, count, boxClasses] = boxes!.shape as [number, number, number];
  const classes = scores!.shape[2] ?? 0;
  if (boxes!.rank !== 4 || boxes!.shape[3] !== 4 || scores!.rank !== 3) {
    throw invalid(ctx, 'boxes must have shape (batch, n, q, 4) and scores (batch, n, classes)');
  }
  if (
    scores!.shape[0] !== batch ||
    scores!.shape[1] !== count ||
    (boxClasses !== 1 && boxClasses !== classes)
  ) {
    throw invalid(ctx, `${formatShape(boxes!.shape)} boxes do not fit ${formatShape(scores!.shape)} scores`);
  }
  const overlapThreshold = checkThreshold(overlap!.number(), ctx);
  const {perClass: limit, room} = detectionLimits(
    {boxes: count, classes, perClass: perClass!.number(), total: total!.number()},
    ctx,
  );
  const rules: SuppressionRules = {
    limit,
    overlapThreshold,
    scoreThreshold: threshold!.number(),
    softSigma: 0,
  };
  const allBoxes = boxes!.numeric() as Float32Array;
  const allScores = scores!.numeric() as Float32Array;
  const clip = ctx.attrs.bool('clip_boxes') ? (x: number) => Math.min(Math.max(x, 0), 1) : (x: number) => x;
  checkCount(batch * room, 'boxes', ctx);
  const outBoxes = allocate('float32', batch * room * 4);
  const outScores = allocate('float32', batch * room);
  const outClasses = allocate('float32', batch * room);
  const valid = new Int32Array(batch);
  for (let image = 0; image < batch; image++) {
    const found: Detection[] = [];
    for (let c = 0; c < classes; c++) {
      const own = Float32Array.from({length: count}, (_, i) => allScores[(image * count + i) * classes + c]!);
      const from = image * count * boxClasses * 4 + (boxClasses > 1 ? c * 4 : 0);
      const {indices, scores: kept} = suppress(
        own,
        intersectionOverUnion(allBoxes, boxClasses * 4, from),
        rules,
      );
      indices.forEach((index, k) => {
        found.push({box: from + index * boxClasses * 4, class: c, score: kept[k]!});
      });
    }
    found.sort((a, b) => b.score - a.score);
    const shown = found.slice(0, room);
    valid[image] = shown.length;
    shown.forEach((detection, k) => {
      const at = image * room + k;
      for (let i = 0; i < 4; i++) outBoxes[at * 4 + i] = clip(allBoxes[detection.box + i]!);
      outScores[at] = detection.score;
      outClasses[at] = detection.class;
    });
  }
  return [
    Value.host('float32', [batch, room, 4], outBoxes),
    Value.host('float32', [batch, room], outScores),
    Value.host('float32', [batch, room], outClasses),
    Value.host('int32', [batch], valid),
  ];
};

const NO_GRADIENT = 'not differentiable, as in TensorFlow';

/** Non-maximum suppression. */
export const boxSuppression: OpFamily = {
  NonMaxSuppression: {kernel: nonMaxSuppression},
  NonMaxSuppressionV2: {kernel: nonMaxSuppression},
  NonMaxSuppressionV3: {kernel: nonMaxSuppression},
  NonMaxSuppressionV4: {kernel: nonMaxSuppressionV4},
  NonMaxSuppressionV5: {kernel: nonMaxSuppressionV5, limits: NO_GRADIENT},
  NonMaxSuppressionWithOverlaps: {kernel: withOverlaps},
  CombinedNonMaxSuppression: {kernel: combined, limits: NO_GRADIENT},
};
