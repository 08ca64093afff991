/**
 * Ops that cut strings into several: at separators, into n-grams.
 *
 * @module
 */

import {indexOfBytes, isSpace} from '../../../algorithms/bytes.js';
import {joinBytes} from '../../../host/bytes.js';
import {allocate, allocateObjects} from '../../../host/tensor.js';
import {zeros} from '../../../tensors/movement.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** The pieces of each string as a sparse matrix: indices, values, shape. */
function sparseRows(rows: readonly (readonly Uint8Array[])[]): Value[] {
  const values = rows.flat();
  const indices = new BigInt64Array(2 * values.length);
  let at = 0;
  let widest = 0;
  rows.forEach((row, i) => {
    widest = Math.max(widest, row.length);
    for (let j = 0; j < row.length; j++) {
      indices[at++] = BigInt(i);
      indices[at++] = BigInt(j);
    }
  });
  return [
    Value.host('int64', [values.length, 2], indices),
    stringValue([values.length], values),
    Value.vector('int64', [rows.length, widest]),
  ];
}

function oneString(value: Value, name: string, ctx: KernelContext): Uint8Array {
  if (value.rank > 0) throw invalid(ctx, `${name} must be a scalar, got shape [${value.shape}]`);
  return value.strings()[0]!;
}

function checkVector(input: Value, ctx: KernelContext): void {
  if (input.rank !== 1) throw invalid(ctx, `input must be a vector, got shape [${input.shape}]`);
}

/** Splits at any byte of `delimiter`; an empty delimiter splits into bytes. */
const stringSplit: Kernel = ([input, delimiter], ctx) => {
  checkVector(input!, ctx);
  const cuts = new Set(oneString(delimiter!, 'delimiter', ctx));
  const skipEmpty = ctx.attrs.bool('skip_empty');
  const rows = input!.strings().map((string) => {
    const pieces = cuts.size === 0 ? eachByte(string) : splitAtAny(string, cuts);
    return skipEmpty ? pieces.filter((piece) => piece.length > 0) : pieces;
  });
  return sparseRows(rows);
};

function eachByte(string: Uint8Array): Uint8Array[] {
  return Array.from(string, (_, i) => string.subarray(i, i + 1));
}

function splitAtAny(string: Uint8Array, cuts: ReadonlySet<number>): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  if (string.length === 0) return pieces;
  let start = 0;
  for (let i = 0; i <= string.length; i++) {
    if (i < string.length && !cuts.has(string[i]!)) continue;
    pieces.push(string.subarray(start, i));
    start = i + 1;
  }
  return pieces;
}

/** Splits as Python's `str.split` does: at white space for an empty `sep`, else at each `sep`. */
const stringSplitV2: Kernel = ([input, sep], ctx) => {
  checkVector(input!, ctx);
  const separator = oneString(sep!, 'sep', ctx);
  const maxSplit = ctx.attrs.int('maxsplit');
  const limit = maxSplit < 0 ? Number.POSITIVE_INFINITY : maxSplit;
  const split = separator.length === 0 ? splitAtSpaces : splitAt;
  return sparseRows(input!.strings().map((string) => split(string, separator, limit)));
};

/** What is left after `limit` pieces is a piece too, even an empty one; its end is not trimmed. */
function splitAtSpaces(string: Uint8Array, _: Uint8Array, limit: number): Uint8Array[] {
  if (limit === 0) return [string];
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    while (isSpace(string[at])) at++;
    if (pieces.length === limit) return [...pieces, string.subarray(at)];
    if (at >= string.length) return pieces;
    const start = at;
    while (at < string.length && !isSpace(string[at])) at++;
    pieces.push(string.subarray(start, at));
  }
}

function splitAt(string: Uint8Array, separator: Uint8Array, limit: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  while (pieces.length < limit) {
    const at = indexOfBytes(string, separator, start);
    if (at < 0) break;
    pieces.push(string.subarray(start, at));
    start = at + separator.length;
  }
  pieces.push(string.subarray(start));
  return pieces;
}

/** N-grams of the rows of a ragged tensor, each row padded on both sides. */
const stringNGrams: Kernel = ([data, splits], ctx) => {
  const spec = ctx.memo(() => nGramSpec(ctx));
  const strings = data!.strings();
  // Without splits the op gives as many empty strings as there are data.
  if (splits!.size === 0) return [zeros('string', data!.shape), splits!];
  const bounds = splits!.numbers();
  checkSplits(bounds, strings.length, ctx);
  const outSplits = allocate(splits!.dtype, bounds.length);
  const ngrams: Uint8Array[] = [];
  const put = splits!.dtype === 'int64' ? BigInt : Number;
  for (let row = 0; row + 1 < bounds.length; row++) {
    for (const ngram of rowNGrams(strings.slice(bounds[row], bounds[row + 1]), spec, ctx)) ngrams.push(ngram);
    outSplits[row + 1] = put(ngrams.length) as never;
  }
  // Without data the op gives no n-grams, not even those of padding alone.
  if (strings.length === 0) {
    return [
      stringValue(data!.shape, []),
      Value.host(splits!.dtype, splits!.shape, outSplits.fill(put(0) as never)),
    ];
  }
  return [stringValue([ngrams.length], ngrams), Value.host(splits!.dtype, splits!.shape, outSplits)];
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

function rowNGrams(row: readonly Uint8Array[], spec: NGramSpec, ctx: KernelContext): Uint8Array[] {
  const all = spec.widths.flatMap((width) => {
    const pad = Math.min(spec.pad < 0 ? width - 1 : spec.pad, width - 1);
    return windows(padded(row, pad, spec), width, spec.separator);
  });
  if (all.length > 0 || row.length === 0 || !spec.preserveShort) return all;
  if (spec.pad < 0) {
    throw invalid(
      ctx,
      'pad_width should be >= 0 when preserve_short_sequences is true and no ngram_widths are given',
    );
  }
  return [joinBytes(padded(row, spec.pad, spec), spec.separator)];
}

function padded(row: readonly Uint8Array[], pad: number, {left, right}: NGramSpec): Uint8Array[] {
  return [...allocateObjects(pad, left), ...row, ...allocateObjects(pad, right)];
}

function windows(tokens: readonly Uint8Array[], width: number, separator: Uint8Array): Uint8Array[] {
  const count = Math.max(0, tokens.length - width + 1);
  return Array.from({length: count}, (_, i) => joinBytes(tokens.slice(i, i + width), separator));
}

/** Splitting and n-grams. */
export const stringSplitting: OpFamily = {
  StringSplit: {kernel: stringSplit},
  StringSplitV2: {kernel: stringSplitV2},
  StringNGrams: {kernel: stringNGrams},
};
