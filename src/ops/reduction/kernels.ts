/**
 * Ops that fold, scan, rank or count elements.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {counts} from './kernels/count.js';
import {rankings} from './kernels/rank.js';
import {reductions} from './kernels/reduce.js';
import {scans} from './kernels/scan.js';

/** Reductions, running sums, positions of extremes, histograms. */
export const reduction: OpFamily = {...reductions, ...scans, ...rankings, ...counts};
