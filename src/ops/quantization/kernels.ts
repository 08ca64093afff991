/**
 * Quantized numbers, and floats rounded as if they were.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {quantizedNumbers} from './kernels/numbers.js';
import {simulatedQuantization} from './kernels/simulated.js';

/** Quantization, simulated or real. */
export const quantization: OpFamily = {...simulatedQuantization, ...quantizedNumbers};
