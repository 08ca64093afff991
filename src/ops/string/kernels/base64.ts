/**
 * Bytes to web-safe base64 and back.
 *
 * @module
 */

import {encodeUtf8} from '../../../algorithms/utf8.js';
import type {KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';
import {mapStrings} from './map_strings.js';

const BASE64 = encodeUtf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const PADDING = '='.charCodeAt(0);
/** Value of each byte as a base64 digit, -1 for others. */
const BASE64_VALUES = new Int8Array(256).fill(-1);
BASE64.forEach((byte, value) => {
  BASE64_VALUES[byte] = value;
});

/** Web-safe base64, padded on request. */
function encodeBase64(string: Uint8Array, ctx: KernelContext): Uint8Array {
  const pad = ctx.attrs.bool('pad');
  const digits = Math.ceil((string.length * 4) / 3);
  const out = new Uint8Array(pad ? Math.ceil(string.length / 3) * 4 : digits).fill(PADDING);
  for (let i = 0; i < digits; i++) {
    const bit = i * 6;
    const at = bit >> 3;
    const pair = (string[at]! << 8) | (string[at + 1] ?? 0);
    out[i] = BASE64[(pair >> (10 - (bit & 7))) & 0x3f]!;
  }
  return out;
}

function decodeBase64(string: Uint8Array, ctx: KernelContext): Uint8Array {
  let digits = string.length;
  if (digits % 4 === 0) for (let i = 0; i < 2 && string[digits - 1] === PADDING; i++) digits--;
  if (digits % 4 === 1) throw invalid(ctx, `${digits} base64 characters are no whole number of bytes`);
  const out = new Uint8Array(Math.floor((digits * 3) / 4));
  let bits = 0;
  let filled = 0;
  let at = 0;
  for (let i = 0; i < digits; i++) {
    const value = BASE64_VALUES[string[i]!]!;
    if (value < 0) throw invalid(ctx, `byte ${string[i]} is no web-safe base64 character`);
    bits = ((bits << 6) | value) & 0xffff;
    filled += 6;
    if (filled < 8) continue;
    filled -= 8;
    out[at++] = bits >> filled;
  }
  return out;
}

/** Base64. */
export const base64: OpFamily = {
  EncodeBase64: {kernel: mapStrings(encodeBase64)},
  DecodeBase64: {kernel: mapStrings(decodeBase64)},
};
