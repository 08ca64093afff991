/**
 * Cutting text word by word, and remembering how words were cut.
 *
 * Where no piece has a space symbol other than at its beginning, no piece reaches from one word into the next, so that the cuts
 * before space symbols are certain. What a word is cut into then depends on nothing before it but by the rounding of sums
 * of scores, and segmenters tell up to which sum it does not.
 *
 * @module
 */

import {ByteIndex} from './byte_index.js';
import {Segments, type Vocabulary} from './sentencepiece_vocabulary.js';
import {isWellFormed} from './utf8_characters.js';

/** Cuts text in memory of its own. */
export interface Segmenter {
  readonly segments: Segments;
  /** Cuts the first `size` bytes. */
  segment(text: Uint8Array, size: number): void;
}

/** Cuts parts of a text. */
export interface PartSegmenter {
  /** What each piece adds to the sum of scores; undefined where sums do not matter. */
  readonly scores: Float64Array | undefined;
  /** Appends the segments of a part, before which scores came to `sum`. The sum after it. */
  cut(text: Uint8Array, start: number, end: number, sum: number, segments: Segments): number;
  /** Appends the segments that a part has whatever comes before it, as long as the sum of that is smaller than what is returned. */
  cutAlone(text: Uint8Array, start: number, end: number, segments: Segments): number;
}

/** Cuts text as a whole. */
export class WholeSegmenter implements Segmenter {
  readonly segments = new Segments();
  readonly #parts: PartSegmenter;

  constructor(parts: PartSegmenter) {
    this.#parts = parts;
  }

  segment(text: Uint8Array, size: number): void {
    this.segments.clear(size);
    this.#parts.cut(text, 0, size, 0, this.segments);
  }
}

/** When so many bytes of words are remembered, they are forgotten. */
const MOST_BYTES = 2 ** 19;

/** Longer words are not remembered: few of them come twice. */
const LONGEST_WORD = 64;

/** Cuts text word by word. */
export class WordSegmenter implements Segmenter {
  readonly segments = new Segments();
  readonly #parts: PartSegmenter;
  #known = new KnownWords();

  constructor(parts: PartSegmenter) {
    this.#parts = parts;
  }

  segment(text: Uint8Array, size: number): void {
    const parts = this.#parts;
    const {segments} = this;
    segments.clear(size);
    let sum = 0;
    for (let start = 0; start < size; ) {
      const end = wordEnd(text, start, size);
      const word = end - start > LONGEST_WORD ? -1 : this.#find(text, start, end);
      if (word >= 0 && Math.abs(sum) < this.#known.limits[word]!) {
        sum = this.#known.recall(word, start, sum, parts.scores, segments);
      } else {
        sum = parts.cut(text, start, end, sum, segments);
      }
      start = end;
    }
  }

  #find(text: Uint8Array, start: number, end: number): number {
    const word = this.#known.index.find(text, start, end);
    if (word >= 0) return word;
    if (this.#known.bytes > MOST_BYTES) this.#known = new KnownWords();
    const {segments} = this;
    const first = segments.count;
    const limit = this.#parts.cutAlone(text, start, end, segments);
    const added = this.#known.add(text, start, end, limit, segments, first);
    segments.count = first;
    return added;
  }
}

/** Words and their segments. */
class KnownWords {
  readonly index = new ByteIndex();
  /** The bytes of all words. */
  bytes = 0;
  /** The sums up to which the segments of each word are these. */
  limits: Float64Array = new Float64Array(512);
  /** Segments of all words: those of word `i` end at `#lasts[i]`. Where they end is counted from the beginning of the word. */
  #ids: Int32Array = new Int32Array(1024);
  #ends: Uint8Array = new Uint8Array(1024);
  #lasts: Int32Array = new Int32Array(512);

  /** Adds a word whose segments are those of `segments` from `first` on. Its number. */
  add(
    text: Uint8Array,
    start: number,
    end: number,
    limit: number,
    segments: Segments,
    first: number,
  ): number {
    const word = this.index.add(text, start, end);
    this.bytes += end - start;
    if (word === this.#lasts.length) {
      this.#lasts = copied(this.#lasts, new Int32Array(2 * word));
      this.limits = copied(this.limits, new Float64Array(2 * word));
    }
    let at = word === 0 ? 0 : this.#lasts[word - 1]!;
    const needed = at + segments.count - first;
    if (needed > this.#ids.length) {
      this.#ids = copied(this.#ids, new Int32Array(2 * needed));
      this.#ends = copied(this.#ends, new Uint8Array(2 * needed));
    }
    for (let i = first; i < segments.count; i++) {
      this.#ids[at] = segments.ids[i]!;
      this.#ends[at++] = segments.ends[i]! - start;
    }
    this.#lasts[word] = at;
    this.limits[word] = limit;
    return word;
  }

  /** Appends the segments of a word that begins at `start`. The sum of scores after it. */
  recall(
    word: number,
    start: number,
    sum: number,
    scores: Float64Array | undefined,
    segments: Segments,
  ): number {
    const last = this.#lasts[word]!;
    let after = sum;
    for (let i = word === 0 ? 0 : this.#lasts[word - 1]!; i < last; i++) {
      const id = this.#ids[i]!;
      segments.push(id, start + this.#ends[i]!);
      if (scores !== undefined) after = Math.fround(after + scores[id]!);
    }
    return after;
  }
}

/** Where the word that begins at `start` ends: at a space symbol (U+2581) after its first byte. */
function wordEnd(text: Uint8Array, start: number, size: number): number {
  let at = start + 1;
  while (at < size && (text[at] !== 0xe2 || text[at + 1] !== 0x96 || text[at + 2] !== 0x81)) at++;
  return at;
}

function copied<T extends Int32Array | Float64Array | Uint8Array>(array: T, more: T): T {
  more.set(array);
  return more;
}

/**
 * Whether text can be cut word by word: no piece has a space symbol after its first byte, none is used only for its parts, and what the
 * text is made of are characters, so that cuts do not miss a space symbol.
 *
 * @param texts - what else than valid UTF-8 comes into normalized text
 */
export function isWordwise(
  {types, bytes, offsets}: Vocabulary,
  texts: Uint8Array = new Uint8Array(0),
): boolean {
  if (!isWellFormed(texts)) return false;
  for (let id = 0; id < types.length; id++) {
    if (types[id] === 'unused') return false;
    const piece = bytes.subarray(offsets[id]!, offsets[id + 1]!);
    if (types[id] === 'user-defined' && !isWellFormed(piece)) return false;
    if (wordEnd(piece, 0, piece.length) < piece.length) return false;
  }
  return true;
}
