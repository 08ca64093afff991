/**
 * The pieces of a SentencePiece model, and a text that was cut into them.
 *
 * @module
 */

import {ByteTrie, NONE} from './byte_trie.js';

/** What a piece is for. */
export type PieceType = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte';

/** An entry of a vocabulary; its place is its id. */
export interface VocabularyPiece {
  readonly text: Uint8Array;
  readonly score: number;
  readonly type: PieceType;
}

/** Types of pieces that text is not cut into: text that looks like them is something else. */
const RESERVED: ReadonlySet<PieceType> = new Set(['unknown', 'control', 'byte']);

/** The pieces by id. Immutable. */
export class Vocabulary {
  /** The texts of all pieces, one after the other. */
  readonly bytes: Uint8Array;
  /** Where the text of each piece begins, and where the last ends. */
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly scores: Float32Array;
  readonly types: readonly PieceType[];
  /** The pieces that text is cut into. */
  readonly trie: ByteTrie;
  /** The others. */
  readonly reserved: ByteTrie;
  /** Pieces that are taken as they are, wherever they occur; undefined where there are none. */
  readonly userDefined: ByteTrie | undefined;
  readonly unknownId: number;

  constructor(pieces: readonly VocabularyPiece[]) {
    this.types = pieces.map(({type}) => type);
    this.scores = Float32Array.from(pieces, ({score}) => score);
    this.lengths = Int32Array.from(pieces, ({text}) => text.length);
    this.offsets = new Int32Array(pieces.length + 1);
    for (let id = 0; id < pieces.length; id++) this.offsets[id + 1] = this.offsets[id]! + this.lengths[id]!;
    this.bytes = new Uint8Array(this.offsets[pieces.length]!);
    for (let id = 0; id < pieces.length; id++) this.bytes.set(pieces[id]!.text, this.offsets[id]!);
    this.unknownId = this.types.indexOf('unknown');
    this.trie = this.#trieOf((type) => !RESERVED.has(type));
    this.reserved = this.#trieOf((type) => RESERVED.has(type));
    const hasUserDefined = this.types.includes('user-defined');
    this.userDefined = hasUserDefined ? this.#trieOf((type) => type === 'user-defined') : undefined;
  }

  /** How many pieces there are. */
  get size(): number {
    return this.types.length;
  }

  /** The id of a piece, that of the unknown piece where there is none. */
  idOf(bytes: Uint8Array, start: number, end: number): number {
    const reserved = this.reserved.find(bytes, start, end);
    if (reserved !== NONE) return reserved;
    const id = this.trie.find(bytes, start, end);
    return id === NONE ? this.unknownId : id;
  }

  /** The text of a piece. Shares the bytes. */
  textOf(id: number): Uint8Array {
    return this.bytes.subarray(this.offsets[id]!, this.offsets[id + 1]!);
  }

  #trieOf(belongs: (type: PieceType) => boolean): ByteTrie {
    const ids: number[] = [];
    for (let id = 0; id < this.size; id++) if (belongs(this.types[id]!)) ids.push(id);
    return ByteTrie.of(
      this.bytes,
      ids.map((id) => this.offsets[id]!),
      ids.map((id) => this.offsets[id + 1]!),
      ids,
    );
  }
}

/** A text cut into segments: their ids, and where they end. The first begins at 0, each other where the one before it ends. */
export class Segments {
  ids = new Int32Array(64);
  ends = new Int32Array(64);
  count = 0;

  /** Takes all out, and makes room for `most`. */
  clear(most: number): void {
    this.count = 0;
    if (most <= this.ids.length) return;
    this.ids = new Int32Array(2 * most);
    this.ends = new Int32Array(2 * most);
  }

  push(id: number, end: number): void {
    this.ids[this.count] = id;
    this.ends[this.count++] = end;
  }
}
