import {describe, expect, test} from 'vitest';
import {FormatError} from '../errors.js';
import {orderedNumber, orderedSignedNumber, orderedString} from './ordered_code.js';
import {
  areDisjoint,
  type Box,
  boxOf,
  copyOverlap,
  formatSlice,
  isContiguous,
  parseShapeAndSlice,
  parseSlice,
  sliceKey,
} from './tensor_slice.js';

const hex = (bytes: string) => Buffer.from(bytes, 'latin1').toString('hex');

describe('ordered code', () => {
  // The first two are the examples in tensorflow/core/lib/strings/ordered_code.cc.
  test.each([
    [0x424242, 'f0424242'],
    [-0x800, '3800'],
    [0, '80'],
    [-1, '7f'],
    [63, 'bf'],
    [64, 'c040'],
    [-64, '40'],
    [-65, '3fbf'],
    [2 ** 48, 'ff01000000000000'],
  ])('of the signed number %i is %s', (value, code) => {
    expect(hex(orderedSignedNumber(value))).toBe(code);
  });

  test('of signed numbers has their order', () => {
    const powers = Array.from({length: 53}, (_, k) => 2 ** k);
    const numbers = powers.flatMap((power) => [power - 1, power, 1 - power, -power]).sort((a, b) => a - b);
    const codes = numbers.map(orderedSignedNumber);
    expect([...codes].sort()).toEqual(codes);
  });

  test.each([
    [0, '00'],
    [1, '0101'],
    [256, '020100'],
  ])('of the number %i is %s', (value, code) => {
    expect(hex(orderedNumber(value))).toBe(code);
  });

  test('of a string escapes 0 and 255', () => {
    expect(hex(orderedString('a\0\xffb'))).toBe('6100ffff00620001');
  });
});

// From the index of a checkpoint that TensorFlow 2.15 wrote: variable "v" of shape [7, 3] in parts of rows.
test('the key of a part is the one TensorFlow gives it', () => {
  expect(hex(sliceKey('v', parseSlice('3,2:-')))).toBe('00760001010283' + '82807f');
});

describe('the spelling of a slice', () => {
  test.each(['-', '0,10:-', '3,4:-:5,6'])('%s', (text) => {
    expect(formatSlice(parseSlice(text))).toBe(text);
  });

  test('comes after the shape in shape_and_slices', () => {
    expect(parseShapeAndSlice('20 4 0,10:-')).toEqual({
      shape: [20, 4],
      slice: [{start: 0, length: 10}, null],
    });
  });

  test.each(['0:1', '1,2,3', '-1,2', '0,0', 'all', '0,9007199254740992'])('is not %s', (text) => {
    expect(() => parseSlice(text)).toThrow(FormatError);
  });
});

test('a slice has to fit its tensor', () => {
  expect(boxOf(parseSlice('1,2:-'), [3, 4])).toEqual({start: [1, 0], shape: [2, 4]});
  expect(() => boxOf(parseSlice('2,2:-'), [3, 4])).toThrow(FormatError);
  expect(() => boxOf(parseSlice('-'), [3, 4])).toThrow(FormatError);
});

const box = (start: number[], shape: number[]): Box => ({start, shape});

test('disjoint boxes share no element', () => {
  const grid = [0, 1, 2].flatMap((row) => [0, 2, 4].map((column) => box([row, column], [1, 2])));
  expect(areDisjoint(grid)).toBe(true);
  expect(areDisjoint([...grid, box([1, 1], [1, 1])])).toBe(false);
  expect(areDisjoint([box([0, 0], [2, 2]), box([1, 1], [2, 2])])).toBe(false);
  expect(areDisjoint([])).toBe(true);
  expect(areDisjoint([box([], [])])).toBe(true);
  expect(areDisjoint([box([], []), box([], [])])).toBe(false);
});

test('what two boxes share is copied to its place', () => {
  const target = new Array<number>(6).fill(0);
  copyOverlap([1, 2, 3, 4], box([1, 1], [2, 2]), target, box([0, 0], [2, 3]), 1);
  expect(target).toEqual([0, 0, 0, 0, 1, 2]);
});

test.each([
  [box([2, 0], [3, 4]), box([0, 0], [7, 4]), true],
  [box([2, 1], [1, 3]), box([0, 0], [7, 4]), true],
  [box([2, 1], [2, 3]), box([0, 0], [7, 4]), false],
  [box([], []), box([], []), true],
])('%o is side by side in %o: %s', (part, whole, expected) => {
  expect(isContiguous(part, whole)).toBe(expected);
});
