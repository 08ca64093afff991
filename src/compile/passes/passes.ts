/**
 * The passes in their order.
 *
 * @module
 */

import {assertions} from './assertions.js';
import {dilatedConvolution} from './dilated_convolution.js';
import {paddedConvolution} from './padded_convolution.js';
import type {Pass} from './pass.js';

/** What graphs go through between inlining and lowering. */
export const PASSES: readonly Pass[] = [assertions, dilatedConvolution, paddedConvolution];
