/**
 * Optionals: scalars, of whose contents the node that takes them out knows most.
 *
 * @module
 */

import type {InferTable} from '../../graph/infer.js';
import {forAll, scalar} from '../infer_rules.js';

export const infer: InferTable = {
  ...forAll(scalar, ['OptionalFromValue', 'OptionalNone', 'OptionalHasValue']),
  OptionalGetValue: (_, {attrs}) => attrs.shapes('output_shapes').map((shape) => ({shape})),
};
