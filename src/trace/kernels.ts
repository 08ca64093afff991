/**
 * Every tfjs kernel as TensorFlow ops, from the tables of its families.
 *
 * @module
 */

import type {KernelRules} from './kernel_call.js';
import {arrayKernels} from './kernels_array.js';
import {convolutionKernels} from './kernels_conv.js';
import {imageKernels} from './kernels_image.js';
import {mathKernels} from './kernels_math.js';
import {nnKernels} from './kernels_nn.js';
import {raggedKernels} from './kernels_ragged.js';
import {reductionKernels} from './kernels_reduction.js';

/** By the name of the kernel. */
export const KERNEL_RULES: KernelRules = {
  ...mathKernels,
  ...reductionKernels,
  ...arrayKernels,
  ...convolutionKernels,
  ...nnKernels,
  ...imageKernels,
  ...raggedKernels,
};
