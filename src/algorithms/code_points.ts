/**
 * Encodings as code points with their byte offsets, and back. What ICU's converters call malformed comes as one U+FFFD
 * each, as they do it.
 *
 * @module
 */

import {encodeUtf8} from './utf8.js';
import {CODE_SHIFT, characterAt, LENGTH_MASK} from './utf8_characters.js';

const REPLACEMENT = 0xfffd;
const BYTE_ORDER_MARK = 0xfeff;

/** Is told each code point, the offset of its first byte, and whether it stands for bytes that are malformed. */
export type Visitor = (code: number, offset: number, malformed: boolean) => void;

/** Visits the code points of a string in some encoding. */
export type Decoder = (bytes: Uint8Array, visit: Visitor) => void;

export type OutputEncoding = 'UTF-8' | 'UTF-16-BE' | 'UTF-32-BE';

/** Visits the code points of UTF-8. */
export const decodeUtf8: Decoder = (bytes, visit) => {
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at, bytes.length);
    if (character < 0) visit(REPLACEMENT, at, true);
    else visit(character >> CODE_SHIFT, at, false);
    at += character < 0 ? -character : character & LENGTH_MASK;
  }
};

type UnitReader = (bytes: Uint8Array, at: number) => number;

const read16: Record<'big' | 'little', UnitReader> = {
  big: (bytes, at) => (bytes[at]! << 8) | bytes[at + 1]!,
  little: (bytes, at) => (bytes[at + 1]! << 8) | bytes[at]!,
};

const read32: Record<'big' | 'little', UnitReader> = {
  big: (bytes, at) => read16.big(bytes, at) * 0x10000 + read16.big(bytes, at + 2),
  little: (bytes, at) => read16.little(bytes, at + 2) * 0x10000 + read16.little(bytes, at),
};

function utf16(read: UnitReader): Decoder {
  return (bytes, visit) => {
    for (let at = 0; at < bytes.length; ) {
      const unit = at + 1 < bytes.length ? read(bytes, at) : -1;
      const next = at + 3 < bytes.length ? read(bytes, at + 2) : -1;
      if (isHigh(unit) && isLow(next)) {
        visit(0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff), at, false);
        at += 4;
      } else {
        const malformed = unit < 0 || isHigh(unit) || isLow(unit);
        visit(malformed ? REPLACEMENT : unit, at, malformed);
        // A high surrogate takes what is cut off after it along.
        at += isHigh(unit) && at + 4 > bytes.length ? 4 : 2;
      }
    }
  };
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function utf32(read: UnitReader): Decoder {
  return (bytes, visit) => {
    for (let at = 0; at < bytes.length; at += 4) {
      const code = at + 3 < bytes.length ? read(bytes, at) : -1;
      const malformed = code < 0 || code > 0x10ffff || isHigh(code) || isLow(code);
      visit(malformed ? REPLACEMENT : code, at, malformed);
    }
  };
}

/**
 * An encoding whose byte order a mark tells, big end first without one. As TensorFlow's converter lives for a tensor,
 * only its first string can have a mark. The mark counts to the first character.
 */
function marked(width: 2 | 4, make: (read: UnitReader) => Decoder, read: typeof read16): () => Decoder {
  return () => {
    let decode: Decoder | undefined;
    return (bytes, visit) => {
      if (decode !== undefined || bytes.length < width) {
        (decode ?? make(read.big))(bytes, visit);
        return;
      }
      const little = read.little(bytes, 0) === BYTE_ORDER_MARK;
      const skipped = little || read.big(bytes, 0) === BYTE_ORDER_MARK ? width : 0;
      decode = make(little ? read.little : read.big);
      decode(bytes.subarray(skipped), (code, offset, malformed) =>
        visit(code, offset === 0 ? 0 : offset + skipped, malformed),
      );
    };
  };
}

/** An encoding of one byte per character; -1 in the table for bytes that are none. */
function singleByte(table: ArrayLike<number>): Decoder {
  return (bytes, visit) => {
    bytes.forEach((byte, at) => {
      const code = table[byte]!;
      visit(code < 0 ? REPLACEMENT : code, at, code < 0);
    });
  };
}

const LATIN1 = singleByte(Array.from({length: 256}, (_, byte) => byte));
const ASCII = singleByte(Array.from({length: 256}, (_, byte) => (byte < 0x80 ? byte : -1)));

/** Where windows-1252 differs from Latin-1: U+0080 to U+009F. (Node takes the one for the other.) */
const WINDOWS_1252 = singleByte(
  Array.from({length: 256}, (_, byte) => {
    const special =
      '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';
    return byte >= 0x80 && byte <= 0x9f ? special.charCodeAt(byte - 0x80) : byte;
  }),
);

/** Makes decoders, by name in lower case without punctuation: as ICU compares names. */
const DECODERS: ReadonlyMap<string, () => Decoder> = new Map(
  Object.entries({
    utf8: () => decodeUtf8,
    utf16: marked(2, utf16, read16),
    utf16be: () => utf16(read16.big),
    utf16le: () => utf16(read16.little),
    utf32: marked(4, utf32, read32),
    utf32be: () => utf32(read32.big),
    utf32le: () => utf32(read32.little),
    usascii: () => ASCII,
    ascii: () => ASCII,
    iso88591: () => LATIN1,
    latin1: () => LATIN1,
    windows1252: () => WINDOWS_1252,
  }),
);

/** Single-byte encodings that the Encoding Standard defines as ICU does. */
const STANDARD = /^(windows-125[01345678]|iso-8859-([2-8]|1[03-6])|koi8-[ru]|ibm866)$/;

/** Makes decoders of an encoding, one for each tensor; undefined for an unknown encoding. */
export function decoderOf(encoding: string): (() => Decoder) | undefined {
  const known = DECODERS.get(encoding.toLowerCase().replace(/[-_ ]/g, ''));
  if (known !== undefined || !STANDARD.test(encoding.toLowerCase())) return known;
  const decoder = new TextDecoder(encoding);
  const decode = singleByte(
    Array.from({length: 256}, (_, byte) => {
      const code = decoder.decode(Uint8Array.of(byte)).charCodeAt(0);
      return code === REPLACEMENT ? -1 : code;
    }),
  );
  return () => decode;
}

/** Code points in an encoding. UTF-8 has no form for a surrogate: it gets that of U+FFFD. */
export function encodeCodePoints(codes: Iterable<number>, encoding: OutputEncoding): Uint8Array {
  const text = Array.from(codes, (code) => String.fromCodePoint(code)).join('');
  switch (encoding) {
    case 'UTF-8':
      return encodeUtf8(text);
    case 'UTF-16-BE':
      return bigEndian(
        Array.from({length: text.length}, (_, i) => text.charCodeAt(i)),
        2,
      );
    case 'UTF-32-BE':
      return bigEndian(
        Array.from(text, (character) => character.codePointAt(0)!),
        4,
      );
  }
}

function bigEndian(units: readonly number[], width: number): Uint8Array {
  return Uint8Array.from({length: width * units.length}, (_, i) => {
    return units[Math.floor(i / width)]! >>> (8 * (width - 1 - (i % width)));
  });
}
