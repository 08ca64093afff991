/** Numbers of equal elements, against JavaScript's own equality. */

import {describe, expect, it} from 'vitest';
import {PackedStrings} from '../host/strings.js';
import {rowIds} from './element_ids.js';
import {stringValue} from './strings.js';
import {Value} from './value.js';

const idsOf = (x: Value, rows?: number) => {
  const {ids, firsts} = rowIds(x, rows);
  return {ids: [...ids], firsts: [...firsts]};
};

describe('equal elements have one number', () => {
  it('of integers, also those that differ beyond 53 bits', () => {
    const x = Value.host('int64', [4], BigInt64Array.of(2n ** 60n, 2n ** 60n + 1n, -1n, 2n ** 60n));
    expect(idsOf(x)).toEqual({ids: [0, 1, 2, 0], firsts: [0, 1, 2]});
    expect(idsOf(Value.vector('uint8', [255, 1, 255]))).toEqual({ids: [0, 1, 0], firsts: [0, 1]});
  });

  it('of floats, 0 and -0 among them, but of no NaN', () => {
    const x = Value.host('float32', [6], Float32Array.of(0, -0, Number.NaN, 1.5, Number.NaN, 1.5));
    expect(idsOf(x)).toEqual({ids: [0, 0, 1, 2, 3, 2], firsts: [0, 2, 3, 4]});
    const pairs = Value.host('complex128', [3], Float64Array.of(0, -0, -0, 0, 0, Number.NaN));
    expect(idsOf(pairs)).toEqual({ids: [0, 0, 1], firsts: [0, 2]});
  });

  it('of strings that share their bytes', () => {
    const bytes = Uint8Array.of(0x61, 0x62, 0x61, 0x62, 0);
    const strings = new PackedStrings(
      bytes,
      Int32Array.of(0, 2, 0, 4, 5, 1),
      Int32Array.of(2, 4, 0, 5, 5, 3),
    );
    expect(idsOf(stringValue([6], strings))).toEqual({ids: [0, 0, 1, 2, 1, 3], firsts: [0, 2, 3, 5]});
  });

  it('of rows, whatever their strings are joined to', () => {
    const rows = stringValue([4, 2], PackedStrings.ofTexts(['ab', 'c', 'a', 'bc', '', 'abc', 'ab', 'c']));
    expect(idsOf(rows, 4)).toEqual({ids: [0, 1, 2, 0], firsts: [0, 1, 2]});
    const numbers = Value.host('float64', [3, 2], Float64Array.of(1, Number.NaN, 1, Number.NaN, 1, 2));
    expect(idsOf(numbers, 3)).toEqual({ids: [0, 1, 2], firsts: [0, 1, 2]});
  });

  it('of rows of nothing, which are all the same', () => {
    expect(idsOf(Value.host('int32', [3, 0], new Int32Array(0)), 3)).toEqual({ids: [0, 0, 0], firsts: [0]});
    expect(idsOf(stringValue([2, 0], []), 2)).toEqual({ids: [0, 0], firsts: [0]});
    expect(idsOf(Value.host('int32', [0], new Int32Array(0)))).toEqual({ids: [], firsts: []});
  });
});
