/**
 * TF Text's tokenizers of code points: at white space, and where the script changes.
 *
 * Mirrors `tensorflow_text/core/kernels/whitespace_tokenize_kernel.cc` and `unicode_script_tokenize_kernel.cc`.
 *
 * @module
 */

import {scriptOf} from '../../../algorithms/unicode_script.js';
import {isWhiteSpace} from '../../../algorithms/white_space.js';
import {Int32List} from '../../../host/int32_list.js';
import {nearestNumbers} from '../../../host/int64.js';
import {integers} from '../../../tensors/integers.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** How code points are grouped. */
interface Grouping {
  /** Whether a token ends where the script changes; else at white space alone. */
  readonly byScript: boolean;
  /** Whether white space makes tokens, too; else it is left out. */
  readonly keepsWhite: boolean;
}

/** Tokens of code points, as values, token splits, offsets in the row, and row splits. */
function groupCodePoints(
  input: Value,
  splits: Value,
  {byScript, keepsWhite}: Grouping,
  ctx: KernelContext,
): Value[] {
  const codes = input.numeric() as Int32Array;
  const bounds = nearestNumbers(splits.numeric());
  if (bounds.length === 0) throw invalid(ctx, 'input_splits must not be empty');
  const values = new Int32List(codes.length);
  const inner = new Int32List();
  const outer = new Int32List(bounds.length);
  const [starts, ends] = [new Int32List(), new Int32List()];
  for (let row = 0; row + 1 < bounds.length; row++) {
    const [first, last] = [bounds[row]!, bounds[row + 1]!];
    if (first < 0 || last > codes.length) {
      throw invalid(
        ctx,
        `input_splits: row ${row} is from ${first} to ${last}, and there are ${codes.length} values`,
      );
    }
    outer.push(starts.length);
    let open = false;
    let end = 0;
    let [previousScript, previousIsWhite] = [0, 0];
    for (let i = first; i < last; i++) {
      const code = codes[i]!;
      const isWhite = Number(isWhiteSpace(code));
      const script = byScript ? scriptOf(code) : isWhite;
      if (open && (script !== previousScript || (keepsWhite && isWhite !== previousIsWhite))) {
        ends.push(end);
        open = false;
      }
      previousScript = script;
      previousIsWhite = isWhite;
      if (isWhite === 1 && !keepsWhite) continue;
      if (!open) {
        starts.push(i - first);
        inner.push(values.length);
        open = true;
      }
      values.push(code);
      end = i + 1 - first;
    }
    if (open) ends.push(end);
  }
  outer.push(starts.length);
  inner.push(values.length);
  return [
    integers('int32', values),
    integers(splits.dtype, inner),
    integers('int64', starts),
    integers('int64', ends),
    integers(splits.dtype, outer),
  ];
}

const whitespaceTokenize: Kernel = ([codes, splits], ctx) =>
  groupCodePoints(codes!, splits!, {byScript: false, keepsWhite: false}, ctx);

const unicodeScriptTokenize: Kernel = ([codes, splits], ctx) =>
  groupCodePoints(codes!, splits!, {byScript: true, keepsWhite: ctx.attrs.bool('keep_whitespace')}, ctx);

/** Tokenizers of code points. */
export const textCodePointTokens: OpFamily = {
  WhitespaceTokenizeWithOffsets: {kernel: whitespaceTokenize},
  UnicodeScriptTokenizeWithOffsets: {kernel: unicodeScriptTokenize},
};
