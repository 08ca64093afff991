/**
 * Ops that cut strings into several at separators.
 *
 * @module
 */

import {indexOfBytes, isSpace} from '../../../algorithms/bytes.js';
import {StringPieces} from '../../../host/pieces_of_strings.js';
import {RowIndices} from '../../../host/row_indices.js';
import type {PackedStrings} from '../../../host/strings.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Appends the pieces of the string that lies between `start` and `end`. */
type Cutter = (bytes: Uint8Array, start: number, end: number, pieces: StringPieces) => void;

/** The pieces of each string as a sparse matrix: indices, values, shape. */
function cutAll(input: PackedStrings, cut: Cutter): Value[] {
  const {bytes, starts, ends} = input;
  const pieces = new StringPieces(input.length);
  for (let i = 0; i < input.length; i++) {
    cut(bytes, starts[i]!, ends[i]!, pieces);
    pieces.endRow();
  }
  return sparseRows(bytes, pieces);
}

function sparseRows(bytes: Uint8Array, pieces: StringPieces): Value[] {
  const {splits, count} = pieces;
  const indices = new RowIndices(splits);
  return [
    Value.rowIndices(indices),
    stringValue([count], pieces.of(bytes)),
    Value.vector('int64', [splits.length - 1, indices.widest]),
  ];
}

function oneString(value: Value, name: string, ctx: KernelContext): Uint8Array {
  if (value.rank > 0) throw invalid(ctx, `${name} must be a scalar, got shape [${value.shape}]`);
  return value.string();
}

function checkVector(input: Value, ctx: KernelContext): void {
  if (input.rank !== 1) throw invalid(ctx, `input must be a vector, got shape [${input.shape}]`);
}

/** Splits at any byte of `delimiter`; an empty delimiter splits into bytes. */
const stringSplit: Kernel = ([input, delimiter], ctx) => {
  checkVector(input!, ctx);
  const delimiters = oneString(delimiter!, 'delimiter', ctx);
  const cut = delimiters.length === 0 ? cutBytes : cutAtAny(delimiters, ctx.attrs.bool('skip_empty'));
  return cutAll(input!.strings(), cut);
};

const cutBytes: Cutter = (_, start, end, pieces) => {
  for (let i = start; i < end; i++) pieces.add(i, i + 1);
};

function cutAtAny(delimiters: Uint8Array, skipEmpty: boolean): Cutter {
  const isCut = new Uint8Array(256);
  for (const byte of delimiters) isCut[byte] = 1;
  return (bytes, start, end, pieces) => {
    // No piece is in an empty string, not even an empty one.
    if (start === end) return;
    let from = start;
    for (let i = start; i <= end; i++) {
      if (i < end && isCut[bytes[i]!] === 0) continue;
      if (i > from || !skipEmpty) pieces.add(from, i);
      from = i + 1;
    }
  };
}

/** Splits as Python's `str.split` does: at white space for an empty `sep`, else at each `sep`. */
const stringSplitV2: Kernel = ([input, sep], ctx) => {
  checkVector(input!, ctx);
  const separator = oneString(sep!, 'sep', ctx);
  const maxSplit = ctx.attrs.int('maxsplit');
  const strings = input!.strings();
  if (separator.length === 0 && maxSplit < 0) return cutAtAllSpaces(strings);
  const limit = maxSplit < 0 ? Number.POSITIVE_INFINITY : maxSplit;
  return cutAll(strings, separator.length === 0 ? cutAtSpaces(limit) : cutAt(separator, limit));
};

/** Words between white space, which is what nearly everybody asks for: four bytes at a time are looked at. */
function cutAtAllSpaces(input: PackedStrings): Value[] {
  const {bytes, starts, ends} = input;
  const pieces = new StringPieces(input.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const lastWord = bytes.length - 4;
  for (let i = 0; i < input.length; i++) {
    const end = ends[i]!;
    let from = starts[i]!;
    const room = pieces.room((end - from + 1) >> 1);
    let {count} = pieces;
    for (let at = from; at < end; at += 4) {
      const word = at <= lastWord ? view.getInt32(at, true) : lastBytes(bytes, at);
      // The upper bit of each byte below 0x21. What a borrow adds lies above such a byte, and is looked at in vain.
      let low = (word - 0x21212121) & ~word & 0x80808080;
      for (; low !== 0; low &= low - 1) {
        const found = at + ((31 - Math.clz32(low & -low)) >> 3);
        if (found >= end) break;
        if (!isSpace(bytes[found]!)) continue;
        if (found > from) {
          room.starts[count] = from;
          room.ends[count++] = found;
        }
        from = found + 1;
      }
    }
    if (from < end) {
      room.starts[count] = from;
      room.ends[count++] = end;
    }
    pieces.endRowAt(count);
  }
  return sparseRows(bytes, pieces);
}

/** Fewer than four bytes, the lowest first. */
function lastBytes(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let i = bytes.length - 1; i >= at; i--) word = (word << 8) | bytes[i]!;
  return word;
}

/** What is left after `limit` pieces is a piece too, even an empty one; its end is not trimmed. */
function cutAtSpaces(limit: number): Cutter {
  return (bytes, start, end, pieces) => {
    if (limit === 0) {
      pieces.add(start, end);
      return;
    }
    let left = limit;
    for (let at = start; ; left--) {
      while (at < end && isSpace(bytes[at])) at++;
      if (left === 0) {
        pieces.add(at, end);
        return;
      }
      if (at >= end) return;
      const from = at;
      while (at < end && !isSpace(bytes[at])) at++;
      pieces.add(from, at);
    }
  };
}

function cutAt(separator: Uint8Array, limit: number): Cutter {
  return (bytes, start, end, pieces) => {
    let from = start;
    for (let left = limit; left > 0; left--) {
      const at = indexOfBytes(bytes, separator, from, end);
      if (at < 0) break;
      pieces.add(from, at);
      from = at + separator.length;
    }
    pieces.add(from, end);
  };
}

/** Splitting. */
export const stringSplitting: OpFamily = {
  StringSplit: {kernel: stringSplit},
  StringSplitV2: {kernel: stringSplitV2},
};
