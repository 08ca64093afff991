/**
 * Keys under which equal elements of a tensor meet in a `Map`, for ops that look for duplicates and members.
 *
 * @module
 */

import {toLatin1} from '../algorithms/bytes.js';
import {dtypeInfo, lanes} from '../host/dtypes.js';
import type {Value} from './value.js';

/** A map key. Bytes become a string of one character each. */
export type ElementKey = number | bigint | string | object;

/**
 * A key for each element of `x`, equal where TensorFlow's `==` says so: 0 and -0 meet, a NaN meets nothing, not even
 * itself.
 */
export function elementKeys(x: Value): ElementKey[] {
  if (x.dtype === 'string') return x.strings().toArray().map(toLatin1);
  if (dtypeInfo(x.dtype).array === undefined) return [...(x.hostData() as readonly object[])];
  const data = x.numeric();
  if (lanes(x.dtype) > 1) {
    return Array.from({length: x.size}, (_, i) =>
      numberKeys([data[2 * i]! as number, data[2 * i + 1]! as number]),
    );
  }
  return Array.from(data, (element: number | bigint) => (Number.isNaN(element) ? {} : element));
}

/** One key for a row of elements. */
export function rowKey(keys: readonly ElementKey[]): ElementKey {
  if (keys.length === 1) return keys[0]!;
  const lone = keys.find((key) => typeof key === 'object');
  // Lengths keep rows of strings apart that only differ in where one string ends.
  return (
    lone ?? keys.map((key) => (typeof key === 'string' ? `${key.length}:${key}` : String(key))).join(',')
  );
}

function numberKeys(parts: readonly number[]): ElementKey {
  return parts.some(Number.isNaN) ? {} : parts.map((part) => (part === 0 ? 0 : part)).join(',');
}
