/**
 * Ops that read and write slices by index.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {dynamicOps} from './kernels/dynamic.js';
import {gatherOps} from './kernels/gather.js';
import {scatterOps} from './kernels/scatter.js';

/** Gather, scatter, partition and stitch. */
export const indexing: OpFamily = {...gatherOps, ...scatterOps, ...dynamicOps};
