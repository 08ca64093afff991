/**
 * The TF Text op that cuts text where a pattern matches.
 *
 * Mirrors `tensorflow_text/core/kernels/regex_split.cc`.
 *
 * @module
 */

import {equalBytes} from '../../../algorithms/bytes.js';
import type {Regex} from '../../../algorithms/regex/regex.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {compilePattern} from '../../string/kernels/regex.js';
import {TokenSpans} from '../token_spans.js';

/** Patterns of a node, compiled when they change. */
interface SplitPatterns {
  readonly bytes: readonly Uint8Array[];
  readonly delimiter: Regex;
  readonly kept: Regex;
}

function splitPatterns(inputs: readonly Value[], ctx: KernelContext): SplitPatterns {
  const cache = ctx.memo((): {patterns?: SplitPatterns} => ({}));
  const bytes = inputs.map((input) => {
    if (input.rank > 0) throw invalid(ctx, `patterns must be scalars, got shape [${input.shape}]`);
    return input.string();
  });
  if (cache.patterns === undefined || !cache.patterns.bytes.every((each, i) => equalBytes(each, bytes[i]!))) {
    const [delimiter, kept] = bytes.map((each) => compilePattern(each, ctx)) as [Regex, Regex];
    cache.patterns = {bytes: bytes.map((each) => each.slice()), delimiter, kept};
  }
  return cache.patterns;
}

/**
 * Adds the tokens of a text: what is between delimiters, and of these what `kept` matches. A delimiter is the first group
 * of its pattern, and each search sees only what is left, so that `^` matches behind a match.
 */
function split(
  bytes: Uint8Array,
  start: number,
  end: number,
  delimiter: Regex,
  kept: Regex | undefined,
  tokens: TokenSpans,
): void {
  let at = start;
  while (delimiter.groupCount > 0 && delimiter.search(bytes, at, end, at)) {
    const {matchStart, matchEnd} = delimiter;
    // TensorFlow goes on for ever here.
    if (matchStart === matchEnd) break;
    const groups = delimiter.groups(bytes, at, end, 1);
    // It crashes where the group took no part in the match.
    const [groupStart, groupEnd] = groups[2]! < 0 ? [matchStart, matchStart] : [groups[2]!, groups[3]!];
    if (groupStart > at) tokens.add(at, groupStart);
    if (kept?.matchesAll(bytes, groupStart, groupEnd)) tokens.add(groupStart, groupEnd);
    at = matchEnd;
  }
  if (at < end) tokens.add(at, end);
}

const regexSplit: Kernel = ([input, ...patterns], ctx) => {
  const {bytes: written, delimiter, kept} = splitPatterns(patterns, ctx);
  const keepsAny = written[1]!.length > 0;
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  // A whole array is searched quickly, unless most of it belongs to others.
  const hasNul = 2 * strings.totalBytes < bytes.length || bytes.includes(0);
  const tokens = new TokenSpans(strings);
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i]!;
    const end = hasNul ? textEnd(bytes, start, ends[i]!) : ends[i]!;
    split(bytes, start, end, delimiter, keepsAny ? kept : undefined, tokens);
    tokens.endRow();
  }
  return [tokens.tokens(), ...tokens.offsets('int64'), tokens.splits('int64')];
};

/** The op takes a text for one of C, that ends where a NUL is. */
function textEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== 0) at++;
  return at;
}

/** Cutting at patterns. */
export const textRegexSplit: OpFamily = {RegexSplitWithOffsets: {kernel: regexSplit}};
