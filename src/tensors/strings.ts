/**
 * String tensors.
 *
 * @module
 */

import {Value} from './value.js';

/** A string tensor. */
export function stringValue(shape: readonly number[], data: readonly Uint8Array[]): Value {
  return Value.host('string', shape, data);
}
