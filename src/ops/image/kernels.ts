/**
 * Image ops.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {imageColor} from './kernels/color.js';
import {imageCrop} from './kernels/crop.js';
import {boxSuppression} from './kernels/non_max_suppression.js';
import {imagePatches} from './kernels/patches.js';
import {imageProjection} from './kernels/project.js';
import {imageResize} from './kernels/resize.js';

/** Resizing, parts and colours of images, suppression of boxes. */
export const image: OpFamily = {
  ...imageResize,
  ...imageCrop,
  ...imagePatches,
  ...imageProjection,
  ...imageColor,
  ...boxSuppression,
};
