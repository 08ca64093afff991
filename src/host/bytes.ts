/**
 * Byte strings made of others, under the bounds of the call that makes them.
 *
 * @module
 */

import * as bytes from '../algorithms/bytes.js';
import {allocate} from './tensor.js';

/** The parts one after the other, `separator` between them. */
export function joinBytes(parts: readonly Uint8Array[], separator?: Uint8Array): Uint8Array {
  return bytes.joinBytes(parts, separator, (length) => allocate('uint8', length) as Uint8Array<ArrayBuffer>);
}
