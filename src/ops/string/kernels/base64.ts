/**
 * Bytes to web-safe base64 and back.
 *
 * @module
 */

import {encodeUtf8} from '../../../algorithms/utf8.js';
import {StringsBuilder} from '../../../host/strings.js';
import {stringValue} from '../../../tensors/strings.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

const BASE64 = encodeUtf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const PADDING = '='.charCodeAt(0);
/** Value of each byte as a base64 digit, -1 for others. */
const BASE64_VALUES = new Int8Array(256).fill(-1);
BASE64.forEach((byte, value) => {
  BASE64_VALUES[byte] = value;
});

/** Web-safe base64, padded on request. */
const encodeBase64: Kernel = ([input], ctx) => {
  const pad = ctx.attrs.bool('pad');
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const out = new StringsBuilder(strings.length, Math.ceil(strings.totalBytes / 3) * 4);
  for (let i = 0; i < strings.length; i++) {
    for (let at = starts[i]!; at < ends[i]!; at += 3) {
      const count = Math.min(3, ends[i]! - at);
      const [second, third] = [count > 1 ? bytes[at + 1]! : 0, count > 2 ? bytes[at + 2]! : 0];
      const bits = (bytes[at]! << 16) | (second << 8) | third;
      for (let digit = 0; digit < 4; digit++) {
        if (digit <= count) out.push(BASE64[(bits >> (18 - 6 * digit)) & 0x3f]!);
        else if (pad) out.push(PADDING);
      }
    }
    out.end();
  }
  return stringValue(input!.shape, out.strings());
};

const decodeBase64: Kernel = ([input], ctx) => {
  const strings = input!.strings();
  const {bytes, starts, ends} = strings;
  const out = new StringsBuilder(strings.length, Math.ceil((strings.totalBytes * 3) / 4));
  for (let i = 0; i < strings.length; i++) {
    const start = starts[i]!;
    let end = ends[i]!;
    if ((end - start) % 4 === 0)
      for (let k = 0; k < 2 && end > start && bytes[end - 1] === PADDING; k++) end--;
    if ((end - start) % 4 === 1) {
      throw invalid(ctx, `${end - start} base64 characters are no whole number of bytes`);
    }
    let bits = 0;
    let filled = 0;
    for (let at = start; at < end; at++) {
      const value = BASE64_VALUES[bytes[at]!]!;
      if (value < 0) throw invalid(ctx, `byte ${bytes[at]} is no web-safe base64 character`);
      bits = ((bits << 6) | value) & 0xffff;
      filled += 6;
      if (filled < 8) continue;
      filled -= 8;
      out.push((bits >> filled) & 0xff);
    }
    out.end();
  }
  return stringValue(input!.shape, out.strings());
};

/** Base64. */
export const base64: OpFamily = {
  EncodeBase64: {kernel: encodeBase64},
  DecodeBase64: {kernel: decodeBase64},
};
