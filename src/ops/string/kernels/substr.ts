/**
 * Substrings: so many bytes, or characters of UTF-8, from a position on.
 *
 * @module
 */

import {isContinuation} from '../../../algorithms/bytes.js';
import {nearestNumbers} from '../../../host/int64.js';
import {PackedStrings} from '../../../host/strings.js';
import {allocate, sizeOf} from '../../../host/tensor.js';
import {broadcastOrThrow, forEachBroadcast} from '../../../tensors/host.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Cuts `len` units from `pos` on; a negative `pos` counts from the end. `input` broadcasts with both. */
const substr: Kernel = ([input, pos, len], ctx) => {
  if (String(pos!.shape) !== String(len!.shape)) {
    throw invalid(ctx, `pos and len should have the same shape, got [${pos!.shape}] and [${len!.shape}]`);
  }
  const isUtf8 = ctx.attrs.string('unit') === 'UTF8_CHAR';
  const {bytes, starts, ends} = input!.strings();
  const [positions, lengths] = [nearestNumbers(pos!.numeric()), nearestNumbers(len!.numeric())];
  const shape = broadcastOrThrow(input!.shape, pos!.shape);
  const size = sizeOf(shape);
  const [from, to] = [allocate('int32', size) as Int32Array, allocate('int32', size) as Int32Array];
  forEachBroadcast([input!.shape, pos!.shape], shape, (i, [at, k]) => {
    const [first, end, position, length] = [starts[at!]!, ends[at!]!, positions[k!]!, lengths[k!]!];
    const start = isUtf8 ? characterAt(bytes, first, end, position) : byteAt(first, end, position);
    if (start < 0) throw invalid(ctx, `pos ${position} out of range for string at index ${i}`);
    from[i] = start;
    to[i] = isUtf8 ? forward(bytes, start, end, length) : length < 0 ? end : Math.min(end, start + length);
    // No more characters than that: all there are.
    if (to[i]! < 0) to[i] = end;
  });
  return stringValue(shape, new PackedStrings(bytes, from, to));
};

/** Where byte `position` of the string from `first` to `end` is; a negative one counts from the end. -1 outside. */
function byteAt(first: number, end: number, position: number): number {
  const at = (position < 0 ? end : first) + position;
  return at < first || at > end ? -1 : at;
}

/** Where character `position` begins, as {@link byteAt}. */
function characterAt(bytes: Uint8Array, first: number, end: number, position: number): number {
  return position < 0 ? backward(bytes, first, end, -position) : forward(bytes, first, end, position);
}

/** The place `count` characters after `from`, -1 where the string ends before. */
function forward(bytes: Uint8Array, from: number, end: number, count: number): number {
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at >= end) return -1;
    do at++;
    while (at < end && isContinuation(bytes[at]!));
  }
  return at;
}

/** The place of the last but `count` character before `end`, -1 where there are fewer. */
function backward(bytes: Uint8Array, first: number, end: number, count: number): number {
  let at = end;
  for (let i = 0; i < count; i++) {
    do at--;
    while (at > first && isContinuation(bytes[at]!));
    if (at < first) return -1;
  }
  return at;
}

/** Substrings. */
export const substrings: OpFamily = {Substr: {kernel: substr}};
