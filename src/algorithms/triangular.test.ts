import {describe, expect, it} from 'vitest';
import {cholesky, determinant, inverse, logDeterminant, solve, substitute, transposed} from './triangular.js';

const close = (actual: ArrayLike<number> | undefined, expected: readonly number[]) => {
  expect(actual?.length).toBe(expected.length);
  for (const [i, each] of expected.entries()) expect(actual![i]).toBeCloseTo(each, 12);
};

/** 2 * 3 - 1 * 1 = 5. */
const MATRIX = Float64Array.of(2, 1, 1, 3);
/** Twice the first row is the second. */
const SINGULAR = Float64Array.of(1, 2, 2, 4);

describe('Gaussian elimination', () => {
  it('solves for several right sides', () => {
    // 2 * 0.8 + 1.4 = 3 and 0.8 + 3 * 1.4 = 5; the second column is half the matrix's first.
    close(solve(MATRIX, [3, 1, 5, 0.5], 2, 2), [0.8, 0.5, 1.4, 0]);
  });

  it('exchanges rows where a pivot is 0', () => {
    close(solve(Float64Array.of(0, 1, 1, 0), [2, 3], 2, 1), [3, 2]);
  });

  it('gives the inverse, and none of a matrix that has none', () => {
    close(inverse(MATRIX, 2), [0.6, -0.2, -0.2, 0.4]);
    expect(inverse(SINGULAR, 2)).toBeUndefined();
    expect(solve(SINGULAR, [1, 1], 2, 1)).toBeUndefined();
  });

  it('gives determinants, and their signs and logarithms', () => {
    expect(determinant(MATRIX, 2)).toBeCloseTo(5, 12);
    expect(determinant(SINGULAR, 2)).toBeCloseTo(0, 12);
    close(logDeterminant(Float64Array.of(0, 2, 3, 0), 2), [-1, Math.log(6)]);
  });
});

describe('triangles', () => {
  it('are solved from their corner on, in place', () => {
    const lower = Float64Array.of(1, 0, 3, 2);
    const right = Float64Array.of(5, 21);
    substitute(lower, right, 2, 1, {lower: true, unit: false});
    close(right, [5, 3]);
  });

  it('are Cholesky factors of positive definite matrices, and NaN for others', () => {
    close(cholesky(Float64Array.of(4, 2, 2, 5), 2), [2, 0, 1, 2]);
    expect([...cholesky(Float64Array.of(1, 2, 2, 1), 2)]).toEqual([Number.NaN, 0, Number.NaN, Number.NaN]);
  });
});

it('transposes', () => {
  expect([...transposed(Float64Array.of(1, 2, 3, 4), 2)]).toEqual([1, 3, 2, 4]);
});
