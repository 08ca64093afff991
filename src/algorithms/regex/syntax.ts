/**
 * Regular expressions as trees.
 *
 * @module
 */

import type {RuneSet} from './rune_set.js';
import {LAST_RUNE} from './runes.js';

/** `(?i)`. */
export const FOLD_CASE = 1;
/** `(?s)`: `.` matches a line feed. */
export const DOT_NL = 2;
/** Without `(?m)`: `^` and `$` stand for the ends of the text. */
export const ONE_LINE = 4;
/** `(?U)`, or a repetition that prefers less. */
export const NON_GREEDY = 8;
/** An end of the text that was written `$`. */
export const WAS_DOLLAR = 16;

/** What has nothing below it and nothing to say. */
export type SimpleOp =
  | 'no match'
  | 'empty'
  | 'any character'
  | 'any byte'
  | 'begin line'
  | 'end line'
  | 'begin text'
  | 'end text'
  | 'word boundary'
  | 'no word boundary';

export type RepeatOp = 'star' | 'plus' | 'quest';

/** A regular expression. `flags` are those that held where it was written. */
export type Regexp = {readonly flags: number; readonly subs: readonly Regexp[]} & (
  | {readonly op: SimpleOp}
  /** Characters one after another: one, or a string. */
  | {readonly op: 'literal'; readonly runes: number[]}
  | {readonly op: 'class'; readonly set: RuneSet}
  | {readonly op: 'concat' | 'alternate'}
  | {readonly op: RepeatOp}
  /** `max` is -1 for any number. */
  | {readonly op: 'repeat'; readonly min: number; readonly max: number}
  | {readonly op: 'capture'; readonly group: number}
);

export type Class = Regexp & {readonly op: 'class'};
export type Literal = Regexp & {readonly op: 'literal'};

const NONE: readonly Regexp[] = [];

export const simple = (op: SimpleOp, flags: number): Regexp => ({op, flags, subs: NONE});

/** Characters; what matches the empty text for none. */
export const literal = (runes: number[], flags: number): Regexp =>
  runes.length === 0 ? simple('empty', flags) : {op: 'literal', flags, subs: NONE, runes};

export const classOf = (set: RuneSet, flags: number): Class => ({op: 'class', flags, subs: NONE, set});

export const capture = (sub: Regexp, group: number, flags: number): Regexp => ({
  op: 'capture',
  flags,
  subs: [sub],
  group,
});

export const repeat = (sub: Regexp, min: number, max: number, flags: number): Regexp => ({
  op: 'repeat',
  flags,
  subs: [sub],
  min,
  max,
});

/** One after another. */
export function concat(subs: readonly Regexp[], flags: number): Regexp {
  if (subs.length === 1) return subs[0]!;
  return subs.length === 0 ? simple('empty', flags) : {op: 'concat', flags, subs};
}

/** One of several. */
export function alternate(subs: readonly Regexp[], flags: number): Regexp {
  if (subs.length === 1) return subs[0]!;
  return subs.length === 0 ? simple('no match', flags) : {op: 'alternate', flags, subs};
}

const isRepeatOp = (op: Regexp['op']): op is RepeatOp => op === 'star' || op === 'plus' || op === 'quest';

/** `sub*`, `sub+` or `sub?`. Of two with the same flags, one inside the other, one is left. */
export function starPlusOrQuest(op: RepeatOp, sub: Regexp, flags: number): Regexp {
  if (sub.flags === flags) {
    if (sub.op === op || sub.op === 'star') return sub;
    if (isRepeatOp(sub.op)) return {op: 'star', flags, subs: sub.subs};
  }
  return {op, flags, subs: [sub]};
}

/** True for one character. */
export const isRune = (re: Regexp): re is Literal => re.op === 'literal' && re.runes.length === 1;

/** True for a class of every code point. */
export const isFull = ({set}: Class): boolean => set.lows[0] === 0 && set.highs[0] === LAST_RUNE;

/** True when both are the same, apart from flags that do not matter to them. */
export function equal(a: Regexp | undefined, b: Regexp | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const left = [a];
  const right = [b];
  for (let x = left.pop(); x !== undefined; x = left.pop()) {
    const y = right.pop()!;
    if (!topEqual(x, y)) return false;
    for (const sub of x.subs) left.push(sub);
    for (const sub of y.subs) right.push(sub);
  }
  return true;
}

function topEqual(a: Regexp, b: Regexp): boolean {
  if (a.op !== b.op || a.subs.length !== b.subs.length) return false;
  const differ = a.flags ^ b.flags;
  switch (a.op) {
    case 'end text':
      return (differ & WAS_DOLLAR) === 0;
    case 'literal': {
      const {runes} = b as Literal;
      return (
        (differ & FOLD_CASE) === 0 &&
        a.runes.length === runes.length &&
        a.runes.every((rune, i) => rune === runes[i])
      );
    }
    case 'star':
    case 'plus':
    case 'quest':
      return (differ & NON_GREEDY) === 0;
    case 'repeat': {
      const other = b as typeof a;
      return (differ & NON_GREEDY) === 0 && a.min === other.min && a.max === other.max;
    }
    case 'capture':
      return a.group === (b as typeof a).group;
    case 'class':
      return a.set.equals((b as Class).set);
    default:
      return true;
  }
}

/**
 * Goes through a tree from its leaves to its root: `visit` gets an expression and what it gave for those below. Deep ones
 * need no stack. What stands in several places side by side is visited once where `shared` says so.
 */
export function fold<T>(root: Regexp, visit: (re: Regexp, below: readonly T[]) => T, shared = false): T {
  interface Level {
    readonly re: Regexp;
    readonly below: T[];
  }
  const levels: Level[] = [{re: root, below: []}];
  for (;;) {
    const {re, below} = levels.at(-1)!;
    const next = below.length;
    if (next < re.subs.length) {
      if (shared && next > 0 && re.subs[next] === re.subs[next - 1]) below.push(below[next - 1]!);
      else levels.push({re: re.subs[next]!, below: []});
      continue;
    }
    const result = visit(re, below);
    levels.pop();
    if (levels.length === 0) return result;
    levels.at(-1)!.below.push(result);
  }
}
