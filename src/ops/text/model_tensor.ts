/**
 * Models that are given as tensors of bytes.
 *
 * @module
 */

import type {NumericArray} from '../../host/dtypes.js';
import type {Value} from '../../tensors/value.js';
import type {KernelContext} from '../kernel.js';

/** What a node's model was read as. A constant is read once. */
export function readOnce<T extends object>(
  model: Value,
  ctx: KernelContext,
  read: (bytes: Uint8Array) => T,
): T {
  const kept = ctx.memo((): {data?: NumericArray; made?: T} => ({}));
  const data = model.numeric();
  if (kept.made === undefined || kept.data !== data) {
    kept.made = read(data as Uint8Array);
    kept.data = data;
  }
  return kept.made;
}
