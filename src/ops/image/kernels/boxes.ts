/**
 * Non-maximum suppression: of boxes that overlap, the one with the highest score stays.
 *
 * Source: `tensorflow/core/kernels/image/non_max_suppression_op.cc`.
 *
 * @module
 */

import type {DType} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {checkCount} from '../../sizes.js';

/** What decides whether a candidate stays. */
interface Rules {
  readonly limit: number;
  readonly overlapThreshold: number;
  readonly scoreThreshold: number;
  /** 0 drops overlapping boxes; otherwise their scores decay (Bodla et al., 2017). */
  readonly softSigma: number;
}

interface Selection {
  readonly indices: number[];
  readonly scores: number[];
}

interface Candidate {
  readonly index: number;
  score: number;
  /** Selected boxes before this one have been taken into account already. */
  compared: number;
}

/** Boxes by falling score, equal scores by index; a binary heap, for soft suppression puts candidates back. */
class Queue {
  readonly #heap: Candidate[] = [];

  get isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  push(candidate: Candidate): void {
    const heap = this.#heap;
    let at = heap.push(candidate) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!precedes(heap[at]!, heap[parent]!)) break;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  pop(): Candidate {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      let next = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && precedes(heap[child]!, heap[next]!)) next = child;
      }
      if (next === at) return first;
      [heap[at], heap[next]] = [heap[next]!, heap[at]!];
      at = next;
    }
  }
}

const precedes = (a: Candidate, b: Candidate): boolean =>
  a.score > b.score || (a.score === b.score && a.index < b.index);

function suppress(
  scores: ArrayLike<number>,
  overlap: (i: number, j: number) => number,
  {limit, overlapThreshold, scoreThreshold, softSigma}: Rules,
): Selection {
  const queue = new Queue();
  for (let index = 0; index < scores.length; index++) {
    if (scores[index]! > scoreThreshold) queue.push({index, score: scores[index]!, compared: 0});
  }
  const isSoft = softSigma > 0;
  const decay = isSoft ? -0.5 / softSigma : 0;
  const chosen: Selection = {indices: [], scores: []};
  while (chosen.indices.length < limit && !queue.isEmpty) {
    const candidate = queue.pop();
    const {score} = candidate;
    let isDropped = false;
    for (let k = chosen.indices.length - 1; k >= candidate.compared && !isDropped; k--) {
      const shared = overlap(candidate.index, chosen.indices[k]!);
      if (isSoft) candidate.score *= Math.fround(Math.exp(decay * shared * shared));
      isDropped = isSoft ? candidate.score <= scoreThreshold : shared > overlapThreshold;
    }
    candidate.compared = chosen.indices.length;
    if (isDropped) continue;
    if (candidate.score === score) {
      chosen.indices.push(candidate.index);
      chosen.scores.push(score);
    } else if (candidate.score > scoreThreshold) {
      queue.push(candidate);
    }
  }
  return chosen;
}

/** Intersection over union of boxes `[y1, x1, y2, x2]`, any corner first. */
function intersectionOverUnion(boxes: ArrayLike<number>, stride = 4, from = 0) {
  const at = (box: number, k: number): number => boxes[from + box * stride + k]!;
  const low = (box: number, axis: number): number => Math.min(at(box, axis), at(box, axis + 2));
  const high = (box: number, axis: number): number => Math.max(at(box, axis), at(box, axis + 2));
  const area = (box: number): number => (high(box, 0) - low(box, 0)) * (high(box, 1) - low(box, 1));
  return (i: number, j: number): number => {
    const [a, b] = [area(i), area(j)];
    if (a <= 0 || b <= 0) return 0;
    const side = (axis: number): number =>
      Math.max(0, Math.min(high(i, axis), high(j, axis)) - Math.max(low(i, axis), low(j, axis)));
    const shared = side(0) * side(1);
    return Math.fround(shared / (a + b - shared));
  };
}

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
function rulesOf([limit, overlap, score, sigma]: readonly Value[], ctx: KernelContext): Rules {
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
  const rules: Rules = {
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
  const rules: Rules = {
    limit: Math.min(perClass!.number(), count),
    overlapThreshold: checkThreshold(overlap!.number(), ctx),
    scoreThreshold: threshold!.number(),
    softSigma: 0,
  };
  if (rules.limit <= 0) throw invalid(ctx, 'max_output_size_per_class must be positive');
  if (total!.number() <= 0) throw invalid(ctx, 'max_total_size must be positive');
  const room = ctx.attrs.bool('pad_per_class')
    ? Math.min(total!.number(), rules.limit * classes)
    : total!.number();
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
