/**
 * Ops of TF Text that saved models contain.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {textNormalization} from './kernels/normalize.js';
import {textRegexSplit} from './kernels/regex_split.js';
import {textSentencepiece} from './kernels/sentencepiece.js';
import {textTokenization} from './kernels/tokenize.js';
import {textTrimming} from './kernels/trim.js';

/** Text ops beyond TensorFlow's own. */
export const text: OpFamily = {
  ...textNormalization,
  ...textTokenization,
  ...textRegexSplit,
  ...textSentencepiece,
  ...textTrimming,
};
