/**
 * Ops of neural networks.
 *
 * @module
 */

import {activations} from './activation.js';
import {convolutions} from './conv.js';
import {ctc} from './ctc.js';
import {dataFormats} from './data_format.js';
import type {OpFamily} from './kernel.js';
import {morphology} from './morphology.js';
import {normalizations} from './normalization.js';
import {pools} from './pool.js';
import {quantization} from './quantization.js';
import {quantizedNumbers} from './quantized_numbers.js';
import {recurrent} from './recurrent.js';

/** Convolution, pooling, normalization, activation, recurrence, simulated quantization. */
export const nn: OpFamily = {
  ...activations,
  ...convolutions,
  ...pools,
  ...normalizations,
  ...recurrent,
  ...quantization,
  ...quantizedNumbers,
  ...morphology,
  ...dataFormats,
  ...ctc,
};
