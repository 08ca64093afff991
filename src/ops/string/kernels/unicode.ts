/**
 * Ops between encoded strings and Unicode code points.
 *
 * Mirrors `tensorflow/core/kernels/unicode_ops.cc`.
 *
 * @module
 */

import {
  type Decoder,
  decoderOf,
  encodeCodePoints,
  type OutputEncoding,
} from '../../../algorithms/code_points.js';
import {scriptOf} from '../../../algorithms/unicode_script.js';
import {allocate} from '../../../host/tensor.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid, unsupported} from '../../node.js';

const MAX_CODE_POINT = 0x10ffff;

/** What becomes of what is no character. */
interface ErrorPolicy {
  readonly errors: 'strict' | 'replace' | 'ignore';
  readonly replacement: number;
  /** Whether U+0000 to U+001F count as errors. */
  readonly replaceControls: boolean;
}

function errorPolicy(ctx: KernelContext): ErrorPolicy {
  const errors = ctx.attrs.string('errors');
  if (errors !== 'strict' && errors !== 'replace' && errors !== 'ignore') {
    throw invalid(ctx, `errors policy must be one of 'strict', 'replace', or 'ignore', got '${errors}'`);
  }
  const replacement = ctx.attrs.int('replacement_char');
  if (replacement < 0 || replacement > MAX_CODE_POINT) {
    throw invalid(ctx, 'replacement_char out of Unicode code point range');
  }
  const {attrs} = ctx;
  return {
    errors,
    replacement,
    replaceControls: attrs.has('replace_control_characters') && attrs.bool('replace_control_characters'),
  };
}

function inputDecoder(ctx: KernelContext): () => Decoder {
  const encoding = ctx.attrs.string('input_encoding');
  const makeDecoder = decoderOf(encoding);
  if (makeDecoder === undefined) throw unsupported(ctx, `the input encoding '${encoding}'`);
  return makeDecoder;
}

/** Calls `emit` with each code point, errors dealt with, and the offset at which it starts. */
function decodeWith(
  string: Uint8Array,
  decoder: Decoder,
  policy: ErrorPolicy,
  ctx: KernelContext,
  emit: (code: number, offset: number) => void,
): void {
  decoder(string, (code, offset, malformed) => {
    if (malformed && policy.errors === 'strict') throw invalid(ctx, 'invalid formatting on input string');
    const isError = malformed || (policy.replaceControls && code <= 0x1f);
    if (!isError) emit(code, offset);
    else if (policy.errors !== 'ignore') emit(policy.replacement, offset);
  });
}

/** Code points of all strings, and where each string's begin. */
function unicodeDecode(withOffsets: boolean): Kernel {
  return ([input], ctx) => {
    const {makeDecoder, policy} = ctx.memo(() => ({
      makeDecoder: inputDecoder(ctx),
      policy: errorPolicy(ctx),
    }));
    const decoder = makeDecoder();
    const codes: number[] = [];
    const offsets: number[] = [];
    const splits = [0];
    for (const string of input!.strings()) {
      decodeWith(string, decoder, policy, ctx, (code, offset) => {
        codes.push(code);
        offsets.push(offset);
      });
      splits.push(codes.length);
    }
    const outputs = [Value.vector(ctx.attrs.dtype('Tsplits'), splits), Value.vector('int32', codes)];
    return withOffsets ? [...outputs, Value.vector('int64', offsets)] : outputs;
  };
}

const unicodeEncode: Kernel = ([values, splits], ctx) => {
  const policy = ctx.memo(() => errorPolicy(ctx));
  const encoding = ctx.attrs.string('output_encoding') as OutputEncoding;
  const codes = values!.numbers();
  const bounds = splits!.numbers();
  if (
    bounds[0] !== 0 ||
    bounds.at(-1) !== codes.length ||
    bounds.some((bound, i) => bound < (bounds[i - 1] ?? 0))
  ) {
    throw invalid(ctx, `input_splits [${bounds}] do not rise from 0 to ${codes.length}`);
  }
  const strings = bounds.slice(1).map((end, i) => {
    const kept = codes.slice(bounds[i], end).flatMap((code) => {
      if (isCharacter(code)) return code;
      if (policy.errors === 'strict') throw invalid(ctx, 'code point value out of valid Unicode range');
      if (policy.errors === 'replace') return policy.replacement;
      // `ignore` drops what cannot be encoded at all, and nothing else.
      return code >= 0 && code <= MAX_CODE_POINT ? code : [];
    });
    return encodeCodePoints(kept, encoding);
  });
  return stringValue([strings.length], strings);
};

/** ICU's `U_IS_UNICODE_CHAR`: neither a surrogate nor a noncharacter. */
function isCharacter(code: number): boolean {
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  const isNoncharacter = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
  return code >= 0 && code <= MAX_CODE_POINT && !isSurrogate && !isNoncharacter;
}

const unicodeTranscode: Kernel = ([input], ctx) => {
  const {makeDecoder, policy} = ctx.memo(() => ({makeDecoder: inputDecoder(ctx), policy: errorPolicy(ctx)}));
  const decoder = makeDecoder();
  const encoding = ctx.attrs.string('output_encoding') as OutputEncoding;
  const strings = input!
    .strings()
    .toArray()
    .map((string) => {
      const codes: number[] = [];
      decodeWith(string, decoder, policy, ctx, (code) => codes.push(code));
      return encodeCodePoints(codes, encoding);
    });
  return stringValue(input!.shape, strings);
};

const unicodeScript: Kernel = ([input]) => {
  const codes = input!.numeric();
  const out = allocate('int32', codes.length);
  for (let i = 0; i < codes.length; i++) out[i] = scriptOf(Number(codes[i]));
  return Value.host('int32', input!.shape, out);
};

const ENCODINGS = 'input encodings UTF-8, UTF-16, UTF-32 (BE, LE), US-ASCII, ISO-8859-1 and single-byte ones';

/** Strings to code points and back. */
export const unicode: OpFamily = {
  UnicodeDecode: {kernel: unicodeDecode(false), limits: ENCODINGS},
  UnicodeDecodeWithOffsets: {kernel: unicodeDecode(true), limits: ENCODINGS},
  UnicodeEncode: {kernel: unicodeEncode},
  UnicodeTranscode: {kernel: unicodeTranscode, limits: ENCODINGS},
  UnicodeScript: {
    kernel: unicodeScript,
    limits: "scripts by the Unicode version of the JavaScript engine, which may be newer than TensorFlow's",
  },
};
