/**
 * Decompositions of matrices into orthogonal factors: QR, eigenvalues of symmetric matrices, singular values.
 *
 * @module
 */

/** A matrix in row-major order. */
export class Matrix {
  readonly data: Float64Array;

  constructor(
    readonly rows: number,
    readonly columns: number,
    data?: ArrayLike<number>,
  ) {
    this.data = data ? Float64Array.from(data) : new Float64Array(rows * columns);
  }

  static identity(n: number): Matrix {
    const out = new Matrix(n, n);
    for (let i = 0; i < n; i++) out.data[i * n + i] = 1;
    return out;
  }

  at(i: number, j: number): number {
    return this.data[i * this.columns + j]!;
  }

  set(i: number, j: number, value: number): void {
    this.data[i * this.columns + j] = value;
  }

  transposed(): Matrix {
    const out = new Matrix(this.columns, this.rows);
    for (let i = 0; i < this.rows; i++) for (let j = 0; j < this.columns; j++) out.set(j, i, this.at(i, j));
    return out;
  }

  /** The upper left part. */
  corner(rows: number, columns: number): Matrix {
    return this.pick(
      rows,
      Array.from({length: columns}, (_, j) => j),
    );
  }

  /** The first rows of the given columns. */
  pick(rows: number, columns: readonly number[]): Matrix {
    const out = new Matrix(rows, columns.length);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns.length; j++) out.set(i, j, this.at(i, columns[j]!));
    }
    return out;
  }

  /** Turns columns `p` and `q` into `c p - s q` and `s p + c q`. */
  rotateColumns(p: number, q: number, c: number, s: number): void {
    for (let i = 0; i < this.rows; i++) {
      const [a, b] = [this.at(i, p), this.at(i, q)];
      this.set(i, p, c * a - s * b);
      this.set(i, q, s * a + c * b);
    }
  }

  /** The inner product of two columns. */
  dot(p: number, q: number): number {
    let sum = 0;
    for (let i = 0; i < this.rows; i++) sum += this.at(i, p) * this.at(i, q);
    return sum;
  }
}

/** Householder reflections; signs as in Eigen and LAPACK. The factors are complete: rows x rows and rows x columns. */
export function qr(matrix: Matrix): {q: Matrix; r: Matrix} {
  const {rows, columns} = matrix;
  const r = new Matrix(rows, columns, matrix.data);
  const q = Matrix.identity(rows);
  for (let k = 0; k < Math.min(rows, columns); k++) {
    const v = Float64Array.from({length: rows - k}, (_, i) => r.at(k + i, k));
    const tail = v.subarray(1).reduce((sum, x) => sum + x * x, 0);
    if (tail === 0) continue;
    const norm = Math.sqrt(v[0]! * v[0]! + tail);
    v[0]! += v[0]! >= 0 ? norm : -norm;
    const scale = 2 / (v[0]! * v[0]! + tail);
    reflectRows(r, v, k, scale);
    reflectColumns(q, v, k, scale);
    for (let i = k + 1; i < rows; i++) r.set(i, k, 0);
  }
  return {q, r};
}

/** `(1 - scale v v') m` on the rows from `from` on. */
function reflectRows(m: Matrix, v: Float64Array, from: number, scale: number): void {
  for (let j = 0; j < m.columns; j++) {
    const along = scale * v.reduce((sum, each, i) => sum + each * m.at(from + i, j), 0);
    v.forEach((each, i) => {
      m.set(from + i, j, m.at(from + i, j) - along * each);
    });
  }
}

/** `m (1 - scale v v')` on the columns from `from` on. */
function reflectColumns(m: Matrix, v: Float64Array, from: number, scale: number): void {
  for (let i = 0; i < m.rows; i++) {
    const along = scale * v.reduce((sum, each, j) => sum + each * m.at(i, from + j), 0);
    v.forEach((each, j) => {
      m.set(i, from + j, m.at(i, from + j) - along * each);
    });
  }
}

/** Jacobi's methods converge quadratically: this many sweeps are far more than they need. */
const MAX_SWEEPS = 60;
const EPSILON = 2 ** -52;

/** Cosine and sine of the rotation that makes `off` vanish between the diagonal elements `p` and `q`. */
function rotation(p: number, q: number, off: number): [cos: number, sin: number] {
  const theta = (q - p) / (2 * off);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  return [c, t * c];
}

/** Eigenvalues in ascending order and eigenvectors (columns) of a symmetric matrix, of which the lower half is read. */
export function eigen(matrix: Matrix): {values: Float64Array; vectors: Matrix} {
  const n = matrix.rows;
  const a = new Matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) a.set(i, j, matrix.at(Math.max(i, j), Math.min(i, j)));
  const vectors = Matrix.identity(n);
  const largest = a.data.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  let isDone = false;
  for (let sweep = 0; sweep < MAX_SWEEPS && !isDone; sweep++) {
    isDone = true;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = a.at(p, q);
        if (!(Math.abs(off) > EPSILON * EPSILON * largest)) continue;
        isDone = false;
        const [c, s] = rotation(a.at(p, p), a.at(q, q), off);
        a.rotateColumns(p, q, c, s);
        rotateRows(a, p, q, c, s);
        vectors.rotateColumns(p, q, c, s);
      }
    }
  }
  const order = Array.from({length: n}, (_, i) => i).sort((i, j) => a.at(i, i) - a.at(j, j));
  return {values: Float64Array.from(order, (i) => a.at(i, i)), vectors: vectors.pick(n, order)};
}

function rotateRows(m: Matrix, p: number, q: number, c: number, s: number): void {
  for (let j = 0; j < m.columns; j++) {
    const [a, b] = [m.at(p, j), m.at(q, j)];
    m.set(p, j, c * a - s * b);
    m.set(q, j, s * a + c * b);
  }
}

/** Singular values, and the vectors on both sides. */
export interface Svd {
  /** In descending order. */
  readonly values: Float64Array;
  /** Complete orthogonal matrices; the columns beyond the singular values span the rest of the space. */
  readonly u: Matrix;
  readonly v: Matrix;
}

/** Singular values by M. Hestenes' one-sided rotations, which make the columns orthogonal. */
export function svd(matrix: Matrix): Svd {
  if (matrix.rows < matrix.columns) {
    const {values, u, v} = svd(matrix.transposed());
    return {values, u: v, v: u};
  }
  const {rows, columns} = matrix;
  const a = new Matrix(rows, columns, matrix.data);
  const v = Matrix.identity(columns);
  let isDone = false;
  for (let sweep = 0; sweep < MAX_SWEEPS && !isDone; sweep++) {
    isDone = true;
    for (let p = 0; p < columns; p++) {
      for (let q = p + 1; q < columns; q++) {
        const [pp, qq, pq] = [a.dot(p, p), a.dot(q, q), a.dot(p, q)];
        if (!(Math.abs(pq) > EPSILON * Math.sqrt(pp * qq))) continue;
        isDone = false;
        const [c, s] = rotation(pp, qq, pq);
        a.rotateColumns(p, q, c, s);
        v.rotateColumns(p, q, c, s);
      }
    }
  }
  const norms = Float64Array.from({length: columns}, (_, j) => Math.sqrt(a.dot(j, j)));
  const order = Array.from(norms.keys()).sort((i, j) => norms[j]! - norms[i]!);
  const values = Float64Array.from(order, (j) => norms[j]!);
  return {values, u: completeBasis(a.pick(rows, order), values), v: v.pick(columns, order)};
}

/** Orthogonal columns of the given norms as an orthonormal basis of the whole space. */
function completeBasis(columns: Matrix, norms: Float64Array): Matrix {
  const n = columns.rows;
  const out = new Matrix(n, n);
  const least = Math.max(...norms, 0) * EPSILON * n;
  let next = 0;
  for (let j = 0; j < n; j++) {
    if (j < columns.columns && norms[j]! > least) {
      for (let i = 0; i < n; i++) out.set(i, j, columns.at(i, j) / norms[j]!);
      continue;
    }
    // A unit vector that is not yet spanned, made orthogonal to the columns so far.
    for (let found = false; !found; next++) {
      for (let i = 0; i < n; i++) out.set(i, j, Number(i === next));
      for (let pass = 0; pass < 2; pass++) {
        for (let k = 0; k < n; k++) {
          if (k === j) continue;
          const along = out.dot(k, j);
          for (let i = 0; i < n; i++) out.set(i, j, out.at(i, j) - along * out.at(i, k));
        }
      }
      const norm = Math.sqrt(out.dot(j, j));
      found = norm > 1e-3 / Math.sqrt(n);
      for (let i = 0; i < n; i++) out.set(i, j, found ? out.at(i, j) / norm : 0);
    }
  }
  return out;
}
