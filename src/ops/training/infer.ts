/**
 * What optimizer steps give: the first version of the ops hands its variable on, the others give nothing.
 *
 * @module
 */

import type {InferTable} from '../../graph/infer.js';
import {forAll, nothing, shapeOfInput} from '../infer_rules.js';
import {facts} from './facts.js';

const steps = Object.keys(facts);

export const infer: InferTable = {
  ...forAll(
    shapeOfInput(),
    steps.filter((op) => op.startsWith('Apply')),
  ),
  ...forAll(
    nothing,
    steps.filter((op) => op.startsWith('Resource')),
  ),
};
