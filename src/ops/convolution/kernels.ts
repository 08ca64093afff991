/**
 * Ops that slide a window over an image.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {convolutions} from './kernels/conv.js';
import {fusions} from './kernels/fused.js';
import {morphology} from './kernels/morphology.js';
import {pools} from './kernels/pool.js';

/** Convolution, pooling, dilation. */
export const convolution: OpFamily = {...convolutions, ...fusions, ...pools, ...morphology};
