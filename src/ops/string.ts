/**
 * The string ops.
 *
 * @module
 */

import type {OpFamily} from './kernel.js';
import {stringEdit} from './string_edit.js';
import {stringNumber} from './string_number.js';
import {stringRaw} from './string_raw.js';
import {stringRegex} from './string_regex.js';
import {stringSplitting} from './string_split.js';
import {unicode} from './unicode.js';

/** Ops on string tensors. Strings are bytes throughout. */
export const string: OpFamily = {
  ...stringEdit,
  ...stringSplitting,
  ...stringRegex,
  ...stringNumber,
  ...stringRaw,
  ...unicode,
};
