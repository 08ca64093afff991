/**
 * RE2 regular expressions over byte strings, as TensorFlow's C++ RE2 treats them: the text is UTF-8, and a byte that
 * belongs to no character matches nothing, not even `.` or a negated class.
 *
 * Matching is done by re2js on JavaScript strings in which such bytes are lone surrogates (see `bytesToEscaped`).
 * re2js would let `.` match them, so that when a match contains one the search is repeated with a pattern rewritten
 * to exclude surrogates. (A match without one is the right match: excluding characters only takes matches away.)
 *
 * @module
 */

import {RE2JS} from 're2js';
import {bytesToEscaped, escapedToBytes, hasLoneSurrogate} from './bytes.js';

/** A match: start and end of the whole and of each group, in UTF-16 units; -1 for a group that took no part. */
type Groups = readonly number[];

/** A compiled pattern. The constructor throws where RE2 refuses the pattern. */
export class Re2 {
  readonly #pattern: string;
  readonly #loose: RE2JS;
  #strict: RE2JS | undefined;

  constructor(pattern: Uint8Array) {
    this.#pattern = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(pattern);
    this.#loose = RE2JS.compile(this.#pattern);
  }

  /** `RE2::FullMatch`. */
  fullMatch(bytes: Uint8Array): boolean {
    const text = bytesToEscaped(bytes);
    if (!this.#loose.testExact(text)) return false;
    return !hasLoneSurrogate(text) || this.#strictPattern().testExact(text);
  }

  /**
   * `RE2::GlobalReplace`, or `RE2::Replace` of the first match. `\0` to `\9` in `rewrite` stand for the match and its
   * groups. Gives `bytes` itself where nothing matches.
   */
  replace(bytes: Uint8Array, rewrite: Rewrite, global: boolean): Uint8Array {
    if (rewrite.highestGroup > this.#loose.groupCount()) return bytes;
    if (!global && !rewrite.valid) return bytes;
    const text = bytesToEscaped(bytes);
    let out = '';
    let at = 0;
    let lastEnd = -1;
    let found = false;
    while (at <= text.length) {
      const groups = this.#find(text, at);
      if (groups === undefined) break;
      const [start, end] = groups as [number, number];
      out += text.slice(at, start);
      at = end;
      if (start === lastEnd && end === start) {
        // No empty match right after a match: one character on.
        const next = text.codePointAt(at);
        if (next === undefined) break;
        out += String.fromCodePoint(next);
        at += next > 0xffff ? 2 : 1;
        continue;
      }
      out += rewrite.expand(text, groups);
      lastEnd = end;
      found = true;
      if (!global) break;
    }
    return found ? escapedToBytes(out + text.slice(at)) : bytes;
  }

  /**
   * What `RE2::FindAndConsume` meets until it finds nothing, or something empty: the text before each match, and the
   * match. Each search sees only what is left, so that `^` matches behind a match.
   */
  *scan(bytes: Uint8Array): Generator<{readonly before: Uint8Array; readonly match: Uint8Array}> {
    let left = bytesToEscaped(bytes);
    for (;;) {
      const groups = this.#find(left, 0);
      if (groups === undefined) return;
      const [start, end] = groups as [number, number];
      if (start === end) return;
      yield {before: escapedToBytes(left.slice(0, start)), match: escapedToBytes(left.slice(start, end))};
      left = left.slice(end);
    }
  }

  /** The leftmost match from `from` on. */
  #find(text: string, from: number): Groups | undefined {
    const groups = find(this.#loose, text, from);
    if (groups === undefined || !hasLoneSurrogate(text.slice(groups[0], groups[1]))) return groups;
    return find(this.#strictPattern(), text, from);
  }

  #strictPattern(): RE2JS {
    this.#strict ??= RE2JS.compile(excludeSurrogates(this.#pattern));
    return this.#strict;
  }
}

function find(pattern: RE2JS, text: string, from: number): Groups | undefined {
  const matcher = pattern.matcher(text);
  if (!matcher.find(from)) return undefined;
  const groups: number[] = [];
  for (let i = 0; i <= pattern.groupCount(); i++) groups.push(matcher.start(i), matcher.end(i));
  return groups;
}

/** A rewrite string, taken apart. */
export class Rewrite {
  readonly #parts: readonly (string | number)[];
  readonly highestGroup: number;
  /** False where a backslash is followed by neither a digit nor a backslash: the rest is dropped. */
  readonly valid: boolean;

  constructor(rewrite: Uint8Array) {
    const parts: (string | number)[] = [];
    const text = bytesToEscaped(rewrite);
    let valid = true;
    for (let i = 0; i < text.length; i++) {
      if (text[i] !== '\\') {
        parts.push(text[i]!);
        continue;
      }
      const next = text[++i];
      if (next === '\\') parts.push(next);
      else if (next !== undefined && next >= '0' && next <= '9') parts.push(Number(next));
      else {
        valid = false;
        break;
      }
    }
    this.#parts = parts;
    this.valid = valid;
    this.highestGroup = parts.reduce<number>(
      (most, p) => (typeof p === 'number' ? Math.max(most, p) : most),
      0,
    );
  }

  expand(text: string, groups: Groups): string {
    return this.#parts
      .map((part) =>
        typeof part === 'string'
          ? part
          : text.slice(Math.max(0, groups[2 * part]!), Math.max(0, groups[2 * part + 1]!)),
      )
      .join('');
  }
}

const SURROGATES = '\\x{D800}-\\x{DFFF}';

/** Lexemes of RE2's syntax that matter here; everything else passes as it is. */
const LEXEME = /\\Q.*?(?:\\E|$)|\\[pP](?:\{\^?[^}]*\}|.)|\\x\{[^}]*\}|\\.|\(\?[A-Za-z-]+[:)]|\[\^?|./gsu;

/** Lexemes inside brackets. */
const CLASS_LEXEME = /\[:\^?\w+:\]|\\[pP](?:\{\^?[^}]*\}|.)|\\x\{[^}]*\}|\\.|./suy;

/** The pattern with everything taken out of it that would match a lone surrogate. */
export function excludeSurrogates(pattern: string): string {
  let out = '';
  // Whether `.` matches a line feed, in each group that is open.
  const dotAll = [false];
  LEXEME.lastIndex = 0;
  for (let match = LEXEME.exec(pattern); match !== null; match = LEXEME.exec(pattern)) {
    const [lexeme] = match;
    if (lexeme === '[' || lexeme === '[^') {
      const [text, end] = excludeFromClass(pattern, LEXEME.lastIndex, lexeme === '[^');
      out += text;
      LEXEME.lastIndex = end;
      continue;
    }
    if (lexeme === '(') dotAll.push(dotAll.at(-1)!);
    else if (lexeme === ')') dotAll.pop();
    else if (lexeme.startsWith('(?') && lexeme.length > 2) applyFlags(lexeme, dotAll);
    if (lexeme === '.') out += dotAll.at(-1) ? `[^${SURROGATES}]` : `[^\\n${SURROGATES}]`;
    else out += complementOf(lexeme) ?? lexeme;
  }
  return out;
}

/** `(?s)` changes the group it is in, `(?s:` opens one. */
function applyFlags(lexeme: string, dotAll: boolean[]): void {
  const [on, off = ''] = lexeme.slice(2, -1).split('-') as [string, string?];
  const value = on.includes('s') || (dotAll.at(-1)! && !off.includes('s'));
  if (lexeme.endsWith(':')) dotAll.push(value);
  else dotAll[dotAll.length - 1] = value;
}

/** A class without surrogates for a lexeme that names the complement of a set; undefined for any other. */
function complementOf(lexeme: string): string | undefined {
  const perl = /^\\([DSW])$/.exec(lexeme);
  if (perl) return `[^\\${perl[1]!.toLowerCase()}${SURROGATES}]`;
  const posix = /^\[:\^(\w+):\]$/.exec(lexeme);
  if (posix) return `[^[:${posix[1]}:]${SURROGATES}]`;
  const unicode = /^\\([pP])(?:\{(\^?)(.*)\}|(.))$/u.exec(lexeme);
  if (!unicode) return undefined;
  const [, letter, caret, name, short] = unicode;
  const negated = (letter === 'P') !== (caret === '^');
  return negated ? `[^\\p{${name ?? short}}${SURROGATES}]` : undefined;
}

/** The class whose brackets opened before `start`: its rewritten text and where it ends. */
function excludeFromClass(pattern: string, start: number, negated: boolean): [string, number] {
  const items: string[] = [];
  const complements: string[] = [];
  CLASS_LEXEME.lastIndex = start;
  for (let match = CLASS_LEXEME.exec(pattern); match !== null; match = CLASS_LEXEME.exec(pattern)) {
    const [lexeme] = match;
    if (lexeme === ']' && match.index > start) break;
    const complement = negated ? undefined : complementOf(lexeme);
    if (complement !== undefined) complements.push(complement);
    else items.push(lexeme);
  }
  const end = CLASS_LEXEME.lastIndex;
  if (negated) return [`[^${items.join('')}${SURROGATES}]`, end];
  if (items.length > 0) complements.push(`[${splitRanges(items).join('')}]`);
  return [`(?:${complements.join('|')})`, end];
}

/** Cuts the surrogates out of ranges such as `\x00-\x{10FFFF}`. */
function splitRanges(items: readonly string[]): string[] {
  return items.map((item, i) => {
    if (item !== '-' || i === 0 || i === items.length - 1) return item;
    return codeOf(items[i - 1]!) < 0xd800 && codeOf(items[i + 1]!) > 0xdfff ? '-\\x{D7FF}\\x{E000}-' : item;
  });
}

function codeOf(item: string): number {
  const hex = /^\\x\{([0-9a-fA-F]+)\}$/.exec(item);
  if (hex) return Number.parseInt(hex[1]!, 16);
  return item.startsWith('\\') ? 0 : item.codePointAt(0)!;
}
