/**
 * Normal forms and case folding of UTF-8, one pass over the bytes. Text is a row of stretches, each a character and those that may act
 * on it: what a stretch becomes depends on nothing else. ASCII and lone characters are mapped by tables, filled as characters
 * occur; other stretches by the rules of the JavaScript engine, which takes strings, and remembered.
 *
 * @module
 */

import {ByteIndex} from './byte_index.js';
import {asciiEnd, CODE_SHIFT, characterAt, LENGTH_MASK} from './utf8_characters.js';

/** What is done to text. */
export interface TextMapping {
  /**
   * Maps well-formed text. ASCII characters are mapped to ASCII characters, one by one; what others become depends on those around
   * them at most as normal forms of Unicode do.
   */
  readonly map: (text: string) => string;
  /** Whether bytes that are no UTF-8 become U+FFFD; else they stay. */
  readonly repairs: boolean;
}

/** Bytes that are written one after the other. */
export interface ByteBuffer {
  /** Room for bytes; those before `used` are written. */
  bytes: Uint8Array;
  used: number;
  /** Makes room for so many bytes more. */
  reserve(more: number): void;
}

/**
 * Characters that may act on one before them, or let others do so: marks, vowels and final consonants of Hangul, vowel signs of
 * Kirat Rai, and what has no appearance and may be dropped.
 */
const DEPENDENT = /^[\p{M}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\u{16d63}-\u{16d6a}]/u;

/** Entries of the table of characters: what is known of one. 0 for nothing yet. */
const KNOWN = 1;
/** Part of a stretch that began before it. */
const CONTINUES = 2;
const UNCHANGED = 4;
/** Where bytes and place of what it becomes are in an entry. */
const LENGTH_SHIFT = 3;
const MOST_BYTES = 63;
const PLACE_SHIFT = 9;

/** Longer stretches are not remembered. */
const LONGEST_REMEMBERED = 64;

/** When so many bytes of stretches are remembered, they are forgotten. */
const MOST_REMEMBERED = 2 ** 18;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', {ignoreBOM: true});

/** U+FFFD. */
const REPLACEMENT = Uint8Array.of(0xef, 0xbf, 0xbd);

/** Maps text and remembers how. */
export class TextNormalizer {
  readonly #mapping: TextMapping;
  readonly #ascii: Uint8Array;
  /** Whether ASCII characters are mapped to themselves. */
  readonly #keepsAscii: boolean;
  /** Entries of 256 characters each. */
  readonly #pages: (Int32Array | undefined)[] = new Array(0x1100).fill(undefined);
  /** What characters become. */
  readonly #texts = new Pool();
  /** Stretches, and what they become: that of stretch `i` ends at `#stretchEnds[i]`. */
  #stretches = new ByteIndex();
  #stretchTexts = new Pool();
  #stretchEnds: number[] = [];
  #remembered = 0;

  constructor(mapping: TextMapping) {
    this.#mapping = mapping;
    this.#ascii = Uint8Array.from({length: 128}, (_, code) =>
      mapping.map(String.fromCharCode(code)).charCodeAt(0),
    );
    this.#keepsAscii = this.#ascii.every((to, code) => to === code);
  }

  /** True when what lies from `start` to `end` is mapped to itself. False may be wrong: it is not looked at closely. */
  leaves(source: Uint8Array, start: number, end: number): boolean {
    const ascii = this.#ascii;
    const keepsAscii = this.#keepsAscii;
    for (let at = start; at < end; ) {
      const byte = source[at]!;
      if (byte < 0x80) {
        if (!keepsAscii && ascii[byte] !== byte) return false;
        at = keepsAscii ? asciiEnd(source, at + 1, end) : at + 1;
        continue;
      }
      const character = characterAt(source, at, end);
      if (character < 0 || (this.#entryOf(character >> CODE_SHIFT) & (UNCHANGED | CONTINUES)) !== UNCHANGED)
        return false;
      at += character & LENGTH_MASK;
    }
    return true;
  }

  /** Appends what the text that lies from `start` to `end` becomes. */
  write(source: Uint8Array, start: number, end: number, out: ByteBuffer): void {
    const ascii = this.#ascii;
    out.reserve(end - start);
    let {bytes, used} = out;
    // Where the stretch under way begins, and where what it becomes does.
    let stretch = start;
    let stretchUsed = used;
    for (let at = start; at < end; ) {
      const byte = source[at]!;
      if (byte < 0x80) {
        // There is room for as many bytes as are left.
        stretch = at;
        stretchUsed = used;
        bytes[used++] = ascii[byte]!;
        at++;
        continue;
      }
      const character = characterAt(source, at, end);
      const entry = character < 0 ? 0 : this.#entryOf(character >> CODE_SHIFT);
      out.used = used;
      if (character < 0) {
        at = this.#writeMalformed(source, at, at - character, end, out);
        stretch = at;
        stretchUsed = out.used;
      } else if ((entry & CONTINUES) !== 0) {
        out.used = stretchUsed;
        at = this.#writeStretch(source, stretch, at, end, out);
      } else {
        stretch = at;
        stretchUsed = used;
        const length = character & LENGTH_MASK;
        at += length;
        if ((entry & UNCHANGED) !== 0) append(source, at - length, at, end - at, out);
        else this.#texts.appendTo(out, entry >> PLACE_SHIFT, (entry >> LENGTH_SHIFT) & MOST_BYTES, end - at);
      }
      ({bytes, used} = out);
    }
    out.used = used;
  }

  #writeMalformed(source: Uint8Array, start: number, end: number, limit: number, out: ByteBuffer): number {
    if (this.#mapping.repairs) append(REPLACEMENT, 0, REPLACEMENT.length, limit - end, out);
    else append(source, start, end, limit - end, out);
    return end;
  }

  /** Writes what a stretch becomes that goes on at `at`. Where the next begins. */
  #writeStretch(source: Uint8Array, start: number, at: number, end: number, out: ByteBuffer): number {
    let to = at;
    while (to < end && source[to]! >= 0x80) {
      const character = characterAt(source, to, end);
      if (character < 0 || (this.#entryOf(character >> CODE_SHIFT) & CONTINUES) === 0) break;
      to += character & LENGTH_MASK;
    }
    if (to - start > LONGEST_REMEMBERED) {
      const text = this.#mapped(source.subarray(start, to));
      append(text, 0, text.length, end - to, out);
      return to;
    }
    let i = this.#stretches.find(source, start, to);
    if (i < 0) i = this.#remember(source, start, to);
    const from = i === 0 ? 0 : this.#stretchEnds[i - 1]!;
    this.#stretchTexts.appendTo(out, from, this.#stretchEnds[i]! - from, end - to);
    return to;
  }

  #remember(source: Uint8Array, start: number, end: number): number {
    if (this.#remembered > MOST_REMEMBERED) {
      this.#remembered = 0;
      this.#stretches = new ByteIndex();
      this.#stretchTexts = new Pool();
      this.#stretchEnds = [];
    }
    this.#stretchTexts.add(this.#mapped(source.subarray(start, end)));
    this.#stretchEnds.push(this.#stretchTexts.used);
    this.#remembered += end - start;
    return this.#stretches.add(source, start, end);
  }

  #mapped(bytes: Uint8Array): Uint8Array {
    return ENCODER.encode(this.#mapping.map(DECODER.decode(bytes)));
  }

  #entryOf(code: number): number {
    const entry = this.#pages[code >> 8]?.[code & 0xff] ?? 0;
    return entry === 0 ? this.#learn(code) : entry;
  }

  #learn(code: number): number {
    const character = String.fromCodePoint(code);
    const text = this.#mapping.map(character);
    let entry = KNOWN;
    if (text === character) entry |= UNCHANGED;
    // What it becomes may be longer than an entry can tell: then it is mapped as a stretch is.
    const bytes = ENCODER.encode(text);
    const isDependent = DEPENDENT.test(character) || DEPENDENT.test(character.normalize('NFKD'));
    if (isDependent || text === '' || bytes.length > MOST_BYTES) entry |= CONTINUES;
    else if (text !== character)
      entry |= (this.#texts.add(bytes) << PLACE_SHIFT) | (bytes.length << LENGTH_SHIFT);
    this.#pages[code >> 8] ??= new Int32Array(256);
    this.#pages[code >> 8]![code & 0xff] = entry;
    return entry;
  }
}

/** Appends a part of `source`, and makes sure that there is room for `more` after it. */
function append(source: Uint8Array, start: number, end: number, more: number, out: ByteBuffer): void {
  const length = end - start;
  out.reserve(length + more);
  const {bytes, used} = out;
  for (let i = 0; i < length; i++) bytes[used + i] = source[start + i]!;
  out.used = used + length;
}

/** Texts one after the other. */
class Pool {
  #bytes = new Uint8Array(256);
  used = 0;

  /** Adds a text. Where it is. */
  add(text: Uint8Array): number {
    const place = this.used;
    if (place + text.length > this.#bytes.length) {
      const more = new Uint8Array(2 * (place + text.length));
      more.set(this.#bytes);
      this.#bytes = more;
    }
    this.#bytes.set(text, place);
    this.used += text.length;
    return place;
  }

  appendTo(out: ByteBuffer, place: number, length: number, more: number): void {
    append(this.#bytes, place, place + length, more, out);
  }
}
