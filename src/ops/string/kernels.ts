/**
 * The string ops.
 *
 * @module
 */

import type {OpFamily} from '../kernel.js';
import {stringEdit} from './kernels/edit.js';
import {stringNumber} from './kernels/number.js';
import {stringRaw} from './kernels/raw.js';
import {stringRegex} from './kernels/regex.js';
import {stringSplitting} from './kernels/split.js';
import {unicode} from './kernels/unicode.js';

/** Ops on string tensors. Strings are bytes throughout. */
export const string: OpFamily = {
  ...stringEdit,
  ...stringSplitting,
  ...stringRegex,
  ...stringNumber,
  ...stringRaw,
  ...unicode,
};
