/**
 * Ops that change the case of strings, trim and measure them. Strings are bytes; ops with a `UTF8_CHAR` unit or a `utf-8`
 * encoding look at the characters in them.
 *
 * @module
 */

import {isContinuation, isSpace} from '../../../algorithms/bytes.js';
import {PackedStrings, StringsBuilder} from '../../../host/strings.js';
import {int32Array} from '../../../host/tensor.js';
import {stringValue} from '../../../tensors/strings.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

/** By op the first of the 26 ASCII letters whose case it changes. */
export const FIRST_LETTERS: Readonly<Record<string, number>> = {StringLower: 0x41, StringUpper: 0x61};

/** What becomes of each byte where 26 letters from `first` on get the other case. */
export function withOtherCase(first: number): Uint8Array {
  return Uint8Array.from({length: 256}, (_, byte) =>
    byte >= first && byte < first + 26 ? byte ^ 0x20 : byte,
  );
}

/** Changes case: ASCII letters, or with the `utf-8` encoding every letter. `first` is the first of the 26 bytes that change. */
function changeCase(first: number, text: (text: string) => string): Kernel {
  return ([input], ctx) => {
    const encoding = ctx.attrs.string('encoding');
    if (encoding !== '' && encoding !== 'utf-8') {
      throw invalid(ctx, `only utf-8 or '' (no encoding) are allowed, got '${encoding}'`);
    }
    const strings = input!.strings();
    const changed = encoding === '' ? changeAscii(strings, first) : changeText(strings, first, text);
    return stringValue(input!.shape, changed);
  };
}

function changeAscii(strings: PackedStrings, first: number): PackedStrings {
  const changed = strings.compact();
  flipLetters(changed.bytes, first);
  return changed;
}

/**
 * Flips the case of 26 letters from `first` on, in place, four bytes at a time: what is added to the low seven bits of each byte reaches
 * its highest bit from the first letter on, or from behind the last.
 */
function flipLetters(bytes: Uint8Array, first: number): void {
  const wide = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  const from = (0x80 - first) * 0x01010101;
  const behind = (0x80 - first - 26) * 0x01010101;
  for (let i = 0; i < wide.length; i++) {
    const word = wide[i]!;
    const low = word & 0x7f7f7f7f;
    const letters = (low + from) & ~(low + behind) & ~word & 0x80808080;
    wide[i] = word ^ (letters >>> 2);
  }
  for (let i = 4 * wide.length; i < bytes.length; i++) {
    if (bytes[i]! >= first && bytes[i]! < first + 26) bytes[i]! ^= 0x20;
  }
}

/** A byte order mark is a character like others. */
const DECODER = new TextDecoder('utf-8', {ignoreBOM: true});

/** UTF-8 text up to the first NUL, for the op hands ICU a C string. */
function changeText(strings: PackedStrings, first: number, text: (text: string) => string): PackedStrings {
  const {bytes, starts, ends} = strings;
  const out = new StringsBuilder(strings.length, strings.totalBytes);
  for (let i = 0; i < strings.length; i++) {
    const start = starts[i]!;
    let end = start;
    let isAscii = true;
    for (; end < ends[i]! && bytes[end] !== 0; end++) if (bytes[end]! >= 0x80) isAscii = false;
    if (isAscii) {
      out.reserve(end - start);
      for (let at = start; at < end; at++) {
        const byte = bytes[at]!;
        out.bytes[out.used++] = byte >= first && byte < first + 26 ? byte ^ 0x20 : byte;
      }
    } else {
      out.appendText(text(DECODER.decode(bytes.subarray(start, end))));
    }
    out.end();
  }
  return out.strings();
}

const strip: Kernel = ([input]) => {
  const {bytes, starts, ends} = input!.strings();
  const from = starts.slice();
  const to = ends.slice();
  for (let i = 0; i < from.length; i++) {
    let [start, end] = [from[i]!, to[i]!];
    while (start < end && isSpace(bytes[start])) start++;
    while (end > start && isSpace(bytes[end - 1])) end--;
    from[i] = start;
    to[i] = end;
  }
  return stringValue(input!.shape, new PackedStrings(bytes, from, to));
};

/** Counts bytes, or those that start a character. */
const stringLength: Kernel = ([input], ctx) => {
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const isUtf8 = ctx.attrs.string('unit') === 'UTF8_CHAR';
  const lengths = int32Array(strings.length, (i) => {
    if (!isUtf8) return ends[i]! - starts[i]!;
    let count = 0;
    for (let at = starts[i]!; at < ends[i]!; at++) if (!isContinuation(bytes[at]!)) count++;
    return count;
  });
  return Value.host('int32', input!.shape, lengths);
};

/** Case, white space, length. */
export const stringEdit: OpFamily = {
  StringLower: {kernel: changeCase(FIRST_LETTERS.StringLower!, (text) => text.toLowerCase())},
  StringUpper: {kernel: changeCase(FIRST_LETTERS.StringUpper!, (text) => text.toUpperCase())},
  StringStrip: {kernel: strip},
  StringLength: {kernel: stringLength},
};
