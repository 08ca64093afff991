/**
 * Random patterns, texts and rewrites: of what models are made of, and of all else that RE2 knows, well-formed or not.
 *
 * @module
 */

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Characters of patterns and texts: few, so that they meet; some fold, some are of several bytes. */
const CHARACTERS = [...'abcABkKsS01 _-.,!\néÉßſĐđǅΩωжЖ世界가あア😀\u0301\u200d\u212a\ufffd\u{10ffff}'];

/** Bytes that are no characters, or none for most readers. */
const ODD_BYTES: readonly (readonly number[])[] = [
  [0x00],
  [0xff],
  [0xc3],
  [0x80],
  [0xe4, 0xb8],
  [0xf0, 0x9f, 0x98],
  // Overlong forms, a surrogate, beyond the last code point.
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xe0, 0x80, 0x80],
  [0xf0, 0x80, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
];

/** Patterns of models that many use. */
const OF_MODELS = [
  '[!"#$%&()\\*\\+,-\\./:;<=>?@\\[\\\\\\]^_`{|}~\\\']',
  '[^a-zA-Z0-9 ]',
  '\\s+',
  '[\\p{P}]',
  '([\\p{P}\\p{S}])',
  '\\p{Mn}',
  '[[:punct:]]',
  '([!-/]|[:-@]|[\\[-`]|[{-~]|[\\p{P}]|[\\x{4E00}-\\x{9FFF}]|[\\x{3400}-\\x{4DBF}]|[\\x{20000}-\\x{2A6DF}])',
  '\\s+|[!-/]|[:-@]|[\\[-`]|[{-~]|[\\p{P}]|[\\x{4E00}-\\x{9FFF}]',
  '[^\\x20-\\x7e]+',
  '^\\s+|\\s+$',
  '([^\\s]+)',
  "(?i)'s|'t|'re|'ve|'m|'ll|'d| ?\\pL+| ?\\pN+| ?[^\\s\\pL\\pN]+",
  '<br />',
  '\\d+(?:\\.\\d+)?',
  '(\\w+)@(\\w+)\\.com',
];

const REWRITES = [
  '',
  ' ',
  '\\0',
  ' \\1 ',
  '\\2\\1',
  '<\\0|\\1>',
  'x',
  '\\\\',
  'é\\0世',
  '\\3',
  'a\\qb',
  '\\0\\',
  '\\9',
];

/** Makes cases. */
export class RegexCases {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  pattern(): Uint8Array {
    if (this.#chance(0.1)) return encode(this.#one(OF_MODELS));
    const pattern = this.#alternatives(this.#below(4));
    return this.#chance(0.15) ? this.#damaged(encode(pattern)) : encode(pattern);
  }

  rewrite(): Uint8Array {
    return encode(this.#one(REWRITES));
  }

  text(): Uint8Array {
    const bytes: number[] = [];
    const odd = this.#chance(0.3) ? 0.2 : 0;
    for (let left = this.#below(this.#chance(0.1) ? 60 : 12); left > 0; left--) {
      if (this.#chance(odd)) bytes.push(...this.#one(ODD_BYTES));
      else if (this.#chance(0.1))
        bytes.push(...encode(this.#one(['foo@bar.com', "it's", '<br />', '12.5', '  '])));
      else bytes.push(...encode(this.#one(CHARACTERS)));
    }
    return Uint8Array.from(bytes);
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)]!;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #alternatives(depth: number): string {
    const count = this.#chance(0.3) ? 2 + this.#below(3) : 1;
    return Array.from({length: count}, () => this.#sequence(depth)).join('|');
  }

  #sequence(depth: number): string {
    return Array.from({length: this.#below(5)}, () => this.#repeated(depth)).join('');
  }

  #repeated(depth: number): string {
    const item = this.#item(depth);
    if (this.#chance(0.65)) return item;
    const counts = ['{0}', '{1}', '{2}', '{0,1}', '{0,2}', '{1,3}', '{2,}', '{0,}', '{,2}'];
    const operator = this.#chance(0.7) ? this.#one(['*', '+', '?']) : this.#one(counts);
    return item + operator + (this.#chance(0.25) ? '?' : '') + this.#wrong(['*', '{2}', '{1001}', '{3,2}']);
  }

  #item(depth: number): string {
    if (depth > 0 && this.#chance(0.35)) return this.#group(depth - 1);
    const kinds = [
      () => this.#character(),
      () => this.#character(),
      () => this.#class(),
      () => this.#class(),
      () => this.#groupEscape(),
      () => this.#one(['^', '$', '\\b', '\\B', '\\A', '\\z']),
      () => this.#one(['.', '.', '.', '(?s).', '\\C']),
      () => this.#one(['(?i)', '(?m)', '(?s)', '(?U)', '(?-i)', '(?i-s)', '\\Qa.b\\E', '\\Q*']),
    ];
    return this.#one(kinds)() + this.#wrong(['(?-)', '(?x)', '(?#)', ')', '*', '[', '\\']);
  }

  #group(depth: number): string {
    const open = this.#wrong(['(?<b>', '(?=', '(?P<>', '(?P<a b>', '(?P<a', '(?i']);
    const good = ['(', '(', '(?:', '(?i:', '(?s-m:', '(?P<a1>', '(?P<é>'];
    return `${open || this.#one(good)}${this.#alternatives(depth)})`;
  }

  #character(): string {
    if (this.#chance(0.15)) {
      const wrong = this.#wrong(['\\q', '\\8', '\\x{}', '\\é', '\\x{110000}']);
      return wrong || this.#one(['\\n', '\\x41', '\\x{1F600}', '\\x{e9}', '\\.', '\\_', '\\101', '\\0']);
    }
    const character = this.#one(CHARACTERS);
    return /[.*+?()[\]{}|^$\\]/.test(character) ? `\\${character}` : character;
  }

  #groupEscape(): string {
    const perl = ['\\d', '\\D', '\\s', '\\S', '\\w', '\\W'];
    const unicode = [
      '\\pL',
      '\\PL',
      '\\p{Lu}',
      '\\p{^Lu}',
      '\\P{^Ll}',
      '\\p{Greek}',
      '\\p{Han}',
      '\\pN',
      '\\p{P}',
    ];
    const wrong = this.#wrong(['\\p{Xx}', '\\pé', '\\p{L', '\\p']);
    return (
      wrong || this.#one([...perl, ...perl, ...unicode, '\\p{Any}', '\\p{Mn}', '\\p{Cyrillic}', '\\p{So}'])
    );
  }

  #class(): string {
    const items = Array.from({length: 1 + this.#below(3)}, () => this.#classItem());
    return `[${this.#chance(0.3) ? '^' : ''}${items.join('')}]`;
  }

  #classItem(): string {
    const kinds = [
      () => this.#one(CHARACTERS).replace(/[\]\\^[-]/, '\\$&'),
      () => this.#one(['a-c', 'A-Z', 'a-z', '0-9', 'é-ж', '!-/', '\\x00-\\x{7f}', '\\x{4e00}-\\x{9fff}']),
      () =>
        this.#one([
          '\\x{80}-\\x{10ffff}',
          '\\x{800}-\\x{ffff}',
          '\\x00-\\x{10FFFF}',
          '\\x{d000}-\\x{e000}',
          '@-K',
        ]),
      () => this.#groupEscape(),
      () => this.#one(['[:alpha:]', '[:^alpha:]', '[:punct:]', '[:space:]', '[:word:]', '[:', '-']),
    ];
    return this.#wrong(['c-a', '[:nothing:]', ']', '\\Z']) || this.#one(kinds)();
  }

  /** Rarely something that RE2 refuses, mostly. */
  #wrong(what: readonly string[]): string {
    return this.#chance(0.01) ? this.#one(what) : '';
  }

  /** Bytes taken out, doubled, put in. */
  #damaged(bytes: Uint8Array): Uint8Array {
    const out = [...bytes];
    const at = this.#below(out.length + 1);
    const change = this.#below(3);
    if (change === 0) out.splice(at, 1);
    else if (change === 1) out.splice(at, 0, ...out.slice(at, at + 2));
    else out.splice(at, 0, ...this.#one([...ODD_BYTES, [0x5c], [0x28], [0x29], [0x5b], [0x7c], [0x2a]]));
    return Uint8Array.from(out);
  }
}

const ENCODER = new TextEncoder();

function encode(text: string): Uint8Array {
  return ENCODER.encode(text);
}
