/**
 * Ops that make, move and look at elements without computing with them.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {blockOps} from './kernels/blocks.js';
import {fillOps} from './kernels/fill.js';
import {identityOps} from './kernels/identity.js';
import {joinOps} from './kernels/join.js';
import {oneHotOps} from './kernels/one_hot.js';
import {padOps} from './kernels/pad.js';
import {patchOps} from './kernels/patches.js';
import {rangeOps} from './kernels/range.js';
import {reverseOps} from './kernels/reverse.js';
import {searchSortedOps} from './kernels/search_sorted.js';
import {shapeOps} from './kernels/shape.js';
import {sliceOps} from './kernels/slice.js';
import {tileOps} from './kernels/tile.js';
import {transposeOps} from './kernels/transpose.js';
import {uniqueOps} from './kernels/unique.js';
import {whereOps} from './kernels/where.js';

/** Constants, shapes, slices, joins, padding and searching. */
export const array: OpFamily = {
  ...identityOps,
  ...shapeOps,
  ...joinOps,
  ...sliceOps,
  ...transposeOps,
  ...reverseOps,
  ...padOps,
  ...tileOps,
  ...blockOps,
  ...patchOps,
  ...fillOps,
  ...rangeOps,
  ...oneHotOps,
  ...whereOps,
  ...uniqueOps,
  ...searchSortedOps,
};
