/**
 * Text made of the pieces of a SentencePiece model.
 *
 * Source: `SentencePieceProcessor::Decode` in `sentencepiece_processor.cc` of the SentencePiece library.
 *
 * @module
 */

import {Normalizer, type NormalizerSpec} from './sentencepiece_normalizer.js';
import type {Vocabulary} from './sentencepiece_vocabulary.js';
import {characterAt, LENGTH_MASK} from './utf8_characters.js';

/** What of a model decides how pieces become text. */
export interface DecoderSpec {
  /** What the unknown piece becomes. */
  readonly unknownText: Uint8Array;
  readonly normalizer: NormalizerSpec;
  /** What is done to the text in the end; undefined for nothing. */
  readonly denormalizer: NormalizerSpec | undefined;
}

/** U+FFFD. */
const REPLACEMENT = Uint8Array.of(0xef, 0xbf, 0xbd);

const SPACE = 0x20;

/** Makes text in memory of its own, which each text uses anew: pieces are added, `finish` ends it. */
export class PieceDecoder {
  /** The text that was finished last, up to `length`. */
  text = new Uint8Array(256);
  length = 0;

  readonly #vocabulary: Vocabulary;
  readonly #byteOf: Int16Array;
  readonly #unknownText: Uint8Array;
  readonly #dropsFirstSpace: boolean;
  readonly #denormalizer: Normalizer | undefined;

  /** Where bytes begin that came one by one and are not known to be characters. */
  #loose = -1;

  /** @param byteOf - the byte that each piece stands for, -1 for none */
  constructor(
    vocabulary: Vocabulary,
    byteOf: Int16Array,
    {unknownText, normalizer, denormalizer}: DecoderSpec,
  ) {
    this.#vocabulary = vocabulary;
    this.#byteOf = byteOf;
    this.#unknownText = unknownText;
    this.#dropsFirstSpace = normalizer.addDummyPrefix || normalizer.removeExtraSpaces;
    this.#denormalizer = denormalizer && new Normalizer(denormalizer);
  }

  /** Begins a text. */
  begin(): void {
    this.length = 0;
    this.#loose = -1;
  }

  /** Adds a piece of the vocabulary. */
  add(id: number): void {
    const {bytes, offsets, types} = this.#vocabulary;
    const byte = this.#byteOf[id]!;
    if (byte >= 0) {
      if (this.#loose < 0) this.#loose = this.length;
      this.#reserve(1);
      this.text[this.length++] = byte;
      return;
    }
    this.#closeBytes();
    if (types[id] === 'control') return;
    if (types[id] === 'unknown') this.#append(this.#unknownText, 0, this.#unknownText.length);
    else this.#appendPiece(bytes, offsets[id]!, offsets[id + 1]!);
  }

  /** Adds a piece by its text. One that the vocabulary has not stays as it is. */
  addText(bytes: Uint8Array, start: number, end: number): void {
    const {unknownId, offsets} = this.#vocabulary;
    const id = this.#vocabulary.idOf(bytes, start, end);
    if (
      id !== unknownId ||
      isSame(bytes, start, end, this.#vocabulary.bytes, offsets[id]!, offsets[id + 1]!)
    ) {
      this.add(id);
    } else {
      this.#closeBytes();
      this.#append(bytes, start, end);
    }
  }

  /** Ends the text. */
  finish(): void {
    this.#closeBytes();
    const denormalizer = this.#denormalizer;
    if (denormalizer === undefined) return;
    denormalizer.normalize(this.text, 0, this.length);
    this.length = 0;
    this.#append(denormalizer.text, 0, denormalizer.length);
  }

  /** Appends a piece, its space symbols as spaces. */
  #appendPiece(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    if (this.length === 0 && this.#dropsFirstSpace && isSpaceSymbol(bytes, at, end)) at += 3;
    this.#reserve(end - at);
    while (at < end) {
      if (isSpaceSymbol(bytes, at, end)) {
        this.text[this.length++] = SPACE;
        at += 3;
      } else {
        this.text[this.length++] = bytes[at++]!;
      }
    }
  }

  /** Replaces what of the bytes that came one by one is no character. */
  #closeBytes(): void {
    const start = this.#loose;
    if (start < 0) return;
    this.#loose = -1;
    const bytes = this.text.slice(start, this.length);
    this.length = start;
    for (let at = 0; at < bytes.length; ) {
      const character = characterAt(bytes, at, bytes.length);
      if (character < 0) {
        this.#append(REPLACEMENT, 0, REPLACEMENT.length);
        at++;
      } else {
        const length = character & LENGTH_MASK;
        this.#append(bytes, at, at + length);
        at += length;
      }
    }
  }

  #append(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    for (let at = start; at < end; at++) this.text[this.length++] = source[at]!;
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.text.length) return;
    const text = new Uint8Array(2 * needed);
    text.set(this.text.subarray(0, this.length));
    this.text = text;
  }
}

/** Whether U+2581, which stands for a space, is at `at`. */
function isSpaceSymbol(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 2 < end && bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81;
}

function isSame(
  a: Uint8Array,
  start: number,
  end: number,
  b: Uint8Array,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let i = 0; i < end - start; i++) if (a[start + i] !== b[otherStart + i]) return false;
  return true;
}
