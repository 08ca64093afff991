/**
 * Integer tensors made of lists that were built one by one.
 *
 * @module
 */

import {CallError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {Int32List} from '../host/int32_list.js';
import type {Int64List} from '../host/int64_list.js';
import {Value} from './value.js';

/** A vector of int64. Nothing may be appended to the list afterwards. */
export function wideIntegers(list: Int64List): Value {
  return Value.host('int64', [list.length], list.int64());
}

/** A vector of int32 or int64. Nothing may be appended to the list afterwards. */
export function integers(dtype: DType, list: Int32List): Value {
  if (dtype === 'int32') return Value.host(dtype, [list.length], list.int32());
  if (dtype === 'int64') return Value.host(dtype, [list.length], list.int64());
  throw new CallError(`expected int32 or int64, got ${dtype}`);
}
