/**
 * Cutting text by byte pair encoding: neighbours are merged, the pair of the highest score first, as long as there is a piece for a
 * pair.
 *
 * Source: `bpe_model.cc` of the SentencePiece library.
 *
 * @module
 */

import {type ByteTrie, NONE} from './byte_trie.js';
import type {Segments, Vocabulary} from './sentencepiece_vocabulary.js';
import type {PartSegmenter} from './sentencepiece_words.js';
import {leadLength} from './utf8_characters.js';

/** Bytes of the longest character. */
const LONGEST_CHARACTER = 4;

/** Cuts text into the pieces of a vocabulary. */
export class BytePairSegmenter implements PartSegmenter {
  readonly scores = undefined;
  readonly #vocabulary: Vocabulary;
  readonly #trie: ByteTrie;
  /** Whether a lone character may be a piece that text is not cut into. */
  readonly #mayBeReserved: boolean;
  readonly #isUnused: Uint8Array;
  /** Of unused pieces, how many bytes of them the left one of the pair had that became it last. */
  readonly #cuts: Int32Array;

  /** Symbols: where each begins and ends (at its beginning once it was merged into its left neighbour), its neighbours or -1. */
  #starts = new Int32Array(0);
  #ends = new Int32Array(0);
  #previous = new Int32Array(0);
  #next = new Int32Array(0);
  /** Nodes of the trie that the symbols lead to, or -1; pieces that symbols were merged into, or -1. */
  #nodes = new Int32Array(0);
  #pieces = new Int32Array(0);
  readonly #agenda = new Agenda();

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.#trie = vocabulary.trie;
    const {types, lengths} = vocabulary;
    this.#isUnused = Uint8Array.from(types, (type) => Number(type === 'unused'));
    this.#cuts = new Int32Array(this.#isUnused.includes(1) ? types.length : 0);
    this.#mayBeReserved = types.some(
      (type, id) =>
        (type === 'unknown' || type === 'control' || type === 'byte') && lengths[id]! <= LONGEST_CHARACTER,
    );
  }

  cutAlone(text: Uint8Array, start: number, end: number, segments: Segments): number {
    this.cut(text, start, end, 0, segments);
    return Number.POSITIVE_INFINITY;
  }

  cut(text: Uint8Array, start: number, end: number, sum: number, segments: Segments): number {
    if (end - start > this.#starts.length) this.#grow(2 * (end - start));
    const count = this.#split(text, start, end);
    const agenda = this.#agenda;
    agenda.clear(3 * count);
    for (let i = 1; i < count; i++) this.#offer(text, i - 1, i);
    const [starts, ends, previous, next] = [this.#starts, this.#ends, this.#previous, this.#next];
    while (agenda.pop()) {
      const {left, right} = agenda;
      const joined = ends[left]! - starts[left]! + (ends[right]! - starts[right]!);
      // Stale: one of the two was merged since.
      if (ends[left] === starts[left] || ends[right] === starts[right] || joined !== agenda.size) continue;
      ends[left] = ends[right]!;
      ends[right] = starts[right]!;
      this.#nodes[left] = agenda.node;
      this.#pieces[left] = this.#trie.valueAt(agenda.node);
      const after = next[right]!;
      next[left] = after;
      if (after >= 0) previous[after] = left;
      this.#offer(text, previous[left]!, left);
      this.#offer(text, left, after);
    }
    // Each symbol that is left is cut into no more pieces than it had characters.
    for (let symbol = 0; symbol !== NONE && symbol < count; symbol = next[symbol]!) {
      this.#add(text, starts[symbol]!, ends[symbol]!, this.#idOf(text, symbol), segments);
    }
    return sum;
  }

  /** Makes a symbol of each character, and of each piece that is taken as it is. Their number. */
  #split(text: Uint8Array, start: number, limit: number): number {
    const {userDefined} = this.#vocabulary;
    let count = 0;
    for (let at = start; at < limit; count++) {
      const fixed = userDefined === undefined ? 0 : userDefined.longestPrefix(text, at, limit);
      const end = fixed > 0 ? at + fixed : Math.min(limit, at + leadLength(text[at]!));
      this.#starts[count] = at;
      this.#ends[count] = end;
      this.#previous[count] = count - 1;
      this.#next[count] = end < limit ? count + 1 : NONE;
      this.#pieces[count] = NONE;
      this.#nodes[count] = fixed > 0 ? FROZEN : this.#trie.walk(text, at, end);
      at = end;
    }
    return count;
  }

  /** Puts a pair on the agenda, if there is a piece for it. */
  #offer(text: Uint8Array, left: number, right: number): void {
    if (left < 0 || right < 0) return;
    const from = this.#nodes[left]!;
    if (from < 0 || this.#nodes[right] === FROZEN) return;
    const node = this.#trie.walk(text, this.#starts[right]!, this.#ends[right]!, from);
    const id = this.#trie.valueAt(node);
    if (id < 0) return;
    const size = this.#ends[right]! - this.#starts[left]!;
    this.#agenda.push(left, right, size, this.#vocabulary.scores[id]!, node);
    if (this.#isUnused[id] === 1) this.#cuts[id] = this.#ends[left]! - this.#starts[left]!;
  }

  #idOf(text: Uint8Array, symbol: number): number {
    const piece = this.#pieces[symbol]!;
    if (piece !== NONE) return piece;
    const [start, end] = [this.#starts[symbol]!, this.#ends[symbol]!];
    const node = this.#nodes[symbol]!;
    if (node === FROZEN || this.#mayBeReserved) return this.#vocabulary.idOf(text, start, end);
    const id = this.#trie.valueAt(node);
    return id < 0 ? this.#vocabulary.unknownId : id;
  }

  /** Adds a piece; of one that is not used, the two that it was merged from. */
  #add(text: Uint8Array, start: number, end: number, id: number, segments: Segments): void {
    const cut = this.#isUnused[id] === 1 ? start + this.#cuts[id]! : start;
    if (cut > start && cut < end) {
      this.#add(text, start, cut, this.#vocabulary.idOf(text, start, cut), segments);
      this.#add(text, cut, end, this.#vocabulary.idOf(text, cut, end), segments);
      return;
    }
    segments.push(id, end);
  }

  #grow(size: number): void {
    for (const set of [
      (array: Int32Array<ArrayBuffer>) => (this.#starts = array),
      (array: Int32Array<ArrayBuffer>) => (this.#ends = array),
      (array: Int32Array<ArrayBuffer>) => (this.#previous = array),
      (array: Int32Array<ArrayBuffer>) => (this.#next = array),
      (array: Int32Array<ArrayBuffer>) => (this.#nodes = array),
      (array: Int32Array<ArrayBuffer>) => (this.#pieces = array),
    ]) {
      set(new Int32Array(size));
    }
  }
}

/** In place of the node of a symbol that is not merged with others. */
const FROZEN = -2;

/** A heap of pairs: the highest score first, of equal ones the leftmost. A pair is a row of columns. */
class Agenda {
  /** The pair that {@link pop} took: its symbols, its bytes when it was found, and the node that these lead to. */
  left = 0;
  right = 0;
  size = 0;
  node = 0;

  /** Rows in the order of a heap. */
  #heap = new Int32Array(0);
  #heaped = 0;
  #count = 0;
  #scores = new Float32Array(0);
  #lefts = new Int32Array(0);
  #rights = new Int32Array(0);
  #sizes = new Int32Array(0);
  #nodes = new Int32Array(0);

  /** Takes all pairs off, and makes room for `most`: two symbols that become one have one neighbour less. */
  clear(most: number): void {
    this.#heaped = 0;
    this.#count = 0;
    if (most <= this.#heap.length) return;
    this.#heap = new Int32Array(2 * most);
    this.#scores = new Float32Array(2 * most);
    this.#lefts = new Int32Array(2 * most);
    this.#rights = new Int32Array(2 * most);
    this.#sizes = new Int32Array(2 * most);
    this.#nodes = new Int32Array(2 * most);
  }

  push(left: number, right: number, size: number, score: number, node: number): void {
    const row = this.#count++;
    this.#lefts[row] = left;
    this.#rights[row] = right;
    this.#sizes[row] = size;
    this.#scores[row] = score;
    this.#nodes[row] = node;
    const heap = this.#heap;
    let at = this.#heaped++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(row, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = row;
  }

  /** Takes the first pair off; false when there is none. */
  pop(): boolean {
    if (this.#heaped === 0) return false;
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap[--this.#heaped]!;
    let at = 0;
    for (let child = 1; child < this.#heaped; child = 2 * at + 1) {
      if (child + 1 < this.#heaped && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    this.left = this.#lefts[top]!;
    this.right = this.#rights[top]!;
    this.size = this.#sizes[top]!;
    this.node = this.#nodes[top]!;
    return true;
  }

  #before(a: number, b: number): boolean {
    const [first, second] = [this.#scores[a]!, this.#scores[b]!];
    return first > second || (first === second && this.#lefts[a]! < this.#lefts[b]!);
  }
}
