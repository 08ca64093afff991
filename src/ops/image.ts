/**
 * Image ops.
 *
 * @module
 */

import {boxSuppression} from './box_suppression.js';
import {imageColor} from './image_color.js';
import {imageResize} from './image_resize.js';
import {imageSample} from './image_sample.js';
import type {OpFamily} from './kernel.js';

/** Resizing, parts and colours of images, suppression of boxes. */
export const image: OpFamily = {...imageResize, ...imageSample, ...imageColor, ...boxSuppression};
