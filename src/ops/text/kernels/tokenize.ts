/**
 * TF Text ops that cut text into tokens.
 *
 * Mirrors `tensorflow_text/core/kernels`.
 *
 * @module
 */

import {equalBytes} from '../../../algorithms/bytes.js';
import type {Re2} from '../../../algorithms/re2.js';
import type {DType} from '../../../host/dtypes.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {compilePattern} from '../../string/kernels/regex.js';

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

/** Patterns of a node, compiled when they change. */
interface SplitPatterns {
  readonly bytes: readonly Uint8Array[];
  readonly delimiter: Re2;
  readonly kept: Re2;
}

function splitPatterns(inputs: readonly Value[], ctx: KernelContext): SplitPatterns {
  const cache = ctx.memo((): {patterns?: SplitPatterns} => ({}));
  const bytes = inputs.map((input) => {
    if (input.rank > 0) throw invalid(ctx, `patterns must be scalars, got shape [${input.shape}]`);
    return input.string();
  });
  if (cache.patterns === undefined || !cache.patterns.bytes.every((each, i) => equalBytes(each, bytes[i]!))) {
    const [delimiter, kept] = bytes.map((each) => compilePattern(each, ctx)) as [Re2, Re2];
    cache.patterns = {bytes, delimiter, kept};
  }
  return cache.patterns;
}

/** Cuts at a pattern; what another pattern matches of the delimiters is a token too. */
const regexSplit: Kernel = ([input, ...patterns], ctx) => {
  const {bytes, delimiter, kept} = splitPatterns(patterns, ctx);
  const keepsAny = bytes[1]!.length > 0;
  const tokens = new Tokens();
  for (const string of input!.strings()) {
    let at = 0;
    for (const {before, match} of delimiter.scan(string)) {
      const end = at + before.length;
      if (before.length > 0) tokens.add(before, at, end);
      at = end + match.length;
      if (keepsAny && kept.fullMatch(match)) tokens.add(match, end, at);
    }
    if (at < string.length) tokens.add(string.subarray(at), at, string.length);
    tokens.endRow();
  }
  return [tokens.values(), ...tokens.offsets('int64'), Value.vector('int64', tokens.splits)];
};

/** Tokenizers. */
export const textTokenization: OpFamily = {
  RegexSplitWithOffsets: {kernel: regexSplit, limits: 'no \\C in patterns'},
};
