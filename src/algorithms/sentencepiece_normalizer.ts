/**
 * What SentencePiece models do to text before they cut it: characters are replaced by a table, white space is made visible.
 *
 * Source: `normalizer.cc` of the SentencePiece library.
 *
 * @module
 */

import type {ByteTrie} from './byte_trie.js';
import * as darts from './darts.js';
import {characterAt, LENGTH_MASK} from './utf8_characters.js';

/** Replacements of characters: a trie (Darts) over UTF-8, and the texts it points to, which zero bytes end. */
export interface CharacterMap {
  readonly units: Int32Array;
  readonly texts: Uint8Array;
}

/** How a model normalizes. */
export interface NormalizerSpec {
  readonly charsMap: CharacterMap | undefined;
  readonly addDummyPrefix: boolean;
  readonly removeExtraSpaces: boolean;
  readonly escapeSpaces: boolean;
  readonly spaceAsSuffix: boolean;
}

const SPACE = 0x20;

/** U+2581, which stands for a space. */
const SPACE_SYMBOL = Uint8Array.of(0xe2, 0x96, 0x81);
const PLAIN_SPACE = Uint8Array.of(SPACE);

/** U+FFFD. */
const REPLACEMENT = Uint8Array.of(0xef, 0xbf, 0xbd);

/** What may become of an ASCII character. */
const COPIED = 0;
/** It is copied unless what follows is no ASCII: only with that it is replaced. */
const COPIED_BEFORE_ASCII = 1;
const LOOKED_UP = 2;

/** Normalizes text into memory of its own, which each text uses anew. */
export class Normalizer {
  /** The text that was normalized last, up to `length`. */
  text = new Uint8Array(256);
  length = 0;
  /** For each byte of it (and its end) where it comes from, counted from the beginning of the text as it was. */
  origins = new Int32Array(257);

  readonly #spec: NormalizerSpec;
  readonly #userDefined: ByteTrie | undefined;
  readonly #space: Uint8Array;
  /** What may become of each ASCII character. */
  readonly #ascii: Uint8Array;

  /** What {@link #readPrefix} found: bytes of an array, and how many bytes of the text they replace. */
  #found: Uint8Array = REPLACEMENT;
  #foundStart = 0;
  #foundEnd = 0;
  #taken = 0;

  /** @param userDefined - pieces that are taken as they are */
  constructor(spec: NormalizerSpec, userDefined?: ByteTrie) {
    this.#spec = spec;
    this.#userDefined = userDefined;
    this.#space = spec.escapeSpaces ? SPACE_SYMBOL : PLAIN_SPACE;
    this.#ascii = Uint8Array.from({length: 128}, (_, byte) => this.#kindOf(byte));
  }

  /** Normalizes what lies from `start` to `end`. */
  normalize(bytes: Uint8Array, start: number, end: number): void {
    this.length = 0;
    this.origins[0] = 0;
    const {removeExtraSpaces, addDummyPrefix, spaceAsSuffix} = this.#spec;
    let at = removeExtraSpaces ? this.#skipSpaces(bytes, start, end) : start;
    if (at >= end) return;
    this.#reserve(end - at + SPACE_SYMBOL.length);
    if (addDummyPrefix && !spaceAsSuffix) this.#append(this.#space, 0, this.#space.length, at - start);
    const ascii = this.#ascii;
    let afterSpace = removeExtraSpaces;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte === SPACE && ascii[SPACE] === COPIED) {
        if (!afterSpace) {
          this.#reserve(end - at + SPACE_SYMBOL.length);
          this.#append(this.#space, 0, this.#space.length, at - start);
          afterSpace = removeExtraSpaces;
        }
        at++;
      } else if (byte < 0x80 && byte !== SPACE && isCopied(ascii[byte]!, bytes, at, end)) {
        at = this.#copyRun(bytes, at, end, start);
        afterSpace = false;
      } else {
        afterSpace = this.#replace(bytes, at, end, start, afterSpace);
        at += this.#taken;
      }
    }
    let origin = at - start;
    if (removeExtraSpaces) {
      while (this.#endsWithSpace()) {
        this.length -= this.#space.length;
        origin = this.origins[this.length]!;
      }
    }
    if (addDummyPrefix && spaceAsSuffix) {
      this.#reserve(this.#space.length);
      this.#append(this.#space, 0, this.#space.length, origin);
    }
    this.origins[this.length] = origin;
  }

  /** Appends the characters from `at` on that stay as they are. Where the first comes that may not. */
  #copyRun(bytes: Uint8Array, from: number, end: number, start: number): number {
    const {text, origins} = this;
    const ascii = this.#ascii;
    let {length} = this;
    let at = from;
    // There is room: what replaces more than itself asks for it.
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= 0x80 || byte === SPACE || !isCopied(ascii[byte]!, bytes, at, end)) break;
      text[length] = byte;
      origins[length++] = at - start;
    }
    this.length = length;
    return at;
  }

  /** Appends what the start of the text becomes. Whether the last that was appended is a space to remember. */
  #replace(bytes: Uint8Array, at: number, end: number, start: number, afterSpace: boolean): boolean {
    this.#readPrefix(bytes, at, end);
    const found = this.#found;
    let from = this.#foundStart;
    const to = this.#foundEnd;
    if (afterSpace) while (from < to && found[from] === SPACE) from++;
    const {removeExtraSpaces} = this.#spec;
    if (from === to) return afterSpace && removeExtraSpaces;
    this.#reserve(SPACE_SYMBOL.length * (to - from) + end - at);
    for (; from < to; from++) {
      if (found[from] === SPACE) this.#append(this.#space, 0, this.#space.length, at - start);
      else this.#append(found, from, from + 1, at - start);
    }
    return found[to - 1] === SPACE && removeExtraSpaces;
  }

  /** Finds what the start of the text becomes. */
  #readPrefix(bytes: Uint8Array, at: number, end: number): void {
    const fixed = this.#userDefined === undefined ? 0 : this.#userDefined.longestPrefix(bytes, at, end);
    if (fixed > 0) {
      this.#set(bytes, at, at + fixed, fixed);
    } else if (!this.#readMapped(bytes, at, end)) {
      const character = characterAt(bytes, at, end);
      const length = character & LENGTH_MASK;
      if (character < 0) this.#set(REPLACEMENT, 0, REPLACEMENT.length, 1);
      else this.#set(bytes, at, at + length, length);
    }
  }

  /** Finds the longest start of the text that is in the table. */
  #readMapped(bytes: Uint8Array, at: number, end: number): boolean {
    const map = this.#spec.charsMap;
    if (map === undefined) return false;
    const {units, texts} = map;
    let value = -1;
    for (let node = 0, i = at; i < end; ) {
      node = darts.step(units, node, bytes[i]!);
      if (node < 0) break;
      i++;
      const found = darts.valueAt(units, node);
      if (found < 0) continue;
      value = found;
      this.#taken = i - at;
    }
    if (value < 0) return false;
    let to = Math.min(value, texts.length);
    while (to < texts.length && texts[to] !== 0) to++;
    this.#set(texts, Math.min(value, to), to, this.#taken);
    return true;
  }

  #set(found: Uint8Array, start: number, end: number, taken: number): void {
    this.#found = found;
    this.#foundStart = start;
    this.#foundEnd = end;
    this.#taken = taken;
  }

  #skipSpaces(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      this.#readPrefix(bytes, at, end);
      if (this.#foundEnd - this.#foundStart !== 1 || this.#found[this.#foundStart] !== SPACE) break;
      at += this.#taken;
    }
    return at;
  }

  #endsWithSpace(): boolean {
    const space = this.#space;
    const from = this.length - space.length;
    if (from < 0) return false;
    for (let i = 0; i < space.length; i++) if (this.text[from + i] !== space[i]) return false;
    return true;
  }

  #append(source: Uint8Array, start: number, end: number, origin: number): void {
    const {text, origins} = this;
    let {length} = this;
    for (let i = start; i < end; i++) {
      text[length] = source[i]!;
      origins[length++] = origin;
    }
    this.length = length;
  }

  /** Makes room for so many bytes more. */
  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.text.length) return;
    const text = new Uint8Array(2 * needed);
    text.set(this.text.subarray(0, this.length));
    this.text = text;
    const origins = new Int32Array(2 * needed + 1);
    origins.set(this.origins.subarray(0, this.length));
    this.origins = origins;
  }

  #kindOf(byte: number): number {
    if (this.#userDefined !== undefined && this.#userDefined.walk(Uint8Array.of(byte), 0, 1) >= 0)
      return LOOKED_UP;
    const units = this.#spec.charsMap?.units;
    const node = units === undefined ? -1 : darts.step(units, 0, byte);
    if (node < 0) return COPIED;
    if (darts.valueAt(units!, node) >= 0) return LOOKED_UP;
    for (let next = 0; next < 0x80; next++) if (darts.step(units!, node, next) >= 0) return LOOKED_UP;
    return COPIED_BEFORE_ASCII;
  }
}

/** Whether an ASCII character of this kind stays as it is. */
function isCopied(kind: number, bytes: Uint8Array, at: number, end: number): boolean {
  return kind === COPIED || (kind === COPIED_BEFORE_ASCII && (at + 1 === end || bytes[at + 1]! < 0x80));
}
