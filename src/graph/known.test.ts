import {describe, expect, it} from 'vitest';
import {
  allElementsOf,
  completed,
  elementOf,
  elementsOf,
  type Known,
  knownConstant,
  relaxed,
  sameKnowledge,
  shapeFrom,
  vectorOf,
} from './known.js';

const vector = (...elements: (number | null)[]): Known => completed(vectorOf(elements), 'int32');

describe('elements', () => {
  it('are those of a constant, or as many as are known', () => {
    const sizes = knownConstant({dtype: 'int64', shape: [2], data: BigInt64Array.of(3n, 2n ** 60n)});
    expect(elementsOf(sizes)).toEqual([3, null]);
    expect(elementsOf(vector(1, null))).toEqual([1, null]);
    expect(
      elementsOf({
        dtype: 'float32',
        shape: [1],
        value: {dtype: 'float32', shape: [1], data: Float32Array.of(1)},
      }),
    ).toBe(undefined);
    expect(elementsOf(vector(null, null))).toBeUndefined();
  });

  it('are one or all, where these are known', () => {
    expect([
      elementOf(vector(7)),
      elementOf(vector(null)),
      elementOf(vector(1, 2)),
      elementOf(undefined),
    ]).toEqual([7, undefined, undefined, undefined]);
    expect(allElementsOf(vector(1, 2))).toEqual([1, 2]);
    expect(allElementsOf(vector(1, null))).toBeUndefined();
  });

  it('make a tensor where all are known', () => {
    expect(vector(1, 2).value).toEqual({dtype: 'int32', shape: [2], data: Int32Array.of(1, 2)});
    expect(completed(vectorOf([1]), 'int64').value!.data).toEqual(BigInt64Array.of(1n));
    expect(vector(1, null).value).toBeUndefined();
  });

  it('are a shape, in which -1 and what is not known are unknown', () => {
    expect(shapeFrom(vector(2, -1, null))).toEqual([2, null, null]);
    expect(shapeFrom({dtype: 'int32', shape: [2]})).toEqual([null, null]);
    expect(shapeFrom({dtype: 'int32', shape: [null]})).toBeNull();
    expect(shapeFrom(vector())).toEqual([]);
  });
});

describe('a tensor that is one of two', () => {
  it('has what both have', () => {
    expect(relaxed(vector(1, 2), vector(1, 3))).toEqual({dtype: 'int32', shape: [2], elements: [1, null]});
    expect(relaxed(vector(1), vector(1, 2))).toEqual({dtype: 'int32', shape: [null]});
    const handle = (...shape: number[]): Known => ({
      dtype: 'resource',
      shape: [],
      handle: {dtype: 'float32', shape},
    });
    expect(relaxed(handle(2, 3), handle(2, 4)).handle).toEqual({dtype: 'float32', shape: [2, null]});
  });

  it('is known no better when more of it is learned', () => {
    expect(sameKnowledge([vector(1, 2)], [vector(1, 2)])).toBe(true);
    expect(sameKnowledge([vector(1, 2)], [vector(1, null)])).toBe(false);
    expect(sameKnowledge([{dtype: 'int32', shape: []}], [{dtype: 'int32', shape: [null]}])).toBe(false);
    expect(sameKnowledge(undefined, [])).toBe(false);
  });
});
