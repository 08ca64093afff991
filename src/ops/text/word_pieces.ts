/**
 * Words cut into the longest pieces that a vocabulary has, from left to right. Words that were seen before are not cut again.
 *
 * Mirrors `tensorflow_text/core/kernels/wordpiece_tokenizer.cc`.
 *
 * @module
 */

import {characterAt, LENGTH_MASK} from '../../algorithms/utf8_characters.js';
import {byteIndex} from '../../host/indexes.js';
import {Int32List} from '../../host/int32_list.js';
import type {Int64List} from '../../host/int64_list.js';
import {StringsBuilder} from '../../host/strings.js';
import type {LookupTable} from '../table/lookup_table.js';

/** How words are cut. */
export interface WordPieceSpec {
  /** What pieces begin with that do not begin a word. */
  readonly suffix: Uint8Array;
  /** Longer words are not cut. */
  readonly maxBytes: number;
  /** Characters of a piece; 0 for any number. */
  readonly maxCharacters: number;
  /** What stands for words without pieces; undefined for the words themselves. */
  readonly unknown: Uint8Array | undefined;
  /** Whether characters without a piece are pieces, so that words with them are cut. */
  readonly splitUnknown: boolean;
}

/** Words and their pieces. */
export class WordPieces {
  readonly #spec: WordPieceSpec;
  readonly #table: LookupTable;
  readonly #words = byteIndex(0);
  /** Pieces of all words: those of word `i` end at place `lasts[i]` of the lists. */
  readonly #lasts = new Int32List(64);
  /** Where the text of each piece lies in {@link bytes}. */
  readonly #starts = new Int32List(64);
  readonly #ends = new Int32List(64);
  /** The part of its word that each piece stands for. */
  readonly #wordStarts = new Int32List(64);
  readonly #wordEnds = new Int32List(64);
  readonly #texts = new StringsBuilder(0, 1024);
  /** Room for the suffix indicator and a word. */
  #key = new Uint8Array(256);
  /** Where the characters end that a piece could end with. */
  readonly #characterEnds = new Int32List(64);

  constructor(spec: WordPieceSpec, table: LookupTable) {
    this.#spec = spec;
    this.#table = table;
  }

  /** The memory of the texts of pieces: what is there now stays. */
  get bytes(): Uint8Array {
    return this.#texts.bytes.subarray(0, this.#texts.used);
  }

  /** How many bytes of words and pieces are kept, about. */
  get kept(): number {
    return this.#texts.used + KEPT_PER_WORD * this.#words.size;
  }

  /** The word that lies from `start` to `end`, for {@link append}. */
  wordAt(bytes: Uint8Array, start: number, end: number): number {
    const word = this.#words.find(bytes, start, end);
    return word < 0 ? this.#cut(bytes, start, end) : word;
  }

  /** Appends the pieces of a word to lists. */
  append(word: number, {starts, ends, wordStarts, wordEnds}: PieceLists): void {
    const first = word === 0 ? 0 : this.#lasts.data[word - 1]!;
    const last = this.#lasts.data[word]!;
    for (let i = first; i < last; i++) {
      starts.push(this.#starts.data[i]!);
      ends.push(this.#ends.data[i]!);
      wordStarts.push(this.#wordStarts.data[i]!);
      wordEnds.push(this.#wordEnds.data[i]!);
    }
  }

  /** Cuts a word, and remembers it. */
  #cut(bytes: Uint8Array, start: number, end: number): number {
    const {maxBytes, unknown} = this.#spec;
    const length = end - start;
    const count = this.#words.size;
    const first = count === 0 ? 0 : this.#lasts.data[count - 1]!;
    const used = first === 0 ? 0 : this.#ends.data[first - 1]!;
    this.#forgetFrom(first, used);
    if (length > maxBytes) {
      this.#add(unknown ?? bytes.subarray(start, end), 0, unknown?.length ?? length);
    } else if (!this.#cutKnown(bytes, start, end)) {
      this.#forgetFrom(first, used);
      this.#add(unknown ?? bytes.subarray(start, end), 0, length);
    }
    this.#lasts.length = count;
    this.#lasts.push(this.#starts.length);
    return this.#words.add(bytes, start, end);
  }

  /** Takes back pieces of a word that has none in the end, or that could not be cut to the end. */
  #forgetFrom(first: number, used: number): void {
    for (const list of [this.#starts, this.#ends, this.#wordStarts, this.#wordEnds]) list.length = first;
    this.#texts.used = used;
  }

  /** Adds the pieces of a word; false where there are none for some part of it. */
  #cutKnown(bytes: Uint8Array, start: number, end: number): boolean {
    const {suffix, splitUnknown, unknown} = this.#spec;
    const table = this.#table;
    const length = end - start;
    if (suffix.length + length > this.#key.length) this.#key = new Uint8Array(2 * (suffix.length + length));
    const key = this.#key;
    // The indicator goes before the part of the word that is left, in the place of what comes before that.
    const word = suffix.length;
    for (let i = 0; i < length; i++) key[word + i] = bytes[start + i]!;
    const candidates = this.#characterEnds;
    for (let at = 0; at < length; ) {
      if (at > 0) key.set(suffix, at);
      const from = at > 0 ? at : word;
      this.#findEnds(bytes, start + at, end);
      let i = candidates.length - 1;
      while (i >= 0 && table.idAt(key, from, word + candidates.data[i]! - start) < 0) i--;
      if (i < 0 && !splitUnknown) return false;
      const to = candidates.data[Math.max(0, i)]! - start;
      if (i >= 0 || unknown === undefined) this.#add(key, at, to, from, word + to);
      else this.#addUnknownCharacter(unknown, at, to);
      at = to;
    }
    return true;
  }

  #addUnknownCharacter(unknown: Uint8Array, at: number, to: number): void {
    const {suffix} = this.#spec;
    const from = this.#texts.used;
    if (at > 0) this.#texts.append(suffix);
    this.#texts.append(unknown);
    this.#note(from, at, to);
  }

  #add(text: Uint8Array, at: number, to: number, start = 0, end: number = text.length): void {
    const from = this.#texts.used;
    this.#texts.append(text, start, end);
    this.#note(from, at, to);
  }

  /** Notes a piece whose text is what was written from `from` on. */
  #note(from: number, at: number, to: number): void {
    this.#starts.push(from);
    this.#ends.push(this.#texts.used);
    this.#wordStarts.push(at);
    this.#wordEnds.push(to);
  }

  /** Finds where the characters end that lie from `start` on, at most as many as a piece may have. */
  #findEnds(bytes: Uint8Array, start: number, end: number): void {
    const {maxCharacters} = this.#spec;
    const ends = this.#characterEnds;
    ends.length = 0;
    for (let at = start; at < end && (maxCharacters === 0 || ends.length < maxCharacters); ) {
      const character = characterAt(bytes, at, end);
      at += character < 0 ? -character : character & LENGTH_MASK;
      ends.push(at);
    }
  }
}

/** What is kept of a word beside its text, about. */
const KEPT_PER_WORD = 64;

/** Pieces: where their texts lie, and the parts of words that they stand for. */
export interface PieceLists {
  readonly starts: Int32List;
  readonly ends: Int32List;
  readonly wordStarts: Int64List;
  readonly wordEnds: Int64List;
}
