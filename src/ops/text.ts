/**
 * Ops of TF Text that saved models contain.
 *
 * @module
 */

import type {OpFamily} from './kernel.js';
import {textNormalization} from './text_normalize.js';
import {textSentencepiece} from './text_sentencepiece.js';
import {textTokenization} from './text_tokenize.js';
import {textTrimming} from './text_trim.js';

/** Text ops beyond TensorFlow's own. */
export const text: OpFamily = {
  ...textNormalization,
  ...textTokenization,
  ...textSentencepiece,
  ...textTrimming,
};
