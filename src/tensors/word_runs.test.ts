/** Integer arithmetic in words against BigInt, through the broadcasts of operands. */

import {describe, expect, it} from 'vitest';
import {CallError} from '../errors.js';
import {convertNumbers, mapUnaryWords, mapWords} from './host.js';
import {Value} from './value.js';
import * as runs from './word_runs.js';

type Dtype64 = 'int64' | 'uint64';

/** Around the powers of 2, where carries and signs change. */
const NUMBERS = [0, 1, 2, 20, 31, 32, 33, 51, 52, 53, 62, 63]
  .flatMap((power) => [-1n, 0n, 1n, 2n ** 30n + 7n].map((more) => 2n ** BigInt(power) + more))
  .flatMap((x) => [x, -x])
  .concat(3n, -7n, 1000003n, 0n);

const wrap = (dtype: Dtype64, x: bigint): bigint =>
  dtype === 'int64' ? BigInt.asIntN(64, x) : BigInt.asUintN(64, x);

const make = (dtype: Dtype64, shape: readonly number[], numbers: readonly bigint[]): Value =>
  Value.host(dtype, shape, (dtype === 'int64' ? BigInt64Array : BigUint64Array).from(numbers));

const floorDiv = (x: bigint, y: bigint): bigint => (x - floorMod(x, y)) / y;
const floorMod = (x: bigint, y: bigint): bigint => ((x % y) + y) % y;

type Run = runs.WordRun;
const always = (run: Run) => ({words: run, unsignedWords: run});

const ARITHMETIC: readonly [string, {words: Run; unsignedWords: Run}, (x: bigint, y: bigint) => bigint][] = [
  ['sum', always(runs.addWords), (x, y) => x + y],
  ['difference', always(runs.subtractWords), (x, y) => x - y],
  ['product', always(runs.multiplyWords), (x, y) => x * y],
  ['and', always(runs.andWords), (x, y) => x & y],
  ['or', always(runs.orWords), (x, y) => x | y],
  ['xor', always(runs.xorWords), (x, y) => x ^ y],
  ['maximum', runs.maximumWords, (x, y) => [x, y][Number(x < y)]!],
  ['minimum', runs.minimumWords, (x, y) => [x, y][Number(x > y)]!],
  ['truncated quotient', runs.truncateDivideWords, (x, y) => x / y],
  ['truncated remainder', runs.truncateModWords, (x, y) => x % y],
  ['floored quotient', runs.floorDivideWords, floorDiv],
  ['floored remainder', runs.floorModWords, floorMod],
];

type Compare = runs.WordRun<Uint8Array>;
const both = (run: Compare) => ({words: run, unsignedWords: run});
const COMPARISONS: readonly [
  string,
  {words: Compare; unsignedWords: Compare},
  (x: bigint, y: bigint) => boolean,
][] = [
  ['equal', both(runs.sameWords(true)), (x, y) => x === y],
  ['not equal', both(runs.sameWords(false)), (x, y) => x !== y],
  ['less', runs.lessThanWords, (x, y) => x < y],
  ['not less', runs.notLessWords, (x, y) => x >= y],
];

describe.each(['int64', 'uint64'] as const)('%s in words', (dtype) => {
  const numbers = NUMBERS.map((x) => wrap(dtype, x));
  const divisors = numbers.filter((x) => x !== 0n);
  const formOf = <T>(forms: {words: T; unsignedWords: T}) =>
    dtype === 'uint64' ? forms.unsignedWords : forms.words;
  const column = make(dtype, [numbers.length, 1], numbers);
  const row = make(dtype, [divisors.length], divisors);
  const pairs = numbers.flatMap((x) => divisors.map((y) => [x, y] as const));

  it.each(ARITHMETIC)('have the %s of every pair', (_, forms, exact) => {
    const found = mapWords(column, row, formOf(forms));
    expect(found.shape).toEqual([numbers.length, divisors.length]);
    expect([...(found.numeric() as BigInt64Array)]).toEqual(pairs.map(([x, y]) => wrap(dtype, exact(x, y))));
  });

  it.each(COMPARISONS)('are %s as integers are', (_, forms, holds) => {
    const run = formOf(forms);
    expect([...mapWords(column, row, run, 'bool').numeric()]).toEqual(
      pairs.map(([x, y]) => Number(holds(x, y))),
    );
    expect([...mapWords(row, column, runs.swapped(run), 'bool').numeric()]).toEqual(
      numbers.flatMap((x) => divisors.map((y) => Number(holds(x, y)))),
    );
  });

  it('have the same results however they are broadcast', () => {
    const x = make(dtype, [2, 1, 3], numbers.slice(0, 6));
    const y = make(dtype, [4, 1], numbers.slice(6, 10));
    const found = mapWords(x, y, runs.subtractWords).numeric() as BigInt64Array;
    const expected: bigint[] = [];
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 4; j++)
        for (let k = 0; k < 3; k++) expected.push(wrap(dtype, numbers[3 * i + k]! - numbers[6 + j]!));
    expect([...found]).toEqual(expected);
    for (const shape of [[], [1], [1, 1]]) {
      const one = make(dtype, shape, [5n]);
      expect([...(mapWords(one, row, runs.subtractWords).numeric() as BigInt64Array)]).toEqual(
        divisors.map((each) => wrap(dtype, 5n - each)),
      );
      expect([...(mapWords(row, one, runs.subtractWords).numeric() as BigInt64Array)]).toEqual(
        divisors.map((each) => wrap(dtype, each - 5n)),
      );
    }
    expect(mapWords(make(dtype, [0, 3], []), make(dtype, [1], [1n]), runs.addWords).shape).toEqual([0, 3]);
  });

  it('are not divided by zero', () => {
    const zero = make(dtype, [], [0n]);
    for (const {words} of [runs.floorModWords, runs.truncateDivideWords])
      expect(() => mapWords(row, zero, words)).toThrowWithMessage(CallError, /division by zero/);
  });

  it('are negated, inverted and told by sign', () => {
    const x = make(dtype, [numbers.length], numbers);
    const of = (run: runs.UnaryWordRun) => [...(mapUnaryWords(x, run).numeric() as BigInt64Array)];
    expect(of(runs.negateWords)).toEqual(numbers.map((each) => wrap(dtype, -each)));
    expect(of(runs.invertWords)).toEqual(numbers.map((each) => wrap(dtype, ~each)));
    if (dtype === 'uint64') return;
    expect(of(runs.absoluteWords)).toEqual(numbers.map((each) => wrap(dtype, each < 0n ? -each : each)));
    expect(of(runs.signWords)).toEqual(numbers.map((each) => BigInt(each > 0n) - BigInt(each < 0n)));
  });

  it('become other numbers, and come of them', () => {
    const source = make(dtype, [numbers.length], numbers).numeric();
    expect([...convertNumbers(source, 'float64')]).toEqual(numbers.map(Number));
    expect([...convertNumbers(source, 'int32')]).toEqual(numbers.map((x) => Number(BigInt.asIntN(32, x))));
    expect([...convertNumbers(source, 'uint8')]).toEqual(numbers.map((x) => Number(BigInt.asUintN(8, x))));
    expect([...convertNumbers(source, 'bool')]).toEqual(numbers.map((x) => Number(x !== 0n)));
    const small = [0, 1, 127, -1, -128];
    expect([...convertNumbers(Int8Array.from(small), dtype)]).toEqual(
      small.map((x) => wrap(dtype, BigInt(x))),
    );
    const floats = [0.5, -0.5, -1.5, 2 ** 31, -(2 ** 33) - 1, 2 ** 53, 2 ** 62, -(2 ** 63)];
    expect([...convertNumbers(Float64Array.from(floats), dtype)]).toEqual(
      floats.map((x) => wrap(dtype, BigInt(Math.trunc(x)))),
    );
    expect([...convertNumbers(Float64Array.of(Number.NaN, 2 ** 64, -(2 ** 64)), dtype)]).toEqual(
      new Array(3).fill(wrap(dtype, 2n ** 63n)),
    );
  });
});

it('an int64 of more than 53 bits is rounded to float32 once', () => {
  // Just above the middle between two float32, by less than a float64 can tell.
  const above = 2n ** 62n + 2n ** 38n + 1n;
  const source = BigInt64Array.of(above, -above, above - 1n);
  expect([...convertNumbers(source, 'float32')]).toEqual([2 ** 62 + 2 ** 39, -(2 ** 62) - 2 ** 39, 2 ** 62]);
});
