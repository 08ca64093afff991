/**
 * SentencePiece models: text to pieces, by unigram language model or byte pair encoding.
 *
 * Source: `sentencepiece_model.proto` and the algorithms of the SentencePiece library (`normalizer.cc`,
 * `unigram_model.cc`, `bpe_model.cc`, `sentencepiece_processor.cc`). Scores are added in float32, as there, because
 * ties between segmentations are broken by rounding.
 *
 * @module
 */

import {codePointAt, utf8Length} from './bytes.js';
import {encodeUtf8} from './utf8.js';

/** What a piece of a vocabulary is for. */
export type PieceType = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte';

/** An entry of a vocabulary; its place is its id. */
export interface VocabularyPiece {
  readonly text: string;
  readonly score: number;
  readonly type: PieceType;
}

/** What a model file says, defaults filled in. */
export interface SentencePieceSpec {
  /** One of them is the unknown piece. */
  readonly pieces: readonly VocabularyPiece[];
  readonly modelType: 'unigram' | 'bpe';
  readonly byteFallback: boolean;
  readonly spaceAsSuffix: boolean;
  readonly bos: string;
  readonly eos: string;
  readonly charsMap: CharacterMap | undefined;
  readonly addDummyPrefix: boolean;
  readonly removeExtraSpaces: boolean;
  readonly escapeSpaces: boolean;
}

/** Replacements of characters: a double-array trie (Darts) over UTF-8, and the texts it points to. */
export interface CharacterMap {
  readonly units: Uint32Array;
  readonly texts: Uint8Array;
}

/** A piece of an encoded text, with the bytes of the text it stands for. */
export interface Piece {
  readonly text: string;
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** What is done beside cutting. */
export interface EncodeOptions {
  readonly addBos?: boolean;
  readonly addEos?: boolean;
  readonly reverse?: boolean;
}

/** Text that was normalized, and where each UTF-16 unit of it (and its end) comes from. */
interface Normalized {
  readonly text: string;
  readonly origins: readonly number[];
}

/** A part of a normalized text and its id. */
interface Segment {
  readonly text: string;
  readonly id: number;
}

const SPACE_SYMBOL = '\u2581';

/** How much worse than the worst piece an unknown character is. */
const UNKNOWN_PENALTY = 10;

/** A SentencePiece model. */
export class SentencePieceModel {
  readonly pieces: readonly VocabularyPiece[];
  readonly #normalizer: Normalizer;
  readonly #segment: (text: string) => Segment[];
  /** Ids of normal, user-defined and unused pieces. */
  readonly #ids = new Map<string, number>();
  /** Ids of the others. */
  readonly #reserved = new Map<string, number>();
  readonly #unknownId: number;
  readonly #spec: SentencePieceSpec;
  /** Code points of the longest piece. */
  readonly #longest: number;
  readonly #userDefined: readonly string[];

  constructor(spec: SentencePieceSpec) {
    this.#spec = spec;
    this.pieces = this.#spec.pieces;
    this.pieces.forEach(({text, type}, id) => {
      const isReserved = type === 'unknown' || type === 'control' || type === 'byte';
      (isReserved ? this.#reserved : this.#ids).set(text, id);
    });
    this.#unknownId = this.pieces.findIndex(({type}) => type === 'unknown');
    this.#longest = this.pieces.reduce((most, {text}) => Math.max(most, Array.from(text).length), 1);
    this.#userDefined = this.pieces
      .flatMap(({text, type}) => (type === 'user-defined' ? text : []))
      .sort((a, b) => b.length - a.length);
    this.#normalizer = new Normalizer(this.#spec, this.#userDefined);
    const segment = {unigram: this.#unigram, bpe: this.#bytePairs}[spec.modelType];
    this.#segment = segment.bind(this);
  }

  /** The id of a piece, that of the unknown piece where there is none. */
  idOf(text: string): number {
    return this.#reserved.get(text) ?? this.#ids.get(text) ?? this.#unknownId;
  }

  /** The most likely segmentation. */
  encode(bytes: Uint8Array, {addBos, addEos, reverse}: EncodeOptions = {}): Piece[] {
    const normalized = this.#normalizer.normalize(bytes);
    const pieces = this.#locate(this.#segment(normalized.text), normalized);
    const marker = (text: string) => ({text, id: this.idOf(text), start: 0, end: 0});
    if (addBos) pieces.unshift(marker(this.#spec.bos));
    if (addEos) pieces.push(marker(this.#spec.eos));
    return reverse ? pieces.reverse() : pieces;
  }

  /** Segments as pieces: runs of unknown ones merged, or spelled in bytes where the model has pieces for bytes. */
  #locate(segments: readonly Segment[], {origins}: Normalized): Piece[] {
    const pieces: Piece[] = [];
    let at = 0;
    let afterUnknown = false;
    for (const {text, id} of segments) {
      const start = origins[at]!;
      at += text.length;
      const end = origins[at]!;
      const isUnknown = id === this.#unknownId;
      const last = pieces.at(-1);
      if (isUnknown && this.#spec.byteFallback) {
        encodeUtf8(text).forEach((byte, i, {length}) => {
          const piece = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
          pieces.push({text: piece, id: this.idOf(piece), start, end: i === length - 1 ? end : start});
        });
      } else if (isUnknown && afterUnknown) {
        pieces[pieces.length - 1] = {...last!, text: last!.text + text, end};
      } else {
        pieces.push({text, id, start, end});
      }
      afterUnknown = isUnknown;
    }
    return pieces;
  }

  /** The path of the highest total score through all pieces that occur in the text (Viterbi). */
  #unigram(text: string): Segment[] {
    const scores = this.#scores();
    const size = text.length;
    const best = new Float32Array(size + 1);
    const from = new Int32Array(size + 1).fill(-1);
    const ids = new Int32Array(size + 1);
    for (let start = 0; start < size; ) {
      const single = characterLength(text, start);
      const base = best[start]!;
      let hasSingle = false;
      let end = start;
      for (let count = 0; count < this.#longest && end < size; count++) {
        end += characterLength(text, end);
        const id = this.#ids.get(text.slice(start, end));
        if (id === undefined || this.pieces[id]!.type === 'unused') continue;
        improve(end, id, Math.fround(base + scores.of(id)), start);
        if (end - start === single) hasSingle = true;
      }
      if (!hasSingle) improve(start + single, this.#unknownId, Math.fround(base + scores.unknown), start);
      start += single;
    }
    const segments: Segment[] = [];
    for (let end = size; end > 0; end = from[end]!) {
      segments.push({text: text.slice(from[end]!, end), id: ids[end]!});
    }
    return segments.reverse();

    function improve(end: number, id: number, score: number, start: number): void {
      if (from[end] !== -1 && score <= best[end]!) return;
      best[end] = score;
      from[end] = start;
      ids[end] = id;
    }
  }

  #scoreTable: {readonly of: (id: number) => number; readonly unknown: number} | undefined;

  #scores() {
    this.#scoreTable ??= this.#makeScores();
    return this.#scoreTable;
  }

  #makeScores() {
    const normal = this.pieces.flatMap(({type, score}) => (type === 'normal' ? score : []));
    const least = normal.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const most = normal.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const values = this.pieces.map(({text, type, score}) =>
      // A user-defined piece beats whatever its text could be cut into.
      type === 'user-defined' ? Math.fround(encodeUtf8(text).length * most - 0.1) : score,
    );
    return {of: (id: number) => values[id]!, unknown: Math.fround(least - UNKNOWN_PENALTY)};
  }

  /** Neighbours are merged, the pair of the highest score first, as long as there is a piece for a pair. */
  #bytePairs(text: string): Segment[] {
    const symbols = this.#symbols(text);
    const agenda = new Agenda();
    const unusedPairs = new Map<string, readonly [string, string]>();
    const offer = (left: number, right: number) => {
      const [a, b] = [symbols[left], symbols[right]];
      if (a === undefined || b === undefined || a.frozen || b.frozen) return;
      const id = this.#ids.get(a.text + b.text);
      if (id === undefined) return;
      agenda.push({left, right, size: a.text.length + b.text.length, score: this.pieces[id]!.score});
      if (this.pieces[id]!.type === 'unused') unusedPairs.set(a.text + b.text, [a.text, b.text]);
    };
    for (let i = 1; i < symbols.length; i++) offer(i - 1, i);
    for (let pair = agenda.pop(); pair !== undefined; pair = agenda.pop()) {
      const [a, b] = [symbols[pair.left]!, symbols[pair.right]!];
      // Stale: one of the two was merged since.
      if (a.text === '' || b.text === '' || a.text.length + b.text.length !== pair.size) continue;
      a.text += b.text;
      b.text = '';
      a.next = b.next;
      if (b.next >= 0) symbols[b.next]!.previous = pair.left;
      offer(a.previous, pair.left);
      offer(pair.left, a.next);
    }
    const split = (piece: string): Segment[] => {
      const id = this.idOf(piece);
      const parts = this.pieces[id]!.type === 'unused' ? unusedPairs.get(piece) : undefined;
      return parts === undefined ? [{text: piece, id}] : parts.flatMap(split);
    };
    return symbols.flatMap((symbol) => (symbol.text === '' ? [] : split(symbol.text)));
  }

  #symbols(text: string): PairSymbol[] {
    const symbols: PairSymbol[] = [];
    for (let at = 0; at < text.length; ) {
      const fixed = this.#userDefined.find((piece) => text.startsWith(piece, at));
      const length = fixed?.length ?? characterLength(text, at);
      const index = symbols.length;
      const next = at + length < text.length ? index + 1 : -1;
      symbols.push({
        text: text.slice(at, at + length),
        previous: index - 1,
        next,
        frozen: fixed !== undefined,
      });
      at += length;
    }
    return symbols;
  }
}

/** A part of the text in byte pair encoding; empty once it was merged into its left neighbour. */
interface PairSymbol {
  text: string;
  previous: number;
  next: number;
  readonly frozen: boolean;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  /** Length of both together when the pair was found. */
  readonly size: number;
  readonly score: number;
}

/** A heap of pairs: the highest score first, of equal ones the leftmost. */
class Agenda {
  readonly #heap: Pair[] = [];

  push(pair: Pair): void {
    const heap = this.#heap;
    let at = heap.push(pair) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  pop(): Pair | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      }
      if (least === at) return top;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}

function before(a: Pair, b: Pair): boolean {
  return a.score > b.score || (a.score === b.score && a.left < b.left);
}

/** UTF-16 units of the character at `at`. */
function characterLength(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

/** Replaces characters by a model's table, and makes white space visible. */
class Normalizer {
  readonly #spec: SentencePieceSpec;
  readonly #userDefined: readonly Uint8Array[];
  readonly #charsMap: CharsMap | undefined;

  constructor(spec: SentencePieceSpec, userDefined: readonly string[]) {
    this.#spec = spec;
    this.#userDefined = userDefined.map(encodeUtf8);
    this.#charsMap = spec.charsMap && new CharsMap(spec.charsMap);
  }

  normalize(bytes: Uint8Array): Normalized {
    const {removeExtraSpaces, addDummyPrefix, escapeSpaces, spaceAsSuffix} = this.#spec;
    const symbol = escapeSpaces ? SPACE_SYMBOL : ' ';
    let text = '';
    const origins: number[] = [];
    const add = (part: string, origin: number) => {
      text += part;
      for (let i = 0; i < part.length; i++) origins.push(origin);
    };
    let at = 0;
    if (removeExtraSpaces) {
      while (at < bytes.length) {
        const [replacement, length] = this.#prefix(bytes, at);
        if (replacement !== ' ') break;
        at += length;
      }
    }
    if (at >= bytes.length) return {text: '', origins: [0]};
    if (addDummyPrefix && !spaceAsSuffix) add(symbol, at);
    let afterSpace = removeExtraSpaces;
    while (at < bytes.length) {
      const [replacement, length] = this.#prefix(bytes, at);
      const kept = afterSpace ? replacement.replace(/^ +/, '') : replacement;
      if (kept !== '') {
        add(escapeSpaces ? kept.replaceAll(' ', SPACE_SYMBOL) : kept, at);
        afterSpace = kept.endsWith(' ');
      }
      at += length;
      if (!removeExtraSpaces) afterSpace = false;
    }
    if (removeExtraSpaces) {
      while (text.endsWith(symbol)) {
        text = text.slice(0, -1);
        at = origins.pop()!;
      }
    }
    if (addDummyPrefix && spaceAsSuffix) add(symbol, at);
    origins.push(at);
    return {text, origins};
  }

  /** What the start of the text becomes, and how many bytes that start is. */
  #prefix(bytes: Uint8Array, at: number): [replacement: string, length: number] {
    const fixed = this.#userDefined.find((piece) => piece.every((byte, i) => bytes[at + i] === byte));
    if (fixed !== undefined) return [new TextDecoder().decode(fixed), fixed.length];
    const mapped = this.#charsMap?.longestPrefix(bytes, at);
    if (mapped !== undefined) return mapped;
    const length = utf8Length(bytes, at);
    return length === 0 ? ['\ufffd', 1] : [String.fromCodePoint(codePointAt(bytes, at, length)), length];
  }
}

/** A table of replacements: a double-array trie (Darts) over UTF-8, and the texts it points to. */
class CharsMap {
  readonly #units: Uint32Array;
  readonly #texts: Uint8Array;

  constructor({units, texts}: CharacterMap) {
    this.#units = units;
    this.#texts = texts;
  }

  longestPrefix(bytes: Uint8Array, at: number): [replacement: string, length: number] | undefined {
    const units = this.#units;
    let found: [value: number, length: number] | undefined;
    let node = offsetOf(units[0] ?? 0);
    for (let i = at; i < bytes.length; i++) {
      node ^= bytes[i]!;
      const unit = units[node];
      // The label, and the bit that only leaves have.
      if (unit === undefined || (unit & 0x800000ff) !== bytes[i]) break;
      node ^= offsetOf(unit);
      if ((unit & 0x100) !== 0) found = [units[node]! & 0x7fffffff, i + 1 - at];
    }
    if (found === undefined) return undefined;
    const [value, length] = found;
    const end = this.#texts.indexOf(0, value);
    return [new TextDecoder().decode(this.#texts.subarray(value, end < 0 ? undefined : end)), length];
  }
}

/** What leads from a unit of the trie to its children. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
