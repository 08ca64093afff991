/** Regular expressions: what the cases of `fixtures/ops/regex.json` do not reach. */

import {describe, expect, it} from 'vitest';
import {encodeUtf8} from '../utf8.js';
import {Regex, RegexError} from './regex.js';
import {ByteReplacement, Rewrite, replace} from './replace.js';
import {nextFold, unicodeGroup} from './unicode_groups.js';

const compile = (pattern: string): Regex => new Regex(encodeUtf8(pattern));

/** Where the first match is; undefined for none. */
function find(pattern: string, text: string, from = 0): [number, number] | undefined {
  const regex = compile(pattern);
  const bytes = encodeUtf8(text);
  return regex.search(bytes, 0, bytes.length, from) ? [regex.matchStart, regex.matchEnd] : undefined;
}

/** The texts of all groups of the first match. */
function groups(pattern: string, text: string): (string | undefined)[] {
  const regex = compile(pattern);
  const bytes = encodeUtf8(text);
  expect(regex.search(bytes, 0, bytes.length, 0)).toBe(true);
  const places = regex.groups(bytes, 0, bytes.length, regex.groupCount);
  return Array.from({length: regex.groupCount + 1}, (_, i) =>
    places[2 * i]! < 0 ? undefined : text.slice(places[2 * i], places[2 * i + 1]),
  );
}

function rewritten(pattern: string, rewrite: string, text: Uint8Array, start: number, end: number): string {
  const out: number[] = [];
  const sink = {
    append: (bytes: Uint8Array, from = 0, to = bytes.length) => void out.push(...bytes.subarray(from, to)),
  };
  const changed = replace(compile(pattern), new Rewrite(encodeUtf8(rewrite)), true, text, start, end, sink);
  return changed ? new TextDecoder().decode(Uint8Array.from(out)) : 'unchanged';
}

describe('patterns that RE2 refuses', () => {
  it.each([
    ['[[:nothing:]]', 'invalid character class range: [:nothing:]'],
    ['[[:a]b:]]', 'invalid character class range: [:a]b:]'],
    ['a)', 'unexpected ): a)'],
    ['(a', 'missing ): (a'],
    ['[a', 'missing ]: [a'],
    ['a**', 'bad repetition operator: **'],
    ['|*', 'no argument for repetition operator: *'],
    ['(?:a{100}){11}', 'invalid repetition size: {11}'],
    ['a\\q', 'invalid escape sequence: \\q'],
    ['\\', 'trailing \\'],
    ['(?i', 'invalid perl operator: (?i'],
    ['(?P<>a)', 'invalid named capture group: (?P<>'],
    ['\\p{greek}', 'invalid character class range: \\p{greek}'],
    ['\\pL{500}', 'pattern too large - compile failed'],
  ])('%s, and why', (pattern, why) => {
    expect(() => compile(pattern)).toThrowWithMessage(RegexError, why);
  });

  it.each([
    ['a byte', [0xff]],
    ['a character that is cut off', [0x61, 0xc3]],
    ['an overlong form', [0xc0, 0x80]],
    ['what is beyond the last code point', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte in a class', [0x5b, 0xff, 0x5d]],
    ['a quoted byte', [0x5c, 0x51, 0xff]],
  ])('%s is no UTF-8', (_, bytes) => {
    expect(() => new Regex(Uint8Array.from(bytes))).toThrowWithMessage(RegexError, 'invalid UTF-8');
  });

  it('surrogates are accepted, as bytes of their own', () => {
    const surrogate = Uint8Array.of(0xed, 0xa0, 0x80);
    expect(new Regex(surrogate).matchesAll(surrogate, 0, 3)).toBe(true);
  });
});

describe('a search', () => {
  it('sees the text before the place where it begins', () => {
    expect(find('^b', 'abab', 1)).toBeUndefined();
    expect(find('\\bb', 'ab b', 1)).toEqual([3, 4]);
    expect(find('(?m)^b', 'a\nb', 1)).toEqual([2, 3]);
  });

  it('does not see the bytes around the text', () => {
    const bytes = encodeUtf8('xxabxx');
    const regex = compile('^ab$|\\bab\\b');
    expect(regex.search(bytes, 2, 4, 2)).toBe(true);
    expect([regex.matchStart, regex.matchEnd]).toEqual([2, 4]);
    // Half of a character, and what would complete it behind the end.
    const half = Uint8Array.from([...encodeUtf8('é'), ...encodeUtf8('é')]);
    expect(compile('é').search(half, 0, 3, 1)).toBe(false);
    expect(rewritten('', '-', half, 0, 3)).toBe('-é-\ufffd-');
  });

  it('finds the leftmost match, and of these the preferred one', () => {
    expect(find('a+|b+c', 'xbbbbc')).toEqual([1, 6]);
    expect(find('(?:b|bb|bbb)c?', 'abbbc')).toEqual([1, 2]);
    expect(find('[a-z]+@[a-z]+|@', 'ab cd@ef')).toEqual([3, 8]);
    expect(find('\\d+(?:,\\d+)*$', '1,2 3,45')).toEqual([4, 8]);
  });

  it('begins at a text of no bytes', () => {
    expect(find('', '')).toEqual([0, 0]);
    expect(find('$^', '')).toEqual([0, 0]);
    expect(find('\\b', '')).toBeUndefined();
    expect(find('\\B', '')).toEqual([0, 0]);
  });
});

describe('long texts', () => {
  /** Runs of letters, digits, spaces and marks: short ones, then long ones, then both. */
  function textOf(size: number): string {
    let state = 1;
    const next = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const parts: string[] = [];
    for (let length = 0; length < size; ) {
      const longest = [3, 40, 12][Math.floor((3 * length) / size)]!;
      const part = ['ab', 'z', '0123456789', ' ', '\n', '.,', 'é世'][next(7)]!;
      const run = Array.from({length: 1 + next(longest)}, () => part[next(part.length)]).join('');
      parts.push(run);
      length += run.length;
    }
    return parts.join('');
  }

  // JavaScript's own engine takes these for the same.
  it.each([
    'a',
    '[ab]+',
    'z+?',
    '\\d+(?:[.,]\\d+)*',
    '[ab]+z|z[ab]+|\\d',
    '[^ab ]+',
    '\\b[a-z]+\\b',
    '(?m)^[ab]+',
    '(?m)[ab]+$',
    '\\B\\d\\B',
    'é+|世',
    ' +\\n',
    '[ab]*z[ab]*',
    '.+',
    '(?:ab|a)(?:bz|z)?',
  ])('%s is found at the same places as by another engine', (pattern) => {
    const text = textOf(30_000);
    const bytes = encodeUtf8(text);
    const regex = compile(pattern);
    const found: string[] = [];
    const starts: number[] = [];
    for (let at = 0; regex.search(bytes, 0, bytes.length, at); at = regex.matchEnd) {
      found.push(new TextDecoder().decode(bytes.subarray(regex.matchStart, regex.matchEnd)));
      starts.push(regex.matchStart);
    }
    const flags = pattern.startsWith('(?m)') ? 'gm' : 'g';
    const expected = [...text.matchAll(new RegExp(pattern.replace('(?m)', ''), flags))];
    expect(found).toEqual(expected.map(([match]) => match));
    const bytesBefore = (index: number) => encodeUtf8(text.slice(0, index)).length;
    expect(starts.at(-1)).toBe(bytesBefore(expected.at(-1)!.index));
  });

  it.each([
    ['[a-z .,0-9\\né世]*', true],
    ['[^!]*', true],
    ['(?s).*[ab].*', true],
    ['(?:[ab]+|z+|[^a-z]+)*', true],
    ['[^é]*', false],
  ])('all of one is matched by %s: %s', (pattern, expected) => {
    const bytes = encodeUtf8(textOf(30_000));
    expect(compile(pattern).matchesAll(bytes, 0, bytes.length)).toBe(expected);
  });
});

describe('time and memory', () => {
  const many = 200_000;

  it.each([
    ['(x+x+)+y', 'x'.repeat(many)],
    ['\\s+$', `${' '.repeat(many)}x`],
    ['(?:a|aa|aaa)*b', 'a'.repeat(many)],
    ['(.*)(.*)(.*)y', 'x'.repeat(many)],
  ])('%s does not match, which takes as long as its text', (pattern, text) => {
    expect(find(pattern, text)).toBeUndefined();
  });

  it('takes more states than are kept', () => {
    // Whether a 1 was 20 digits before each x: an automaton has a state for every 20 digits that it has met.
    const digits = Array.from({length: 50_000}, (_, i) => (Math.imul(i, 2654435761) >>> 15) & 1);
    for (let i = 25; i < digits.length; i += 1000) digits[i] = 1;
    const text = digits.join('');
    for (const end of [45, 20_000, 50_000]) {
      const at = end - 20;
      const expected = digits[at] === 1 ? [0, end + 1] : undefined;
      expect(find('[01]*1[01]{19}x', `${text.slice(0, end)}x`)).toEqual(expected);
      expect(compile('[01]*1[01]{19}x').matchesAll(encodeUtf8(`${text.slice(0, end)}x`), 0, end + 1)).toBe(
        expected !== undefined,
      );
    }
  });

  it('compiles what is nested deeply', () => {
    const depth = 5000;
    expect(groups(`${'('.repeat(depth)}a${')'.repeat(depth)}`, 'xa').slice(0, 3)).toEqual(['a', 'a', 'a']);
    expect(find(`${'(?:'.repeat(depth)}a${')*'.repeat(depth)}b`, 'aab')).toEqual([0, 3]);
  });

  it('compiles long lists of alternatives that begin alike', () => {
    const alternatives = Array.from({length: 500}, (_, i) => 'a'.repeat(i + 1));
    expect(find(alternatives.join('|'), 'aaa')).toEqual([0, 1]);
    expect(find(alternatives.reverse().join('|'), 'xaaa')).toEqual([1, 4]);
  });
});

describe('groups', () => {
  it.each([
    // Each byte allows one way.
    ['(\\w+)@(\\w+)\\.(com|org)', 'x ab@cd.org', ['ab@cd.org', 'ab', 'cd', 'org']],
    ['(a)|(b)', 'b', ['b', undefined, 'b']],
    ['(?:(a)|(b)|(c))+', 'abca', ['abca', 'a', 'b', 'c']],
    ['(\\b)a(\\b)', '-a', ['a', '', '']],
    // There is a choice.
    ['(a*)(a*)', 'aaa', ['aaa', 'aaa', '']],
    ['(a*?)(a*)', 'aaa', ['aaa', '', 'aaa']],
    ['(a|ab)(c|bcd)(d*)', 'abcd', ['abcd', 'a', 'bcd', '']],
    ['((a)|b)*', 'ab', ['ab', 'b', 'a']],
    ['(a*)*', 'aab', ['aa', 'aa']],
    ['(?:(a)|(ab)|(b))*$', 'abb', ['abb', 'a', undefined, 'b']],
    // All of the match.
    ['((\\d+))', 'x12', ['12', '12', '12']],
  ])('of %s', (pattern, text, expected) => {
    expect(groups(pattern, text)).toEqual(expected);
  });

  it('of matches that are too long to note every place', () => {
    const count = 40_000;
    // A program of more than a thousand instructions, with a choice at each letter.
    const pattern = `(?:(b)|(ab)|(a)|(?:c{1000}))*(b?)`;
    expect(groups(pattern, `a${'ab'.repeat(count)}`)).toEqual([
      `a${'ab'.repeat(count)}`,
      undefined,
      'ab',
      'a',
      '',
    ]);
  });

  it('above the ninth', () => {
    expect(groups('(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)', 'abcdefghijk').slice(9)).toEqual(['i', 'j', 'k']);
  });
});

describe('groups of Unicode', () => {
  it.each([
    ['L', 0x1e030, true],
    // Of Unicode 15.1, which TensorFlow 2.15 does not have.
    ['Lo', 0x2ebf0, false],
    ['Kawi', 0x11f00, true],
    ['Cs', 0xd800, true],
    ['Any', 0x10ffff, true],
  ])('%s, and U+%i', (name, rune, isIn) => {
    const group = unicodeGroup(name)!;
    expect(group.some((low, i) => i % 2 === 0 && low <= rune && rune <= group[i + 1]!)).toBe(isIn);
  });

  it('are known by their names only', () => {
    for (const name of ['', 'l', 'Latn', 'Xx', 'Cn', 'White_Space'])
      expect(unicodeGroup(name)).toBeUndefined();
  });

  it('characters that differ by case are a ring', () => {
    const ring = (rune: string) => {
      const out = [rune];
      for (let at = nextFold(rune.codePointAt(0)!); at !== rune.codePointAt(0); at = nextFold(at)) {
        out.push(String.fromCodePoint(at));
      }
      return out.join('');
    };
    expect(ring('k')).toBe('k\u212aK');
    expect(ring('σ')).toBe('σΣς');
    expect(ring('Đ')).toBe('Đđ');
    expect(ring('ß')).toBe('ßẞ');
    expect(ring('1')).toBe('1');
  });
});

it('groups are counted in what is dropped of a rewrite, too', () => {
  const text = encodeUtf8('ab');
  expect(rewritten('(a)', 'x\\q\\1', text, 0, 2)).toBe('xb');
  expect(rewritten('(a)', 'x\\q\\2', text, 0, 2)).toBe('unchanged');
});

describe('matches that are bytes', () => {
  /** Bytes of which every tenth is what a pattern may ask for, the others anything. */
  const text = Uint8Array.from({length: 3000}, (_, i) => {
    const random = Math.imul(i ^ (i >>> 7), 0x9e3779b1) >>> 8;
    return i % 10 < 4 ? ' !a.K'.charCodeAt(random % 5) : random & 0xff;
  });

  function byBytes(pattern: string, rewrite: string): Uint8Array | undefined {
    const replacement = ByteReplacement.of(compile(pattern), new Rewrite(encodeUtf8(rewrite)));
    if (replacement === undefined) return undefined;
    const out = new Uint8Array(text.length);
    // Only a part of it is text, and what is written lies behind something else.
    const end = replacement.write(text, 5, text.length - 3, out, 2);
    return out.slice(2, end);
  }

  it.each([
    ['[!-/]', ''],
    ['[!-/]', '#'],
    ['\\s+', ' '],
    ['(\\s+)', ''],
    ['([ !])', '-'],
    ['(?:[ !])+', '-'],
    ['a|b', 'c'],
    ['\\.', ''],
    [' +', '_'],
  ])('%s becomes "%s" as the automaton has it', (pattern, rewrite) => {
    const out: number[] = [];
    const sink = {
      append: (bytes: Uint8Array, from = 0, to = bytes.length) => void out.push(...bytes.subarray(from, to)),
    };
    replace(compile(pattern), new Rewrite(encodeUtf8(rewrite)), true, text, 5, text.length - 3, sink);
    expect(byBytes(pattern, rewrite)).toEqual(Uint8Array.from(out));
  });

  it.each([
    // KELVIN SIGN is a k, and not a byte.
    ['(?i)k', ''],
    ['(?i)a', ''],
    ['a+?', ''],
    ['(?U)a+', ''],
    ['[^a]', ''],
    ['\\C', ''],
    ['a*', ''],
    ['ab', ''],
    ['^a', ''],
    ['é', ''],
    ['a', 'bc'],
    ['a', '\\0'],
    ['(a)', '\\1'],
    ['a', '\\'],
  ])('%s to "%s" is left to the automaton', (pattern, rewrite) => {
    expect(byBytes(pattern, rewrite)).toBeUndefined();
  });
});
