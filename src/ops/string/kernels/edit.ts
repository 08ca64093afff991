/**
 * Ops that change the case of strings, trim and measure them. Strings are bytes; ops with a `UTF8_CHAR` unit or a `utf-8`
 * encoding look at the characters in them.
 *
 * @module
 */

import {isContinuation, isSpace} from '../../../algorithms/bytes.js';
import {decodeUtf8, encodeUtf8} from '../../../algorithms/utf8.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {mapStrings} from './map_strings.js';

/** Changes case: ASCII letters, or with the `utf-8` encoding every letter. */
function changeCase(first: number, text: (text: string) => string): Kernel {
  const ascii = (string: Uint8Array) =>
    string.map((byte) => (byte >= first && byte < first + 26 ? byte ^ 0x20 : byte));
  return (inputs, ctx) => {
    const encoding = ctx.attrs.string('encoding');
    if (encoding !== '' && encoding !== 'utf-8') {
      throw invalid(ctx, `only utf-8 or '' (no encoding) are allowed, got '${encoding}'`);
    }
    const map = encoding === '' ? ascii : (string: Uint8Array) => encodeUtf8(text(textOfC(string)));
    return mapStrings(map)(inputs, ctx);
  };
}

/** UTF-8 text up to the first NUL: the op hands ICU a C string. */
function textOfC(string: Uint8Array): string {
  const end = string.indexOf(0);
  return decodeUtf8(end < 0 ? string : string.subarray(0, end));
}

function strip(string: Uint8Array): Uint8Array {
  let start = 0;
  let end = string.length;
  while (start < end && isSpace(string[start])) start++;
  while (end > start && isSpace(string[end - 1])) end--;
  return string.subarray(start, end);
}

/** Counts bytes, or those that start a character. */
const stringLength: Kernel = ([input], ctx) => {
  const count = ctx.attrs.string('unit') === 'UTF8_CHAR' ? countCharacters : (s: Uint8Array) => s.length;
  return Value.host('int32', input!.shape, Int32Array.from(input!.strings(), count));
};

function countCharacters(string: Uint8Array): number {
  let count = 0;
  for (const byte of string) if (!isContinuation(byte)) count++;
  return count;
}

/** Case, white space, length. */
export const stringEdit: OpFamily = {
  StringLower: {kernel: changeCase(0x41, (text) => text.toLowerCase())},
  StringUpper: {kernel: changeCase(0x61, (text) => text.toUpperCase())},
  StringStrip: {kernel: mapStrings(strip)},
  StringLength: {kernel: stringLength},
};
