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
import {searchOps} from './kernels/search.js';
import {shapeOps} from './kernels/shape.js';
import {sliceOps} from './kernels/slice.js';

/** Constants, shapes, slices, joins, padding and searching. */
export const array: OpFamily = {
  ...identityOps,
  ...shapeOps,
  ...joinOps,
  ...sliceOps,
  ...blockOps,
  ...fillOps,
  ...searchOps,
};
