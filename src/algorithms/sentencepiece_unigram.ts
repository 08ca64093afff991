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
import type {Segments, Vocabulary} from './sentencepiece_vocabulary.js';
import type {PartSegmenter} from './sentencepiece_words.js';
import {leadLength} from './utf8_characters.js';

/** How much worse than the worst piece an unknown character is. */
const UNKNOWN_PENALTY = 10;

const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;
const SMALLEST_FLOAT = 2 ** -126;

/** A sum is off by at most this part of it when it is rounded to single precision. */
const ROUNDING = 2 ** -24;

/** Cuts text into the pieces of a vocabulary. */
export class UnigramSegmenter implements PartSegmenter {
  /** Scores of pieces by id; NaN for those that are not to be used. */
  readonly scores: Float64Array;
  readonly #trie: ByteTrie;
  readonly #unknownId: number;
  readonly #unknownScore: number;
  /** No score is larger, whatever its sign. */
  readonly #largest: number;

  /** For each place in the part: the best sum of a path that ends there, where its last piece begins, and that piece. */
  #best = new Float32Array(0);
  #from = new Int32Array(0);
  #ids = new Int32Array(0);
  /** The best sum, and the best of the other paths, without rounding. */
  #exact = new Float64Array(0);
  #second = new Float64Array(0);

  constructor(vocabulary: Vocabulary) {
    const {types, scores, lengths, unknownId} = vocabulary;
    this.#trie = vocabulary.trie;
    this.#unknownId = unknownId;
    let least = LARGEST_FLOAT;
    let most = SMALLEST_FLOAT;
    for (let id = 0; id < types.length; id++) {
      if (types[id] !== 'normal') continue;
      least = Math.min(least, scores[id]!);
      most = Math.max(most, scores[id]!);
    }
    this.#unknownScore = Math.fround(least - UNKNOWN_PENALTY);
    this.scores = Float64Array.from(scores, (score, id) => {
      if (id === unknownId) return this.#unknownScore;
      if (types[id] === 'unused') return Number.NaN;
      // A user-defined piece beats whatever its text could be cut into.
      return types[id] === 'user-defined' ? Math.fround(lengths[id]! * most) - 0.1 : score;
    });
    this.#largest = this.scores.reduce((largest, score) => Math.max(largest, Math.abs(score)), 0);
  }

  cut(text: Uint8Array, start: number, end: number, sum: number, segments: Segments): number {
    const size = end - start;
    this.#reserve(size);
    const {scores} = this;
    const [best, from, ids] = [this.#best, this.#from, this.#ids];
    const {nodes} = this.#trie;
    from.fill(-1, 0, size + 1);
    best[0] = sum;
    for (let place = 0; place < size; ) {
      const base = best[place]!;
      const next = Math.min(place + leadLength(text[start + place]!), size);
      let hasSingle = false;
      let node = 0;
      for (let at = place; at < size; ) {
        const to = nodes[3 * node]! + text[start + at]!;
        if (nodes[3 * to + 1] !== node) break;
        node = to;
        at++;
        const id = nodes[3 * to + 2]!;
        if (id < 0) continue;
        const score = scores[id]!;
        if (Number.isNaN(score)) continue;
        const candidate = score + base;
        if (from[at] === -1 || candidate > best[at]!) {
          best[at] = candidate;
          from[at] = place;
          ids[at] = id;
        }
        if (at === next) hasSingle = true;
      }
      if (!hasSingle) {
        const candidate = Math.fround(this.#unknownScore + base);
        if (from[next] === -1 || candidate > best[next]!) {
          best[next] = candidate;
          from[next] = place;
          ids[next] = this.#unknownId;
        }
      }
      place = next;
    }
    this.#collect(start, size, segments);
    return size === 0 ? sum : best[size]!;
  }

  /**
   * Paths are compared without rounding. A rounded sum of as many scores as there are bytes is off by less than each rounding can be
   * off, so that a path which leads by more than twice that is the best one after rounding, too.
   */
  cutAlone(text: Uint8Array, start: number, end: number, segments: Segments): number {
    const size = end - start;
    this.#reserve(size);
    const {scores} = this;
    const [best, second, from] = [this.#exact, this.#second, this.#from];
    const {nodes} = this.#trie;
    from.fill(-1, 0, size + 1);
    second.fill(Number.NEGATIVE_INFINITY, 0, size + 1);
    best[0] = 0;
    for (let place = 0; place < size; ) {
      const next = Math.min(place + leadLength(text[start + place]!), size);
      let hasSingle = false;
      let node = 0;
      for (let at = place; at < size; ) {
        const to = nodes[3 * node]! + text[start + at]!;
        if (nodes[3 * to + 1] !== node) break;
        node = to;
        at++;
        const id = nodes[3 * to + 2]!;
        if (id < 0 || Number.isNaN(scores[id]!)) continue;
        this.#offer(at, place, id);
        if (at === next) hasSingle = true;
      }
      if (!hasSingle) this.#offer(next, place, this.#unknownId);
      place = next;
    }
    this.#collect(start, size, segments);
    let lead = Number.POSITIVE_INFINITY;
    for (let at = size; at > 0; at = from[at]!) lead = Math.min(lead, best[at]! - second[at]!);
    // Twice what is needed, for the sums here are not exact either.
    return lead / (4 * size * ROUNDING) - size * this.#largest;
  }

  #offer(at: number, place: number, id: number): void {
    const candidate = this.#exact[place]! + this.scores[id]!;
    if (this.#from[at] === -1 || candidate > this.#exact[at]!) {
      if (this.#from[at] !== -1) this.#second[at] = this.#exact[at]!;
      this.#exact[at] = candidate;
      this.#from[at] = place;
      this.#ids[at] = id;
    } else if (candidate > this.#second[at]!) {
      this.#second[at] = candidate;
    }
  }

  /** Appends the pieces of the best path. */
  #collect(start: number, size: number, segments: Segments): void {
    let count = 0;
    for (let at = size; at > 0; at = this.#from[at]!) count++;
    let i = segments.count + count;
    segments.count = i;
    for (let at = size; at > 0; at = this.#from[at]!) {
      segments.ids[--i] = this.#ids[at]!;
      segments.ends[i] = start + at;
    }
  }

  #reserve(size: number): void {
    if (size < this.#from.length) return;
    const room = 2 * size + 1;
    this.#best = new Float32Array(room);
    this.#from = new Int32Array(room);
    this.#ids = new Int32Array(room);
    this.#exact = new Float64Array(room);
    this.#second = new Float64Array(room);
  }
}
