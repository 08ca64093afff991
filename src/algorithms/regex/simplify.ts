/**
 * A tree without counted repetitions, and without classes of all or no characters: what the compiler understands.
 *
 * Follows RE2's `simplify.cc`.
 *
 * @module
 */

import {
  concat,
  equal,
  FOLD_CASE,
  fold,
  isFull,
  isRune,
  literal,
  NON_GREEDY,
  type Regexp,
  repeat,
  simple,
  starPlusOrQuest,
} from './syntax.js';

/** The same language, the same preferences, the same groups. Copies of an expression are the same object. */
export function simplify(re: Regexp): Regexp {
  return fold(fold(re, coalesced, true), simplified, true);
}

const withSubs = (re: Regexp, subs: readonly Regexp[]): Regexp =>
  subs.every((sub, i) => sub === re.subs[i]) ? re : {...re, subs};

/** Neighbouring repetitions of the same character become one: `a*aa?` is `a{1,}`. */
function coalesced(re: Regexp, subs: readonly Regexp[]): Regexp {
  if (re.op !== 'concat' || !subs.some((sub, i) => canCoalesce(sub, subs[i + 1]))) return withSubs(re, subs);
  const out = [...subs];
  for (let i = 0; i + 1 < out.length; i++) {
    if (canCoalesce(out[i]!, out[i + 1])) [out[i], out[i + 1]] = coalesce(out[i]!, out[i + 1]!);
  }
  return {...re, subs: out.filter(({op}) => op !== 'empty')};
}

const isOneCharacter = (re: Regexp): boolean =>
  isRune(re) || re.op === 'class' || re.op === 'any character' || re.op === 'any byte';

const repeats = ({op}: Regexp): boolean =>
  op === 'star' || op === 'plus' || op === 'quest' || op === 'repeat';

function canCoalesce(a: Regexp, b: Regexp | undefined): boolean {
  if (b === undefined || !repeats(a)) return false;
  const [sub] = a.subs as readonly [Regexp];
  if (!isOneCharacter(sub)) return false;
  if (repeats(b)) return equal(sub, b.subs[0]) && ((a.flags ^ b.flags) & NON_GREEDY) === 0;
  if (equal(sub, b)) return true;
  return (
    sub.op === 'literal' &&
    b.op === 'literal' &&
    b.runes[0] === sub.runes[0] &&
    ((sub.flags ^ b.flags) & FOLD_CASE) === 0
  );
}

/** How many copies there are, at least and at most (-1: any number). */
function copies(re: Regexp): [least: number, most: number] {
  switch (re.op) {
    case 'star':
      return [0, -1];
    case 'plus':
      return [1, -1];
    case 'quest':
      return [0, 1];
    case 'repeat':
      return [re.min, re.max];
    default:
      return [1, 1];
  }
}

function coalesce(a: Regexp, b: Regexp): [Regexp, Regexp] {
  const [sub] = a.subs as readonly [Regexp];
  const [min, max] = copies(a);
  const plus = (least: number, most: number): Regexp =>
    repeat(sub, min + least, max === -1 || most === -1 ? -1 : max + most, a.flags);
  if (sub.op === 'literal' && b.op === 'literal' && b.runes.length > 1) {
    let same = 1;
    while (same < b.runes.length && b.runes[same] === sub.runes[0]) same++;
    const left = b.runes.slice(same);
    return left.length === 0
      ? [simple('empty', 0), plus(same, same)]
      : [plus(same, same), literal(left, b.flags)];
  }
  return [simple('empty', 0), plus(...copies(b))];
}

function simplified(re: Regexp, subs: readonly Regexp[]): Regexp {
  switch (re.op) {
    case 'star':
    case 'plus':
    case 'quest': {
      const [sub] = subs as readonly [Regexp];
      // The empty text, as often as one likes, is empty.
      if (sub.op === 'empty' || (sub.op === re.op && sub.flags === re.flags)) return sub;
      return withSubs(re, subs);
    }
    case 'repeat': {
      const [sub] = subs as readonly [Regexp];
      return sub.op === 'empty' ? sub : unrolled(sub, re.min, re.max, re.flags);
    }
    case 'class':
      if (re.set.lows.length === 0) return simple('no match', re.flags);
      return isFull(re) ? simple('any character', re.flags) : re;
    default:
      return withSubs(re, subs);
  }
}

/** `sub{min,max}`. */
function unrolled(sub: Regexp, min: number, max: number, flags: number): Regexp {
  const copiesOf = (count: number): Regexp[] => Array.from({length: count}, () => sub);
  if (max === -1) {
    if (min === 0) return starPlusOrQuest('star', sub, flags);
    return concat([...copiesOf(min - 1), starPlusOrQuest('plus', sub, flags)], flags);
  }
  if (max === 0) return simple('empty', flags);
  // x{2,5} is xx(x(x(x)?)?)?: the machine does less when what may be missing is nested.
  let rest: Regexp | undefined;
  for (let i = min; i < max; i++) {
    rest = starPlusOrQuest('quest', rest === undefined ? sub : concat([sub, rest], flags), flags);
  }
  const first = min > 0 ? concat(copiesOf(min), flags) : undefined;
  if (first === undefined || rest === undefined) return (first ?? rest)!;
  return concat([first, rest], flags);
}
