/** Bytes of strings that lie anywhere in what they share. */

import {describe, expect, it} from 'vitest';
import {PackedStrings} from '../../host/strings.js';
import {stringValue} from '../../tensors/strings.js';
import {Value} from '../../tensors/value.js';
import {runKernel} from '../testing/op_cases.js';
import {stringRaw} from './kernels/raw.js';

const BYTES = Uint8Array.from({length: 4096}, (_, i) => i * 31 + (i >> 5));

/** Strings of these lengths at places of every alignment, in no order. */
function scattered(lengths: readonly number[]): PackedStrings {
  const starts = Int32Array.from(lengths, (_, i) => (i * 1237 + 5) % 2048);
  return new PackedStrings(
    BYTES.subarray(3),
    starts,
    Int32Array.from(lengths, (length, i) => starts[i]! + length),
  );
}

/** The elements as bytes. */
function decoded(
  op: string,
  strings: PackedStrings,
  dtype: string,
  littleEndian: boolean,
  length?: number,
): Uint8Array {
  const attrs = {
    out_type: {type: 'type', value: dtype},
    little_endian: {type: 'bool', value: littleEndian},
  } as never;
  const inputs = [stringValue([strings.length], strings)];
  if (length !== undefined) inputs.push(Value.scalar('int32', length));
  const {buffer, byteOffset, byteLength} = runKernel({op, attrs}, stringRaw, inputs)[0]!.numeric();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Each string cut or filled to `length` bytes, the bytes of each element turned round where they are to be. */
function expected(strings: PackedStrings, length: number, width: number, littleEndian: boolean): Uint8Array {
  const out = new Uint8Array(strings.length * length);
  strings.toArray().forEach((string, i) => {
    out.set(string.subarray(0, length), i * length);
  });
  if (!littleEndian) for (let at = 0; at < out.length; at += width) out.subarray(at, at + width).reverse();
  return out;
}

describe('raw bytes of strings that share memory', () => {
  it.each([
    ['uint8', 1],
    ['int16', 2],
    ['int32', 4],
    ['float64', 8],
    ['complex64', 4],
  ])('are the elements of %s', (dtype, width) => {
    for (const littleEndian of [true, false]) {
      for (const length of [8, 64, 256, 512]) {
        const even = scattered(new Array<number>(9).fill(length));
        expect(decoded('DecodeRaw', even, dtype, littleEndian)).toEqual(
          expected(even, length, width, littleEndian),
        );
        const one = even.slice(4, 5);
        expect(decoded('DecodeRaw', one, dtype, littleEndian)).toEqual(
          expected(one, length, width, littleEndian),
        );
        if (dtype === 'complex64') continue;
        const uneven = scattered([0, 1, 3, 4, 7, 8, 63, 64, 65, 255, 256, 300, 600]);
        expect(decoded('DecodePaddedRaw', uneven, dtype, littleEndian, length)).toEqual(
          expected(uneven, length, width, littleEndian),
        );
      }
    }
  });
});
