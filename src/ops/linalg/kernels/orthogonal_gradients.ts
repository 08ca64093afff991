/**
 * Gradients of orthogonal decompositions: QR, eigenvalues of symmetric matrices, singular values. Each decomposition
 * has one gradient for each of its factors, which add up.
 *
 * Sources: `tensorflow/python/ops/linalg_grad.py`; J. Townsend, "Differentiating the singular value decomposition" (2016).
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {UnsupportedOpError} from '../../../errors.js';
import {inverseTensor, lowerTriangle, transposeLast} from './decompositions.js';
import {multiplyTensors as product} from './matmul.js';

/** The gradient of the matrix from that of one factor, all factors and the matrix. */
export type FactorGradient = (dy: tf.Tensor, factors: tf.Tensor[], x: tf.Tensor) => tf.Tensor;

/** `[..., n]` as diagonal matrices. */
function diagonal(x: tf.Tensor): tf.Tensor {
  const n = x.shape.at(-1)!;
  return tf.mul(tf.expandDims(x, -1), tf.eye(n));
}

/** `1 / (x[j] - x[i])` for each pair, 0 where both are equal. */
function reciprocalGaps(x: tf.Tensor): tf.Tensor {
  const gaps = tf.sub(tf.expandDims(x, -2), tf.expandDims(x, -1));
  return tf.divNoNan(tf.onesLike(gaps), gaps);
}

/** What only the lower triangle of a symmetric matrix gets, for the upper one is not read. */
function ofLowerTriangle(dx: tf.Tensor): tf.Tensor {
  return lowerTriangle(tf.add(dx, transposeLast(dx)), 0.5);
}

/** Of the eigenvalues, and of the eigenvectors. */
export const eigenGradients: readonly FactorGradient[] = [
  (dy, [, vectors]) => ofLowerTriangle(product(product(vectors!, diagonal(dy)), vectors!, false, true)),
  (dy, [values, vectors]) => {
    const middle = tf.mul(reciprocalGaps(values!), product(vectors!, dy, true));
    return ofLowerTriangle(product(product(vectors!, middle), vectors!, false, true));
  },
];

/** `x - u u' x`: what of `x` lies outside of the space that the columns of `u` span. */
const outside = (u: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.sub(x, product(u, product(u, x, true)));

/** What a gradient of singular vectors says of how they turn into each other. */
function turning(vectors: tf.Tensor, dy: tf.Tensor, values: tf.Tensor): tf.Tensor {
  const turn = product(vectors, dy, true);
  return tf.mul(reciprocalGaps(tf.square(values)), tf.sub(turn, transposeLast(turn)));
}

function checkThin(vectors: tf.Tensor, values: tf.Tensor): void {
  if (vectors.shape.at(-1) !== values.shape.at(-1)) {
    throw new UnsupportedOpError(
      'Svd: the gradient with full_matrices of matrices that are not square is not supported',
    );
  }
}

/** Of the singular values, the left and the right singular vectors. */
export const svdGradients: readonly FactorGradient[] = [
  (dy, [values, u, v]) => {
    const count = values!.shape.at(-1)!;
    const thin = (vectors: tf.Tensor) => {
      const begin = vectors.shape.map(() => 0);
      return tf.slice(vectors, begin, vectors.shape.with(-1, count));
    };
    return product(product(thin(u!), diagonal(dy)), thin(v!), false, true);
  },
  (dy, [values, u, v]) => {
    for (const each of [u!, v!]) checkThin(each, values!);
    const rows = tf.expandDims(values!, -2);
    const inside = tf.mul(product(u!, turning(u!, dy, values!)), rows);
    return product(tf.add(inside, tf.div(outside(u!, dy), rows)), v!, false, true);
  },
  (dy, [values, u, v]) => {
    for (const each of [u!, v!]) checkThin(each, values!);
    const columns = tf.expandDims(values!, -1);
    const inside = product(tf.mul(turning(v!, dy, values!), columns), v!, false, true);
    return product(u!, tf.add(inside, tf.div(transposeLast(outside(v!, dy)), columns)));
  },
];

/** The first `count` columns, or the others. */
function columnsOf(x: tf.Tensor, from: number, to: number): tf.Tensor {
  const begin = x.shape.map((_, axis) => (axis === x.rank - 1 ? from : 0));
  return tf.slice(x, begin, x.shape.with(-1, to - from));
}

/** Of `q r` with at least as many rows as columns. */
function deepQr(q: tf.Tensor, r: tf.Tensor, dq: tf.Tensor, dr: tf.Tensor): tf.Tensor {
  if (q.shape.at(-1) !== r.shape.at(-1)) {
    throw new UnsupportedOpError(
      'Qr: the gradient with full_matrices of matrices with more rows than columns is not supported',
    );
  }
  const solve = (x: tf.Tensor) => product(x, inverseTensor(r), false, true);
  const turned = product(q, dq, true);
  const [a, b] = [tf.sub(turned, transposeLast(turned)), product(r, dr, false, true)];
  const lower = lowerTriangle(tf.add(a, tf.sub(b, transposeLast(b))));
  return tf.add(product(q, tf.add(dr, solve(lower))), solve(tf.sub(dq, product(q, turned))));
}

/** With more columns than rows, those beyond the square come from `r` alone. */
function qrGradient(dq: tf.Tensor, dr: tf.Tensor, [q, r]: tf.Tensor[], x: tf.Tensor): tf.Tensor {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  if (columns <= rows) return deepQr(q!, r!, dq, dr);
  const beyond = columnsOf(dr, rows, columns);
  const rest = columnsOf(x, rows, columns);
  const square = deepQr(
    q!,
    columnsOf(r!, 0, rows),
    tf.add(dq, product(rest, beyond, false, true)),
    columnsOf(dr, 0, rows),
  );
  return tf.concat([square, product(q!, beyond)], -1);
}

/** Of `q` and of `r`. */
export const qrGradients: readonly FactorGradient[] = [
  (dy, factors, x) => qrGradient(dy, tf.zerosLike(factors[1]!), factors, x),
  (dy, factors, x) => qrGradient(tf.zerosLike(factors[0]!), dy, factors, x),
];
