/**
 * Images as ops of ONNX.
 *
 * @module
 */

import {forAll} from '../lower_rules.js';
import type {LowerTable} from '../lowering.js';
import {adjustContrast, adjustHue, adjustSaturation, hsvToRgb, rgbToHsv} from './onnx/color.js';
import {cropAndResize} from './onnx/crop.js';
import {
  combinedSuppression,
  nonMaxSuppression,
  nonMaxSuppressionV4,
  nonMaxSuppressionV5,
} from './onnx/non_max_suppression.js';
import {extractPatches} from './onnx/patches.js';
import {resizeArea, resizeBicubic, resizeBilinear, resizeNearest, scaleImages} from './onnx/resize.js';

export const onnx: LowerTable = {
  ResizeBilinear: resizeBilinear,
  ResizeNearestNeighbor: resizeNearest,
  ResizeBicubic: resizeBicubic,
  ResizeArea: resizeArea,
  ScaleAndTranslate: scaleImages,
  CropAndResize: cropAndResize,
  ExtractImagePatches: extractPatches,
  RGBToHSV: rgbToHsv,
  HSVToRGB: hsvToRgb,
  AdjustHue: adjustHue,
  AdjustSaturation: adjustSaturation,
  AdjustContrastv2: adjustContrast,
  ...forAll(nonMaxSuppression, ['NonMaxSuppression', 'NonMaxSuppressionV2', 'NonMaxSuppressionV3']),
  NonMaxSuppressionV4: nonMaxSuppressionV4,
  NonMaxSuppressionV5: nonMaxSuppressionV5,
  CombinedNonMaxSuppression: combinedSuppression,
};
