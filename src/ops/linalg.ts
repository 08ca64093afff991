/**
 * Linear algebra.
 *
 * @module
 */

import {decompositions} from './decompositions.js';
import {diagonals} from './diagonals.js';
import {summations} from './einsum.js';
import type {OpFamily} from './kernel.js';
import {matrixProducts} from './matmul.js';
import {orthogonalDecompositions} from './orthogonal.js';

/** Products of matrices, Einstein summation, diagonals, and solving with matrices. */
export const linalg: OpFamily = {
  ...matrixProducts,
  ...summations,
  ...diagonals,
  ...decompositions,
  ...orthogonalDecompositions,
};
