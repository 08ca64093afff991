/**
 * UTF-8 from and to JavaScript strings.
 *
 * @module
 */

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/** Bytes as a JavaScript string. Bytes that are no UTF-8 become U+FFFD: for messages and names, not for data. */
export function decodeUtf8(bytes: Uint8Array): string {
  return DECODER.decode(bytes);
}

/** UTF-8 bytes of a JavaScript string. */
export function encodeUtf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}
