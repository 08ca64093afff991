/**
 * Shapes of what is rearranged, and the sizes that are computed of shapes.
 *
 * @module
 */

import type {InferTable} from '../../graph/infer.js';
import {knownConstant, vectorOf} from '../../graph/known.js';
import {forAll, passes, passesAll, shapeOfInput} from '../infer_rules.js';

export const infer: InferTable = {
  Const: (_, {attrs}) => [knownConstant(attrs.tensor('value'))],
  ...forAll(passes, ['Identity', 'Snapshot', 'StopGradient', 'PreventGradient', 'CheckNumerics']),
  IdentityN: passesAll,
  ...forAll(shapeOfInput(), ['ZerosLike', 'OnesLike']),
  Shape: ([x]) => [x!.shape === null ? {shape: [null]} : vectorOf(x!.shape)],
};
