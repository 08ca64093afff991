/**
 * Alternatives that begin alike, brought together: `abc|abd|x|y` is `ab(?:c|d)|[xy]`.
 *
 * Follows RE2's `FactorAlternation`: what is brought together here is one class afterwards, and that can be seen in what
 * a pattern matches.
 *
 * @module
 */

import {RuneSet} from './rune_set.js';
import {
  alternate,
  classOf,
  concat,
  equal,
  FOLD_CASE,
  isRune,
  type Literal,
  literal,
  type Regexp,
  simple,
} from './syntax.js';
import {addFolded} from './unicode_groups.js';

/** What brings a run of neighbours together, and what is left of each without it. */
interface Run {
  readonly prefix: Regexp;
  readonly suffixes: readonly Regexp[] | undefined;
}

/** The alternatives, fewer where several begin alike. They are taken over: literals among them get shorter. */
export function factor(subs: readonly Regexp[], flags: number): readonly Regexp[] {
  let out = subs;
  for (const round of [byString, byFirst, byCharacter]) {
    out = round(out, flags).map((each) => {
      if (!('prefix' in each)) return each;
      if (each.suffixes === undefined) return each.prefix;
      return concat([each.prefix, alternate(factor(each.suffixes, flags), flags)], flags);
    });
  }
  return out;
}

type Round = (subs: readonly Regexp[], flags: number) => (Regexp | Run)[];

/** Those that begin with the same characters. */
const byString: Round = (subs) => {
  const out: (Regexp | Run)[] = [];
  for (let start = 0; start < subs.length; ) {
    const first = leadingString(subs[start]!);
    let runes: readonly number[] = first?.runes ?? [];
    let end = start + 1;
    for (; end < subs.length; end++) {
      const next = leadingString(subs[end]!);
      if (first === undefined || next === undefined || (first.flags ^ next.flags) & FOLD_CASE) break;
      const same = commonLength(runes, next.runes);
      if (same === 0) break;
      runes = runes.slice(0, same);
    }
    const run = subs.slice(start, end);
    if (run.length === 1) out.push(...run);
    else {
      out.push({
        prefix: literal(runes.slice(), first!.flags & FOLD_CASE),
        suffixes: run.map((each) => withoutString(each, runes.length)),
      });
    }
    start = end;
  }
  return out;
};

function commonLength(a: readonly number[], b: readonly number[]): number {
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  return same;
}

/** The characters that an expression begins with. */
function leadingString(re: Regexp): Literal | undefined {
  let first = re;
  while (first.op === 'concat') first = first.subs[0]!;
  return first.op === 'literal' ? first : undefined;
}

/** The expression without the first `count` of its leading characters. Copies of what is left would grow with the cube of a list. */
function withoutString(re: Regexp, count: number): Regexp {
  if (re.op === 'literal') {
    if (count >= re.runes.length) return literal([], re.flags);
    re.runes.splice(0, count);
    return re;
  }
  const [first, ...rest] = re.subs as readonly [Regexp, ...Regexp[]];
  const left = withoutString(first, count);
  return concat(left.op === 'empty' ? rest : [left, ...rest], re.flags);
}

/** Those that begin with the same simple expression. What repeats is not brought together: its ways differ. */
const byFirst: Round = (subs) => {
  const out: (Regexp | Run)[] = [];
  for (let start = 0; start < subs.length; ) {
    const first = leadingExpression(subs[start]!);
    let end = start + 1;
    if (first !== undefined && mayLead(first)) {
      while (end < subs.length && equal(first, leadingExpression(subs[end]!))) end++;
    }
    const run = subs.slice(start, end);
    if (run.length === 1) out.push(...run);
    else out.push({prefix: first!, suffixes: run.map(withoutFirst)});
    start = end;
  }
  return out;
};

const SIMPLE_LEADS: ReadonlySet<Regexp['op']> = new Set([
  'begin line',
  'end line',
  'word boundary',
  'no word boundary',
  'begin text',
  'end text',
  'class',
  'any character',
  'any byte',
]);

function mayLead(re: Regexp): boolean {
  if (SIMPLE_LEADS.has(re.op)) return true;
  if (re.op !== 'repeat' || re.min !== re.max) return false;
  const [sub] = re.subs as readonly [Regexp];
  return isRune(sub) || sub.op === 'class' || sub.op === 'any character' || sub.op === 'any byte';
}

function leadingExpression(re: Regexp): Regexp | undefined {
  const first = re.op === 'concat' ? re.subs[0]! : re;
  return first.op === 'empty' ? undefined : first;
}

function withoutFirst(re: Regexp): Regexp {
  return re.op === 'concat' ? concat(re.subs.slice(1), re.flags) : simple('empty', re.flags);
}

/** Single characters and classes become one class. */
const byCharacter: Round = (subs, flags) => {
  const out: (Regexp | Run)[] = [];
  for (let start = 0; start < subs.length; ) {
    let end = start + 1;
    if (isCharacter(subs[start]!)) while (end < subs.length && isCharacter(subs[end]!)) end++;
    const run = subs.slice(start, end);
    if (run.length === 1) out.push(...run);
    else out.push({prefix: classOf(unionOf(run), flags), suffixes: undefined});
    start = end;
  }
  return out;
};

const isCharacter = (re: Regexp): boolean => re.op === 'class' || isRune(re);

function unionOf(run: readonly Regexp[]): RuneSet {
  const set = new RuneSet();
  for (const re of run) {
    if (re.op === 'class') set.addAll(re.set);
    else if (re.op === 'literal') {
      const rune = re.runes[0]!;
      if (re.flags & FOLD_CASE) addFolded(set, rune, rune);
      else set.add(rune, rune);
    }
  }
  return set;
}
