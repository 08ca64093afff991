/**
 * Regular expression ops.
 *
 * @module
 */

import {equalBytes} from '../../../algorithms/bytes.js';
import {Regex, RegexError} from '../../../algorithms/regex/regex.js';
import {ByteReplacement, Rewrite, replace} from '../../../algorithms/regex/replace.js';
import {decodeUtf8} from '../../../algorithms/utf8.js';
import {type PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {allocate} from '../../../host/tensor.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** Compiles a pattern for an op. */
export function compilePattern(pattern: Uint8Array, ctx: KernelContext): Regex {
  try {
    return new Regex(pattern);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw invalid(ctx, `invalid pattern ${decodeUtf8(pattern)}: ${error.message}`);
  }
}

/** Compiled patterns of a node whose pattern is an input: that rarely changes. */
interface PatternCache {
  bytes?: Uint8Array;
  pattern?: Regex;
}

function patternOf(value: Value, ctx: KernelContext): Regex {
  if (value.rank !== 0) throw invalid(ctx, `pattern must be a scalar, got shape [${value.shape}]`);
  const cache = ctx.memo((): PatternCache => ({}));
  const bytes = value.string();
  if (cache.pattern === undefined || !equalBytes(cache.bytes!, bytes)) {
    cache.pattern = compilePattern(bytes, ctx);
    cache.bytes = bytes.slice();
  }
  return cache.pattern;
}

function replaceAll(input: Value, regex: Regex, rewrite: Rewrite, ctx: KernelContext): Value {
  const strings = input.strings();
  const global = ctx.attrs.bool('replace_global');
  const first = rewrite.canReplace(regex, global) ? firstMatch(strings, regex) : strings.length;
  // Where nothing matches, nothing is copied.
  if (first === strings.length) return stringValue(input.shape, strings);
  const byBytes = global ? ByteReplacement.of(regex, rewrite) : undefined;
  if (byBytes !== undefined) return stringValue(input.shape, replaceBytes(strings, byBytes));
  const {bytes, starts, ends} = strings;
  const {totalBytes} = strings;
  const out = new StringsBuilder(strings.length, totalBytes + (totalBytes >> 3));
  for (let i = 0; i < strings.length; i++) {
    const start = starts[i]!;
    const end = ends[i]!;
    if (i < first || !replace(regex, rewrite, global, bytes, start, end, out)) out.append(bytes, start, end);
    out.end();
  }
  return stringValue(input.shape, out.strings());
}

/** The strings with the bytes of matches replaced. */
export function replaceBytes(strings: PackedStrings, replacement: ByteReplacement): PackedStrings {
  const {bytes, starts, ends} = strings;
  const out = new StringsBuilder(strings.length, strings.totalBytes);
  for (let i = 0; i < strings.length; i++) {
    out.used = replacement.write(bytes, starts[i]!, ends[i]!, out.bytes, out.used);
    out.end();
  }
  return out.strings();
}

/** The first string that has a match; the number of strings where none has. */
function firstMatch({bytes, starts, ends}: PackedStrings, regex: Regex): number {
  let i = 0;
  while (i < starts.length && !regex.search(bytes, starts[i]!, ends[i]!, starts[i]!)) i++;
  return i;
}

const staticRegexReplace: Kernel = ([input], ctx) => {
  const {pattern, rewrite} = ctx.memo(() => ({
    pattern: compilePattern(ctx.attrs.bytes('pattern'), ctx),
    rewrite: new Rewrite(ctx.attrs.bytes('rewrite')),
  }));
  return replaceAll(input!, pattern, rewrite, ctx);
};

const regexReplace: Kernel = ([input, pattern, rewrite], ctx) => {
  if (rewrite!.rank !== 0) throw invalid(ctx, `rewrite must be a scalar, got shape [${rewrite!.shape}]`);
  return replaceAll(input!, patternOf(pattern!, ctx), new Rewrite(rewrite!.string()), ctx);
};

function fullMatches(input: Value, regex: Regex): Value {
  const {bytes, starts, ends} = input.strings();
  const matches = allocate('bool', starts.length) as Uint8Array;
  for (let i = 0; i < matches.length; i++) {
    matches[i] = regex.matchesAll(bytes, starts[i]!, ends[i]!) ? 1 : 0;
  }
  return Value.host('bool', input.shape, matches);
}

const staticRegexFullMatch: Kernel = ([input], ctx) =>
  fullMatches(
    input!,
    ctx.memo(() => compilePattern(ctx.attrs.bytes('pattern'), ctx)),
  );

const regexFullMatch: Kernel = ([input, pattern], ctx) => fullMatches(input!, patternOf(pattern!, ctx));

/** RE2 patterns. */
export const stringRegex: OpFamily = {
  StaticRegexReplace: {kernel: staticRegexReplace},
  RegexReplace: {kernel: regexReplace},
  StaticRegexFullMatch: {kernel: staticRegexFullMatch},
  RegexFullMatch: {kernel: regexFullMatch},
};
