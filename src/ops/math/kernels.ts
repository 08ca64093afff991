/**
 * Elementwise mathematics.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {binaryMath} from './kernels/binary.js';
import {buckets} from './kernels/bucketize.js';
import {casts} from './kernels/cast.js';
import {comparisons} from './kernels/compare.js';
import {complexParts} from './kernels/complex.js';
import {elementwiseGradients} from './kernels/gradients.js';
import {selection} from './kernels/select.js';
import {unaryMath} from './kernels/unary.js';

/** Arithmetic, functions, comparisons, logic, selection and casts. */
export const math: OpFamily = {
  ...unaryMath,
  ...binaryMath,
  ...comparisons,
  ...selection,
  ...buckets,
  ...complexParts,
  ...casts,
  ...elementwiseGradients,
};
