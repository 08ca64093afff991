/**
 * Ops that cut strings into several: at separators, into n-grams.
 *
 * @module
 */

import {indexOfBytes, isSpace} from '../../../algorithms/bytes.js';
import {wordsOf} from '../../../host/int64.js';
import {StringPieces} from '../../../host/pieces_of_strings.js';
import {type PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {allocate, allocateObjects, numbersAs} from '../../../host/tensor.js';
import {zeros} from '../../../tensors/movement.js';
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
  const indices = allocate('int64', 2 * count) as BigInt64Array;
  const words = wordsOf(indices);
  let widest = 0;
  for (let row = 0; row + 1 < splits.length; row++) {
    const [first, end] = [splits[row]!, splits[row + 1]!];
    widest = Math.max(widest, end - first);
    for (let i = first; i < end; i++) {
      words[4 * i] = row;
      words[4 * i + 2] = i - first;
    }
  }
  return [
    Value.host('int64', [count, 2], indices),
    stringValue([count], pieces.of(bytes)),
    Value.vector('int64', [splits.length - 1, widest]),
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

/** N-grams of the rows of a ragged tensor, each row padded on both sides. */
const stringNGrams: Kernel = ([data, splits], ctx) => {
  const spec = ctx.memo(() => nGramSpec(ctx));
  const strings = data!.strings();
  // Without splits the op gives as many empty strings as there are data.
  if (splits!.size === 0) return [zeros('string', data!.shape), splits!];
  const bounds = splits!.numbers();
  checkSplits(bounds, strings.length, ctx);
  const outSplits = allocate('int32', bounds.length) as Int32Array;
  const rowsValue = () => Value.host(splits!.dtype, splits!.shape, numbersAs(splits!.dtype, outSplits));
  // Without data the op gives no n-grams, not even those of padding alone.
  if (strings.length === 0) return [stringValue(data!.shape, []), rowsValue()];
  const ngrams = new StringsBuilder(strings.length, strings.totalBytes);
  for (let row = 0; row + 1 < bounds.length; row++) {
    addRow(ngrams, strings, bounds[row]!, bounds[row + 1]!, spec, ctx);
    outSplits[row + 1] = ngrams.count;
  }
  return [stringValue([ngrams.count], ngrams.strings()), rowsValue()];
};

interface NGramSpec {
  readonly separator: Uint8Array;
  readonly left: Uint8Array;
  readonly right: Uint8Array;
  readonly widths: readonly number[];
  /** Padding on each side; -1 for as much as each width allows. */
  readonly pad: number;
  readonly preserveShort: boolean;
}

function nGramSpec(ctx: KernelContext): NGramSpec {
  const {attrs} = ctx;
  const widths = attrs.ints('ngram_widths');
  if (widths.some((width) => width <= 0)) throw invalid(ctx, 'ngram_widths must contain positive values');
  return {
    separator: attrs.bytes('separator'),
    left: attrs.bytes('left_pad'),
    right: attrs.bytes('right_pad'),
    widths,
    pad: attrs.int('pad_width'),
    preserveShort: attrs.bool('preserve_short_sequences'),
  };
}

function checkSplits(splits: readonly number[], size: number, ctx: KernelContext): void {
  const rising = splits.every((split, i) => (i === 0 ? split === 0 : split >= splits[i - 1]!));
  if (splits.length > 0 && !(rising && splits.at(-1) === size)) {
    throw invalid(ctx, `data_splits [${splits}] do not rise from 0 to ${size}`);
  }
}

/** The n-grams of the tokens from `first` to `end`. */
function addRow(
  out: StringsBuilder,
  tokens: PackedStrings,
  first: number,
  end: number,
  spec: NGramSpec,
  ctx: KernelContext,
): void {
  const before = out.count;
  for (const width of spec.widths) {
    const pad = Math.min(spec.pad < 0 ? width - 1 : spec.pad, width - 1);
    // Padding counts as the tokens do that it stands beside.
    if (pad > end - first) allocateObjects(pad, 0);
    for (let at = first - pad; at + width <= end + pad; at++)
      addWindow(out, tokens, first, end, at, at + width, spec);
  }
  if (out.count > before || first === end || !spec.preserveShort) return;
  if (spec.pad < 0) {
    throw invalid(
      ctx,
      'pad_width should be >= 0 when preserve_short_sequences is true and no ngram_widths are given',
    );
  }
  allocateObjects(spec.pad, 0);
  addWindow(out, tokens, first, end, first - spec.pad, end + spec.pad, spec);
}

/** Whether the separator stands between all of the tokens where they come from. */
function liesJoined(
  bytes: Uint8Array,
  starts: Int32Array,
  ends: Int32Array,
  from: number,
  to: number,
  separator: Uint8Array,
): boolean {
  for (let i = from; i + 1 < to; i++) {
    if (starts[i + 1]! - ends[i]! !== separator.length) return false;
    for (let k = 0; k < separator.length; k++) if (bytes[ends[i]! + k] !== separator[k]) return false;
  }
  return true;
}

/** Joins the tokens from `from` to `to`; outside of the row is padding. */
function addWindow(
  out: StringsBuilder,
  {bytes, starts, ends}: PackedStrings,
  first: number,
  end: number,
  from: number,
  to: number,
  {separator, left, right}: NGramSpec,
): void {
  if (from >= first && to <= end && liesJoined(bytes, starts, ends, from, to, separator)) {
    out.add(bytes, starts[from], ends[to - 1]);
    return;
  }
  for (let i = from; i < to; i++) {
    if (i > from && separator.length > 0) out.append(separator);
    if (i < first) out.append(left);
    else if (i >= end) out.append(right);
    else out.append(bytes, starts[i], ends[i]);
  }
  out.end();
}

/** Splitting and n-grams. */
export const stringSplitting: OpFamily = {
  StringSplit: {kernel: stringSplit},
  StringSplitV2: {kernel: stringSplitV2},
  StringNGrams: {kernel: stringNGrams},
};
