import {describe, expect, test} from 'vitest';
import {FormatError} from '../errors.js';
import type {DType} from './dtypes.js';
import {DTYPES, dtypeInfo, lanes} from './dtypes.js';
import {PackedStrings} from './strings.js';
import {decodeTensorBytes, encodeTensorBytes} from './tensor_bytes.js';

const STORABLE = (Object.keys(DTYPES) as DType[]).filter((dtype) => dtypeInfo(dtype).array !== undefined);
const text = (string: string) => new TextEncoder().encode(string);

describe.each(STORABLE)('%s', (dtype) => {
  const {bytes: width} = dtypeInfo(dtype);
  // Below 8 in each byte: no NaN in any type, and a valid int4 and uint4.
  const bytes = Uint8Array.from({length: 3 * width}, (_, i) => (i * 5) % 8);

  test('decodes to its host storage and encodes back', () => {
    const data = decodeTensorBytes(dtype, bytes, 3);
    expect(data).toBeInstanceOf(dtypeInfo(dtype).array);
    expect(data).toHaveLength(3 * lanes(dtype));
    expect(encodeTensorBytes(dtype, data)).toEqual(bytes);
  });

  test('decodes from memory of any alignment', () => {
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    expect(decodeTensorBytes(dtype, shifted, 3)).toEqual(decodeTensorBytes(dtype, bytes, 3));
  });

  test('refuses a length that is not the count times the width', () => {
    expect(() => decodeTensorBytes(dtype, bytes.subarray(1), 3)).toThrow(FormatError);
    expect(() => decodeTensorBytes(dtype, bytes, 4)).toThrow(FormatError);
  });
});

test('aligned bytes are not copied', () => {
  const bytes = new Uint8Array(16);
  const data = decodeTensorBytes('float32', bytes, 4) as Float32Array;
  expect(data.buffer).toBe(bytes.buffer);
  expect(encodeTensorBytes('float32', data).buffer).toBe(bytes.buffer);
});

// tf.cast([-3, 7, 0, -8], tf.int4) is stored by TensorFlow 2.15 as 0d 07 00 08.
test('int4 is sign-extended from the low half of each byte', () => {
  const bytes = Uint8Array.of(0x0d, 0x07, 0x00, 0x08);
  expect(decodeTensorBytes('int4', bytes, 4)).toEqual(Int8Array.of(-3, 7, 0, -8));
  expect(encodeTensorBytes('int4', Int8Array.of(-3, 7, 0, -8))).toEqual(bytes);
});

test('complex numbers are interleaved', () => {
  const bytes = new Uint8Array(Float32Array.of(1, -2, 3, 4).buffer);
  expect(decodeTensorBytes('complex64', bytes, 2)).toEqual(Float32Array.of(1, -2, 3, 4));
});

describe('string', () => {
  const long = new Uint8Array(300).fill(7);
  const strings = PackedStrings.of([text('a'), text(''), Uint8Array.of(0xff, 0), long]);

  test('is the varint lengths, then the bytes', () => {
    const bytes = encodeTensorBytes('string', strings);
    expect(bytes.subarray(0, 8)).toEqual(Uint8Array.of(1, 0, 2, 0xac, 0x02, 0x61, 0xff, 0));
    expect(decodeTensorBytes('string', bytes, 4)).toEqual(strings);
  });

  test('refuses lengths that do not add up, and a count that cannot be', () => {
    const bytes = encodeTensorBytes('string', strings);
    expect(() => decodeTensorBytes('string', bytes.subarray(0, -1), 4)).toThrow(FormatError);
    expect(() => decodeTensorBytes('string', bytes, 3)).toThrow(FormatError);
    expect(() => decodeTensorBytes('string', bytes, 2 ** 40)).toThrow(FormatError);
    expect(() => decodeTensorBytes('string', new Uint8Array(8).fill(0xff), 1)).toThrow(FormatError);
  });
});

test.each(['resource', 'variant'] as const)('%s has no byte form', (dtype) => {
  expect(() => decodeTensorBytes(dtype, new Uint8Array(0), 0)).toThrow(FormatError);
});
