/**
 * Square matrices as triangles: Gaussian elimination, Cholesky factors, and what follows from them. Matrices are arrays in
 * row-major order.
 *
 * @module
 */

/** A square matrix factored as P A = L U: both factors in one array, and the row that each row came from. */
interface LU {
  readonly n: number;
  readonly factors: Float64Array;
  readonly rows: Int32Array;
  /** Sign of the permutation. */
  readonly sign: number;
  readonly isSingular: boolean;
}

/** Gaussian elimination with partial pivoting. */
function factorize(matrix: ArrayLike<number>, n: number): LU {
  const factors = Float64Array.from(matrix);
  const rows = Int32Array.from({length: n}, (_, i) => i);
  let sign = 1;
  let isSingular = false;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) {
      if (Math.abs(factors[i * n + column]!) > Math.abs(factors[pivot * n + column]!)) pivot = i;
    }
    if (pivot !== column) {
      swapRows(factors, n, pivot, column);
      [rows[pivot], rows[column]] = [rows[column]!, rows[pivot]!];
      sign = -sign;
    }
    const divisor = factors[column * n + column]!;
    if (divisor === 0) {
      isSingular = true;
      continue;
    }
    for (let i = column + 1; i < n; i++) {
      const factor = (factors[i * n + column]! /= divisor);
      for (let j = column + 1; j < n; j++) factors[i * n + j]! -= factor * factors[column * n + j]!;
    }
  }
  return {n, factors, rows, sign, isSingular};
}

function swapRows(matrix: Float64Array, n: number, a: number, b: number): void {
  const row = matrix.slice(a * n, (a + 1) * n);
  matrix.copyWithin(a * n, b * n, (b + 1) * n);
  matrix.set(row, b * n);
}

/** Solves A X = B for `columns` columns, from the factors of A. */
function solveFactored({n, factors, rows}: LU, right: ArrayLike<number>, columns: number): Float64Array {
  const x = new Float64Array(n * columns);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < columns; j++) x[i * columns + j] = right[rows[i]! * columns + j]!;
  }
  substitute(factors, x, n, columns, {lower: true, unit: true});
  substitute(factors, x, n, columns, {lower: false, unit: false});
  return x;
}

/** Solves a triangular system in place; `unit` takes the diagonal as ones. */
export function substitute(
  triangle: Float64Array,
  x: Float64Array,
  n: number,
  columns: number,
  {lower, unit}: {lower: boolean; unit: boolean},
): void {
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    const [from, to] = lower ? [0, i] : [i + 1, n];
    for (let k = from; k < to; k++) {
      const factor = triangle[i * n + k]!;
      for (let j = 0; j < columns; j++) x[i * columns + j]! -= factor * x[k * columns + j]!;
    }
    if (unit) continue;
    for (let j = 0; j < columns; j++) x[i * columns + j]! /= triangle[i * n + i]!;
  }
}

/** The matrix with rows and columns exchanged. */
export function transposed(matrix: Float64Array, n: number): Float64Array {
  return Float64Array.from(matrix, (_, at) => matrix[(at % n) * n + Math.floor(at / n)]!);
}

/** The inverse; undefined where there is none. */
export function inverse(matrix: Float64Array, n: number): Float64Array | undefined {
  const identity = new Float64Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  return solve(matrix, identity, n, n);
}

/** The solution X of A X = B for `columns` columns; undefined where the matrix has no inverse. */
export function solve(
  matrix: Float64Array,
  right: ArrayLike<number>,
  n: number,
  columns: number,
): Float64Array | undefined {
  const lu = factorize(matrix, n);
  return lu.isSingular ? undefined : solveFactored(lu, right, columns);
}

/** The Cholesky factor; NaNs in its place, as in TensorFlow, where the matrix is not positive definite. */
export function cholesky(matrix: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= out[i * n + k]! * out[j * n + k]!;
      if (i === j && !(sum > 0)) return lowerNaNs(n);
      out[i * n + j] = i === j ? Math.sqrt(sum) : sum / out[j * n + j]!;
    }
  }
  return out;
}

function lowerNaNs(n: number): Float64Array {
  return Float64Array.from({length: n * n}, (_, at) => (at % n <= Math.floor(at / n) ? Number.NaN : 0));
}

/** The determinant. */
export function determinant(matrix: Float64Array, n: number): number {
  const {factors, sign} = factorize(matrix, n);
  let product = sign;
  for (let i = 0; i < n; i++) product *= factors[i * n + i]!;
  return product;
}

/** The sign of the determinant, and the logarithm of its absolute value. */
export function logDeterminant(matrix: Float64Array, n: number): [sign: number, logAbs: number] {
  const {factors, sign} = factorize(matrix, n);
  let [total, logs] = [sign, 0];
  for (let i = 0; i < n; i++) {
    total *= Math.sign(factors[i * n + i]!);
    logs += Math.log(Math.abs(factors[i * n + i]!));
  }
  return [total, logs];
}
