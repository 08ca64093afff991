/**
 * The string ops.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {base64} from './kernels/base64.js';
import {stringEdit} from './kernels/edit.js';
import {stringFiles} from './kernels/file.js';
import {stringJoining} from './kernels/join.js';
import {nGramming} from './kernels/ngrams.js';
import {stringNumber} from './kernels/number.js';
import {stringRaw} from './kernels/raw.js';
import {stringRegex} from './kernels/regex.js';
import {stringSplitting} from './kernels/split.js';
import {substrings} from './kernels/substr.js';
import {unicode} from './kernels/unicode.js';

/** Ops on string tensors. Strings are bytes throughout. */
export const string: OpFamily = {
  ...stringEdit,
  ...substrings,
  ...stringJoining,
  ...stringSplitting,
  ...nGramming,
  ...stringRegex,
  ...stringNumber,
  ...stringRaw,
  ...unicode,
  ...base64,
  ...stringFiles,
};
