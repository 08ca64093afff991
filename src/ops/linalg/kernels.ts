/**
 * Linear algebra.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {decompositions} from './kernels/decompositions.js';
import {diagonals} from './kernels/diagonals.js';
import {summations} from './kernels/einsum.js';
import {matrixProducts} from './kernels/matmul.js';
import {orthogonalDecompositions} from './kernels/orthogonal.js';

/** Products of matrices, Einstein summation, diagonals, and solving with matrices. */
export const linalg: OpFamily = {
  ...matrixProducts,
  ...summations,
  ...diagonals,
  ...decompositions,
  ...orthogonalDecompositions,
};
