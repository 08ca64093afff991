/**
 * Strings mapped one by one.
 *
 * @module
 */

import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, KernelContext} from '../../kernel.js';

/** A kernel that maps each string by itself. */
export function mapStrings(map: (string: Uint8Array, ctx: KernelContext) => Uint8Array): Kernel {
  return ([input], ctx) =>
    stringValue(
      input!.shape,
      input!
        .strings()
        .toArray()
        .map((string) => map(string, ctx)),
    );
}
