import {describe, expect, it} from 'vitest';
import {largest} from './largest.js';

/** Positions of the largest of `elements`, and whether an array of all positions was asked for. */
function positions(elements: readonly (number | bigint)[], k: number) {
  let sorted = false;
  const found = largest(elements, k, () => {
    sorted = true;
    return Int32Array.from(elements, (_, i) => i);
  });
  return {found: [...found], sorted};
}

describe('the largest elements', () => {
  it('come in order, the lower position first among equals', () => {
    expect(positions([3, 1, 4, 1, 5, 9, 2, 6, 5], 4).found).toEqual([5, 7, 4, 8]);
  });

  it('may be none, or all', () => {
    expect(positions([2, 1], 0).found).toEqual([]);
    expect(positions([1, 2], 2).found).toEqual([1, 0]);
  });

  it('are told apart beyond the integers that numbers hold', () => {
    expect(positions([2n ** 53n, 2n ** 53n + 1n], 1).found).toEqual([1]);
  });

  it('are the same whether few are picked or all are sorted', () => {
    // 37 has no factor in common with 100: each number from 0 to 99 occurs once.
    const shuffled = Array.from({length: 100}, (_, i) => (i * 37) % 100);
    const [few, many] = [positions(shuffled, 32), positions(shuffled, 33)];
    expect([few.sorted, many.sorted]).toEqual([false, true]);
    expect(few.found).toEqual(many.found.slice(0, 32));
    expect(many.found.map((position) => shuffled[position])).toEqual(
      Array.from({length: 33}, (_, i) => 99 - i),
    );
  });
});
