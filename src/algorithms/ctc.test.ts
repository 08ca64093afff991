import {describe, expect, it} from 'vitest';
import {bestPath} from './ctc.js';

describe('the best path', () => {
  /** Of three classes, the one named is the likeliest, by a logit of 1 + the number of the step. */
  const steps = (...classes: number[]) =>
    classes.map((best, t) => [0, 1, 2].map((each) => (each === best ? 1 + t : 0)));

  it('leaves blanks out and merges what repeats, unless a blank is between', () => {
    const {labels} = bestPath(steps(0, 0, 2, 0, 1, 1, 2), {blank: 2, merges: true});
    expect(labels).toEqual([0, 0, 1]);
  });

  it('keeps repetitions if asked to', () => {
    const {labels} = bestPath(steps(0, 0, 2, 0, 1, 1, 2), {blank: 2, merges: false});
    expect(labels).toEqual([0, 0, 0, 1, 1]);
  });

  it('tells the logit of each step', () => {
    expect(bestPath(steps(2, 0, 1), {blank: 0, merges: true}).logits).toEqual([1, 2, 3]);
  });

  it('takes the first of equal classes', () => {
    expect(bestPath([[3, 5, 5]], {blank: 0, merges: true}).labels).toEqual([1]);
  });
});
