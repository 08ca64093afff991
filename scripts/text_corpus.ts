/**
 * Columns of random strings and numbers on which ops of text are compared: words and sentences of many scripts, emoji, marks that combine, control
 * characters and NUL, bytes that are no UTF-8, numbers, records, all code points. The same for the same seed.
 *
 * @module
 */

import type {DType} from '../src/host/dtypes.js';

/** A column: rows of one string or number each, or of several where it has `splits`. */
export type Column =
  | {readonly dtype: 'string'; readonly data: readonly Uint8Array[]; readonly splits?: Int32Array}
  | {readonly dtype: DType; readonly data: Numbers; readonly splits?: Int32Array};

type Numbers =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** Rows of a column. */
export const ROWS = 20_000;

/** Whole numbers from 0 to below `bound`; and the code points that are not met. */
interface Random {
  (bound: number): number;
  readonly avoided: ReadonlySet<number>;
}

/** Mulberry32. */
function randomOf(seed: number, avoided: ReadonlySet<number>): Random {
  let state = seed | 0;
  const random = (bound: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
  return Object.assign(random, {avoided});
}

/** Blocks of code points: scripts with and without case, marks, full width, ideographs, Hangul. */
const BLOCKS: readonly (readonly [number, number])[] = [
  [0x80, 0x24f],
  [0x370, 0x52f],
  [0x530, 0x6ff],
  [0x900, 0x97f],
  [0xe00, 0xe7f],
  [0x10a0, 0x10ff],
  [0x1100, 0x11ff],
  [0x13a0, 0x13ff],
  [0x1e00, 0x1fff],
  [0x2000, 0x218f],
  [0x2c00, 0x2dff],
  [0x3000, 0x30ff],
  [0x4e00, 0x4eff],
  [0xa640, 0xa69f],
  [0xac00, 0xacff],
  [0xfb00, 0xfdff],
  [0xff00, 0xffef],
  [0x10400, 0x1044f],
  [0x1d400, 0x1d7ff],
  [0x2f800, 0x2fa1f],
];

/** Letters whose case, folding or decomposition is out of the ordinary. */
const SPECIAL = [...'İıßẞſKÅΩǅǆŉΐᾳᾼﬁﬀ①Ⅷ㎏Σςσ\u0345\u0307µΐῢῧﬓﾊﾞ\u1e9a\u212b\u00ad\u200b\u200d\u034f\ufeff'];
const EMOJI = [...'😀😃🚀👍👩👨👧💻❤🏳🌈🇩🇪🇯🇵🏽🏿\u200d\ufe0f\u20e3👁🗨'];
const MARKS = [
  0x300, 0x301, 0x308, 0x323, 0x327, 0x345, 0x5b0, 0x64b, 0x93c, 0x94d, 0x1161, 0x11a8, 0x3099, 0x20d0,
];
const SPACES = [...' \t\n\v\f\r\u0085\u00a0\u1680\u2002\u2028\u2029\u3000\u200b\ufeff'];
const SYLLABLES = ['the', 'un', 'ing', 'A', 'Mo', 've', "n't", 'ed', 'S', '-', 'q', 'xyz', 'Ra'];
const PUNCTUATION = [...' .,;:!?\'"()[]{}<>/\\|@#$%^&*-_=+~`0123456789'];

/** Bytes that are no UTF-8, or only nearly. */
const BROKEN = [
  [0x80],
  [0xbf],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xc3],
  [0xe2, 0x82],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80],
  [0xfe],
  [0xff],
];

const ENCODER = new TextEncoder();

/** A valid code point of any plane. */
function anyCode(random: Random): number {
  const code = random(random(3) === 0 ? 0x110000 : 0x3000);
  return (code >= 0xd800 && code < 0xe000) || random.avoided.has(code) ? 0xfffd : code;
}

const oneOf = <T>(random: Random, all: readonly T[]): T => all[random(all.length)]!;

function inBlock(random: Random, [first, last]: readonly [number, number]): string {
  const code = first + random(last - first + 1);
  return random.avoided.has(code) ? 'a' : String.fromCodePoint(code);
}

/** What texts consist of: how often, and a part of one. */
const KINDS: readonly (readonly [share: number, part: (random: Random) => string])[] = [
  [24, (random) => (random(3) === 0 ? oneOf(random, PUNCTUATION) : oneOf(random, SYLLABLES))],
  [8, (random) => String.fromCharCode(random(128))],
  [20, (random) => (random(5) === 0 ? ' ' : inBlock(random, oneOf(random, BLOCKS)))],
  [8, (random) => oneOf(random, EMOJI)],
  [
    10,
    (random) =>
      inBlock(random, oneOf(random, BLOCKS)) +
      String.fromCodePoint(...repeat(random(4), () => oneOf(random, MARKS))),
  ],
  [8, (random) => String.fromCodePoint(anyCode(random))],
  [8, (random) => oneOf(random, SPECIAL)],
  [6, (random) => oneOf(random, SPACES) + (random(2) === 0 ? oneOf(random, SYLLABLES) : '')],
];

const SHARES = KINDS.flatMap(([share, part]) => repeat(share, () => part));

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({length: count}, make);
}

/** So many parts; one text in a hundred is long. */
const partsOf = (random: Random): number => (random(100) === 0 ? 100 + random(900) : 1 + random(12));

function validText(random: Random): string {
  if (random(30) === 0) return '';
  // Most are of one kind, some of all.
  const kind = random(3) === 0 ? undefined : oneOf(random, SHARES);
  return repeat(partsOf(random), () => (kind ?? oneOf(random, SHARES))(random)).join('');
}

/** Valid UTF-8 in four of five; else with broken bytes in it, cut, or random bytes. */
function anyText(random: Random): Uint8Array {
  const bytes = ENCODER.encode(validText(random));
  if (random(5) > 0) return bytes;
  const at = random(bytes.length + 1);
  switch (random(3)) {
    case 0:
      return Uint8Array.from(repeat(random(12), () => random(256)));
    case 1:
      return bytes.subarray(0, at);
    default:
      return Uint8Array.from([...bytes.subarray(0, at), ...oneOf(random, BROKEN), ...bytes.subarray(at)]);
  }
}

/** Valid text in an encoding, in nine of ten; else with a piece cut out or bytes put in. */
function encodedText(random: Random, encode: (text: string) => Uint8Array): Uint8Array {
  const bytes = encode(validText(random));
  if (random(10) > 0) return bytes;
  const at = random(bytes.length + 1);
  const broken = repeat(random(5), () => oneOf(random, [0, 0xd8, 0xdc, 0xff, random(256)]));
  return Uint8Array.from([...bytes.subarray(0, at), ...broken, ...bytes.subarray(at + random(3))]);
}

const utf16 = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16();

function utf32(text: string): Uint8Array {
  const codes = Array.from(text, (character) => character.codePointAt(0)!);
  const bytes = new DataView(new ArrayBuffer(4 * codes.length));
  for (const [i, code] of codes.entries()) bytes.setUint32(4 * i, code);
  return new Uint8Array(bytes.buffer);
}

const NUMBERS: readonly ((random: Random) => string)[] = [
  (random) => String(random(1000)),
  (random) => `${random(2) === 0 ? '-' : '+'}${random(2 ** 31)}`,
  (random) => `${random(2 ** 32)}${random(2 ** 31)}`,
  (random) => `${random(1000)}.${random(1e9)}`,
  (random) => `.${random(1e6)}`,
  (random) => `${random(10)}.`,
  (random) => `${random(1e9)}${random(1e9)}.${random(1e9)}${random(1e9)}`,
  (random) => `${random(100)}e${random(60) - 30}`,
  (random) => `${random(100)}.${random(100)}E+${random(400)}`,
  (random) => `-${random(100)}e-${random(400)}`,
  (random) =>
    oneOf(random, ['inf', '-inf', 'Infinity', 'nan', '-nan', 'NaN', 'INF', '+inf', 'nan(12)', 'infinit']),
  (random) =>
    oneOf(random, [
      '2147483647',
      '2147483648',
      '-2147483648',
      '-2147483649',
      '9223372036854775807',
      '9223372036854775808',
      '-9223372036854775808',
      '-9223372036854775809',
    ]),
  (random) =>
    oneOf(random, [
      '1.7976931348623157e308',
      '1.8e308',
      '3.4028235e38',
      '3.4028236e38',
      '1e39',
      '4.9e-324',
      '2e-324',
      '1.4e-45',
      '1e-46',
      '0.1',
      '1e23',
      '8.5',
      '16777217',
      '9007199254740993',
    ]),
  (random) => `0x${random(2 ** 20).toString(16)}`,
];

const MISTAKES = [
  '',
  ' ',
  '-',
  '+',
  '.',
  'e5',
  '1e',
  '1e+',
  '1 2',
  '1,000',
  'abc',
  '0x',
  '1f',
  '--1',
  '1\0',
  '\0',
  '٣',
  '1_000',
  '1d',
  'true',
];

/** A vocabulary: words and what they may go on with. */
const WORDPIECES = [
  '[UNK]',
  ...SYLLABLES,
  ...SYLLABLES.map((each) => `##${each}`),
  '##e',
  'i',
  '##n',
  'é',
  '##é',
  '##м',
  'з',
];

/**
 * True for floats below the normal ones. TensorFlow computes with these as 0, in threads of its own and not in others, so that no answer is
 * the right one.
 */
const isSubnormal = (number: number): boolean => {
  const single = Math.abs(Math.fround(number));
  return single > 0 && single < 2 ** -126;
};

/** What reads as a number, with spaces around it at times, or nearly. */
function numberText(random: Random): string {
  if (random(12) === 0) return oneOf(random, MISTAKES);
  let number: string;
  do number = oneOf(random, NUMBERS)(random);
  while (isSubnormal(Number(number)));
  return random(6) === 0
    ? `${oneOf(random, [' ', '\t', '  ', '\n'])}${number}${oneOf(random, ['', ' ', '\r\n'])}`
    : number;
}

/** What reads as an integer of 32 bits as a rule, of 64 bits, or nearly. */
function integerText(random: Random): string {
  const number = random(2 ** 32) - 2 ** 31;
  switch (random(30)) {
    case 0:
      return numberText(random);
    case 1:
      return `${number}${random(1e9)}`;
    case 2:
      return ` ${number}\t`;
    default:
      return String(random(2) === 0 ? number : number >> random(32));
  }
}

/** Base64 for URLs as TensorFlow writes it, with the alphabet of others and mistakes at times. */
function base64Text(random: Random): Uint8Array {
  const bytes = Buffer.from(repeat(random(12), () => random(256)));
  const text = bytes.toString(random(12) === 0 ? 'base64' : 'base64url');
  switch (random(60)) {
    case 0:
      return ENCODER.encode(`${text}=`);
    case 1:
      return ENCODER.encode(text.padEnd(4 * Math.ceil(text.length / 4), '='));
    case 2:
      return Uint8Array.from([...ENCODER.encode(text), random(256)]);
    case 3:
      return ENCODER.encode(`${text.slice(0, 2)}${oneOf(random, ['=', ' ', '\n', '*'])}${text.slice(2)}`);
    default:
      return ENCODER.encode(text);
  }
}

/** A line of three fields: a float, an integer, a string. Some are quoted, empty, missing or wrong. */
function csvText(random: Random): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const maybeQuoted = (text: string) => (random(4) === 0 || /[",\n]/.test(text) ? quoted(text) : text);
  const fields = [
    random(8) === 0 ? '' : (random(2000) / 7 - 100).toPrecision(1 + random(9)),
    random(8) === 0 ? '' : String(random(2 ** 20) - 2 ** 19),
    random(8) === 0 ? '' : validText(random).slice(0, 40).replaceAll('\r', ' '),
  ].map(maybeQuoted);
  switch (random(25)) {
    case 0:
      return fields.slice(0, 2).join(',');
    case 1:
      return `${fields.join(',')},`;
    case 2:
      return fields.join(',').replace(',', '",');
    case 3:
      return fields.join(';');
    case 4:
      return ` ${fields.join(', ')}`;
    default:
      return fields.join(',');
  }
}

const texts = (count: number, make: () => string | Uint8Array): Column => ({
  dtype: 'string',
  data: repeat(count, () => {
    const made = make();
    return typeof made === 'string' ? ENCODER.encode(made) : made;
  }),
});

/** Rows of random lengths, of strings or numbers that `make` gives. */
function ragged<T>(random: Random, make: () => T): {readonly values: T[]; readonly splits: Int32Array} {
  const splits = new Int32Array(ROWS + 1);
  const values: T[] = [];
  for (let row = 0; row < ROWS; row++) {
    values.push(...repeat(random(8), make));
    splits[row + 1] = values.length;
  }
  return {values, splits};
}

/** Code points of valid texts; the tokenizers take nothing else. */
function codesOfTexts(random: Random): Column {
  const splits = new Int32Array(ROWS + 1);
  const codes: number[] = [];
  for (let row = 0; row < ROWS; row++) {
    for (const character of validText(random)) codes.push(character.codePointAt(0)!);
    splits[row + 1] = codes.length;
  }
  return {dtype: 'int32', data: Int32Array.from(codes), splits};
}

/** Integers that are code points as a rule, and else no such thing. */
function anyInteger(random: Random): number {
  return random(10) > 0
    ? anyCode(random)
    : oneOf(random, [-1, 0xd800, 0xdfff, 0x110000, -(2 ** 31), 2 ** 31 - 1, 0xfffe, 0]);
}

/** All code points but surrogates and the line feed, 64 to a string and each between letters and in a line of its own. */
function allCodes(): Column {
  const lines: Uint8Array[] = [];
  for (let first = 0; first < 0x110000; first += 64) {
    if (first >= 0xd800 && first < 0xe000) continue;
    const codes = Array.from({length: 64}, (_, i) => first + i).filter((code) => code !== 0x0a);
    lines.push(ENCODER.encode(codes.map((code) => `a${String.fromCodePoint(code)}b`).join('\n')));
  }
  return {dtype: 'string', data: lines};
}

/** Numbers of any bits. */
function bits(random: Random, bytes: number): ArrayBuffer {
  const words = new Uint32Array(bytes / 4);
  for (let i = 0; i < words.length; i++) words[i] = random(2 ** 32);
  return words.buffer;
}

/**
 * Every second number of any bits, and every second one that people would write. NaN has one form, as in JavaScript, which does not keep its
 * sign.
 */
function floats(random: Random, data: Float32Array | Float64Array): typeof data {
  const odd = [
    0,
    -0,
    1,
    -1,
    0.1,
    1e21,
    1e-7,
    123456789,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (let i = 0; i < data.length; i += 2) {
    data[i] = random(4) === 0 ? oneOf(random, odd) : (random(2 ** 32) - 2 ** 31) / 10 ** random(12);
  }
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i])) data[i] = Number.NaN;
    else if (data instanceof Float32Array && isSubnormal(data[i]!)) data[i] = 1;
  }
  return data;
}

/**
 * All columns but those of code points as numbers, by name.
 *
 * @param avoided - code points that are only in the column of all of them
 */
export function makeColumns(seed: number, avoided: ReadonlySet<number>): Readonly<Record<string, Column>> {
  const random = randomOf(seed, avoided);
  const any = texts(ROWS, () => anyText(random));
  const strings = any.data as readonly Uint8Array[];
  const words = ragged(random, () => anyText(random).slice(0, 12));
  const codes = ragged(random, () => anyInteger(random));
  const integers = (from: number, below: number) =>
    Int32Array.from({length: ROWS}, () => from + random(below - from));
  const signed = (bytes: number) => bits(random, bytes * ROWS);
  return {
    texts: any,
    // Every third is the same as in `texts`, every third nearly.
    others: similar(random, strings),
    valid: texts(ROWS, () => validText(random)),
    'UTF-16-BE': texts(ROWS, () => encodedText(random, utf16)),
    'UTF-32-BE': texts(ROWS, () => encodedText(random, utf32)),
    few: texts(ROWS, () => oneOf(random, strings.slice(0, 300))),
    words: {dtype: 'string', data: words.values, splits: words.splits},
    pieces: texts(
      ROWS,
      () =>
        repeat(random(5), () => oneOf(random, SYLLABLES)).join('') +
        (random(3) === 0 ? validText(random).slice(0, 6) : ''),
    ),
    wordpieces: {dtype: 'string', data: WORDPIECES.map((each) => ENCODER.encode(each))},
    numbers: texts(ROWS, () => numberText(random)),
    integers: texts(ROWS, () => integerText(random)),
    base64: texts(ROWS, () => base64Text(random)),
    csv: texts(ROWS, () => csvText(random)),
    raw: texts(ROWS, () =>
      Uint8Array.from(repeat(random(10) === 0 ? random(20) : 8 * random(4), () => random(256))),
    ),
    all: allCodes(),
    validCodes: codesOfTexts(random),
    codes: {dtype: 'int32', data: Int32Array.from(codes.values), splits: codes.splits},
    positions: {dtype: 'int32', data: integers(-3, 3)},
    lengths: {dtype: 'int32', data: integers(0, 9)},
    positions64: {dtype: 'int64', data: BigInt64Array.from(integers(-2, 2), BigInt)},
    lengths64: {dtype: 'int64', data: BigInt64Array.from(integers(0, 9), BigInt)},
    segments: {dtype: 'int32', data: integers(0, 50).map((each) => (random(4000) === 0 ? -1 : each))},
    // Beyond a vocabulary, TF Text 2.15 reads memory that is none.
    ids: {dtype: 'int32', data: integers(0, 400)},
    bool: {dtype: 'bool', data: Uint8Array.from(integers(0, 2))},
    int8: {dtype: 'int8', data: new Int8Array(signed(1))},
    uint8: {dtype: 'uint8', data: new Uint8Array(signed(1))},
    int16: {dtype: 'int16', data: new Int16Array(signed(2))},
    uint16: {dtype: 'uint16', data: new Uint16Array(signed(2))},
    int32: {dtype: 'int32', data: new Int32Array(signed(4))},
    uint32: {dtype: 'uint32', data: new Uint32Array(signed(4))},
    int64: {dtype: 'int64', data: new BigInt64Array(signed(8))},
    uint64: {dtype: 'uint64', data: new BigUint64Array(signed(8))},
    float32: {dtype: 'float32', data: floats(random, new Float32Array(signed(4)))},
    float64: {dtype: 'float64', data: floats(random, new Float64Array(signed(8)))},
  };
}

/** Strings that are, or are nearly, those of another column. */
function similar(random: Random, strings: readonly Uint8Array[]): Column {
  return {
    dtype: 'string',
    data: strings.map((each) => {
      switch (random(3)) {
        case 0:
          return each;
        case 1:
          return each.subarray(0, Math.max(0, each.length - random(2)));
        default:
          return anyText(random);
      }
    }),
  };
}
