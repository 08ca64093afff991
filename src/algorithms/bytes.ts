/**
 * Byte strings, the elements of string tensors: they need not be UTF-8.
 *
 * @module
 */

import {encodeUtf8} from './utf8.js';

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

/**
 * UTF-8 as a JavaScript string in which each byte that belongs to no character is a lone surrogate U+DC80 to U+DCFF
 * (Python's `surrogateescape`), so that {@link escapedToBytes} restores it.
 */
export function bytesToEscaped(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte < 0x80)) return toLatin1(bytes);
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = utf8Length(bytes, at);
    text += String.fromCodePoint(length > 0 ? codePointAt(bytes, at, length) : 0xdc00 + bytes[at]!);
    at += Math.max(1, length);
  }
  return text;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/** True for a string that is not well-formed UTF-16. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

/** The inverse of {@link bytesToEscaped}. */
export function escapedToBytes(text: string): Uint8Array {
  if (!hasLoneSurrogate(text)) return encodeUtf8(text);
  const parts: Uint8Array[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Uint8Array.of(code - 0xdc00) : encodeUtf8(character));
  }
  return joinBytes(parts);
}

/**
 * Bytes of the well-formed UTF-8 character that starts at `at`, 0 where there is none
 * (Unicode Standard, table 3-7).
 */
export function utf8Length(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return wellFormedPrefix(bytes, at) === length ? length : 0;
}

/**
 * Bytes at `at` that are the start of some well-formed character: what one U+FFFD replaces where the character is
 * not complete ("maximal subpart", Unicode Standard, section 3.9). At least 1.
 */
export function wellFormedPrefix(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const length = lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const [low, high] = SECOND_BYTE[lead] ?? [0x80, 0xbf];
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i];
    const fits = byte !== undefined && (i === 1 ? byte >= low && byte <= high : isContinuation(byte));
    if (!fits) return i;
  }
  return length;
}

/** Leads after which not every continuation byte is allowed: overlong forms, surrogates, beyond U+10FFFF. */
const SECOND_BYTE: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};

/** The code point of a well-formed character of `length` bytes. */
export function codePointAt(bytes: Uint8Array, at: number, length: number): number {
  let code = length === 1 ? bytes[at]! : bytes[at]! & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) code = (code << 6) | (bytes[at + i]! & 0x3f);
  return code;
}
