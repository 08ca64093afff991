/**
 * What `\p{...}`, `\d`, `[:alpha:]` and the like stand for, and which characters differ only by case.
 *
 * The tables of Unicode are RE2's own: what JavaScript's `\p{...}` knows depends on the engine's age.
 *
 * @module
 */

import {RuneSet} from './rune_set.js';
import {LAST_RUNE} from './runes.js';
import {CATEGORIES, CATEGORY_RUNS, FOLDS, SCRIPT_RUNS, SCRIPTS} from './unicode_data.js';

/** Code points in ascending ranges: first, last, first, last. */
export type Group = readonly number[];

const DIGIT: Group = [0x30, 0x39];
const UPPER: Group = [0x41, 0x5a];
const LOWER: Group = [0x61, 0x7a];
const ALPHA: Group = [...UPPER, ...LOWER];
const WORD: Group = [...DIGIT, ...UPPER, 0x5f, 0x5f, ...LOWER];

/** Groups by the letter behind the backslash; those of capital letters are the complements. */
export const PERL_GROUPS: Readonly<Record<string, Group>> = {
  d: DIGIT,
  s: [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20],
  w: WORD,
};

/** Groups by the name in `[:name:]`. */
export const POSIX_GROUPS: ReadonlyMap<string, Group> = new Map([
  ['alnum', [...DIGIT, ...ALPHA]],
  ['alpha', ALPHA],
  ['ascii', [0x00, 0x7f]],
  ['blank', [0x09, 0x09, 0x20, 0x20]],
  ['cntrl', [0x00, 0x1f, 0x7f, 0x7f]],
  ['digit', DIGIT],
  ['graph', [0x21, 0x7e]],
  ['lower', LOWER],
  ['print', [0x20, 0x7e]],
  ['punct', [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e]],
  ['space', [0x09, 0x0d, 0x20, 0x20]],
  ['upper', UPPER],
  ['word', WORD],
  ['xdigit', [...DIGIT, 0x41, 0x46, 0x61, 0x66]],
]);

const unicodeGroups = new Map<string, Group | undefined>([['Any', [0, LAST_RUNE]]]);

/** The group that `\p{name}` stands for: a script, a general category, the first letter of several, or `Any`. */
export function unicodeGroup(name: string): Group | undefined {
  if (!unicodeGroups.has(name)) unicodeGroups.set(name, readGroup(name));
  return unicodeGroups.get(name);
}

function readGroup(name: string): Group | undefined {
  const categories = CATEGORIES.split(' ');
  const isPart = (category: string): boolean => category === name || category[0] === name;
  if (categories.some(isPart)) return readRuns(categories, CATEGORY_RUNS, isPart);
  const scripts = SCRIPTS.split(' ');
  return scripts.includes(name) ? readRuns(scripts, SCRIPT_RUNS, (script) => script === name) : undefined;
}

const GROUP_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%';

/** The code points of some groups; how they are written, says `scripts/generate_unicode_groups.py`. */
function readRuns(names: readonly string[], runs: string, wants: (name: string) => boolean): number[] {
  const isWanted = names.map(wants);
  const run = names.length <= GROUP_LETTERS.length ? /([0-9a-z]*)([^0-9a-z])/g : /([0-9a-z]*)(-|[A-Z]{2})/g;
  const group: number[] = [];
  let at = 0;
  for (const [, length, letters] of runs.matchAll(run)) {
    const end = at + (length === '' ? 1 : Number.parseInt(length!, 36));
    if (isWanted[numberOf(letters!)]) {
      if (group.at(-1) === at - 1) group[group.length - 1] = end - 1;
      else group.push(at, end - 1);
    }
    at = end;
  }
  return group;
}

/** The number of a group; -1 for none. */
function numberOf(letters: string): number {
  if (letters.length === 1) return GROUP_LETTERS.indexOf(letters);
  return 26 * GROUP_LETTERS.indexOf(letters[0]!) + GROUP_LETTERS.indexOf(letters[1]!);
}

/** Characters that fold: a range, and what takes each of them to the next that differs only by case. */
interface Fold {
  readonly low: number;
  readonly high: number;
  readonly step: number | 'E' | 'O';
}

let folds: readonly Fold[] | undefined;

function readFolds(): Fold[] {
  const out: Fold[] = [];
  const words = FOLDS.split(' ');
  let last = 0;
  for (let i = 0; i < words.length; i += 3) {
    const low = last + Number.parseInt(words[i]!, 36);
    last = low + Number.parseInt(words[i + 1]!, 36);
    const step = words[i + 2]!;
    out.push({low, high: last, step: step === 'E' || step === 'O' ? step : Number.parseInt(step, 36)});
  }
  return out;
}

/** The first range of {@link folds} that ends at `rune` or later. */
function foldFrom(rune: number): Fold | undefined {
  folds ??= readFolds();
  let low = 0;
  let high = folds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (folds[middle]!.high < rune) low = middle + 1;
    else high = middle;
  }
  return folds[low];
}

/** True when `rune` is the second of a pair of neighbours that begins with an even or an odd one. */
const isSecond = (rune: number, step: 'E' | 'O'): boolean => (rune % 2 === 0) !== (step === 'E');

/** The next character of those that differ from `rune` only by case; after the last the first, `rune` itself where it is alone. */
export function nextFold(rune: number): number {
  const fold = foldFrom(rune);
  if (fold === undefined || rune < fold.low) return rune;
  if (typeof fold.step === 'number') return rune + fold.step;
  return isSecond(rune, fold.step) ? rune - 1 : rune + 1;
}

/**
 * Adds a range and all that differs from its characters only by case. Where the range is in the set already, so is the
 * rest, RE2 says; it need not be, but its answers are those that are wanted.
 */
export function addFolded(set: RuneSet, low: number, high: number): void {
  if (!set.add(low, high)) return;
  for (let at = low; at <= high; ) {
    const fold = foldFrom(at);
    if (fold === undefined || fold.low > high) return;
    const first = Math.max(at, fold.low);
    const last = Math.min(high, fold.high);
    const {step} = fold;
    if (typeof step === 'number') addFolded(set, first + step, last + step);
    else addFolded(set, isSecond(first, step) ? first - 1 : first, isSecond(last, step) ? last : last + 1);
    at = fold.high + 1;
  }
}

/** Adds a group, or all that is not in it. */
export function addGroup(set: RuneSet, group: Group, negated: boolean, folded: boolean): void {
  if (!negated) {
    for (let i = 0; i < group.length; i += 2) {
      if (folded) addFolded(set, group[i]!, group[i + 1]!);
      else set.add(group[i]!, group[i + 1]!);
    }
    return;
  }
  const positive = new RuneSet();
  addGroup(positive, group, false, folded);
  set.addAll(positive.complement());
}
