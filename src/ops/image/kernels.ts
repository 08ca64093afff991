/**
 * Image ops.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {boxSuppression} from './kernels/boxes.js';
import {imageColor} from './kernels/color.js';
import {imageResize} from './kernels/resize.js';
import {imageSample} from './kernels/sample.js';

/** Resizing, parts and colours of images, suppression of boxes. */
export const image: OpFamily = {...imageResize, ...imageSample, ...imageColor, ...boxSuppression};
