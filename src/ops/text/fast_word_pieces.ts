/**
 * Words and texts cut into the longest pieces of a vocabulary in one walk along a trie: where the trie goes on no further, a
 * failure link leads to where the rest of what was read is, and says which pieces are done.
 *
 * Mirrors `tensorflow_text/core/kernels/fast_wordpiece_tokenizer.cc` (Song et al., "Fast WordPiece Tokenization").
 *
 * @module
 */

import {isPunctuationOrChinese} from '../../algorithms/bert_characters.js';
import {CodePointTable} from '../../algorithms/code_point_table.js';
import * as darts from '../../algorithms/darts.js';
import {encodeUtf8} from '../../algorithms/utf8.js';
import {CODE_SHIFT, characterAt, LENGTH_MASK} from '../../algorithms/utf8_characters.js';
import {isWhiteSpace} from '../../algorithms/white_space.js';
import {FormatError} from '../../errors.js';
import {StringsBuilder} from '../../host/strings.js';
import {FlatTable} from './flatbuffer.js';
import {PieceColumns} from './piece_columns.js';

const NO_BYTES = new Uint8Array(0);

/** No failure link. */
const NO_NODE = -1;

const ROOT = 0;

/** In place of a unit beyond the trie: no byte leads there. */
const NO_UNIT = -1;

/** An encoded token: whether it begins with the suffix indicator, its id, and its bytes without the indicator, less one. */
const IS_SUFFIX = 1 << 30;
const ID_SHIFT = 8;
const MOST_IDS = 1 << 22;
const LENGTH_BITS = 0xff;

/** Fields of `FastWordpieceTokenizerConfig`. */
const FIELDS = {
  trie: 0,
  failures: 1,
  failurePops: 2,
  suffixRoot: 3,
  maxBytes: 4,
  suffix: 5,
  unknown: 6,
  unknownId: 7,
  suffixItself: 8,
  punctuationLink: 9,
  endToEnd: 10,
  detokenizes: 11,
  vocabulary: 12,
  isSuffix: 13,
} as const;

/** A model: its trie and links, and the texts of its pieces. */
export class FastWordPieceModel {
  readonly units: Int32Array;
  /** For each unit its failure link, and where the pieces are that are done: place and number in one. */
  readonly failures: Int32Array;
  readonly failurePops: Int32Array;
  readonly suffixRoot: number;
  readonly punctuationLink: number;
  readonly maxBytes: number;
  readonly suffix: Uint8Array;
  readonly unknown: Uint8Array;
  readonly unknownId: number;
  /** What the suffix indicator is cut into where it is a word. */
  readonly suffixItself: Int32Array;
  /** Whether texts are cut; else words. */
  readonly endToEnd: boolean;
  /** Pieces by id without suffix indicator, and whether they have one; undefined where the model does not know. */
  readonly vocabulary: {readonly texts: readonly Uint8Array[]; readonly isSuffix: Uint8Array} | undefined;

  /** @throws FormatError when `model` is no serialized `FastWordpieceTokenizerConfig`. */
  constructor(model: Uint8Array) {
    const table = new FlatTable(model, 'the model of a WordPiece tokenizer');
    this.units = table.int32s(FIELDS.trie);
    if (this.units.length === 0) throw new FormatError('the model of a WordPiece tokenizer has no trie');
    this.failures = table.int32s(FIELDS.failures, 2);
    this.failurePops = table.int32s(FIELDS.failurePops);
    this.suffixRoot = table.int32(FIELDS.suffixRoot);
    this.punctuationLink = table.int32(FIELDS.punctuationLink);
    this.maxBytes = table.int32(FIELDS.maxBytes);
    this.suffix = table.bytes(FIELDS.suffix);
    this.unknown = table.bytes(FIELDS.unknown);
    this.unknownId = table.int32(FIELDS.unknownId);
    if (this.unknownId < 0 || this.unknownId >= MOST_IDS) {
      throw new FormatError(
        `the model of a WordPiece tokenizer has the id ${this.unknownId} for unknown words`,
      );
    }
    this.suffixItself = table.int32s(FIELDS.suffixItself);
    this.endToEnd = table.bool(FIELDS.endToEnd);
    this.vocabulary = table.bool(FIELDS.detokenizes)
      ? {texts: table.strings(FIELDS.vocabulary), isSuffix: table.bytes(FIELDS.isSuffix)}
      : undefined;
  }
}

/** The texts of pieces that occurred, in one memory, by id: at the beginning of a word, and within one. */
class PieceTexts {
  readonly texts = new StringsBuilder(0, 4096);
  /** Where they begin and end, four numbers for each id; all 0 for those that have not occurred. */
  #places = new Int32Array(4096);

  /** Where the places of a piece are, or -1. */
  find(id: number, within: boolean): number {
    const at = 4 * id + (within ? 2 : 0);
    return at < this.#places.length && this.#places[at + 1]! > 0 ? at : -1;
  }

  /** Adds a piece, in two parts. Where its places are. */
  add(
    id: number,
    within: boolean,
    suffix: Uint8Array,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    // No piece is empty but an unknown one, and then it is all the same.
    const at = 4 * id + (within ? 2 : 0);
    if (at + 2 > this.#places.length) {
      const more = new Int32Array(2 * (at + 4));
      more.set(this.#places);
      this.#places = more;
    }
    this.#places[at] = this.texts.used;
    if (within) this.texts.append(suffix);
    this.texts.append(bytes, start, end);
    this.#places[at + 1] = this.texts.used;
    return at;
  }

  startOf(place: number): number {
    return this.#places[place]!;
  }

  endOf(place: number): number {
    return this.#places[place + 1]!;
  }
}

/** Cuts words and texts. Pieces are appended to columns, which are made anew for each tensor. */
export class FastWordPieces {
  readonly model: FastWordPieceModel;
  readonly #texts = new PieceTexts();

  /** Pieces of the tensor under way. */
  pieces = new PieceColumns(0);

  /** The node of the trie, and how much of the word pieces are made of. */
  #node = ROOT;
  #offset = 0;
  /** Pieces before those of the word under way. */
  #before = 0;
  /** The input, and where it begins. */
  #bytes: Uint8Array = NO_BYTES;
  #origin = 0;

  readonly #units: Int32Array;
  /**
   * Characters that are words of their own: punctuation and Chinese ones. A model's trie has all that were at the time, so that a newer
   * version of Unicode makes no difference.
   */
  readonly #ownWords: CodePointTable;

  constructor(model: FastWordPieceModel) {
    this.model = model;
    this.#units = model.units;
    this.#ownWords = new CodePointTable((code) =>
      Number(isPunctuationOrChinese(code) && this.#isPiece(code)),
    );
  }

  /** The memory of the texts of pieces: what is there now stays. */
  get bytes(): Uint8Array {
    return this.#texts.texts.bytes.subarray(0, this.#texts.texts.used);
  }

  /** Begins a tensor, with room for so many pieces to begin with. */
  begin(room: number): void {
    this.pieces = new PieceColumns(room);
  }

  /** Ends a tensor: its pieces, of which nothing is kept. */
  finish(): PieceColumns {
    const {pieces} = this;
    this.begin(0);
    this.#bytes = NO_BYTES;
    return pieces;
  }

  /** Cuts what lies from `start` to `end`. */
  cut(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#origin = start;
    this.#before = this.pieces.count;
    if (start === end) return;
    if (this.model.endToEnd) this.#cutText(start, end);
    else this.#cutWord(start, end);
  }

  #cutWord(start: number, end: number): void {
    const size = end - start;
    if (size > this.model.maxBytes) {
      this.#becomeUnknown(start, end);
      return;
    }
    this.#offset = 0;
    const bytes = this.#bytes;
    const units = this.#units;
    let node = ROOT;
    let unit = units[ROOT]!;
    for (let at = start; at < end; ) {
      const byte = bytes[at]!;
      const to = node ^ darts.offsetOf(unit) ^ byte;
      const next = to < units.length ? units[to]! : NO_UNIT;
      if ((next & darts.LABEL) === byte) {
        node = to;
        unit = next;
        at++;
        continue;
      }
      this.#node = node;
      if (!this.#followFailure(start, end)) {
        this.#becomeUnknown(start, end);
        return;
      }
      node = this.#node;
      unit = units[node]!;
    }
    this.#node = node;
    this.#finishWord(start, end);
  }

  #cutText(start: number, end: number): void {
    const bytes = this.#bytes;
    const units = this.#units;
    const {maxBytes} = this.model;
    let at = start;
    let next = start;
    let [code, previous] = [0, 0];
    while (at < end) {
      const word = at;
      this.#node = ROOT;
      this.#offset = 0;
      let node = ROOT;
      let unit = units[ROOT]!;
      while (at < end) {
        const byte = bytes[at]!;
        const character = byte < 0x80 ? (byte << CODE_SHIFT) | 1 : characterAt(bytes, at, end);
        previous = code;
        code = character < 0 ? -1 : character >> CODE_SHIFT;
        next = at + (character < 0 ? -character : character & LENGTH_MASK);
        if (next - word > maxBytes) break;
        const to = node ^ darts.offsetOf(unit) ^ byte;
        const following = to < units.length ? units[to]! : NO_UNIT;
        if (byte < 0x80 && (following & darts.LABEL) === byte) {
          node = to;
          unit = following;
        } else {
          this.#node = node;
          const isMatched = this.#matchCharacter(word, at, next, end);
          node = this.#node;
          unit = units[node]!;
          if (!isMatched) break;
        }
        at = next;
      }
      this.#node = node;
      if (at >= end) {
        this.#finishWord(word, end);
        return;
      }
      const isWhite = isWhiteSpace(code);
      if (at === word && !isWhite && this.#isOwnWord(code)) {
        // A word of its own that the trie has not got, or that is too long: TF Text's tokenizer does not come past it.
        at = next;
        this.#becomeUnknown(word, at);
        continue;
      }
      if (isWhite || this.#isOwnWord(code) || (at > start && this.#isOwnWord(previous))) {
        this.#finishWord(word, at);
        if (isWhite) at = next;
        continue;
      }
      // Within a word that has an unknown character or is too long.
      at = next;
      let wordEnd = at;
      while (at < end) {
        const character = characterAt(bytes, at, end);
        code = character < 0 ? -1 : character >> CODE_SHIFT;
        next = at + (character < 0 ? -character : character & LENGTH_MASK);
        if (isWhiteSpace(code)) {
          at = next;
          break;
        }
        if (this.#isOwnWord(code)) break;
        wordEnd = next;
        at = next;
      }
      this.#becomeUnknown(word, wordEnd);
    }
  }

  #isOwnWord(code: number): boolean {
    return code >= 0 && this.#ownWords.at(code) === 1;
  }

  /** Whether the trie has the character as a word. */
  #isPiece(code: number): boolean {
    let node = ROOT;
    for (const byte of encodeUtf8(String.fromCodePoint(code))) {
      node = darts.step(this.#units, node, byte);
      if (node < 0) return false;
    }
    return darts.valueAt(this.#units, node) >= 0;
  }

  /** Walks along a whole character, or not at all: false when no failure link helps. */
  #matchCharacter(word: number, at: number, next: number, end: number): boolean {
    const units = this.#units;
    for (;;) {
      let node = darts.step(units, this.#node, this.#bytes[at]!);
      for (let i = at + 1; i < next && node >= 0; i++) node = darts.step(units, node, this.#bytes[i]!);
      if (node >= 0) {
        this.#node = node;
        return true;
      }
      if (!this.#followFailure(word, end)) return false;
    }
  }

  /** Appends the pieces that are done, and goes where the rest is; false where nothing is done. */
  #followFailure(word: number, end: number): boolean {
    const {units, failures, failurePops} = this.model;
    const node = this.#node;
    const link = failures[2 * node] ?? NO_NODE;
    const value = darts.valueAt(units, node);
    if (value >= 0) {
      this.#append(value, word, end);
    } else {
      if (link === NO_NODE) return false;
      const pops = failures[2 * node + 1]!;
      const first = pops >>> ID_SHIFT;
      const last = first + (pops & LENGTH_BITS);
      for (let i = first; i <= last; i++) this.#append(failurePops[i] ?? 0, word, end);
    }
    this.#node = link;
    return true;
  }

  /** Appends a piece of the word that begins at `word`. */
  #append(token: number, word: number, end: number): void {
    const {suffix, unknown, unknownId} = this.model;
    const id = (token >> ID_SHIFT) & (MOST_IDS - 1);
    const within = this.#offset > 0;
    const isWhole = !within && (token & IS_SUFFIX) !== 0;
    // A word may begin as the suffix indicator does.
    const length = (token & LENGTH_BITS) + 1 + (isWhole ? suffix.length : 0);
    const start = word + this.#offset;
    if (start + length > end)
      throw new FormatError('the model of a WordPiece tokenizer is damaged: pieces exceed words');
    let place = this.#texts.find(id, within);
    if (place < 0) {
      place =
        id === unknownId
          ? this.#texts.add(id, within, suffix, unknown, 0, unknown.length)
          : this.#texts.add(id, within, suffix, this.#bytes, start, start + length);
    }
    const from = start - this.#origin;
    this.pieces.push(id, this.#texts.startOf(place), this.#texts.endOf(place), from, from + length);
    this.#offset += length;
  }

  /** At the end of a word: cuts what is on the path of the trie. */
  #finishWord(word: number, end: number): void {
    if (this.#node === ROOT) return;
    const {suffixRoot, punctuationLink} = this.model;
    if (this.#node === suffixRoot && this.pieces.count === this.#before) {
      this.#cutSuffixItself(word, end);
      return;
    }
    while (this.#node !== suffixRoot && this.#node !== punctuationLink) {
      if (!this.#followFailure(word, end)) {
        this.#becomeUnknown(word, end);
        return;
      }
    }
    this.#before = this.pieces.count;
  }

  /** The word is the suffix indicator. */
  #cutSuffixItself(word: number, end: number): void {
    const {suffixItself, unknownId} = this.model;
    if (suffixItself.length === 1 && ((suffixItself[0]! >> ID_SHIFT) & (MOST_IDS - 1)) === unknownId) {
      this.#becomeUnknown(word, end);
      return;
    }
    for (const token of suffixItself) this.#append(token, word, end);
    this.#before = this.pieces.count;
  }

  /** Takes the pieces of the word back: all of it is unknown. */
  #becomeUnknown(word: number, end: number): void {
    const {unknown, unknownId, suffix} = this.model;
    this.pieces.count = this.#before;
    let place = this.#texts.find(unknownId, false);
    if (place < 0) place = this.#texts.add(unknownId, false, suffix, unknown, 0, unknown.length);
    const [textStart, textEnd] = [this.#texts.startOf(place), this.#texts.endOf(place)];
    this.pieces.push(unknownId, textStart, textEnd, word - this.#origin, end - this.#origin);
    this.#before = this.pieces.count;
  }
}
