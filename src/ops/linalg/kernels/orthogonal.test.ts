/** Checks eigenvectors and singular vectors by what they are for: their signs are nobody's choice. */

import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {UnsupportedOpError} from '../../../errors.js';
import {Value} from '../../../tensors/value.js';
import {quietCpuBackend} from '../../../tfjs/cpu_backend.js';
import {runKernel} from '../../testing/op_cases.js';
import {linalg} from '../kernels.js';

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
});

/** The square of each factor, weighted by cosines of its place, summed up: no sign matters. */
function slope(op: string, attrs: Parameters<typeof runKernel>[0]['attrs'], x: tf.Tensor): number[] {
  const loss = (a: tf.Tensor) => {
    const factors = runKernel({op, attrs}, linalg, [Value.device(a)]).filter((factor) => factor.rank > 0);
    const terms = factors.map((factor) => {
      const squares = tf.reshape(tf.square(factor.tensor()), [factor.size]);
      return tf.sum(tf.mul(squares, tf.cos(tf.range(0, factor.size))));
    });
    return tf.addN(terms) as tf.Scalar;
  };
  return tf.tidy(() => [...tf.grad(loss)(x).dataSync()]);
}

/** Row by row the sines of 1.7 i^2 + 0.3. */
const sines = (rows: number, columns: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({length: rows * columns}, (_, i) => Math.sin(1.7 * i * i + 0.3)),
    [rows, columns],
  );

describe('gradients, as TensorFlow 2.15 computes them in double precision,', () => {
  const expectClose = (found: number[], expected: number[]): void => {
    expect(found.length).toBe(expected.length);
    found.forEach((each, i) => {
      expect(Math.abs(each - expected[i]!)).toBeLessThan(5e-4 * Math.max(1, Math.abs(expected[i]!)));
    });
  };
  const thin = {compute_uv: bool(true), full_matrices: bool(false)};

  it('of singular values and vectors', () => {
    expectClose(
      slope('Svd', thin, sines(3, 3)),
      [-1.48166, 1.15417, 0.777429, 0.21422, 0.516846, -1.234369, -1.209773, 1.740251, 2.19912],
    );
    expectClose(
      slope('Svd', thin, sines(4, 2)),
      [0.562068, 1.934888, 0.107825, -0.778691, 1.12481, -1.2679, -2.465383, 2.125582],
    );
    expectClose(
      slope('Svd', thin, sines(2, 4)),
      [0.159705, 0.990145, 1.720593, -0.171684, 1.182655, -2.338034, -1.593123, 1.912653],
    );
  });

  it('of singular values alone', () => {
    expectClose(
      slope('Svd', {...thin, compute_uv: bool(false)}, sines(3, 3)),
      [-1.224939, 1.364888, 0.881595, 0.326027, 0.708985, -1.00763, -0.739066, 2.120677, 1.960361],
    );
  });

  it('of eigenvalues and eigenvectors, with respect to the lower triangle', () => {
    const symmetric = tf.tidy(() => tf.add(sines(3, 3), tf.transpose(sines(3, 3))));
    expectClose(
      slope('SelfAdjointEigV2', {compute_v: bool(true)}, symmetric),
      [-1.222961, 0, 0, -1.562206, -0.393725, 0, 1.074558, 2.056234, 1.235872],
    );
    expectClose(
      slope('SelfAdjointEigV2', {compute_v: bool(false)}, symmetric),
      [-0.734648, 0, 0, -1.349818, -1.102054, 0, 0.400644, 1.387722, 1.455888],
    );
  });

  it('are refused for factors that are not unique', () => {
    const full = {compute_uv: bool(true), full_matrices: bool(true)};
    expect(() => slope('Svd', full, sines(4, 2))).toThrow(UnsupportedOpError);
    expect(() => slope('Qr', {full_matrices: bool(true)}, sines(4, 2))).toThrow(UnsupportedOpError);
  });

  it('cannot be differentiated again', () => {
    const once = (x: tf.Tensor) =>
      tf.sum(
        tf.grad((a: tf.Tensor) => {
          const [values] = runKernel({op: 'Svd', attrs: thin}, linalg, [Value.device(a)]);
          return tf.sum(tf.square(values!.tensor()));
        })(x),
      );
    expect(() => tf.tidy(() => tf.grad(once)(sines(3, 3)))).toThrow(UnsupportedOpError);
  });
});
