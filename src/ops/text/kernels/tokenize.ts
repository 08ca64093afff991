/**
 * TF Text ops that cut text into tokens.
 *
 * Mirrors `tensorflow_text/core/kernels`.
 *
 * @module
 */

import {toLatin1, utf8Length, wellFormedPrefix} from '../../../algorithms/bytes.js';
import {decodeUtf8} from '../../../algorithms/code_points.js';
import {scriptOf} from '../../../algorithms/unicode_script.js';
import {joinBytes} from '../../../host/bytes.js';
import type {DType} from '../../../host/dtypes.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {LookupTable} from '../../table/lookup_table.js';

/** Tokens of all strings one after the other, with their offsets in their string. */
class Tokens {
  readonly strings: Uint8Array[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** Tokens before each string, and all. */
  readonly splits = [0];

  add(token: Uint8Array, start: number, end: number): void {
    this.strings.push(token);
    this.starts.push(start);
    this.ends.push(end);
  }

  /** Ends a string. */
  endRow(): void {
    this.splits.push(this.strings.length);
  }

  values(): Value {
    return stringValue([this.strings.length], this.strings);
  }

  offsets(dtype: DType): [starts: Value, ends: Value] {
    return [Value.vector(dtype, this.starts), Value.vector(dtype, this.ends)];
  }
}

/** Tokens are runs of what is no white space; `input_config` is a bit for each code point that is. */
const whitespaceTokenizeV2: Kernel = ([input, config]) => {
  const bits = config!.string();
  const isWhite = (code: number) => ((bits[code >> 3] ?? 0) & (1 << (code & 7))) !== 0;
  const tokens = new Tokens();
  for (const string of input!.strings()) {
    let start = -1;
    decodeUtf8(string, (code, offset, malformed) => {
      if (malformed || !isWhite(code)) {
        if (start < 0) start = offset;
        return;
      }
      // The op takes each white space for one byte when it ends a token.
      const end = offset + utf8Length(string, offset) - 1;
      if (start >= 0) tokens.add(string.subarray(start, end), start, end);
      start = -1;
    });
    if (start >= 0) tokens.add(string.subarray(start), start, string.length);
    tokens.endRow();
  }
  return [tokens.values(), Value.vector('int64', tokens.splits), ...tokens.offsets('int32')];
};

/** Groups the code points of each row into tokens. */
interface Grouping {
  /** Whether a token ends before `code`. */
  readonly splitsBefore: (code: number, previous: number) => boolean;
  /** Whether `code` is part of tokens. */
  readonly keeps: (code: number) => boolean;
}

/** Tokens of code points, as values, token splits, offsets in the row, and row splits. */
function groupCodePoints(codes: Value, splits: Value, {splitsBefore, keeps}: Grouping): Value[] {
  const input = codes.numbers();
  const bounds = splits.numbers();
  const values: number[] = [];
  const inner: number[] = [];
  const outer: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  bounds.slice(0, -1).forEach((first, row) => {
    outer.push(starts.length);
    let open = false;
    let end = 0;
    for (let i = first; i < bounds[row + 1]!; i++) {
      const code = input[i]!;
      if (open && splitsBefore(code, input[i - 1]!)) {
        ends.push(end);
        open = false;
      }
      if (!keeps(code)) continue;
      if (!open) {
        starts.push(i - first);
        inner.push(values.length);
        open = true;
      }
      values.push(code);
      end = i + 1 - first;
    }
    if (open) ends.push(end);
  });
  outer.push(starts.length);
  inner.push(values.length);
  return [
    Value.vector('int32', values),
    Value.vector(splits.dtype, inner),
    Value.vector('int64', starts),
    Value.vector('int64', ends),
    Value.vector(splits.dtype, outer),
  ];
}

const WHITE_SPACE = /\p{White_Space}/u;

function isWhiteSpace(code: number): boolean {
  return code >= 0 && code <= 0x10ffff && WHITE_SPACE.test(String.fromCodePoint(code));
}

const whitespaceTokenize: Kernel = ([codes, splits]) =>
  groupCodePoints(codes!, splits!, {
    splitsBefore: isWhiteSpace,
    keeps: (code) => !isWhiteSpace(code),
  });

const unicodeScriptTokenize: Kernel = ([codes, splits], ctx) => {
  const keepWhite = ctx.attrs.bool('keep_whitespace');
  return groupCodePoints(codes!, splits!, {
    splitsBefore: (code, previous) =>
      scriptOf(code) !== scriptOf(previous) || (keepWhite && isWhiteSpace(code) !== isWhiteSpace(previous)),
    keeps: (code) => keepWhite || !isWhiteSpace(code),
  });
};

interface WordpieceSpec {
  readonly suffix: Uint8Array;
  readonly maxBytes: number;
  /** Characters of a piece; 0 for any number. */
  readonly maxCharacters: number;
  /** What stands for words without pieces; undefined for the words themselves. */
  readonly unknown: Uint8Array | undefined;
  readonly splitUnknown: boolean;
  readonly rowSplits: boolean;
}

function wordpieceSpec({attrs}: KernelContext): WordpieceSpec {
  return {
    suffix: attrs.bytes('suffix_indicator'),
    maxBytes: attrs.int('max_bytes_per_word'),
    maxCharacters: attrs.int('max_chars_per_token'),
    unknown: attrs.bool('use_unknown_token') ? attrs.bytes('unknown_token') : undefined,
    splitUnknown: attrs.bool('split_unknown_characters'),
    rowSplits: attrs.string('output_row_partition_type') === 'row_splits',
  };
}

/** Cuts words into the longest pieces that a vocabulary has, from left to right. */
const wordpieceTokenize: Kernel = ([input, handle], ctx) => {
  const spec = ctx.memo(() => wordpieceSpec(ctx));
  const table = handle!.object(LookupTable);
  const known = new Map<string, Piece[]>();
  const tokens = new Tokens();
  for (const word of input!.strings()) {
    const key = toLatin1(word);
    let pieces = known.get(key);
    if (pieces === undefined) {
      pieces = wordPieces(word, table, spec);
      known.set(key, pieces);
    }
    for (const {token, start, end} of pieces) tokens.add(token, start, end);
    tokens.endRow();
  }
  const {splits} = tokens;
  const partition = spec.rowSplits ? splits : splits.slice(1).map((end, i) => end - splits[i]!);
  return [tokens.values(), Value.vector('int64', partition), ...tokens.offsets('int64')];
};

interface Piece {
  readonly token: Uint8Array;
  readonly start: number;
  readonly end: number;
}

function wordPieces(word: Uint8Array, table: LookupTable, spec: WordpieceSpec): Piece[] {
  const {suffix, unknown} = spec;
  if (word.length > spec.maxBytes) {
    const token = unknown ?? word;
    return [{token, start: 0, end: token.length}];
  }
  const inWord = (start: number, token: Uint8Array) => (start > 0 ? joinBytes([suffix, token]) : token);
  const pieces: Piece[] = [];
  for (let start = 0; start < word.length; ) {
    const ends = characterEnds(word, start, spec.maxCharacters);
    const end = ends.findLast((each) => table.has(inWord(start, word.subarray(start, each))));
    if (end !== undefined) {
      pieces.push({token: inWord(start, word.subarray(start, end)), start, end});
      start = end;
    } else if (spec.splitUnknown) {
      const [first] = ends as [number];
      pieces.push({token: inWord(start, unknown ?? word.subarray(start, first)), start, end: first});
      start = first;
    } else {
      return [{token: unknown ?? word, start: 0, end: word.length}];
    }
  }
  return pieces;
}

/** Where the characters from `start` on end, at most `most` of them (all for 0). */
function characterEnds(word: Uint8Array, start: number, most: number): number[] {
  const ends: number[] = [];
  for (let at = start; at < word.length && (most === 0 || ends.length < most); ) {
    at += wellFormedPrefix(word, at);
    ends.push(at);
  }
  return ends;
}

/** The bytes of strings, with offsets. */
const byteSplit: Kernel = ([input]) => {
  const strings = input!.strings();
  const bytes = joinBytes(strings.toArray());
  const splits = [0];
  const starts: number[] = [];
  for (const string of strings) {
    splits.push(splits.at(-1)! + string.length);
    for (let i = 0; i < string.length; i++) starts.push(i);
  }
  return [
    Value.host('uint8', [bytes.length], bytes),
    Value.vector('int64', splits),
    Value.vector('int32', starts),
    Value.vector(
      'int32',
      starts.map((start) => start + 1),
    ),
  ];
};

/** Tokenizers. */
export const textTokenization: OpFamily = {
  WhitespaceTokenizeWithOffsets: {kernel: whitespaceTokenize},
  'TFText>WhitespaceTokenizeWithOffsetsV2': {kernel: whitespaceTokenizeV2},
  UnicodeScriptTokenizeWithOffsets: {kernel: unicodeScriptTokenize},
  WordpieceTokenizeWithOffsets: {kernel: wordpieceTokenize},
  'TFText>ByteSplitWithOffsets': {kernel: byteSplit},
};
