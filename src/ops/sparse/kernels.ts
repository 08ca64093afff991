/**
 * Ops on sparse tensors: their coordinates, their values and their dense shape are three tensors of the graph.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {sparseConversions} from './kernels/convert.js';
import {sparseCounting} from './kernels/count.js';
import {featureCrosses} from './kernels/cross.js';
import {sparseMath} from './kernels/math.js';
import {sets} from './kernels/sets.js';
import {sparseVariants} from './kernels/variant.js';

/** Sparse tensors, sets and feature crosses. */
export const sparse: OpFamily = {
  ...sparseConversions,
  ...sparseMath,
  ...sparseCounting,
  ...sparseVariants,
  ...sets,
  ...featureCrosses,
};
