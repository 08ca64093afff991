/**
 * Ops of TF Text that saved models contain.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {textByteSplit} from './kernels/byte_split.js';
import {textCodePointTokens} from './kernels/code_point_tokens.js';
import {textFastBertNormalization} from './kernels/fast_bert_normalize.js';
import {textFastWordpiece} from './kernels/fast_wordpiece.js';
import {textNormalization} from './kernels/normalize.js';
import {textRegexSplit} from './kernels/regex_split.js';
import {textSentencepiece} from './kernels/sentencepiece.js';
import {textTrimming} from './kernels/trim.js';
import {textWhitespace} from './kernels/whitespace.js';
import {textWordpiece} from './kernels/wordpiece.js';

/** Text ops beyond TensorFlow's own. */
export const text: OpFamily = {
  ...textNormalization,
  ...textRegexSplit,
  ...textWhitespace,
  ...textCodePointTokens,
  ...textWordpiece,
  ...textFastWordpiece,
  ...textFastBertNormalization,
  ...textByteSplit,
  ...textSentencepiece,
  ...textTrimming,
};
