/**
 * String tensors.
 *
 * @module
 */

import {PackedStrings} from '../host/strings.js';
import {Value} from './value.js';

/** A string tensor. */
export function stringValue(shape: readonly number[], data: PackedStrings | readonly Uint8Array[]): Value {
  return Value.host('string', shape, data instanceof PackedStrings ? data : PackedStrings.of(data));
}
