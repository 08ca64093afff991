/**
 * Ops on sparse tensors: their coordinates, their values and their dense shape are three tensors of the graph.
 *
 * @module
 */

import {featureCrosses} from './feature_cross.js';
import type {OpFamily} from './kernel.js';
import {sets} from './sets.js';
import {sparseConversions} from './sparse_convert.js';
import {sparseCounting} from './sparse_count.js';
import {sparseMath} from './sparse_math.js';
import {sparseVariants} from './sparse_variant.js';

/** Sparse tensors, sets and feature crosses. */
export const sparse: OpFamily = {
  ...sparseConversions,
  ...sparseMath,
  ...sparseCounting,
  ...sparseVariants,
  ...sets,
  ...featureCrosses,
};
