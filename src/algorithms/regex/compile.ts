/**
 * From trees to programs.
 *
 * Follows RE2's `compile.cc`. Characters become bytes here. The range from U+0080 to the last code point, which `.` and
 * most complements have, is as wide as RE2 makes it: beside well-formed UTF-8 it takes overlong forms and what is beyond
 * U+10FFFF, as long as leads and continuations are of the right number. All other ranges take what is well-formed, and
 * surrogates.
 *
 * @module
 */

import {RegexError} from './parse.js';
import {
  ALT,
  ASSERT,
  BEGIN_LINE,
  BEGIN_TEXT,
  BYTE,
  byteRange,
  CAPTURE,
  END_LINE,
  END_TEXT,
  FAIL,
  MATCH,
  NO_WORD_BOUNDARY,
  NOP,
  type Program,
  WORD_BOUNDARY,
} from './program.js';
import {encodeRune, LAST_RUNE} from './runes.js';
import {type Class, FOLD_CASE, fold, NON_GREEDY, type Regexp} from './syntax.js';

/** The most instructions: what RE2's bound of 8 MiB for a pattern comes to in TensorFlow. */
const MOST_INSTRUCTIONS = 698_996;

/**
 * Compiles a simplified tree.
 *
 * @param backward - whether the program is to read texts from their ends to their starts
 */
export function compile(re: Regexp, backward: boolean): Program {
  return new Compiler(backward).compile(re);
}

/**
 * Edges that lead nowhere yet: a list through the edges themselves. An edge is twice the number of its instruction, one
 * more for that of `arg`; the last of a list leads to 0.
 */
interface Edges {
  readonly head: number;
  readonly tail: number;
}

const NO_EDGES: Edges = {head: 0, tail: 0};

const edge = (at: number): Edges => ({head: at, tail: at});

/** A piece of a program: where it begins, what leads out of it, and whether one gets through without a byte. */
interface Piece {
  readonly begin: number;
  readonly ends: Edges;
  readonly nullable: boolean;
}

const NO_MATCH: Piece = {begin: 0, ends: NO_EDGES, nullable: false};

const ASSERTIONS = {
  'begin line': [BEGIN_LINE, END_LINE],
  'end line': [END_LINE, BEGIN_LINE],
  'begin text': [BEGIN_TEXT, END_TEXT],
  'end text': [END_TEXT, BEGIN_TEXT],
  'word boundary': [WORD_BOUNDARY, WORD_BOUNDARY],
  'no word boundary': [NO_WORD_BOUNDARY, NO_WORD_BOUNDARY],
} as const;

class Compiler {
  readonly #backward: boolean;
  #reversed: boolean;
  readonly #ops: number[] = [FAIL];
  readonly #outs: number[] = [0];
  readonly #args: number[] = [0];
  #asserts = 0;
  /** Bytes of the class under way that several of its characters end with. */
  readonly #suffixes = new Map<number, number>();
  #classBegin = 0;
  #classEnds: Edges = NO_EDGES;

  constructor(backward: boolean) {
    this.#backward = backward;
    this.#reversed = backward;
  }

  compile(re: Regexp): Program {
    const body = fold<Piece>(re, (each, below) => this.#piece(each, below));
    // What follows is not turned round.
    this.#reversed = false;
    const whole = this.#cat(body, {begin: this.#add(MATCH), ends: NO_EDGES, nullable: false});
    const anywhere = this.#cat(this.#star(this.#byte(0x00, 0xff, false), true), whole);
    return {
      ops: Uint8Array.from(this.#ops),
      outs: Int32Array.from(this.#outs),
      args: Int32Array.from(this.#args),
      start: whole.begin,
      startAnywhere: anywhere.begin,
      asserts: this.#asserts,
    };
  }

  #piece(re: Regexp, below: readonly Piece[]): Piece {
    const nonGreedy = (re.flags & NON_GREEDY) !== 0;
    switch (re.op) {
      case 'no match':
        return NO_MATCH;
      case 'empty':
        return this.#nop();
      case 'concat':
        return below.reduce((a, b) => this.#cat(a, b));
      case 'alternate':
        return below.reduce((a, b) => this.#alt(a, b));
      case 'star':
        return this.#star(below[0]!, nonGreedy);
      case 'plus':
        return this.#plus(below[0]!, nonGreedy);
      case 'quest':
        return this.#quest(below[0]!, nonGreedy);
      case 'literal': {
        const pieces = re.runes.map((rune) => this.#literal(rune, (re.flags & FOLD_CASE) !== 0));
        return pieces.reduce((a, b) => this.#cat(a, b));
      }
      case 'any character':
        return this.#ranges([0], [LAST_RUNE], [false]);
      case 'any byte':
        return this.#byte(0x00, 0xff, false);
      case 'class':
        return this.#class(re);
      case 'capture':
        return this.#capture(below[0]!, re.group);
      case 'repeat':
        throw new Error('counted repetitions are simplified away');
      default:
        return this.#assert(ASSERTIONS[re.op][this.#reversed ? 1 : 0]);
    }
  }

  // Instructions and edges.

  #add(op: number, out = 0, arg = 0): number {
    const {length} = this.#ops;
    if (length >= MOST_INSTRUCTIONS) throw new RegexError('pattern too large - compile failed');
    this.#ops.push(op);
    this.#outs.push(out);
    this.#args.push(arg);
    return length;
  }

  /** Lets all of these edges lead to `to`. */
  #patch({head}: Edges, to: number): void {
    for (let at = head; at !== 0; ) {
      const edges = at & 1 ? this.#args : this.#outs;
      const next = edges[at >> 1]!;
      edges[at >> 1] = to;
      at = next;
    }
  }

  #join(a: Edges, b: Edges): Edges {
    if (a.head === 0) return b;
    if (b.head === 0) return a;
    (a.tail & 1 ? this.#args : this.#outs)[a.tail >> 1] = b.head;
    return {head: a.head, tail: b.tail};
  }

  // Pieces.

  #cat(a: Piece, b: Piece): Piece {
    if (a.begin === 0 || b.begin === 0) return NO_MATCH;
    // A lone no-op is left out; whoever leads to it goes on.
    if (this.#ops[a.begin] === NOP && a.ends.head === a.begin << 1 && this.#outs[a.begin] === 0) {
      this.#patch(a.ends, b.begin);
      return b;
    }
    const nullable = a.nullable && b.nullable;
    if (this.#reversed) {
      this.#patch(b.ends, a.begin);
      return {begin: b.begin, ends: a.ends, nullable};
    }
    this.#patch(a.ends, b.begin);
    return {begin: a.begin, ends: b.ends, nullable};
  }

  #alt(a: Piece, b: Piece): Piece {
    if (a.begin === 0) return b;
    if (b.begin === 0) return a;
    const begin = this.#add(ALT, a.begin, b.begin);
    return {begin, ends: this.#join(a.ends, b.ends), nullable: a.nullable || b.nullable};
  }

  /** A choice between `begin` and going on: which comes first, is a matter of greed. */
  #choice(begin: number, nonGreedy: boolean): [at: number, on: Edges] {
    const at = nonGreedy ? this.#add(ALT, 0, begin) : this.#add(ALT, begin, 0);
    return [at, edge(nonGreedy ? at << 1 : (at << 1) | 1)];
  }

  #plus(a: Piece, nonGreedy: boolean): Piece {
    const [at, ends] = this.#choice(a.begin, nonGreedy);
    this.#patch(a.ends, at);
    return {begin: a.begin, ends, nullable: a.nullable};
  }

  #star(a: Piece, nonGreedy: boolean): Piece {
    // One choice is not enough for the order of what a nullable piece leads to.
    if (a.nullable) return this.#quest(this.#plus(a, nonGreedy), nonGreedy);
    const [begin, ends] = this.#choice(a.begin, nonGreedy);
    this.#patch(a.ends, begin);
    return {begin, ends, nullable: true};
  }

  #quest(a: Piece, nonGreedy: boolean): Piece {
    if (a.begin === 0) return this.#nop();
    const [begin, on] = this.#choice(a.begin, nonGreedy);
    return {begin, ends: this.#join(on, a.ends), nullable: true};
  }

  #nop(): Piece {
    const begin = this.#add(NOP);
    return {begin, ends: edge(begin << 1), nullable: true};
  }

  #assert(what: number): Piece {
    this.#asserts |= what;
    const begin = this.#add(ASSERT, 0, what);
    return {begin, ends: edge(begin << 1), nullable: true};
  }

  #byte(low: number, high: number, foldCase: boolean): Piece {
    const begin = this.#add(BYTE, 0, byteRange(low, high, foldCase));
    return {begin, ends: edge(begin << 1), nullable: false};
  }

  #capture(a: Piece, group: number): Piece {
    if (a.begin === 0) return NO_MATCH;
    const begin = this.#add(CAPTURE, a.begin, 2 * group);
    const end = this.#add(CAPTURE, 0, 2 * group + 1);
    this.#patch(a.ends, end);
    return {begin, ends: edge(end << 1), nullable: a.nullable};
  }

  #literal(rune: number, foldCase: boolean): Piece {
    if (rune < 0x80) return this.#byte(rune, rune, foldCase);
    const pieces = encodeRune(rune).map((byte) => this.#byte(byte, byte, false));
    return pieces.reduce((a, b) => this.#cat(a, b));
  }

  // Classes: a trie of the bytes of their characters.

  #class({set}: Class): Piece {
    const {lows, highs} = set;
    const foldsAscii = LETTERS.every((letter) => set.has(letter) === set.has(letter + 32));
    const kept = lows.flatMap((low, i) =>
      foldsAscii && low >= 0x41 && highs[i]! <= 0x5a ? [] : ([[low, highs[i]!]] as const),
    );
    return this.#ranges(
      kept.map(([low]) => low),
      kept.map(([, high]) => high),
      kept.map(([low, high]) => foldsAscii && foldMatters(low, high)),
    );
  }

  #ranges(lows: readonly number[], highs: readonly number[], folds: readonly boolean[]): Piece {
    this.#suffixes.clear();
    this.#classBegin = 0;
    this.#classEnds = NO_EDGES;
    for (let i = 0; i < lows.length; i++) this.#addRange(lows[i]!, highs[i]!, folds[i]!);
    return {begin: this.#classBegin, ends: this.#classEnds, nullable: false};
  }

  #addRange(low: number, high: number, foldCase: boolean): void {
    if (low === 0x80 && high === LAST_RUNE) {
      this.#addBeyondAscii();
      return;
    }
    const splitAt = splitOf(low, high);
    if (splitAt >= 0) {
      this.#addRange(low, splitAt, foldCase);
      this.#addRange(splitAt + 1, high, foldCase);
      return;
    }
    if (high < 0x80) {
      this.#addSequence(this.#suffix(low, high, foldCase, 0));
      return;
    }
    const first = encodeRune(low);
    const last = encodeRune(high);
    const {length} = first;
    // What one ends with, others may end with, and what is kept for them must not change: no first byte is kept.
    let at = 0;
    if (this.#backward) {
      for (let i = 0; i < length; i++) {
        const keep = i === 0 || (first[i] === last[i] && i !== length - 1);
        at = this.#suffix(first[i]!, last[i]!, false, at, keep);
      }
    } else {
      for (let i = length - 1; i >= 0; i--) {
        const keep = i === length - 1 || (first[i]! < last[i]! && i !== 0);
        at = this.#suffix(first[i]!, last[i]!, false, at, keep);
      }
    }
    this.#addSequence(at);
  }

  /** U+0080 to the last code point, as few instructions as possible. */
  #addBeyondAscii(): void {
    const leads = [
      [0xc2, 0xdf],
      [0xe0, 0xef],
      [0xf0, 0xf4],
    ] as const;
    let continuations = 0;
    for (const [i, [low, high]] of leads.entries()) {
      if (this.#backward) {
        let at = this.#suffix(low, high, false, 0);
        for (let count = 0; count <= i; count++) at = this.#suffix(0x80, 0xbf, false, at);
        this.#addSequence(at);
      } else {
        continuations = this.#suffix(0x80, 0xbf, false, continuations);
        this.#addSequence(this.#suffix(low, high, false, continuations));
      }
    }
  }

  /** A byte before what begins at `next`, 0 for the end of the class; with `keep` one that is there already, if any. */
  #suffix(low: number, high: number, foldCase: boolean, next: number, keep = false): number {
    const range = byteRange(low, high, foldCase);
    const key = next * 2 ** 17 + range;
    const kept = keep ? this.#suffixes.get(key) : undefined;
    if (kept !== undefined) return kept;
    const at = this.#add(BYTE, next, range);
    if (next === 0) this.#classEnds = this.#join(this.#classEnds, edge(at << 1));
    if (keep) this.#suffixes.set(key, at);
    return at;
  }

  #isKept(at: number): boolean {
    return this.#suffixes.has(this.#outs[at]! * 2 ** 17 + this.#args[at]!);
  }

  /** Adds the bytes that begin at `at` to the class. */
  #addSequence(at: number): void {
    this.#classBegin = this.#classBegin === 0 ? at : this.#addToTrie(this.#classBegin, at);
  }

  /** Adds them to the trie at `root`; gives its new root. */
  #addToTrie(root: number, at: number): number {
    const found = this.#findByte(root, at);
    if (found < 0) return this.#add(ALT, root, at);
    const edges = found & 1 ? this.#args : this.#outs;
    let newRoot = root;
    let branch = found === 0 ? root : edges[found >> 1]!;
    if (this.#isKept(branch)) {
      // Others end with it: this branch gets one of its own.
      branch = this.#add(BYTE, this.#outs[branch], this.#args[branch]);
      if (found === 0) newRoot = branch;
      else edges[found >> 1] = branch;
    }
    const rest = this.#outs[at]!;
    if (!this.#isKept(at) && at === this.#ops.length - 1) {
      this.#ops.pop();
      this.#outs.pop();
      this.#args.pop();
    }
    this.#outs[branch] = this.#addToTrie(this.#outs[branch]!, rest);
    return newRoot;
  }

  /** The edge of the trie that leads to the same byte as `at`; 0 for its root, -1 for none. */
  #findByte(root: number, at: number): number {
    const range = this.#args[at];
    if (this.#ops[root] === BYTE) return this.#args[root] === range ? 0 : -1;
    for (let node = root; ; ) {
      if (this.#args[this.#args[node]!] === range) return (node << 1) | 1;
      // Ranges are in order, so that only the last can have the same first byte; backwards any can.
      if (!this.#backward) return -1;
      const out = this.#outs[node]!;
      if (this.#ops[out] !== ALT) return this.#args[out] === range ? node << 1 : -1;
      node = out;
    }
  }
}

const LETTERS = Array.from({length: 26}, (_, i) => 0x41 + i);

/** False for ranges that have all ASCII letters or none. */
const foldMatters = (low: number, high: number): boolean =>
  !((low <= 0x41 && high >= 0x7a) || high < 0x41 || low > 0x7a || (low > 0x5a && high < 0x61));

/** Where a range is cut in two until each part is one sequence of ranges of bytes; -1 where it is one. */
function splitOf(low: number, high: number): number {
  for (const last of [0x7f, 0x7ff, 0xffff]) if (low <= last && high > last) return last;
  if (high < 0x80) return -1;
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = (1 << bits) - 1;
    if ((low & ~mask) === (high & ~mask)) continue;
    if ((low & mask) !== 0) return low | mask;
    if ((high & mask) !== mask) return (high & ~mask) - 1;
  }
  return -1;
}
