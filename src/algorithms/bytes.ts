/**
 * Byte strings, the elements of string tensors: they need not be UTF-8.
 *
 * @module
 */

export const EMPTY = new Uint8Array(0);

/** Arguments a function call takes safely. */
const MAX_ARGUMENTS = 4096;

/** The bytes as characters U+0000 to U+00FF, one each: a key for a Map, or text where only ASCII has a meaning. */
export function toLatin1(bytes: Uint8Array): string {
  if (bytes.length <= MAX_ARGUMENTS) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = '';
  for (let at = 0; at < bytes.length; at += MAX_ARGUMENTS) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + MAX_ARGUMENTS) as unknown as number[]);
  }
  return text;
}

/** The inverse of {@link toLatin1}. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The parts one after the other, `separator` between them, in storage that `make` gives. */
export function joinBytes(
  parts: readonly Uint8Array[],
  separator: Uint8Array = EMPTY,
  make = (length: number) => new Uint8Array(length),
): Uint8Array {
  let length = separator.length * Math.max(0, parts.length - 1);
  for (const part of parts) length += part.length;
  const out = make(length);
  let at = 0;
  parts.forEach((part, i) => {
    if (i > 0 && separator.length > 0) {
      out.set(separator, at);
      at += separator.length;
    }
    out.set(part, at);
    at += part.length;
  });
  return out;
}

/** True when both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Where `wanted` first occurs in `bytes` from `from` on and before `end`, or -1. */
export function indexOfBytes(
  bytes: Uint8Array,
  wanted: Uint8Array,
  from = 0,
  end: number = bytes.length,
): number {
  const last = end - wanted.length;
  for (let at = from; at <= last; at++) {
    let i = 0;
    while (i < wanted.length && bytes[at + i] === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return -1;
}

/** True for the bytes C's `isspace` accepts: tab, line feed, vertical tab, form feed, carriage return, space. */
export function isSpace(byte: number | undefined): boolean {
  // Most bytes are letters: one comparison tells them apart.
  return byte !== undefined && byte <= 0x20 && (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

/** True for a byte that continues a UTF-8 sequence. */
export function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
