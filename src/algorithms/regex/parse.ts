/**
 * From the text of a pattern to a tree: RE2's syntax as TensorFlow uses it (UTF-8, Perl's classes and escapes).
 *
 * Follows RE2's `parse.cc`, for patterns that RE2 refuses are to be refused, and a few of its habits can be seen in what
 * patterns match: which characters a class of several alternatives has, and whether a class reaches from U+0080 to the
 * last code point (see `compile.ts`).
 *
 * @module
 */

import {factor} from './factor.js';
import {RuneSet} from './rune_set.js';
import {decodeRune, LAST_RUNE} from './runes.js';
import {
  alternate,
  capture,
  classOf,
  concat,
  DOT_NL,
  FOLD_CASE,
  literal,
  NON_GREEDY,
  ONE_LINE,
  type Regexp,
  type RepeatOp,
  repeat,
  type SimpleOp,
  simple,
  starPlusOrQuest,
  WAS_DOLLAR,
} from './syntax.js';
import {
  addFolded,
  addGroup,
  type Group,
  nextFold,
  PERL_GROUPS,
  POSIX_GROUPS,
  unicodeGroup,
} from './unicode_groups.js';

/** A pattern that RE2 refuses, in its words. */
export class RegexError extends Error {
  override readonly name = 'RegexError';
}

/** A parsed pattern. */
export interface Parsed {
  readonly regexp: Regexp;
  /** How many groups capture. */
  readonly groups: number;
}

/** Parses the UTF-8 of a pattern. */
export function parse(pattern: Uint8Array): Parsed {
  return new Parser(pattern).parse();
}

const DECODER = new TextDecoder('utf-8', {ignoreBOM: true});

/** The most copies that repetitions may ask for, those inside others multiplied. */
const MOST_COPIES = 1000;

/** A group that is open. */
interface Open {
  /** The flags to go back to behind it. */
  readonly flags: number;
  /** Its number, 0 where it does not capture. */
  readonly group: number;
  /** Alternatives that are complete. */
  readonly alternatives: Regexp[];
  /** What the present alternative consists of so far. A literal is one character. */
  items: Regexp[];
}

const code = (character: string): number => character.charCodeAt(0);

/** Escapes for single characters. */
const CHARACTER_ESCAPES: Readonly<Record<string, number>> = {
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  a: 0x07,
  f: 0x0c,
  v: 0x0b,
};

/** Escapes that match the empty text, or any byte. */
const SIMPLE_ESCAPES: Readonly<Record<string, SimpleOp>> = {
  b: 'word boundary',
  B: 'no word boundary',
  A: 'begin text',
  z: 'end text',
  C: 'any byte',
};

const REPEAT_OPS: Readonly<Record<string, RepeatOp>> = {'*': 'star', '+': 'plus', '?': 'quest'};

/** General categories whose characters may be in the name of a group. */
const NAME_CATEGORIES = ['Lu', 'Ll', 'Lt', 'Lm', 'Lo', 'Nl', 'Mn', 'Mc', 'Nd', 'Pc'];

const isOctal = (character: string): boolean => character >= '0' && character <= '7';

class Parser {
  readonly #pattern: Uint8Array;
  #at = 0;
  #flags = ONE_LINE;
  #groups = 0;
  readonly #open: Open[] = [{flags: 0, group: 0, alternatives: [], items: []}];

  constructor(pattern: Uint8Array) {
    this.#pattern = pattern;
  }

  parse(): Parsed {
    // Where the repetition operator before this one begins, if nothing is between.
    let operator = -1;
    while (this.#at < this.#pattern.length) {
      const start = this.#at;
      operator = this.#item(operator) ? start : -1;
    }
    if (this.#open.length > 1) throw new RegexError(`missing ): ${this.#text(0)}`);
    return {regexp: this.#closeAlternatives(), groups: this.#groups};
  }

  /** One item of the pattern; true for an operator that repeats. */
  #item(operator: number): boolean {
    const character = this.#peek();
    switch (character) {
      case '(':
        this.#openGroup();
        return false;
      case '|':
        this.#at++;
        this.#closeAlternative();
        return false;
      case ')':
        this.#closeGroup();
        return false;
      case '^':
        this.#at++;
        this.#push(simple(this.#flags & ONE_LINE ? 'begin text' : 'begin line', this.#flags));
        return false;
      case '$':
        this.#at++;
        if (this.#flags & ONE_LINE) this.#push(simple('end text', this.#flags | WAS_DOLLAR));
        else this.#push(simple('end line', this.#flags));
        return false;
      case '.':
        this.#at++;
        this.#pushDot();
        return false;
      case '[':
        this.#pushClass(this.#parseClass());
        return false;
      case '*':
      case '+':
      case '?':
        this.#repeatBy(REPEAT_OPS[character]!, operator);
        return true;
      case '{':
        if (this.#repeatCounted(operator)) return true;
        this.#at++;
        this.#pushLiteral(code('{'));
        return false;
      case '\\':
        this.#escaped();
        return false;
      default:
        this.#pushLiteral(this.#rune());
        return false;
    }
  }

  // What the pattern says at this place.

  /** The byte `ahead` of the present place as a character; empty at the end. */
  #peek(ahead = 0): string {
    const byte = this.#pattern[this.#at + ahead];
    return byte === undefined ? '' : String.fromCharCode(byte);
  }

  /** Takes one character. Surrogates are as good as others. */
  #rune(): number {
    const {length, rune} = decodeRune(this.#pattern, this.#at);
    if (length === 0) throw new RegexError('invalid UTF-8');
    this.#at += length;
    return rune;
  }

  /** The pattern from `start` to the present place, or to `end`. */
  #text(start: number, end: number = this.#pattern.length): string {
    return DECODER.decode(this.#pattern.subarray(start, end));
  }

  #invalid(why: string, start: number): RegexError {
    return new RegexError(`${why}: ${this.#text(start, this.#at)}`);
  }

  // Items, alternatives and groups.

  get #top(): Open {
    return this.#open.at(-1)!;
  }

  #push(re: Regexp): void {
    this.#top.items.push(re);
  }

  #pushLiteral(rune: number): void {
    const flags = this.#flags;
    if (!(flags & FOLD_CASE) || nextFold(rune) === rune) {
      this.#push(literal([rune], flags));
      return;
    }
    const set = new RuneSet();
    let each = rune;
    do {
      set.add(each, each);
      each = nextFold(each);
    } while (each !== rune);
    this.#pushClass(set);
  }

  /** A class, or the literal that it amounts to. */
  #pushClass(set: RuneSet): void {
    const flags = this.#flags;
    const first = set.lows[0]!;
    const {size} = set;
    if (size === 1) {
      this.#push(literal([first], flags));
      return;
    }
    if (size === 2 && first >= code('A') && first <= code('Z') && set.has(first + 32)) {
      this.#push(literal([first + 32], flags | FOLD_CASE));
      return;
    }
    this.#push(classOf(set, flags & ~FOLD_CASE));
  }

  #pushDot(): void {
    if (this.#flags & DOT_NL) {
      this.#push(simple('any character', this.#flags));
      return;
    }
    const lineFeed = new RuneSet();
    lineFeed.add(0x0a, 0x0a);
    this.#pushClass(lineFeed.complement());
  }

  #openGroup(): void {
    if (this.#peek(1) === '?') {
      this.#perlGroup();
      return;
    }
    this.#at++;
    this.#begin(++this.#groups);
  }

  #begin(group: number): void {
    this.#open.push({flags: this.#flags, group, alternatives: [], items: []});
  }

  #closeGroup(): void {
    this.#at++;
    const inside = this.#closeAlternatives();
    if (this.#open.length === 1) throw new RegexError(`unexpected ): ${this.#text(0)}`);
    const {flags, group} = this.#open.pop()!;
    this.#flags = flags;
    this.#push(group > 0 ? capture(inside, group, flags) : inside);
  }

  #closeAlternative(): void {
    const {alternatives, items} = this.#top;
    this.#top.items = [];
    const next = concat(flattened(joinLiterals(items), 'concat'), this.#flags);
    const last = alternatives.at(-1);
    // What any character stands for, a single one beside it need not.
    if (last?.op === 'any character' && isOneCharacter(next)) return;
    if (last !== undefined && next.op === 'any character' && isOneCharacter(last)) alternatives.pop();
    alternatives.push(next);
  }

  #closeAlternatives(): Regexp {
    this.#closeAlternative();
    const {alternatives} = this.#top;
    if (alternatives.length === 1) return alternatives[0]!;
    return alternate(factor(flattened(alternatives, 'alternate'), this.#flags), this.#flags);
  }

  // Repetitions.

  #repeatBy(op: RepeatOp, operator: number): void {
    const start = this.#at++;
    const flags = this.#repeatFlags(operator);
    this.#push(starPlusOrQuest(op, this.#repeated(start), flags));
  }

  /** `{2}`, `{2,}` or `{2,4}`; false where the brace stands for itself. */
  #repeatCounted(operator: number): boolean {
    const start = this.#at;
    const match = /^\{(0|[1-9]\d{0,8})(?:(,)(0|[1-9]\d{0,8})?)?\}/.exec(this.#text(start, start + 24));
    if (match === null) return false;
    const [text, least, comma, most] = match;
    const min = Number(least);
    const max = comma === undefined ? min : most === undefined ? -1 : Number(most);
    this.#at += text.length;
    const flags = this.#repeatFlags(operator);
    if ((max !== -1 && max < min) || min > MOST_COPIES || max > MOST_COPIES) {
      throw this.#invalid('invalid repetition size', start);
    }
    const re = repeat(this.#repeated(start), min, max, flags);
    if ((min >= 2 || max >= 2) && asksForTooMuch(re)) throw this.#invalid('invalid repetition size', start);
    this.#push(re);
    return true;
  }

  /** Takes a `?` behind the operator, which turns its preference round. Operators do not follow one another. */
  #repeatFlags(operator: number): number {
    const nonGreedy = this.#peek() === '?';
    if (nonGreedy) this.#at++;
    if (operator >= 0) throw this.#invalid('bad repetition operator', operator);
    return nonGreedy ? this.#flags ^ NON_GREEDY : this.#flags;
  }

  /** What stands before an operator. */
  #repeated(start: number): Regexp {
    const last = this.#top.items.pop();
    if (last === undefined) throw this.#invalid('no argument for repetition operator', start);
    return last;
  }

  // Escapes.

  #escaped(): void {
    const next = this.#peek(1);
    const op = Object.hasOwn(SIMPLE_ESCAPES, next) ? SIMPLE_ESCAPES[next] : undefined;
    if (op !== undefined) {
      this.#at += 2;
      this.#push(simple(op, this.#flags));
    } else if (next === 'Q') {
      this.#at += 2;
      this.#quoted();
    } else {
      const set = new RuneSet();
      if (this.#groupEscape(set)) this.#pushClass(set);
      else this.#pushLiteral(this.#escapedRune());
    }
  }

  /** `\Q...\E`: all between is literal. */
  #quoted(): void {
    while (this.#at < this.#pattern.length) {
      if (this.#peek() === '\\' && this.#peek(1) === 'E') {
        this.#at += 2;
        return;
      }
      this.#pushLiteral(this.#rune());
    }
  }

  /** Adds what `\d`, `\pN` and the like stand for; false where there is no such escape. */
  #groupEscape(set: RuneSet): boolean {
    if (this.#peek() !== '\\') return false;
    const letter = this.#peek(1);
    const lower = letter.toLowerCase();
    const folded = (this.#flags & FOLD_CASE) !== 0;
    if (Object.hasOwn(PERL_GROUPS, lower)) {
      this.#at += 2;
      addGroup(set, PERL_GROUPS[lower]!, letter !== lower, folded);
      return true;
    }
    if (lower !== 'p') return false;
    const start = this.#at;
    this.#at += 2;
    let name = this.#groupName(start);
    let negated = letter === 'P';
    if (name.startsWith('^')) {
      negated = !negated;
      name = name.slice(1);
    }
    const group = unicodeGroup(name);
    if (group === undefined) throw this.#invalid('invalid character class range', start);
    addGroup(set, group, negated, folded);
    return true;
  }

  /** The name behind `\p`: a letter, or what is between braces. */
  #groupName(start: number): string {
    if (this.#peek() !== '{') {
      const before = this.#at;
      if (before < this.#pattern.length) this.#rune();
      return this.#text(before, this.#at);
    }
    const end = this.#pattern.indexOf(code('}'), this.#at);
    if (end < 0) {
      this.#at = this.#pattern.length;
      throw this.#invalid('invalid character class range', start);
    }
    const name = this.#text(this.#at + 1, end);
    this.#at = end + 1;
    return name;
  }

  /** The character that an escape stands for. */
  #escapedRune(): number {
    const start = this.#at++;
    if (this.#at === this.#pattern.length) throw new RegexError('trailing \\');
    const rune = this.#rune();
    const character = rune < 0x80 ? String.fromCharCode(rune) : '';
    if (isOctal(character) && (character === '0' || isOctal(this.#peek()))) {
      let value = Number(character);
      for (let i = 0; i < 2 && isOctal(this.#peek()); i++) {
        value = 8 * value + Number(this.#peek());
        this.#at++;
      }
      return value;
    }
    if (character === 'x') return this.#hexadecimal(start);
    if (Object.hasOwn(CHARACTER_ESCAPES, character)) return CHARACTER_ESCAPES[character]!;
    if (character !== '' && !/[0-9A-Za-z]/.test(character)) return rune;
    throw this.#invalid('invalid escape sequence', start);
  }

  /** What follows `\x`: two digits, or any number of them in braces. */
  #hexadecimal(start: number): number {
    const end = this.#peek() === '{' ? this.#pattern.indexOf(code('}'), this.#at) + 1 : this.#at + 2;
    const text = this.#text(this.#at, end);
    const [all, two, braced] = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/.exec(text) ?? [''];
    const value = Number.parseInt(two ?? braced ?? '', 16);
    this.#at += Math.max(1, all.length);
    if (value <= LAST_RUNE) return value;
    throw this.#invalid('invalid escape sequence', start);
  }

  // Classes.

  #parseClass(): RuneSet {
    const start = this.#at++;
    const set = new RuneSet();
    const negated = this.#peek() === '^';
    if (negated) this.#at++;
    for (let first = true; this.#peek() !== ']' || first; first = false) {
      if (this.#at >= this.#pattern.length) throw this.#missingBracket(start);
      if (this.#posixGroup(set) || (this.#pattern.length - this.#at > 2 && this.#groupEscape(set))) continue;
      this.#classRange(set, start);
    }
    this.#at++;
    return negated ? set.complement() : set;
  }

  #missingBracket(start: number): RegexError {
    this.#at = this.#pattern.length;
    return this.#invalid('missing ]', start);
  }

  /** Adds a character, or a range of them. */
  #classRange(set: RuneSet, start: number): void {
    const before = this.#at;
    const low = this.#classRune(start);
    let high = low;
    if (this.#peek() === '-' && this.#peek(1) !== '' && this.#peek(1) !== ']') {
      this.#at++;
      high = this.#classRune(start);
      if (high < low) throw this.#invalid('invalid character class range', before);
    }
    if (this.#flags & FOLD_CASE) addFolded(set, low, high);
    else set.add(low, high);
  }

  #classRune(start: number): number {
    if (this.#at >= this.#pattern.length) throw this.#missingBracket(start);
    return this.#peek() === '\\' ? this.#escapedRune() : this.#rune();
  }

  /** Adds what `[:alpha:]` or `[:^alpha:]` stands for; false where no colon closes it. */
  #posixGroup(set: RuneSet): boolean {
    if (this.#peek() !== '[' || this.#peek(1) !== ':') return false;
    const start = this.#at;
    let end = start + 2;
    const {length} = this.#pattern;
    while (end < length && !(this.#pattern[end] === code(':') && this.#pattern[end + 1] === code(']'))) end++;
    if (end >= length) return false;
    this.#at = end + 2;
    const name = this.#text(start + 2, end);
    const negated = name.startsWith('^');
    const group: Group | undefined = POSIX_GROUPS.get(negated ? name.slice(1) : name);
    if (group === undefined) throw this.#invalid('invalid character class range', start);
    addGroup(set, group, negated, (this.#flags & FOLD_CASE) !== 0);
    return true;
  }

  // Groups with a question mark.

  /** `(?P<name>`, `(?i)`, `(?:` or `(?i:`. */
  #perlGroup(): void {
    const start = this.#at;
    this.#at += 2;
    if (this.#peek() === 'P' && this.#peek(1) === '<') {
      this.#namedGroup(start);
      return;
    }
    let flags = this.#flags;
    let negated = false;
    let saidFlags = false;
    for (;;) {
      if (this.#at >= this.#pattern.length) throw this.#invalid('invalid perl operator', start);
      const rune = this.#rune();
      const character = rune < 0x80 ? String.fromCharCode(rune) : '';
      if (character === ':' || character === ')') {
        if (negated && !saidFlags) throw this.#invalid('invalid perl operator', start);
        // The flags go back to what they were before the group.
        if (character === ':') this.#begin(0);
        this.#flags = flags;
        return;
      }
      if (character === '-' && !negated) {
        negated = true;
        saidFlags = false;
        continue;
      }
      if (!Object.hasOwn(PERL_FLAGS, character)) throw this.#invalid('invalid perl operator', start);
      const {flag, clears} = PERL_FLAGS[character]!;
      flags = negated === clears ? flags | flag : flags & ~flag;
      saidFlags = true;
    }
  }

  #namedGroup(start: number): void {
    const end = this.#pattern.indexOf(code('>'), this.#at);
    if (end < 0) {
      this.#at = this.#pattern.length;
      throw this.#invalid('invalid named capture group', start);
    }
    const name = this.#pattern.subarray(this.#at + 2, end);
    this.#at = end + 1;
    if (!isGroupName(name)) throw this.#invalid('invalid named capture group', start);
    this.#begin(++this.#groups);
  }
}

/** Flags by letter, and whether a letter clears its flag. */
const PERL_FLAGS: Readonly<Record<string, {readonly flag: number; readonly clears: boolean}>> = {
  i: {flag: FOLD_CASE, clears: false},
  m: {flag: ONE_LINE, clears: true},
  s: {flag: DOT_NL, clears: false},
  U: {flag: NON_GREEDY, clears: false},
};

let nameCharacters: RuneSet | undefined;

function isGroupName(name: Uint8Array): boolean {
  if (nameCharacters === undefined) {
    nameCharacters = new RuneSet();
    for (const category of NAME_CATEGORIES) addGroup(nameCharacters, unicodeGroup(category)!, false, false);
  }
  for (let at = 0; at < name.length; ) {
    const {length, rune} = decodeRune(name, at);
    if (length === 0 || !nameCharacters.has(rune)) return false;
    at += length;
  }
  return name.length > 0;
}

/** Neighbouring literals become one, those that fold case apart from those that do not. */
function joinLiterals(items: readonly Regexp[]): Regexp[] {
  const out: Regexp[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (item.op !== 'literal') {
      out.push(item);
      continue;
    }
    const runes = [...item.runes];
    for (let next = items[i + 1]; next?.op === 'literal'; next = items[i + 1]) {
      if ((next.flags ^ item.flags) & FOLD_CASE) break;
      for (const rune of next.runes) runes.push(rune);
      i++;
    }
    out.push(literal(runes, item.flags));
  }
  return out;
}

/** The items, with those of each that is itself of kind `op` in its place. A lone one stays as it is. */
function flattened(items: readonly Regexp[], op: 'concat' | 'alternate'): readonly Regexp[] {
  return items.length === 1 ? items : items.flatMap((each) => (each.op === op ? each.subs : each));
}

const isOneCharacter = (re: Regexp): boolean =>
  re.op === 'any character' || re.op === 'class' || (re.op === 'literal' && re.runes.length === 1);

/** True when repetitions inside one another ask for more copies of something than there may be. */
function asksForTooMuch(root: Regexp): boolean {
  const open: [Regexp, number][] = [[root, MOST_COPIES]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [re, most] = next;
    const copies = re.op === 'repeat' ? (re.max < 0 ? re.min : re.max) : 1;
    const left = copies > 0 ? Math.trunc(most / copies) : most;
    if (left === 0) return true;
    for (const sub of re.subs) open.push([sub, left]);
  }
  return false;
}
