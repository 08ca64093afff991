/**
 * Non-maximum suppression: of boxes that overlap, the one with the highest score stays.
 *
 * Source: `tensorflow/core/kernels/image/non_max_suppression_op.cc`.
 *
 * @module
 */

/** What decides whether a candidate stays. */
export interface SuppressionRules {
  /** How many are selected at most. */
  readonly limit: number;
  /** A candidate must not share more than this with one that was selected. */
  readonly overlapThreshold: number;
  /** Candidates of no higher score are not looked at. */
  readonly scoreThreshold: number;
  /** 0 drops overlapping boxes; otherwise their scores decay (Bodla et al., 2017). */
  readonly softSigma: number;
}

/** What was selected, best first. */
export interface Selection {
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

/** Selects by falling score what does not overlap with what was selected before; `overlap` says how much two share. */
export function suppress(
  scores: ArrayLike<number>,
  overlap: (i: number, j: number) => number,
  {limit, overlapThreshold, scoreThreshold, softSigma}: SuppressionRules,
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

/** Intersection over union of boxes `[y1, x1, y2, x2]`, any corner first; they begin at `from`, `stride` numbers apart. */
export function intersectionOverUnion(boxes: ArrayLike<number>, stride = 4, from = 0) {
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
