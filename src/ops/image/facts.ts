/**
 * Facts about the ops of this family.
 *
 * @module
 */

import type {FactTable} from '../facts_table.js';

export const facts: FactTable = {
  ScaleAndTranslate: {inputRanks: {scale: 'vector', translation: 'vector'}},
  CropAndResize: {inputRanks: {crop_size: 'vector'}},
  CropAndResizeGradImage: {inputRanks: {image_size: 'vector'}},
  ImageProjectiveTransformV2: {inputRanks: {output_shape: 'vector'}},
  ImageProjectiveTransformV3: {inputRanks: {output_shape: 'vector', fill_value: 'scalar'}},
  HSVToRGB: {gradient: 'none'},
  AdjustHue: {inputRanks: {delta: 'scalar'}},
  AdjustSaturation: {inputRanks: {scale: 'scalar'}},
  NonMaxSuppression: {inputRanks: {max_output_size: 'scalar'}},
  NonMaxSuppressionV2: {inputRanks: {max_output_size: 'scalar', iou_threshold: 'scalar'}},
  NonMaxSuppressionV3: {
    inputRanks: {max_output_size: 'scalar', iou_threshold: 'scalar', score_threshold: 'scalar'},
  },
  NonMaxSuppressionV4: {
    inputRanks: {max_output_size: 'scalar', iou_threshold: 'scalar', score_threshold: 'scalar'},
  },
  NonMaxSuppressionV5: {
    inputRanks: {
      max_output_size: 'scalar',
      iou_threshold: 'scalar',
      score_threshold: 'scalar',
      soft_nms_sigma: 'scalar',
    },
  },
  NonMaxSuppressionWithOverlaps: {
    inputRanks: {max_output_size: 'scalar', overlap_threshold: 'scalar', score_threshold: 'scalar'},
  },
  CombinedNonMaxSuppression: {
    inputRanks: {
      max_output_size_per_class: 'scalar',
      max_total_size: 'scalar',
      iou_threshold: 'scalar',
      score_threshold: 'scalar',
    },
  },
};
