/**
 * Byte strings: JavaScript strings with one character, 0 to 255, for each byte. Comparing two compares their bytes, as
 * the keys of a table are compared, and a Map takes them.
 *
 * @module
 */

import {decodeUtf8, encodeUtf8} from '../algorithms/utf8.js';

export function byteStringOf(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** The UTF-8 bytes of a text. */
export function utf8ByteString(text: string): string {
  return isAscii(text) ? text : byteStringOf(encodeUtf8(text));
}

/** The text whose UTF-8 bytes these are. Bytes that are no UTF-8 become U+FFFD. */
export function textOf(byteString: string): string {
  if (isAscii(byteString)) return byteString;
  return decodeUtf8(Uint8Array.from(byteString, (byte) => byte.charCodeAt(0)));
}

/** ASCII is the same in both forms, and nearly every name is. */
function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
