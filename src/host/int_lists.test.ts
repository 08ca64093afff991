/** Lists of integers that grow. */

import {expect, it} from 'vitest';
import {CallError} from '../errors.js';
import {withinBounds} from './budget.js';
import {Int32List} from './int32_list.js';
import {Int64List} from './int64_list.js';

it('a list of 32-bit integers gives them in 32 and in 64 bits', () => {
  const list = new Int32List(0);
  for (const value of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]) list.push(value);
  expect([...list.int32()]).toEqual([0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]);
  expect([...list.int64()]).toEqual([0n, 1n, -1n, 2n ** 31n - 1n, -(2n ** 31n)]);
});

it('a list of 64-bit integers keeps what it holds when it grows', () => {
  const list = new Int64List(0);
  for (let i = 0; i < 100; i++) list.push(3 * i);
  list.pushRange(7, 50);
  list.length -= 49;
  list.push(2 ** 31 - 1);
  expect([...list.int64()]).toEqual([
    ...Array.from({length: 100}, (_, i) => BigInt(3 * i)),
    7n,
    2n ** 31n - 1n,
  ]);
});

it('lists ask for room before they grow', () => {
  const grow = (list: Int32List | Int64List) =>
    withinBounds(
      {limits: {bytes: 10_000}},
      () => 0,
      () => list.reserve(10_000),
    );
  expect(() => grow(new Int32List(0))).toThrowWithMessage(CallError, 'limits.bytes');
  expect(() => grow(new Int64List(0))).toThrowWithMessage(CallError, 'limits.bytes');
});
