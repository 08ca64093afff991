/**
 * Regular expressions over bytes, as RE2 in TensorFlow matches them: a text is UTF-8, and the leftmost match is the one
 * that a backtracking engine would find first, in time that grows with the text alone.
 *
 * An automaton reads forward to where the leftmost match ends, another one back to where it begins; groups are searched
 * inside. Nothing is made for a search but states that no search has needed before.
 *
 * After RE2 by Russ Cox and others, whose papers (https://swtch.com/~rsc/regexp/) explain all of this; from it also come
 * details that the answers of TensorFlow depend on.
 *
 * @module
 */

import {Automaton} from './automaton.js';
import {Captures} from './captures.js';
import {compile} from './compile.js';
import {flatten} from './flatten.js';
import {parse} from './parse.js';
import type {Program} from './program.js';
import {encodeRune} from './runes.js';
import {simplify} from './simplify.js';
import {FOLD_CASE, fold, NON_GREEDY, type Regexp} from './syntax.js';

export {RegexError} from './parse.js';

/** Matches of which each is one of some ASCII characters, or as many of them as follow one another. */
export interface ByteMatches {
  /** 1 for each byte that is one. */
  readonly set: Uint8Array;
  readonly inRuns: boolean;
}

/** A compiled pattern. */
export class Regex {
  /** How many groups there are beside the match as a whole. */
  readonly groupCount: number;
  /** Matches, where they are all of that kind: who looks for them needs no automaton. */
  readonly byteMatches: ByteMatches | undefined;
  /** Where the match that was found last begins. */
  matchStart = -1;
  /** And where it ends. */
  matchEnd = -1;

  readonly #tree: Regexp;
  readonly #program: Program;
  /** Whether it matches at the start of a text, or nowhere. */
  readonly #anchored: boolean;
  /** The bytes of every match; -1 where they differ. */
  readonly #length: number;
  /** So many of the first groups are always the match as a whole. */
  readonly #wholes: number;
  #forward: Automaton | undefined;
  #backward: Automaton | undefined;
  #full: Automaton | undefined;
  #captures: Captures | undefined;

  /**
   * @param pattern - its UTF-8
   * @throws RegexError where RE2 refuses it
   */
  constructor(pattern: Uint8Array) {
    const {regexp, groups} = parse(pattern);
    this.groupCount = groups;
    this.#tree = simplify(regexp);
    this.#program = flatten(compile(this.#tree, false));
    this.#anchored = isAnchored(this.#tree);
    this.#length = fold(this.#tree, lengthOf, true);
    this.#wholes = wholeGroups(this.#tree);
    this.byteMatches = byteMatchesOf(this.#tree);
  }

  /** Whether all of the text between `start` and `end` is a match. */
  matchesAll(bytes: Uint8Array, start: number, end: number): boolean {
    this.#full ??= new Automaton(this.#program, this.#program.start, 'all');
    return this.#full.matchesAll(bytes, start, end);
  }

  /**
   * Finds the leftmost match that begins at `from` or later, in the text between `start` and `end`, which is what `^` and
   * `\b` see. It is in `matchStart` and `matchEnd` then.
   */
  search(bytes: Uint8Array, start: number, end: number, from: number): boolean {
    if (this.#anchored && from > start) return false;
    const {start: here, startAnywhere} = this.#program;
    this.#forward ??= new Automaton(this.#program, this.#anchored ? here : startAnywhere, 'preferred');
    const matchEnd = this.#forward.forward(bytes, start, end, from);
    if (matchEnd < 0) return false;
    this.matchEnd = matchEnd;
    if (this.#anchored) this.matchStart = from;
    else if (this.#length >= 0) this.matchStart = matchEnd - this.#length;
    else this.matchStart = this.#backwardAutomaton().backward(bytes, start, end, matchEnd, from);
    return true;
  }

  /**
   * Where the groups of the match that was found last are: twice a group's number is its start, one more its end; -1 for
   * a group that took no part. The same array is given each time.
   *
   * @param highest - the highest group that is asked for
   */
  groups(bytes: Uint8Array, start: number, end: number, highest: number): Int32Array {
    this.#captures ??= new Captures(this.#program, this.groupCount + 1);
    const captures = this.#captures;
    if (highest > this.#wholes) {
      captures.find(bytes, start, end, this.matchStart, this.matchEnd, highest + 1);
      return captures.places;
    }
    const {places} = captures;
    for (let bracket = 0; bracket <= 2 * highest; bracket += 2) {
      places[bracket] = this.matchStart;
      places[bracket + 1] = this.matchEnd;
    }
    return places;
  }

  #backwardAutomaton(): Automaton {
    if (this.#backward === undefined) {
      const program = compile(this.#tree, true);
      this.#backward = new Automaton(program, program.start, 'longest');
    }
    return this.#backward;
  }
}

/** True for what begins with `^`. There may be others that match at the start of a text only: it takes them longer. */
function isAnchored(re: Regexp): boolean {
  let first = re;
  while (first.op === 'concat' || first.op === 'capture') first = first.subs[0]!;
  return first.op === 'begin text';
}

/** How many groups there are around all of an expression. */
function wholeGroups(re: Regexp): number {
  let groups = 0;
  for (let each = re; each.op === 'capture'; each = each.subs[0]!) groups++;
  return groups;
}

/** An expression without the groups around all of it. */
function ungrouped(re: Regexp): Regexp {
  let inner = re;
  while (inner.op === 'capture') inner = inner.subs[0]!;
  return inner;
}

function byteMatchesOf(re: Regexp): ByteMatches | undefined {
  const whole = ungrouped(re);
  const inRuns = whole.op === 'plus' && (whole.flags & NON_GREEDY) === 0;
  const one = inRuns ? ungrouped(whole.subs[0]!) : whole;
  const set = new Uint8Array(256);
  if (one.op === 'class') {
    const {lows, highs} = one.set;
    // A byte of another character is none of these, whether or not that is whole.
    if (lows.length === 0 || highs.at(-1)! >= 0x80) return undefined;
    for (let i = 0; i < lows.length; i++) set.fill(1, lows[i]!, highs[i]! + 1);
    return {set, inRuns};
  }
  if (one.op !== 'literal' || one.runes.length > 1 || one.runes[0]! >= 0x80) return undefined;
  // Of either case, and perhaps of other characters that are the same.
  if ((one.flags & FOLD_CASE) !== 0) return undefined;
  set[one.runes[0]!] = 1;
  return {set, inRuns};
}

/** How many bytes every match of an expression has; -1 where they differ. */
function lengthOf(re: Regexp, below: readonly number[]): number {
  switch (re.op) {
    case 'concat':
      return below.includes(-1) ? -1 : below.reduce((sum, each) => sum + each, 0);
    case 'alternate':
      return below.every((each) => each === below[0]) ? below[0]! : -1;
    case 'capture':
      return below[0]!;
    case 'star':
    case 'plus':
    case 'quest':
      return below[0] === 0 ? 0 : -1;
    case 'literal':
      return re.runes.reduce((sum, rune) => sum + encodeRune(rune).length, 0);
    case 'class': {
      const least = encodeRune(re.set.lows[0]!).length;
      return encodeRune(re.set.highs.at(-1)!).length === least ? least : -1;
    }
    case 'any byte':
      return 1;
    case 'any character':
    case 'repeat':
    case 'no match':
      return -1;
    default:
      return 0;
  }
}
