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
  decodeUtf8,
  encodeCodePoints,
  type OutputEncoding,
} from '../../../algorithms/code_points.js';
import {scriptsOf} from '../../../algorithms/unicode_script.js';
import {CODE_SHIFT, characterAt, LENGTH_MASK} from '../../../algorithms/utf8_characters.js';
import {Int32List} from '../../../host/int32_list.js';
import {nearestNumbers} from '../../../host/int64.js';
import {Int64List} from '../../../host/int64_list.js';
import {type PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {allocate} from '../../../host/tensor.js';
import {integers, wideIntegers} from '../../../tensors/integers.js';
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

/** Appends the code points of strings, errors dealt with. */
class Decoding {
  readonly codes: Int32List;
  /** Where each begins in its string; undefined where nobody asks. */
  readonly offsets: Int64List | undefined;
  readonly #decode: Decoder;
  readonly #policy: ErrorPolicy;
  readonly #ctx: KernelContext;

  constructor({decoder, policy}: Conversion, withOffsets: boolean, room: number, ctx: KernelContext) {
    this.codes = new Int32List(room);
    this.offsets = withOffsets ? new Int64List(room) : undefined;
    this.#decode = decoder;
    this.#policy = policy;
    this.#ctx = ctx;
  }

  /** Appends those of what lies from `start` to `end`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#decode === decodeUtf8) this.#addUtf8(bytes, start, end);
    else {
      this.#decode(bytes.subarray(start, end), (code, offset, malformed) => {
        if (malformed || this.#isReplaced(code)) this.#addError(malformed, offset);
        else {
          this.codes.push(code);
          this.offsets?.push(offset);
        }
      });
    }
  }

  #addUtf8(bytes: Uint8Array, start: number, end: number): void {
    const {codes, offsets} = this;
    // There are at most as many as bytes.
    codes.reserve(end - start);
    offsets?.reserve(end - start);
    const lowest = this.#policy.replaceControls ? FIRST_PRINTABLE : 0;
    const {data} = codes;
    let count = codes.length;
    for (let at = start; at < end; ) {
      const byte = bytes[at]!;
      const character = byte < 0x80 ? (byte << CODE_SHIFT) | 1 : characterAt(bytes, at, end);
      if (character < 0 || character >> CODE_SHIFT < lowest) {
        codes.length = count;
        this.#addError(character < 0, at - start);
        count = codes.length;
      } else {
        offsets?.push(at - start);
        data[count++] = character >> CODE_SHIFT;
      }
      at += character < 0 ? -character : character & LENGTH_MASK;
    }
    codes.length = count;
  }

  #isReplaced(code: number): boolean {
    return this.#policy.replaceControls && code < FIRST_PRINTABLE;
  }

  #addError(malformed: boolean, offset: number): void {
    const {errors, replacement} = this.#policy;
    if (malformed && errors === 'strict') throw invalid(this.#ctx, 'invalid formatting on input string');
    if (errors === 'ignore') return;
    this.offsets?.push(offset);
    this.codes.push(replacement);
  }
}

/** Code points from U+0000 to before this one are controls. */
const FIRST_PRINTABLE = 0x20;

/** How strings are read. */
interface Conversion {
  readonly decoder: Decoder;
  readonly policy: ErrorPolicy;
}

/** A decoder of the node's encoding for one tensor, and its policy. */
function conversion(ctx: KernelContext): Conversion {
  const {makeDecoder, policy} = ctx.memo(() => ({makeDecoder: inputDecoder(ctx), policy: errorPolicy(ctx)}));
  return {decoder: makeDecoder(), policy};
}

/** Code points of all strings, and where each string's begin. */
function unicodeDecode(withOffsets: boolean): Kernel {
  return ([input], ctx) => {
    const strings = input!.strings();
    const {bytes, starts, ends} = strings;
    const decoding = new Decoding(conversion(ctx), withOffsets, strings.totalBytes, ctx);
    const splits = new Int32List(strings.length + 1);
    splits.push(0);
    for (let i = 0; i < strings.length; i++) {
      decoding.add(bytes, starts[i]!, ends[i]!);
      splits.push(decoding.codes.length);
    }
    const outputs = [integers(ctx.attrs.dtype('Tsplits'), splits), integers('int32', decoding.codes)];
    return withOffsets ? [...outputs, wideIntegers(decoding.offsets!)] : outputs;
  };
}

const unicodeEncode: Kernel = ([values, splits], ctx) => {
  const policy = ctx.memo(() => errorPolicy(ctx));
  const encoding = ctx.attrs.string('output_encoding') as OutputEncoding;
  const codes = values!.numeric() as Int32Array;
  const bounds = nearestNumbers(splits!.numeric());
  checkSplits(bounds, codes.length, ctx);
  const rows = bounds.length - 1;
  const out = new StringsBuilder(rows, codes.length);
  const kept = new Int32List();
  for (let row = 0; row < rows; row++) {
    kept.length = 0;
    let i = bounds[row]! | 0;
    const end = bounds[row + 1]! | 0;
    kept.reserve(end - i);
    if (areAscii(codes, i, end)) {
      encode(codes, i, end, encoding, out);
      continue;
    }
    for (; i < end; i++) {
      const code = codes[i]!;
      if (isCharacter(code)) kept.push(code);
      else if (policy.errors === 'strict') throw invalid(ctx, 'code point value out of valid Unicode range');
      else if (policy.errors === 'replace') kept.push(policy.replacement);
      // `ignore` drops what cannot be encoded at all, and nothing else.
      else if (code >= 0 && code <= MAX_CODE_POINT) kept.push(code);
    }
    encode(kept.data, 0, kept.length, encoding, out);
  }
  return stringValue([out.count], out.strings());
};

function areAscii(codes: Int32Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (codes[i]! >>> 0 >= 0x80) return false;
  return true;
}

function checkSplits(bounds: ArrayLike<number>, count: number, ctx: KernelContext): void {
  let rises = bounds[0] === 0 && bounds[bounds.length - 1] === count;
  for (let i = 1; i < bounds.length && rises; i++) rises = bounds[i]! >= bounds[i - 1]!;
  if (!rises) throw invalid(ctx, `input_splits do not rise from 0 to the number of values, ${count}`);
}

/** Appends code points as a string. */
function encode(
  codes: Int32Array,
  start: number,
  end: number,
  encoding: OutputEncoding,
  out: StringsBuilder,
): void {
  // Two surrogates may be a character together.
  if (encoding !== 'UTF-8' || !appendUtf8(codes, start, end, out)) {
    out.append(encodeCodePoints(codes.subarray(start, end), encoding));
  }
  out.end();
}

/** Appends code points in UTF-8, or nothing if there are surrogates among them: false. */
function appendUtf8(codes: Int32Array, start: number, end: number, out: StringsBuilder): boolean {
  const from = out.used;
  for (let i = start; i < end; ) {
    // There is room for a byte of each, which is enough while they are ASCII.
    out.reserve(end - i);
    const {bytes} = out;
    let {used} = out;
    while (i < end && codes[i]! < 0x80) bytes[used++] = codes[i++]!;
    out.used = used;
    if (i === end) break;
    const code = codes[i++]!;
    if (code >= 0xd800 && code <= 0xdfff) {
      out.used = from;
      return false;
    }
    out.pushCodePoint(code);
  }
  return true;
}

/** ICU's `U_IS_UNICODE_CHAR`: neither a surrogate nor a noncharacter. */
function isCharacter(code: number): boolean {
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  const isNoncharacter = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
  return code >= 0 && code <= MAX_CODE_POINT && !isSurrogate && !isNoncharacter;
}

const unicodeTranscode: Kernel = ([input], ctx) => {
  const encoding = ctx.attrs.string('output_encoding') as OutputEncoding;
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const how = conversion(ctx);
  if (how.decoder === decodeUtf8 && encoding === 'UTF-8' && isUnchanged(strings, how.policy)) return input!;
  const decoding = new Decoding(how, false, 64, ctx);
  const out = new StringsBuilder(strings.length, strings.totalBytes);
  for (let i = 0; i < strings.length; i++) {
    decoding.codes.length = 0;
    decoding.add(bytes, starts[i]!, ends[i]!);
    encode(decoding.codes.data, 0, decoding.codes.length, encoding, out);
  }
  return stringValue(input!.shape, out.strings());
};

/** Whether strings are UTF-8 without anything that is replaced. */
function isUnchanged({bytes, starts, ends}: PackedStrings, {replaceControls}: ErrorPolicy): boolean {
  for (let i = 0; i < starts.length; i++) {
    const end = ends[i]!;
    for (let at = starts[i]!; at < end; ) {
      const byte = bytes[at]!;
      const character = byte < 0x80 ? (byte << CODE_SHIFT) | 1 : characterAt(bytes, at, end);
      if (character < 0 || (replaceControls && byte < FIRST_PRINTABLE)) return false;
      at += character & LENGTH_MASK;
    }
  }
  return true;
}

const unicodeScript: Kernel = ([input]) => {
  const codes = input!.numeric() as Int32Array;
  const out = allocate('int32', codes.length) as Int32Array;
  scriptsOf(codes, out);
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
