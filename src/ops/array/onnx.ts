/**
 * Ops that make, move and describe tensors, as ops of ONNX.
 *
 * @module
 */

import {forAll, passes, passesAll} from '../lower_rules.js';
import type {LowerTable} from '../lowering.js';
import {blockRules} from './onnx/blocks.js';
import {joinRules} from './onnx/joins.js';
import {searchRules} from './onnx/searches.js';
import {shapeRules} from './onnx/shapes.js';
import {sliceRules} from './onnx/slices.js';

export const onnx: LowerTable = {
  ...forAll(passes, [
    ...['Identity', 'StopGradient', 'PreventGradient', 'Snapshot', 'PlaceholderWithDefault'],
    ...['GuaranteeConst', 'DeepCopy', 'DebugGradientIdentity'],
  ]),
  IdentityN: passesAll,
  ...shapeRules,
  ...joinRules,
  ...sliceRules,
  ...blockRules,
  ...searchRules,
};
