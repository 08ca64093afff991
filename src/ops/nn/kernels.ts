/**
 * Activations, losses and biases of neural networks.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {activations} from './kernels/activation.js';
import {biases} from './kernels/bias.js';
import {ctc} from './kernels/ctc.js';
import {dataFormats} from './kernels/data_format.js';
import {softmaxes} from './kernels/softmax.js';

/** Activations, softmax and cross entropies, biases, data formats, CTC. */
export const nn: OpFamily = {...activations, ...softmaxes, ...biases, ...dataFormats, ...ctc};
