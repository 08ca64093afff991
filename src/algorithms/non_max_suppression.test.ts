import {describe, expect, it} from 'vitest';
import {intersectionOverUnion, type SuppressionRules, suppress} from './non_max_suppression.js';

/** Unit squares side by side; each overlaps its neighbour by a half, which is a third of what both cover. */
const squares = (...lefts: number[]) => lefts.flatMap((left) => [0, left, 1, left + 1]);

const RULES: SuppressionRules = {limit: 10, overlapThreshold: 0.3, scoreThreshold: 0, softSigma: 0};

describe('what two boxes share', () => {
  it('is their intersection over their union', () => {
    const shared = intersectionOverUnion(squares(0, 0.5, 2));
    expect([shared(0, 1), shared(1, 0), shared(0, 2)]).toEqual([Math.fround(1 / 3), Math.fround(1 / 3), 0]);
  });

  it('does not depend on which corners are given', () => {
    const shared = intersectionOverUnion([0, 0, 1, 1, 1, 1.5, 0, 0.5]);
    expect(shared(0, 1)).toBe(Math.fround(1 / 3));
  });

  it('is nothing for boxes without area', () => {
    expect(intersectionOverUnion([0, 0, 0, 1, 0, 0, 1, 1])(0, 1)).toBe(0);
  });
});

describe('suppression', () => {
  const overlap = intersectionOverUnion(squares(0, 0.5, 1));

  it('keeps the best of boxes that overlap', () => {
    expect(suppress([0.5, 0.9, 0.7], overlap, RULES)).toEqual({indices: [1], scores: [0.9]});
    expect(suppress([0.9, 0.5, 0.7], overlap, RULES)).toEqual({indices: [0, 2], scores: [0.9, 0.7]});
  });

  it('takes the first of equal scores, and no more than asked for', () => {
    expect(suppress([0.7, 0.1, 0.7], overlap, {...RULES, limit: 1}).indices).toEqual([0]);
  });

  it('passes over scores that are not above the threshold', () => {
    expect(suppress([0.9, 0.5, 0.7], overlap, {...RULES, scoreThreshold: 0.7}).indices).toEqual([0]);
  });

  it('lets scores decay where it is soft', () => {
    const {indices, scores} = suppress([0.9, 0.8, 0.1], overlap, {...RULES, softSigma: 0.5});
    // exp(-0.5 / sigma * share^2) of what it was, for the one box that overlaps with it.
    expect(indices).toEqual([0, 1, 2]);
    expect(scores[1]).toBeCloseTo(0.8 * Math.exp(-1 / 9), 6);
    expect(scores[2]).toBeCloseTo(0.1 * Math.exp(-1 / 9), 6);
  });
});
