/**
 * Ops that fold, scan, rank or count elements.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {positions} from './kernels/arg_max.js';
import {counts} from './kernels/bincount.js';
import {reductions} from './kernels/reduce.js';
import {scans} from './kernels/scan.js';
import {largestElements} from './kernels/top_k.js';

/** Reductions, running sums, positions of extremes, histograms. */
export const reduction: OpFamily = {
  ...reductions,
  ...scans,
  ...positions,
  ...largestElements,
  ...counts,
};
