/**
 * Substrings: so many bytes, or characters of UTF-8, from a position on.
 *
 * @module
 */

import {EMPTY, isContinuation} from '../../../algorithms/bytes.js';
import {allocateObjects, sizeOf} from '../../../host/tensor.js';
import {broadcastOrThrow, forEachBroadcast} from '../../../tensors/host.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Cuts `len` units from `pos` on; a negative `pos` counts from the end. `input` broadcasts with both. */
const substr: Kernel = ([input, pos, len], ctx) => {
  if (String(pos!.shape) !== String(len!.shape)) {
    throw invalid(ctx, `pos and len should have the same shape, got [${pos!.shape}] and [${len!.shape}]`);
  }
  const cut = ctx.attrs.string('unit') === 'UTF8_CHAR' ? cutCharacters : cutBytes;
  const [strings, starts, lengths] = [input!.strings(), pos!.numeric(), len!.numeric()];
  const shape = broadcastOrThrow(input!.shape, pos!.shape);
  const out = allocateObjects<Uint8Array>(sizeOf(shape), EMPTY);
  forEachBroadcast([input!.shape, pos!.shape], shape, (i, [at, k]) => {
    const piece = cut(strings[at!]!, Number(starts[k!]), Number(lengths[k!]));
    if (piece === undefined) {
      throw invalid(ctx, `pos ${starts[k!]} out of range for string at index ${i}`);
    }
    out[i] = piece;
  });
  return stringValue(shape, out);
};

function cutBytes(string: Uint8Array, pos: number, length: number): Uint8Array | undefined {
  const start = pos < 0 ? pos + string.length : pos;
  if (start < 0 || start > string.length) return undefined;
  return string.subarray(start, length < 0 ? string.length : start + length);
}

function cutCharacters(string: Uint8Array, pos: number, length: number): Uint8Array | undefined {
  const start = pos < 0 ? backward(string, -pos) : forward(string, 0, pos);
  if (start === undefined) return undefined;
  return string.subarray(start, forward(string, start, length) ?? string.length);
}

/** The offset `count` characters after `from`, undefined where the string ends before. */
function forward(string: Uint8Array, from: number, count: number): number | undefined {
  let at = from;
  for (let i = 0; i < count; i++) {
    if (at >= string.length) return undefined;
    do at++;
    while (at < string.length && isContinuation(string[at]!));
  }
  return at;
}

/** The offset of the last but `count` character, undefined where there are fewer. */
function backward(string: Uint8Array, count: number): number | undefined {
  let at = string.length;
  for (let i = 0; i < count; i++) {
    do at--;
    while (at > 0 && isContinuation(string[at]!));
    if (at < 0) return undefined;
  }
  return at;
}

/** Substrings. */
export const substrings: OpFamily = {Substr: {kernel: substr}};
