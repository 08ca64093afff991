/**
 * Cutting text by a unigram language model: the path of the highest total score through all pieces that occur in the text
 * (Viterbi).
 *
 * Source: `Model::EncodeOptimized` in `unigram_model.cc` of the SentencePiece library. Scores are rounded where they are there,
 * because ties between paths are broken by rounding: a sum is compared in double precision and kept in single.
 *
 * @module
 */

import type {ByteTrie} from './byte_trie.js';
import {Segments, type Vocabulary} from './sentencepiece_vocabulary.js';
import {leadLength} from './utf8_characters.js';

/** How much worse than the worst piece an unknown character is. */
const UNKNOWN_PENALTY = 10;

const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;
const SMALLEST_FLOAT = 2 ** -126;

/** Cuts text into the pieces of a vocabulary. */
export class UnigramSegmenter {
  readonly segments = new Segments();
  readonly #trie: ByteTrie;
  readonly #unknownId: number;
  readonly #unknownScore: number;
  /** Scores of pieces by id; NaN for those that are not to be used. */
  readonly #scores: Float64Array;

  /** For each place in the text: the best sum of a path that ends there, where its last piece begins, and that piece. */
  #best = new Float32Array(0);
  #from = new Int32Array(0);
  #ids = new Int32Array(0);

  constructor(vocabulary: Vocabulary) {
    const {types, scores, lengths} = vocabulary;
    this.#trie = vocabulary.trie;
    this.#unknownId = vocabulary.unknownId;
    let least = LARGEST_FLOAT;
    let most = SMALLEST_FLOAT;
    for (let id = 0; id < types.length; id++) {
      if (types[id] !== 'normal') continue;
      least = Math.min(least, scores[id]!);
      most = Math.max(most, scores[id]!);
    }
    this.#unknownScore = Math.fround(least - UNKNOWN_PENALTY);
    this.#scores = Float64Array.from(scores, (score, id) => {
      if (types[id] === 'unused') return Number.NaN;
      // A user-defined piece beats whatever its text could be cut into.
      return types[id] === 'user-defined' ? Math.fround(lengths[id]! * most) - 0.1 : score;
    });
  }

  /** Cuts the first `size` bytes. */
  segment(text: Uint8Array, size: number): void {
    if (size >= this.#from.length) this.#grow(2 * size + 1);
    const [best, from, ids, scores] = [this.#best, this.#from, this.#ids, this.#scores];
    const {nodes} = this.#trie;
    from.fill(-1, 0, size + 1);
    best[0] = 0;
    for (let start = 0; start < size; ) {
      const base = best[start]!;
      const next = Math.min(start + leadLength(text[start]!), size);
      let hasSingle = false;
      let node = 0;
      for (let at = start; at < size; ) {
        const to = nodes[3 * node]! + text[at]!;
        if (nodes[3 * to + 1] !== node) break;
        node = to;
        at++;
        const id = nodes[3 * to + 2]!;
        if (id < 0) continue;
        const score = scores[id]!;
        // Not a number: a piece that is not used.
        if (Number.isNaN(score)) continue;
        const sum = score + base;
        if (from[at] === -1 || sum > best[at]!) {
          best[at] = sum;
          from[at] = start;
          ids[at] = id;
        }
        if (at === next) hasSingle = true;
      }
      if (!hasSingle) {
        const sum = Math.fround(this.#unknownScore + base);
        if (from[next] === -1 || sum > best[next]!) {
          best[next] = sum;
          from[next] = start;
          ids[next] = this.#unknownId;
        }
      }
      start = next;
    }
    this.#collect(size);
  }

  /** Notes the pieces of the best path. */
  #collect(size: number): void {
    let count = 0;
    for (let end = size; end > 0; end = this.#from[end]!) count++;
    const {segments} = this;
    segments.resize(count);
    for (let end = size, i = count - 1; i >= 0; i--, end = this.#from[end]!) {
      segments.ids[i] = this.#ids[end]!;
      segments.ends[i] = end;
    }
  }

  #grow(size: number): void {
    this.#best = new Float32Array(size);
    this.#from = new Int32Array(size);
    this.#ids = new Int32Array(size);
  }
}
