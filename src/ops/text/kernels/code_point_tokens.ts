/**
 * TF Text's tokenizers of code points: at white space, and where the script changes.
 *
 * Mirrors `tensorflow_text/core/kernels/whitespace_tokenize_kernel.cc` and `unicode_script_tokenize_kernel.cc`.
 *
 * @module
 */

import {CodePointTable, NOT_YET, PLACE_BITS} from '../../../algorithms/code_point_table.js';
import {scriptOf} from '../../../algorithms/unicode_script.js';
import {isWhiteSpace} from '../../../algorithms/white_space.js';
import {Int32List} from '../../../host/int32_list.js';
import {nearestNumbers} from '../../../host/int64.js';
import {Int64List} from '../../../host/int64_list.js';
import {integers, wideIntegers} from '../../../tensors/integers.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** How code points are grouped. */
interface Grouping {
  /** For each code point twice the number of its script, and one more if it is white space. Where the script changes, a token ends. */
  readonly kinds: CodePointTable;
  /** Whether a token ends where white space begins or ends, even if the script is the same. */
  readonly endsAtWhite: boolean;
  /** Whether white space makes tokens, too; else it is left out. */
  readonly keepsWhite: boolean;
}

/** The kind of what is no code point. */
const NO_CODE_POINT = -2;

/** In place of a kind. */
const NO_RUN = -4;

const SCRIPTS = new CodePointTable((code) => 2 * scriptOf(code) + Number(isWhiteSpace(code)));

/** All of one script. */
const WORDS = new CodePointTable((code) => Number(isWhiteSpace(code)));

/** Tokens of code points, as values, token splits, offsets in the row, and row splits. */
function groupCodePoints(
  input: Value,
  splits: Value,
  {kinds, endsAtWhite, keepsWhite}: Grouping,
  ctx: KernelContext,
): Value[] {
  const codes = input.numeric() as Int32Array;
  const bounds = nearestNumbers(splits.numeric());
  if (bounds.length === 0) throw invalid(ctx, 'input_splits must not be empty');
  const {places} = kinds;
  // A binding of another module is read each time it is named.
  const [bits, notYet] = [PLACE_BITS, NOT_YET];
  const values = new Int32List(codes.length);
  const room = bounds.length + Math.ceil(codes.length / CODES_PER_TOKEN);
  const inner = new Int32List(room);
  const outer = new Int32List(bounds.length);
  const [starts, ends] = [new Int64List(room), new Int64List(room)];
  for (let row = 0; row + 1 < bounds.length; row++) {
    if (bounds[row]! < 0 || bounds[row + 1]! > codes.length) {
      throw invalid(
        ctx,
        `input_splits: row ${row} is from ${bounds[row]} to ${bounds[row + 1]}, and there are ${codes.length} values`,
      );
    }
    // As integers of 32 bits, which the loop below counts in.
    const [first, last] = [bounds[row]! | 0, bounds[row + 1]! | 0];
    outer.push(starts.length);
    values.reserve(Math.max(0, last - first));
    const {data} = values;
    let count = values.length;
    let open = false;
    let end = 0;
    let previous = 0;
    // The kind of what was taken last, if that is part of an open token.
    let run = NO_RUN;
    for (let i = first; i < last; i++) {
      const code = codes[i]!;
      let kind = code >>> bits === 0 ? places[code]! : notYet;
      if (kind === notYet) kind = code >>> 0 <= MAX_CODE_POINT ? kinds.at(code) : NO_CODE_POINT;
      if (kind === run) {
        data[count++] = code;
        end = i + 1 - first;
        continue;
      }
      if (open && kind !== previous && (endsAtWhite || kind >> 1 !== previous >> 1)) {
        ends.push(end);
        open = false;
      }
      previous = kind;
      if ((kind & 1) !== 0 && !keepsWhite) {
        run = NO_RUN;
        continue;
      }
      run = kind;
      if (!open) {
        starts.push(i - first);
        inner.push(count);
        open = true;
      }
      data[count++] = code;
      end = i + 1 - first;
    }
    if (open) ends.push(end);
    values.length = count;
  }
  outer.push(starts.length);
  inner.push(values.length);
  return [
    integers('int32', values),
    integers(splits.dtype, inner),
    wideIntegers(starts),
    wideIntegers(ends),
    integers(splits.dtype, outer),
  ];
}

const MAX_CODE_POINT = 0x10ffff;

/** About, for the room to begin with. */
const CODES_PER_TOKEN = 5;

const whitespaceTokenize: Kernel = ([codes, splits], ctx) =>
  groupCodePoints(codes!, splits!, {kinds: WORDS, endsAtWhite: true, keepsWhite: false}, ctx);

const unicodeScriptTokenize: Kernel = ([codes, splits], ctx) => {
  const keepsWhite = ctx.attrs.bool('keep_whitespace');
  return groupCodePoints(codes!, splits!, {kinds: SCRIPTS, endsAtWhite: keepsWhite, keepsWhite}, ctx);
};

/** Tokenizers of code points. */
export const textCodePointTokens: OpFamily = {
  WhitespaceTokenizeWithOffsets: {kernel: whitespaceTokenize},
  UnicodeScriptTokenizeWithOffsets: {kernel: unicodeScriptTokenize},
};
