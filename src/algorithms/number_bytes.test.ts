import {describe, expect, it} from 'vitest';
import {readFloat32, readFloat64, readInt32, readInt64} from './number_bytes.js';
import {type NumberDType, parseNumber} from './number_text.js';
import {encodeUtf8} from './utf8.js';

const READERS = {
  int32: [readInt32, Int32Array],
  int64: [readInt64, BigInt64Array],
  float32: [readFloat32, Float32Array],
  float64: [readFloat64, Float64Array],
} as const;

/** The number that a text spells, read from the middle of an array. */
function read(text: string, dtype: NumberDType): number | bigint | undefined {
  const [reader, ArrayType] = READERS[dtype];
  const bytes = encodeUtf8(`1${text}2`);
  const out = new ArrayType(2);
  const words = dtype === 'int64' ? new Int32Array(out.buffer) : out;
  const found = (reader as typeof readInt32)(bytes, 1, bytes.length - 1, words as Int32Array, 1);
  return found ? out[1] : undefined;
}

const INTEGERS = [
  ...[
    '0',
    '-0',
    '7',
    '-7',
    '007',
    ' 12 ',
    '\t-12\r\n',
    '',
    ' ',
    '-',
    '+1',
    '- 1',
    '1 2',
    '1.0',
    '1e3',
    '0x1',
  ],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '4294967296', '-4294967296', '4294967295'],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809'],
  ...['99999999999999999999', '18446744073709551616', '-18446744073709551616', '1234567890123456789'],
  ...['000000000000000000000000000000005', '9007199254740993', '-9007199254740993'],
];

const DECIMALS = [
  ...INTEGERS,
  ...[
    '1.5',
    '-1.5',
    '+1.5',
    '.5',
    '5.',
    '.',
    '-.',
    '1..2',
    '1e5',
    '1E-5',
    '1e+5',
    '1e',
    '1e+',
    '1ee5',
    '1e5 ',
  ],
  ...[
    'inf',
    '-Infinity',
    'nan',
    'NaN',
    'infx',
    '1f',
    '0.1',
    '0.3',
    '123456789.125',
    '1e22',
    '1e23',
    '1e-22',
    '1e-23',
  ],
  ...[
    '1e308',
    '1e309',
    '-1e309',
    '1e-323',
    '1e-46',
    '1e-45',
    '1.17549435e-38',
    '1.1754942e-38',
    '3.4028236e38',
  ],
  // Between two float32: what is beyond the last digit of the float64 decides.
  ...[
    '16777217',
    '16777219',
    '1.00000005960464477539',
    '1.000000059604644775390624',
    '1.000000059604644775390626',
  ],
  ...[
    '8388608.5',
    '8388609.5',
    '0.000000000000000000000000000001',
    '1234567890123456',
    '0.00000000000000000000000001',
  ],
  ...['00000000000000000000000000000001', '0000000000000000000000000000001', '1e0000005', '1e005'],
];

describe('numbers in bytes', () => {
  it.each(['int32', 'int64'] as const)('%s is what the text spells', (dtype) => {
    for (const text of INTEGERS) {
      expect([text, read(text, dtype)]).toEqual([text, noMinusZero(parseNumber(encodeUtf8(text), dtype))]);
    }
  });

  it.each(['float32', 'float64'] as const)('%s is what the text spells', (dtype) => {
    for (const text of DECIMALS) {
      const wanted = parseNumber(encodeUtf8(text), dtype) as number | undefined;
      const rounded = wanted !== undefined && dtype === 'float32' ? Math.fround(wanted) : wanted;
      expect([text, read(text, dtype)]).toEqual([text, rounded]);
    }
  });

  it('rounds decimals of any length once', () => {
    let state = 1;
    const random = () => (state = Math.imul(state, 48271) >>> 0) / 2 ** 32;
    for (let i = 0; i < 20_000; i++) {
      const digits = String(Math.floor(random() * 10 ** Math.ceil(random() * 15)));
      const at = Math.floor(random() * (digits.length + 1));
      const exponent = random() < 0.5 ? '' : `e${Math.floor(random() * 60) - 30}`;
      const text = `${digits.slice(0, at)}.${digits.slice(at)}${exponent}`;
      expect([text, read(text, 'float64')]).toEqual([text, Number(text)]);
      const single = parseNumber(encodeUtf8(text), 'float32') as number;
      expect([text, read(text, 'float32')]).toEqual([text, Math.fround(single)]);
    }
  });
});

/** An integer has none. */
function noMinusZero(value: number | bigint | undefined): number | bigint | undefined {
  return value === 0 ? 0 : value;
}
