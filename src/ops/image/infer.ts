/**
 * Shapes of images that are resized, cut, coloured and projected, and of boxes that are picked.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {elementOf, elementsOf, type Inferred, type Known, SCALAR, shapeFrom} from '../../graph/known.js';
import {derived} from '../../host/shape.js';
import {commonSize, forAll, shapeOfInput, withRank, withRankAtLeast} from '../infer_rules.js';
import {boxCount, detectionLimits, imagesOfSize, patchWindows, resizedShape} from './plan.js';

const imagesOf = (known: Known, node: OpNode) => withRank(known, 4, 'images', node);

/** Two sizes, as far as they are known. */
const twoSizes = (known: Known): readonly (number | null)[] => elementsOf(known) ?? [null, null];

const resize: Infer = ([images, size], node) => [
  {shape: resizedShape(imagesOf(images!, node), {shape: size!.shape, elements: twoSizes(size!)}, node)},
];

const crop: Infer = ([images, boxes, owners, size], node) => {
  const channels = imagesOf(images!, node)[3]!;
  const count = boxCount(boxes!.shape ?? [null, 4], owners!.shape ?? [null], node);
  return [{shape: imagesOfSize(count, twoSizes(size!), channels, 'crop_size', node)}];
};

const cropGradient: Infer = ([dy, , , size], node) => {
  const shape = withRank({...size!, shape: shapeFrom(size!)}, 4, 'the images', node);
  return [{shape: shape.with(3, commonSize([shape[3]!, imagesOf(dy!, node)[3]!], 'the channels', node))}];
};

const project: Infer = ([images, , size], node) => {
  const [batch, , , channels] = imagesOf(images!, node);
  return [{shape: imagesOfSize(batch!, twoSizes(size!), channels!, 'output shape', node)}];
};

const patches: Infer = ([images], node) => {
  const shape = imagesOf(images!, node);
  const windows = patchWindows(shape, node);
  const sizes = windows.map(({size}) => size);
  const pixels = derived((...factors) => factors.reduce((a, b) => a * b), shape[3]!, ...sizes);
  return [{shape: [shape[0]!, ...windows.map(({output}) => output), pixels]}];
};

/** The last axis holds red, green and blue, or what they are turned into. */
const colours: Infer = ([images], node) => {
  const shape = withRankAtLeast(images!, 1, 'images', node);
  return [
    {shape: shape === null ? null : shape.with(-1, commonSize([shape.at(-1)!, 3], 'the channels', node))},
  ];
};

const contrast: Infer = ([images], node) => [{shape: withRankAtLeast(images!, 3, 'images', node)}];

const SOME: Inferred = {shape: [null]};

/** The boxes that were picked: as many as are asked for where they are filled up with zeros. */
const picked = (most: Known, {attrs}: OpNode): Inferred =>
  attrs.bool('pad_to_max_output_size') ? {shape: [elementOf(most) ?? null]} : SOME;

/** Boxes, scores and classes of each image, and how many are valid. */
const combinedSuppression: Infer = ([boxes, scores, perClass, total], node) => {
  const [batch, count] = withRank(boxes!, 4, 'boxes', node);
  const [scored, candidates, classes] = withRank(scores!, 3, 'scores', node);
  const images = commonSize([batch!, scored!], 'the numbers of images', node);
  const {room} = detectionLimits(
    {
      boxes: commonSize([count!, candidates!], 'the numbers of boxes and scores', node),
      classes: classes!,
      perClass: elementOf(perClass!) ?? null,
      total: elementOf(total!) ?? null,
    },
    node,
  );
  return [{shape: [images, room, 4]}, {shape: [images, room]}, {shape: [images, room]}, {shape: [images]}];
};

export const infer: InferTable = {
  ...forAll(resize, [
    ...['ResizeBilinear', 'ResizeBicubic', 'ResizeArea', 'ResizeNearestNeighbor', 'ScaleAndTranslate'],
    'ResizeNearestNeighborGrad',
  ]),
  ...forAll(shapeOfInput(1), ['ResizeBilinearGrad', 'ResizeBicubicGrad', 'ScaleAndTranslateGrad']),
  CropAndResize: crop,
  CropAndResizeGradImage: cropGradient,
  ExtractImagePatches: patches,
  ...forAll(project, ['ImageProjectiveTransformV2', 'ImageProjectiveTransformV3']),
  ...forAll(colours, ['RGBToHSV', 'HSVToRGB', 'AdjustHue', 'AdjustSaturation']),
  AdjustContrastv2: contrast,
  ...forAll(
    () => [SOME],
    ['NonMaxSuppression', 'NonMaxSuppressionV2', 'NonMaxSuppressionV3', 'NonMaxSuppressionWithOverlaps'],
  ),
  NonMaxSuppressionV4: ([, , most], node) => [picked(most!, node), SCALAR],
  NonMaxSuppressionV5: ([, , most], node) => [picked(most!, node), picked(most!, node), SCALAR],
  CombinedNonMaxSuppression: combinedSuppression,
};
