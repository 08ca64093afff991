import {describe, expect, it} from 'vitest';
import {eigen, Matrix, qr, svd} from './orthogonal.js';

const close = (actual: ArrayLike<number>, expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, each] of expected.entries()) expect(actual[i]).toBeCloseTo(each, 12);
};

function times(a: Matrix, b: Matrix): Matrix {
  const out = new Matrix(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.columns; j++) {
      for (let k = 0; k < a.columns; k++) out.set(i, j, out.at(i, j) + a.at(i, k) * b.at(k, j));
    }
  }
  return out;
}

/** Columns of length 1 at right angles. */
const expectOrthogonal = (m: Matrix) =>
  close(times(m.transposed(), m).data, [...Matrix.identity(m.columns).data]);

const TALL = new Matrix(3, 2, [3, 1, 4, 1, 0, 5]);

describe('QR', () => {
  it('gives factors whose product is the matrix, the second one a triangle', () => {
    const {q, r} = qr(TALL);
    expectOrthogonal(q);
    close(times(q, r).data, [...TALL.data]);
    // The first column of the matrix is 5 long.
    expect(Math.abs(r.at(0, 0))).toBeCloseTo(5, 12);
    expect([r.at(1, 0), r.at(2, 0), r.at(2, 1)]).toEqual([0, 0, 0]);
  });
});

describe('eigenvalues of a symmetric matrix', () => {
  it('ascend, and belong to their vectors', () => {
    const {values, vectors} = eigen(new Matrix(2, 2, [2, 1, 1, 2]));
    close(values, [1, 3]);
    expectOrthogonal(vectors);
    expect(vectors.at(0, 0)).toBeCloseTo(-vectors.at(1, 0), 12);
    expect(vectors.at(0, 1)).toBeCloseTo(vectors.at(1, 1), 12);
  });

  it('are those of the lower half', () => {
    close(eigen(new Matrix(2, 2, [2, 100, 1, 2])).values, [1, 3]);
  });
});

describe('singular values', () => {
  it('descend, and make up the matrix with their vectors', () => {
    const {values, u, v} = svd(TALL);
    expectOrthogonal(u);
    expectOrthogonal(v);
    const stretched = new Matrix(3, 2, [values[0]!, 0, 0, values[1]!, 0, 0]);
    close(times(times(u, stretched), v.transposed()).data, [...TALL.data]);
    expect(values[0]).toBeGreaterThan(values[1]!);
    // Their squares add up to those of the elements: 9 + 1 + 16 + 1 + 25.
    expect(values[0]! ** 2 + values[1]! ** 2).toBeCloseTo(52, 12);
  });

  it('of a matrix that is wider than tall exchange the sides', () => {
    const {values, u, v} = svd(TALL.transposed());
    close(values, [...svd(TALL).values]);
    expect([u.rows, v.rows]).toEqual([2, 3]);
  });

  it('may be 0: the vectors are a basis all the same', () => {
    const {values, u} = svd(new Matrix(2, 2, [3, 0, 0, 0]));
    close(values, [3, 0]);
    expectOrthogonal(u);
  });
});
