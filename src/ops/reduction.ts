/**
 * Ops that fold, scan, rank or count elements.
 *
 * @module
 */

import {counts} from './counting.js';
import type {OpFamily} from './kernel.js';
import {rankings} from './rank_elements.js';
import {reductions} from './reduce.js';
import {scans} from './scan.js';

/** Reductions, running sums, positions of extremes, histograms. */
export const reduction: OpFamily = {...reductions, ...scans, ...rankings, ...counts};
