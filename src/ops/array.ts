/**
 * Ops that make, move and look at elements without computing with them.
 *
 * @module
 */

import {blockOps} from './array_blocks.js';
import {fillOps} from './array_fill.js';
import {identityOps} from './array_identity.js';
import {joinOps} from './array_join.js';
import {searchOps} from './array_search.js';
import {shapeOps} from './array_shape.js';
import {sliceOps} from './array_slice.js';
import type {OpFamily} from './kernel.js';

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
