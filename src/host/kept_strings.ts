/**
 * Strings that are kept longer than the tensors they come from, as those of a table are.
 *
 * @module
 */

import type {PackedStrings} from './strings.js';

/** Bytes of strings may be this many times as many as those of the strings. */
const MOST_TIMES = 3;

/** Fewer bytes than these are kept whatever they are of. */
const FEW_BYTES = 4096;

/** The same strings, in bytes of their own where they are few among others, which would be kept with them. */
export function withoutMuchElse(strings: PackedStrings): PackedStrings {
  const {bytes, totalBytes} = strings;
  return bytes.length <= MOST_TIMES * totalBytes + FEW_BYTES ? strings : strings.compact();
}
