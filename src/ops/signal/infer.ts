/**
 * Shapes of Fourier transforms.
 *
 * @module
 */

import type {Infer, InferTable} from '../../graph/infer.js';
import {allElementsOf, UNKNOWN} from '../../graph/known.js';
import {anySizes, forAll, shapeOfInput} from '../infer_rules.js';
import {inverseRealTransform, realTransform, transformLengths} from './plan.js';

/** A transform of the last `rank` dimensions, of the lengths that an input says. */
const transform =
  (plan: typeof realTransform, rank: number): Infer =>
  ([x, lengths], node) => {
    const sizes = allElementsOf(lengths);
    if (x!.shape === null) return [UNKNOWN];
    if (sizes === undefined) return [{shape: [...x!.shape.slice(0, -rank), ...anySizes(rank)]}];
    return [
      {
        shape: plan(
          x!.shape,
          transformLengths(x!.shape, sizes, lengths!.shape?.length === 1, rank, node),
          node,
        ).shape,
      },
    ];
  };

export const infer: InferTable = {
  ...forAll(shapeOfInput(), ['FFT', 'IFFT', 'FFT2D', 'IFFT2D', 'FFT3D', 'IFFT3D']),
  RFFT: transform(realTransform, 1),
  RFFT2D: transform(realTransform, 2),
  RFFT3D: transform(realTransform, 3),
  IRFFT: transform(inverseRealTransform, 1),
  IRFFT2D: transform(inverseRealTransform, 2),
  IRFFT3D: transform(inverseRealTransform, 3),
};
