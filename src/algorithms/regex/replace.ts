/**
 * Matches put in other words: `RE2::GlobalReplace` and `RE2::Replace`.
 *
 * @module
 */

import type {ByteMatches, Regex} from './regex.js';
import {decodeRune} from './runes.js';

/** Takes bytes one after another. */
export interface ByteSink {
  append(source: Uint8Array, start?: number, end?: number): void;
}

/** What takes the place of a match: bytes as they are, and `\0` to `\9` for the match and its groups. */
export class Rewrite {
  readonly parts: readonly (Uint8Array | number)[];
  /** The highest group that is asked for. */
  readonly highestGroup: number;
  /** False where a backslash is followed by neither a digit nor a backslash: the rest is dropped. */
  readonly valid: boolean;

  constructor(rewrite: Uint8Array) {
    const parts: (Uint8Array | number)[] = [];
    let plain: number[] = [];
    const endPlain = (): void => {
      if (plain.length > 0) parts.push(Uint8Array.from(plain));
      plain = [];
    };
    let valid = true;
    let highest = 0;
    for (let i = 0; i < rewrite.length; i++) {
      const byte = rewrite[i]!;
      if (byte !== BACKSLASH) {
        if (valid) plain.push(byte);
        continue;
      }
      const next = rewrite[++i] ?? -1;
      const isDigit = next >= DIGIT_0 && next <= DIGIT_9;
      // Groups are counted in what is dropped, too.
      if (isDigit) highest = Math.max(highest, next - DIGIT_0);
      if (!valid) continue;
      if (next === BACKSLASH) plain.push(next);
      else if (isDigit) {
        endPlain();
        parts.push(next - DIGIT_0);
      } else valid = false;
    }
    endPlain();
    this.parts = parts;
    this.valid = valid;
    this.highestGroup = highest;
  }

  /** False where matches stay as they are: a group is asked for that there is not, or what is dropped would be lost. */
  canReplace(regex: Regex, global: boolean): boolean {
    return this.highestGroup <= regex.groupCount && (global || this.valid);
  }
}

const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/**
 * Appends the text between `start` and `end` to `out`, all matches rewritten or the first one.
 *
 * @returns false where nothing is rewritten: then nothing is appended
 */
export function replace(
  regex: Regex,
  rewrite: Rewrite,
  global: boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: ByteSink,
): boolean {
  if (!rewrite.canReplace(regex, global) || !regex.search(bytes, start, end, start)) return false;
  // The match before, if any, and what has been appended, end here.
  let at = start;
  let lastEnd = -1;
  do {
    const {matchStart, matchEnd} = regex;
    if (matchStart === lastEnd && matchEnd === matchStart) {
      // No empty match right behind a match: one character on.
      if (at === end) break;
      const next = Math.min(end, at + Math.max(1, lengthWithin(bytes, at, end)));
      out.append(bytes, at, next);
      at = next;
      continue;
    }
    if (matchStart > at) out.append(bytes, at, matchStart);
    expand(regex, rewrite, bytes, start, end, out);
    at = lastEnd = matchEnd;
  } while (global && regex.search(bytes, start, end, at));
  if (at < end) out.append(bytes, at, end);
  return true;
}

/** Puts a byte, or nothing, in the place of every match, where matches are known byte by byte. */
export class ByteReplacement {
  readonly #set: Uint8Array;
  readonly #inRuns: boolean;
  /** What each byte becomes. */
  readonly #bytes: Uint8Array;
  readonly #isRemoval: boolean;

  private constructor({set, inRuns}: ByteMatches, byte: number | undefined, before: Uint8Array) {
    this.#set = before.map((each) => set[each]!);
    this.#inRuns = inRuns;
    this.#bytes = before.map((each) => (set[each] === 1 ? (byte ?? each) : each));
    this.#isRemoval = byte === undefined;
  }

  /**
   * What {@link replace} does for all matches; undefined where it cannot be done like this.
   *
   * @param before - what becomes of each byte before matches are looked for
   */
  static of(
    regex: Regex,
    {parts, valid}: Rewrite,
    before: Uint8Array = UNCHANGED,
  ): ByteReplacement | undefined {
    const [bytes = NOTHING] = parts;
    const isPlain = parts.length < 2 && typeof bytes !== 'number' && bytes.length < 2;
    if (regex.byteMatches === undefined || !isPlain || !valid) return undefined;
    return new ByteReplacement(regex.byteMatches, bytes[0], before);
  }

  /** Writes the text between `start` and `end` to `out` from `at` on, where there is room for as many bytes; where it ends. */
  write(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
    const set = this.#set;
    const changed = this.#bytes;
    let to = at;
    if (this.#isRemoval) {
      for (let i = start; i < end; i++) {
        const byte = bytes[i]!;
        out[to] = changed[byte]!;
        to += 1 - set[byte]!;
      }
    } else if (this.#inRuns) {
      let before = 0;
      for (let i = start; i < end; i++) {
        const byte = bytes[i]!;
        const isMatch = set[byte]!;
        // What follows a match of its run is written over.
        out[to] = changed[byte]!;
        to += 1 - (isMatch & before);
        before = isMatch;
      }
    } else {
      for (let i = start; i < end; i++) out[to++] = changed[bytes[i]!]!;
    }
    return to;
  }
}

const NOTHING = new Uint8Array(0);
const UNCHANGED = Uint8Array.from({length: 256}, (_, byte) => byte);

/** The bytes of the character at `at`; 0 where none ends before `end`. */
function lengthWithin(bytes: Uint8Array, at: number, end: number): number {
  const {length} = decodeRune(bytes, at);
  return at + length <= end ? length : 0;
}

function expand(
  regex: Regex,
  {parts, highestGroup}: Rewrite,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: ByteSink,
): void {
  const places = highestGroup === 0 ? undefined : regex.groups(bytes, start, end, highestGroup);
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (typeof part !== 'number') out.append(part);
    else if (part === 0 || places === undefined) out.append(bytes, regex.matchStart, regex.matchEnd);
    else if (places[2 * part]! >= 0) out.append(bytes, places[2 * part]!, places[2 * part + 1]!);
  }
}
