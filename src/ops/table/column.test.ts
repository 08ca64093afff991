/** Columns of int64 that fit int32, and those that do not. */

import {describe, expect, it} from 'vitest';
import {type Column, columnOver, LineNumbers} from './column.js';

const rows = () => Int32Array.of(2, -1, 0);

/** What a column gives as int32, undefined where it does not. */
function narrow(column: Column, fallback: number, places = rows()): number[] | undefined {
  const before = [...places];
  if (column.gatherNarrow?.(places, fallback)) return [...places];
  expect([...places]).toEqual(before);
  return undefined;
}

const wide = (column: Column, fallback: bigint) =>
  [...(column.gather(rows(), BigInt64Array.of(fallback)) as BigInt64Array)].map(Number);

describe.each([
  [
    'that are held',
    columnOver('int64', 1, BigInt64Array.of(7n, -(2n ** 31n), 2n ** 31n - 1n)),
    [2 ** 31 - 1, 7],
  ],
  ['of lines', new LineNumbers(-5), [-3, -5]],
] as const)('numbers %s', (_, column, [last, first]) => {
  it('are int32 where the default is', () => {
    expect(narrow(column, -1)).toEqual([last, -1, first]);
    expect(wide(column, -1n)).toEqual([last, -1, first]);
    expect(narrow(column, 2 ** 31)).toBeUndefined();
    expect(wide(column, 2n ** 31n)).toEqual([last, 2 ** 31, first]);
  });

  it('are int32 with any default that nobody gets', () => {
    expect(narrow(column, 2 ** 40, Int32Array.of(0, 2))).toEqual([first, last]);
    expect(narrow(column, 2 ** 40, new Int32Array(0))).toEqual([]);
  });
});

it('numbers that do not fit are int64', () => {
  expect(narrow(columnOver('int64', 1, BigInt64Array.of(0n, 0n, 2n ** 31n)), 0)).toBeUndefined();
  expect(narrow(columnOver('int64', 2, new BigInt64Array(6)), 0)).toBeUndefined();
  const lines = new LineNumbers(2 ** 31 - 3);
  expect(narrow(lines, 0)).toEqual([2 ** 31 - 1, 0, 2 ** 31 - 3]);
  const beyond = new LineNumbers(2 ** 31 - 2);
  expect(narrow(beyond, 0)).toBeUndefined();
  expect(wide(beyond, 0n)).toEqual([2 ** 31, 0, 2 ** 31 - 2]);
});
