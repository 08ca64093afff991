/**
 * Elementwise mathematics.
 *
 * @module
 */

import {casts} from './cast.js';
import type {OpFamily} from './kernel.js';
import {binaryMath} from './math_binary.js';
import {comparisons} from './math_compare.js';
import {complexParts} from './math_complex.js';
import {elementwiseGradients} from './math_gradients.js';
import {selection} from './math_select.js';
import {unaryMath} from './math_unary.js';

/** Arithmetic, functions, comparisons, logic, selection and casts. */
export const math: OpFamily = {
  ...unaryMath,
  ...binaryMath,
  ...comparisons,
  ...selection,
  ...complexParts,
  ...casts,
  ...elementwiseGradients,
};
