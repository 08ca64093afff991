/**
 * What BERT does to text before it is cut, by a table of what each character becomes.
 *
 * Mirrors `tensorflow_text/core/kernels/fast_bert_normalizer.h`.
 *
 * @module
 */

import * as darts from '../../algorithms/darts.js';
import {characterAt, LENGTH_MASK} from '../../algorithms/utf8_characters.js';
import {FormatError} from '../../errors.js';
import type {Int64List} from '../../host/int64_list.js';
import type {StringsBuilder} from '../../host/strings.js';
import {FlatTable} from './flatbuffer.js';

/** Fields of `FastBertNormalizerModel`. */
const FIELDS = {trie: 1, codePointZero: 2, texts: 3} as const;

/** What a character becomes: whether that is another text, and its place and bytes among all texts. */
const CHANGES = 0x40000000;
const PLACE_SHIFT = 6;
const MOST_PLACES = 1 << 24;
const LENGTH_BITS = 63;

/** A table of what characters become. */
export class BertNormalizer {
  readonly #units: Int32Array;
  readonly #texts: Uint8Array;
  /** What ASCII characters become. */
  readonly #ascii: Int32Array;
  /** The ASCII character that each becomes; -1 where it becomes something else. */
  readonly #single: Int16Array;

  /** @throws FormatError when `model` is no serialized `FastBertNormalizerModel`. */
  constructor(model: Uint8Array) {
    const table = new FlatTable(model, 'the model of a BERT normalizer');
    this.#units = table.int32s(FIELDS.trie);
    if (this.#units.length === 0) throw new FormatError('the model of a BERT normalizer has no trie');
    this.#texts = table.bytes(FIELDS.texts);
    // A trie has no place for the byte 0.
    const zero = table.int32(FIELDS.codePointZero);
    this.#ascii = Int32Array.from({length: 128}, (_, byte) =>
      byte === 0 ? zero : this.#lookUp(Uint8Array.of(byte), 0, 1),
    );
    this.#single = Int16Array.from({length: 128}, (_, byte) => this.#singleOf(byte));
  }

  #singleOf(byte: number): number {
    const data = this.#ascii[byte]!;
    if ((data & CHANGES) === 0) return byte;
    const text = this.#texts[placeOf(data)];
    return (data & LENGTH_BITS) === 1 && text !== undefined ? text : -1;
  }

  /** True when what lies from `start` to `end` stays as it is. */
  leaves(bytes: Uint8Array, start: number, end: number): boolean {
    for (let at = start; at < end; ) {
      const byte = bytes[at]!;
      if (byte < 0x80) {
        if ((this.#ascii[byte]! & CHANGES) !== 0) return false;
        at++;
      } else {
        const next = at + lengthAt(bytes, at, end);
        if ((this.#lookUp(bytes, at, next) & CHANGES) !== 0) return false;
        at = next;
      }
    }
    return true;
  }

  /**
   * Appends what becomes of what lies from `start` to `end`, and to `origins` for each byte where it comes from, counted from `start`.
   */
  write(
    bytes: Uint8Array,
    start: number,
    end: number,
    out: StringsBuilder,
    origins: Int64List | undefined,
  ): void {
    for (let at = start; at < end; ) {
      at = this.#writeSingles(bytes, start, at, end, out, origins);
      if (at === end) break;
      const byte = bytes[at]!;
      const length = byte < 0x80 ? 1 : lengthAt(bytes, at, end);
      const data = byte < 0x80 ? this.#ascii[byte]! : this.#lookUp(bytes, at, at + length);
      if ((data & CHANGES) !== 0) {
        const to = placeOf(data) + (data & LENGTH_BITS);
        for (let i = placeOf(data); i < to && i < this.#texts.length; i++) {
          out.push(this.#texts[i]!);
          origins?.push(at - start);
        }
      } else {
        for (let i = at; i < at + length; i++) {
          out.push(bytes[i]!);
          origins?.push(i - start);
        }
      }
      at += length;
    }
    origins?.push(end - start);
  }

  /** Writes ASCII characters that become one each. Where the first comes that does not. */
  #writeSingles(
    bytes: Uint8Array,
    start: number,
    from: number,
    end: number,
    out: StringsBuilder,
    origins: Int64List | undefined,
  ): number {
    const single = this.#single;
    out.reserve(end - from);
    const {bytes: written, used} = out;
    let at = from;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      const to = byte < 0x80 ? single[byte]! : -1;
      if (to < 0) break;
      written[used + at - from] = to;
    }
    out.used = used + at - from;
    origins?.pushRange(from - start, at - from);
    return at;
  }

  /** What the trie says of a character; 0 for nothing. */
  #lookUp(bytes: Uint8Array, start: number, end: number): number {
    let node = 0;
    for (let at = start; at < end; at++) {
      node = darts.step(this.#units, node, bytes[at]!);
      if (node < 0) return 0;
    }
    return Math.max(0, darts.valueAt(this.#units, node));
  }
}

/** Where the text that a character becomes begins. */
function placeOf(data: number): number {
  return (data >> PLACE_SHIFT) & (MOST_PLACES - 1);
}

/** Bytes of a character, or of what stands in the place of one where there is none. */
function lengthAt(bytes: Uint8Array, at: number, end: number): number {
  const character = characterAt(bytes, at, end);
  return character < 0 ? -character : character & LENGTH_MASK;
}
