/**
 * Every kind of chain.
 *
 * @module
 */

import type {ChainRule} from './chain.js';
import {CONVOLUTION_CHAIN} from './convolution/kernels/chain.js';
import {STANDARDIZATION_CHAIN} from './string/kernels/chain.js';

/** The kinds of chains, in the order in which they are looked for. */
export const CHAIN_RULES: readonly ChainRule[] = [CONVOLUTION_CHAIN, STANDARDIZATION_CHAIN];
