import {beforeAll, describe, expect, it} from 'vitest';
import {SaveError} from '../errors.js';
import {GraphBuilder, type Operand} from '../graph/builder.js';
import type {FunctionGraph} from '../graph/graph.js';
import {Runtime} from '../runtime/runtime.js';
import {Value} from '../tensors/value.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {Dims, noRule, type TracedTensor} from './dims.js';
import {mergeLists, mergeNumbers, Varying} from './varying.js';

beforeAll(quietCpuBackend);

/** Shapes of one tensor, one for each run. */
type Shapes = readonly (readonly number[])[];

interface Found {
  /** The ops that compute what was found, but for constants and the parameters. */
  readonly ops: readonly string[];
  readonly hasFormulas: boolean;
  /** The numbers for arguments of these shapes. */
  at(...shapes: readonly (readonly number[])[]): number[];
}

/**
 * Looks for something in a graph whose arguments had these shapes, and makes a function of what is found.
 *
 * @param rank - of what is to be found
 */
function look(
  inputs: readonly Shapes[],
  find: (dims: Dims, tensors: readonly TracedTensor[]) => Operand | undefined,
  rank = 0,
): Found | undefined {
  const builder = new GraphBuilder();
  const dims = new Dims(builder);
  const tensors = inputs.map((shapes, i): TracedTensor => {
    const operand = builder.parameter(`x${i}`, 'float32');
    return {dtype: 'float32', shapes, operand};
  });
  for (const tensor of tensors) dims.add(tensor, true);
  const operand = find(dims, tensors);
  if (operand === undefined) return undefined;
  const graph = builder.finish('f', [{name: 'size', operand}], []);
  return {
    ops: graph.nodes.map(({op}) => op).filter((op) => op !== '_Arg' && op !== 'Const'),
    hasFormulas: dims.hasFormulas,
    at: (...shapes) => run(graph, shapes, rank),
  };
}

function run(graph: FunctionGraph, shapes: readonly (readonly number[])[], rank: number): number[] {
  const library = {get: () => graph, names: () => ['f'], gradientOf: () => undefined};
  const runtime = new Runtime({library});
  const args = shapes.map((shape) =>
    Value.host('float32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1))),
  );
  return runtime.invoke(runtime.function('f'), args, ([found]) => {
    expect(found!.rank).toBe(rank);
    return {result: found!.numbers(), tensors: []};
  });
}

/** Looks for a size that was so many in each run. */
const size = (inputs: readonly Shapes[], ...values: number[]): Found | undefined =>
  look(inputs, (dims) => dims.find(mergeNumbers(values), []));

/** A vector of unknown length in four runs. */
const VECTOR: Shapes = [[3], [2], [5], [4]];
/** A matrix of unknown sizes. */
const MATRIX: Shapes = [
  [3, 5],
  [2, 7],
  [5, 3],
  [4, 2],
];

describe('a size', () => {
  it('that is the same in all runs is a constant', () => {
    const found = size([VECTOR], 6, 6, 6, 6)!;
    expect(found.ops).toEqual([]);
    expect(found.hasFormulas).toBe(false);
    expect(found.at([9])).toEqual([6]);
  });

  it('may be a dimension', () => {
    const [rows, columns] = [size([MATRIX], 3, 2, 5, 4)!, size([MATRIX], 5, 7, 3, 2)!];
    expect(rows.ops).toEqual(['Shape', 'StridedSlice']);
    expect(rows.hasFormulas).toBe(false);
    expect([rows.at([10, 20]), columns.at([10, 20])]).toEqual([[10], [20]]);
  });

  it('is that of a tensor at hand before that of another one', () => {
    const found = look([VECTOR, VECTOR], (dims, [, second]) =>
      dims.find(new Varying([3, 2, 5, 4]), [second!]),
    )!;
    expect(found.at([10], [20])).toEqual([20]);
  });

  it('counts from the back where ranks differ', () => {
    const shapes = [[3, 5], [2, 7, 4], [6], [9, 8, 4, 2]];
    const found = size([shapes], 5, 4, 6, 2)!;
    expect(found.at([1, 2, 3, 4, 10])).toEqual([10]);
  });

  it.each([
    ['a multiple', [6, 4, 10, 8], 20],
    ['a sum', [4, 3, 6, 5], 11],
    ['a multiple and more', [7, 4, 13, 10], 28],
    ['what is left', [7, 8, 5, 6], 0],
  ] as const)('may be %s of a dimension', (_, values, atTen) => {
    const found = size([VECTOR], ...values)!;
    expect(found.hasFormulas).toBe(true);
    expect(found.at([10])).toEqual([atTen]);
  });

  it('may be a part of a dimension that is always even', () => {
    const even = [[6], [4], [10], [8]];
    expect(size([even], 3, 2, 5, 4)!.at([14])).toEqual([7]);
    expect(size([even], 2, 1, 4, 3)!.at([14])).toEqual([6]);
  });

  it.each([
    ['down', [1, 1, 2, 2], [3, 4]],
    ['up', [2, 1, 3, 2], [4, 4]],
  ] as const)('may be half of a dimension, rounded %s', (_, values, [atSeven, atEight]) => {
    const found = size([VECTOR], ...values)!;
    expect([found.at([7]), found.at([8])]).toEqual([[atSeven], [atEight]]);
  });

  it('may be a quarter of a dimension, rounded to the nearest', () => {
    const found = size([[[3], [9], [14], [6]]], 1, 2, 4, 2)!;
    expect([21, 22, 25, 26].map((length) => found.at([length])[0])).toEqual([5, 6, 6, 7]);
  });

  it('may be bounded', () => {
    const most = size([[[3], [2], [9], [7]]], 3, 2, 4, 4)!;
    expect([most.at([1]), most.at([50])]).toEqual([[1], [4]]);
    const least = size([[[3], [2], [9], [7]]], 5, 5, 9, 7)!;
    expect([least.at([1]), least.at([50])]).toEqual([[5], [50]]);
  });

  it('may be a product of dimensions', () => {
    const product = size([MATRIX], 15, 14, 15, 8)!;
    expect(product.at([10, 20])).toEqual([200]);
    const square = size([VECTOR], 9, 4, 25, 16)!;
    expect(square.at([10])).toEqual([100]);
    const vectors = [
      [3, 2, 5, 4],
      [5, 7, 3, 2],
      [2, 5, 7, 11],
    ].map((sizes) => sizes.map((each) => [each]));
    const three = size(vectors, 30, 70, 105, 88)!;
    expect(three.ops.filter((op) => op === 'Mul')).toHaveLength(2);
    expect(three.at([10], [20], [3])).toEqual([600]);
  });

  it('may be a sum or a difference of dimensions', () => {
    expect(size([MATRIX], 8, 9, 8, 6)!.at([10, 20])).toEqual([30]);
    expect(size([MATRIX], -2, -5, 2, 2)!.at([10, 20])).toEqual([-10]);
    expect(size([MATRIX], 3, 6, -1, -1)!.at([10, 20])).toEqual([11]);
  });

  it('may be a number of elements, or of dimensions', () => {
    const shapes = [[3, 5], [2, 7, 4], [6], [9, 8, 4, 2]];
    expect(size([shapes], 15, 56, 6, 576)!.at([2, 3, 4])).toEqual([24]);
    const rank = size([shapes], 2, 3, 1, 4)!;
    expect(rank.at([1, 1, 1, 1, 1])).toEqual([5]);
    expect(size([shapes], 1, 2, 0, 3)!.at([1, 1, 1, 1, 1])).toEqual([4]);
  });

  it('that follows no rule is none', () => {
    expect(size([VECTOR], 1, 7, 2, 9)).toBeUndefined();
    // In three runs of four it is the dimension.
    expect(size([VECTOR], 3, 2, 5, 100)).toBeUndefined();
  });

  it('is computed once', () => {
    const found = look([VECTOR], (dims) => {
      const twice = new Varying([6, 4, 10, 8]);
      const [first, second] = [dims.find(twice, []), dims.find(twice, [])];
      expect(first).toBe(second);
      return first;
    })!;
    expect(found.ops).toEqual(['Shape', 'StridedSlice', 'Mul']);
  });
});

describe('a number that need not be whole', () => {
  const real = (inputs: readonly Shapes[], values: readonly number[]) =>
    look(inputs, (dims) => dims.findReal(new Varying(values.map(Math.fround)), []));
  const lengths = [3, 2, 5, 4];

  it.each([
    ['a part of a dimension', (n: number) => n / 8, 12.5],
    ['divided by a dimension', (n: number) => 3 / n, 0.03],
    ['the root of a dimension', (n: number) => Math.sqrt(n) / 2, 5],
    ['divided by the root of a dimension', (n: number) => -2 / Math.sqrt(n), -0.2],
    ['whole', (n: number) => n + 1, 101],
  ] as const)('may be %s', (_, compute, atHundred) => {
    const found = real([VECTOR], lengths.map(compute))!;
    expect(found.hasFormulas).toBe(true);
    expect(found.at([100])[0]).toBeCloseTo(atHundred, 5);
  });

  it('may follow from a product', () => {
    const found = real([MATRIX], [1 / 15, 1 / 14, 1 / 15, 1 / 8])!;
    expect(found.at([10, 20])[0]).toBeCloseTo(1 / 200, 7);
  });

  it('that follows no rule is none', () => {
    expect(real([VECTOR], [0.1, 0.7, 0.3, 0.9])).toBeUndefined();
  });
});

describe('a list of sizes', () => {
  const list = (inputs: readonly Shapes[], ...lists: readonly number[][]) =>
    look(inputs, (dims) => dims.findAll(mergeLists(lists), []), 1);

  it('that is the same in all runs is a constant', () => {
    const found = list([VECTOR], [2, 3], [2, 3], [2, 3], [2, 3])!;
    expect(found.ops).toEqual([]);
    expect(found.at([9])).toEqual([2, 3]);
  });

  it('may be the shape of a tensor', () => {
    const found = list([MATRIX], [3, 5], [2, 7], [5, 3], [4, 2])!;
    expect(found.ops).toEqual(['Shape']);
    expect(found.at([10, 20])).toEqual([10, 20]);
  });

  it('may be made of sizes', () => {
    const found = list([MATRIX], [5, 1, 6], [7, 1, 4], [3, 1, 10], [2, 1, 8])!;
    expect(found.ops).toContain('Pack');
    expect(found.at([10, 20])).toEqual([20, 1, 20]);
  });

  it('is none where one of them follows no rule', () => {
    expect(list([MATRIX], [3, 1], [2, 7], [5, 2], [4, 9])).toBeUndefined();
  });

  const ANY: Shapes = [[3, 5], [2, 7, 4], [6], [9, 8, 4, 2]];

  it.each([
    ['all dimensions of a tensor', ANY, [2, 3, 4]],
    ['all but the last', ANY.map((shape) => shape.slice(0, -1)), [2, 3]],
    ['all but the first', ANY.map((shape) => shape.slice(1)), [3, 4]],
    ['all, between others', ANY.map((shape) => [1, ...shape, 7]), [1, 2, 3, 4, 7]],
    [
      'the last one after ones',
      ANY.map((shape) => [...shape.slice(1).map(() => 1), shape.at(-1)!]),
      [1, 1, 4],
    ],
    ['as many ones', ANY.map((shape) => shape.map(() => 1)), [1, 1, 1]],
    ['numbers from 0', ANY.map((shape) => shape.map((_, i) => i)), [0, 1, 2]],
    ['numbers down to 0', ANY.map((shape) => shape.map((_, i) => shape.length - 1 - i)), [2, 1, 0]],
  ] as const)('whose length is a rank may be %s', (_, lists, expected) => {
    const found = list([ANY], ...lists.map((each) => [...each]))!;
    expect(found.at([2, 3, 4])).toEqual(expected);
  });

  it('whose length follows no rule is none', () => {
    expect(list([VECTOR], [1], [1, 1, 1], [1, 1], [])).toBeUndefined();
  });
});

it('tells tensors apart by their operands', () => {
  look([VECTOR, MATRIX], (dims, [first, second]) => {
    expect(dims.tensorOf(first!.operand)).toBe(first);
    expect(dims.tensorOf(second!.operand)).toBe(second);
    return first!.operand;
  });
});

it('says what a size without a rule was in each run', () => {
  const error = noRule('the width', [2, new Varying([1, 7])]);
  expect(error).toBeInstanceOf(SaveError);
  expect(error.message).toMatch(/^the width is \[2, 1 \/ 7\] in several runs/);
  expect(noRule('it', mergeLists([[1], [1, 2]])).message).toMatch(/^it is \[1\] \/ \[1,2\] in/);
});
