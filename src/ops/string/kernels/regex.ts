/**
 * Regular expression ops.
 *
 * @module
 */

import {equalBytes} from '../../../algorithms/bytes.js';
import {Re2, Rewrite} from '../../../algorithms/re2.js';
import {decodeUtf8} from '../../../algorithms/utf8.js';
import {UnsupportedOpError} from '../../../errors.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

const LIMITS = 'no \\C; \\B is not looked for between the bytes of one character';

/** Compiles a pattern for an op. */
export function compilePattern(pattern: Uint8Array, ctx: KernelContext): Re2 {
  try {
    return new Re2(pattern);
  } catch (error) {
    const text = decodeUtf8(pattern);
    if (/(^|[^\\])(\\\\)*\\C/.test(text)) {
      throw new UnsupportedOpError(
        `${ctx.op} (node '${ctx.name}'): \\C in the pattern ${text} is not supported`,
      );
    }
    throw invalid(ctx, `invalid pattern ${text}: ${(error as Error).message}`);
  }
}

/** Compiled patterns of a node whose pattern is an input: that rarely changes. */
interface PatternCache {
  bytes?: Uint8Array;
  pattern?: Re2;
}

function patternOf(value: Value, ctx: KernelContext): Re2 {
  if (value.rank !== 0) throw invalid(ctx, `pattern must be a scalar, got shape [${value.shape}]`);
  const cache = ctx.memo((): PatternCache => ({}));
  const bytes = value.string();
  if (cache.pattern === undefined || !equalBytes(cache.bytes!, bytes)) {
    cache.pattern = compilePattern(bytes, ctx);
    cache.bytes = bytes;
  }
  return cache.pattern;
}

function replaceAll(input: Value, pattern: Re2, rewrite: Rewrite, ctx: KernelContext): Value {
  const global = ctx.attrs.bool('replace_global');
  return stringValue(
    input.shape,
    input
      .strings()
      .toArray()
      .map((string) => pattern.replace(string, rewrite, global)),
  );
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

function fullMatches(input: Value, pattern: Re2): Value {
  return Value.host(
    'bool',
    input.shape,
    Uint8Array.from(input.strings(), (string) => (pattern.fullMatch(string) ? 1 : 0)),
  );
}

const staticRegexFullMatch: Kernel = ([input], ctx) =>
  fullMatches(
    input!,
    ctx.memo(() => compilePattern(ctx.attrs.bytes('pattern'), ctx)),
  );

const regexFullMatch: Kernel = ([input, pattern], ctx) => fullMatches(input!, patternOf(pattern!, ctx));

/** RE2 patterns. */
export const stringRegex: OpFamily = {
  StaticRegexReplace: {kernel: staticRegexReplace, limits: LIMITS},
  RegexReplace: {kernel: regexReplace, limits: LIMITS},
  StaticRegexFullMatch: {kernel: staticRegexFullMatch, limits: LIMITS},
  RegexFullMatch: {kernel: regexFullMatch, limits: LIMITS},
};
