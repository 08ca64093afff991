/**
 * Facts about the ops of this family.
 *
 * @module
 */

import {type FactTable, factsFor, type OpFacts} from '../facts_table.js';

/** How many boxes are picked shows when they have been compared. */
const PICKED: OpFacts = {dataDependent: true};

export const facts: FactTable = factsFor(
  {residence: 'host'},
  [
    'NonMaxSuppression',
    'NonMaxSuppressionV2',
    'NonMaxSuppressionV3',
    'NonMaxSuppressionV4',
    'NonMaxSuppressionV5',
    'NonMaxSuppressionWithOverlaps',
    'CombinedNonMaxSuppression',
  ],
  {
    ResizeBilinear: {constantInputs: ['size']},
    ResizeBicubic: {constantInputs: ['size']},
    ResizeArea: {constantInputs: ['size']},
    ResizeNearestNeighbor: {constantInputs: ['size']},
    ResizeNearestNeighborGrad: {constantInputs: ['size']},
    ScaleAndTranslate: {inputRanks: {scale: 'vector', translation: 'vector'}, constantInputs: ['size']},
    CropAndResize: {inputRanks: {crop_size: 'vector'}, constantInputs: ['crop_size']},
    CropAndResizeGradImage: {inputRanks: {image_size: 'vector'}, constantInputs: ['image_size']},
    ImageProjectiveTransformV2: {inputRanks: {output_shape: 'vector'}, constantInputs: ['output_shape']},
    ImageProjectiveTransformV3: {
      inputRanks: {output_shape: 'vector', fill_value: 'scalar'},
      constantInputs: ['output_shape'],
    },
    HSVToRGB: {gradient: 'none'},
    AdjustHue: {inputRanks: {delta: 'scalar'}},
    AdjustSaturation: {inputRanks: {scale: 'scalar'}},
    NonMaxSuppression: {...PICKED, inputRanks: {max_output_size: 'scalar'}},
    NonMaxSuppressionV2: {...PICKED, inputRanks: {max_output_size: 'scalar', iou_threshold: 'scalar'}},
    NonMaxSuppressionV3: {
      ...PICKED,
      inputRanks: {max_output_size: 'scalar', iou_threshold: 'scalar', score_threshold: 'scalar'},
    },
    NonMaxSuppressionV4: {
      ...PICKED,
      constantInputs: ['max_output_size'],
      inputRanks: {max_output_size: 'scalar', iou_threshold: 'scalar', score_threshold: 'scalar'},
    },
    NonMaxSuppressionV5: {
      ...PICKED,
      constantInputs: ['max_output_size'],
      inputRanks: {
        max_output_size: 'scalar',
        iou_threshold: 'scalar',
        score_threshold: 'scalar',
        soft_nms_sigma: 'scalar',
      },
    },
    NonMaxSuppressionWithOverlaps: {
      ...PICKED,
      inputRanks: {max_output_size: 'scalar', overlap_threshold: 'scalar', score_threshold: 'scalar'},
    },
    CombinedNonMaxSuppression: {
      constantInputs: ['max_output_size_per_class', 'max_total_size'],
      inputRanks: {
        max_output_size_per_class: 'scalar',
        max_total_size: 'scalar',
        iou_threshold: 'scalar',
        score_threshold: 'scalar',
      },
    },
  },
);
