/** Checks eigenvectors and singular vectors by what they are for: their signs are nobody's choice. */

import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {UnsupportedOpError} from '../errors.js';
import {quietCpuBackend} from '../platform/tfjs_backend.js';
import {linalg} from './linalg.js';
import {runKernel} from './testing/op_cases.js';
import {Value} from './value.js';

beforeAll(quietCpuBackend);

type Rows = readonly (readonly number[])[];

const matrix = (rows: Rows): Value =>
  Value.host('float64', [rows.length, rows[0]!.length], Float64Array.from(rows.flat()));

const rowsOf = (value: Value): number[][] => {
  const [rows, columns] = value.shape as [number, number];
  const data = Array.from(value.numeric(), Number);
  return Array.from({length: rows}, (_, i) => data.slice(i * columns, (i + 1) * columns));
};

const transpose = (a: Rows): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!));
const times = (a: Rows, b: Rows): number[][] =>
  a.map((row) => transpose(b).map((column) => column.reduce((sum, each, i) => sum + each * row[i]!, 0)));
const diagonal = (values: Value, rows: number, columns: number): number[][] =>
  Array.from({length: rows}, (_, i) =>
    Array.from({length: columns}, (_, j) => (i === j ? Number(values.numeric()[i] ?? 0) : 0)),
  );

function expectMatrix(actual: Rows, expected: Rows): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((row, i) => {
    row.forEach((each, j) => {
      expect(each).toBeCloseTo(expected[i]![j]!, 10);
    });
  });
}

const expectOrthonormal = (columns: Rows): void =>
  expectMatrix(
    times(transpose(columns), columns),
    columns[0]!.map((_, i) => columns[0]!.map((_, j) => Number(i === j))),
  );

const bool = (value: boolean) => ({type: 'bool', value: value as never}) as const;

describe('Svd', () => {
  const run = (rows: Rows, full: boolean, uv = true) =>
    runKernel({op: 'Svd', attrs: {compute_uv: bool(uv), full_matrices: bool(full)}}, linalg, [matrix(rows)]);
  const cases: Record<string, Rows> = {
    square: [
      [2, -1, 0.5],
      [0.25, 3, 1],
      [-1, 1, 4],
    ],
    tall: [
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 9],
    ],
    wide: [
      [1, 0, 2, -1],
      [0, 3, 1, 1],
    ],
    'of deficient rank': [
      [1, 2, 3],
      [2, 4, 6],
      [1, 1, 1],
    ],
    zero: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
    'with equal singular values': [
      [0, 1],
      [-1, 0],
    ],
  };
  for (const [name, rows] of Object.entries(cases)) {
    for (const full of [false, true]) {
      it(`rebuilds a matrix that is ${name}${full ? ' from complete bases' : ''}`, () => {
        const [values, u, v] = run(rows, full) as [Value, Value, Value];
        const [left, right] = [rowsOf(u), rowsOf(v)];
        const middle = diagonal(values, u.shape[1]!, v.shape[1]!);
        expectMatrix(times(times(left, middle), transpose(right)), rows);
        expectOrthonormal(left);
        expectOrthonormal(right);
        const sorted = Array.from(values.numeric(), Number).sort((a, b) => b - a);
        expect(Array.from(values.numeric(), Number)).toEqual(sorted);
      });
    }
  }

  it('knows the singular values of a diagonal matrix', () => {
    const [values, u, v] = run(
      [
        [0, 0, -5],
        [3, 0, 0],
      ],
      false,
      false,
    );
    expect([...values!.numeric()]).toEqual([5, 3]);
    expect([u!.shape, v!.shape]).toEqual([[], []]);
  });
});

describe('SelfAdjointEigV2', () => {
  const run = (rows: Rows) =>
    runKernel({op: 'SelfAdjointEigV2', attrs: {compute_v: bool(true)}}, linalg, [matrix(rows)]);

  it('rebuilds a symmetric matrix, of which it reads the lower half', () => {
    const [values, vectors] = run([
      [2, 99, 99],
      [-1, 3, 99],
      [0.5, 1, 4],
    ]) as [Value, Value];
    const columns = rowsOf(vectors);
    expectOrthonormal(columns);
    expectMatrix(times(times(columns, diagonal(values, 3, 3)), transpose(columns)), [
      [2, -1, 0.5],
      [-1, 3, 1],
      [0.5, 1, 4],
    ]);
  });

  it('gives eigenvalues in ascending order', () => {
    const [values] = run([
      [0, 0],
      [2, 3],
    ]) as [Value];
    // Roots of x^2 - 3x - 4.
    expect(Number(values.numeric()[0])).toBeCloseTo(-1, 12);
    expect(Number(values.numeric()[1])).toBeCloseTo(4, 12);
  });

  it('refuses a gradient by name', () => {
    const loss = (x: tf.Tensor) =>
      tf.sum(
        runKernel({op: 'SelfAdjointEigV2', attrs: {compute_v: bool(true)}}, linalg, [
          Value.device(x),
        ])[0]!.tensor(),
      );
    expect(() => tf.tidy(() => tf.grad(loss)(tf.eye(2)))).toThrow(UnsupportedOpError);
  });
});
