import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {SaveError} from '../errors.js';
import type {TensorStructure} from '../graph/nest.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {
  isHuge,
  looser,
  moreRuns,
  runAgain,
  runsFor,
  type Sampling,
  sampleShapes,
  sampleTensor,
  samplings,
} from './samples.js';

const spec = (shape: PartialShape, dtype: DType = 'float32'): TensorStructure => ({
  kind: 'tensor',
  name: 'x',
  dtype,
  shape,
});

/** Which unknown dimensions are alike, as a letter for each in the order of the specs. */
function letters({groups}: Sampling): string {
  const order = [...new Set(groups.values())];
  return [...groups.values()].map((group) => 'abcdefgh'[order.indexOf(group)]).join('');
}

describe('ways to choose sizes', () => {
  const known = spec([2, 3]);

  it('differ in the scale alone where all dimensions are known', () => {
    expect(samplings([known]).map(({groups, scale}) => [groups.size, scale])).toEqual([
      [0, 1],
      [0, 8],
      [0, 32],
    ]);
  });

  it('begin with dimensions that are all unlike, and make ever more of them alike', () => {
    const ways = samplings([spec([null, null]), spec([null])]);
    const [first, ...rest] = ways.slice(0, 5).map(letters);
    expect([first, rest.slice(0, 3).sort(), rest[3]]).toEqual(['abc', ['aab', 'aba', 'abb'], 'aaa']);
    expect(ways.map(({scale}) => scale)).toEqual([1, 1, 1, 1, 1, 8, 8, 8, 8, 8, 32, 32, 32, 32, 32]);
  });

  it('are every one of them for up to four dimensions', () => {
    const ways = samplings([spec([null, null, null, null])]).map(letters);
    // The number of partitions of four things.
    expect(new Set(ways).size).toBe(15);
    const counts = ways.slice(0, 15).map((each) => new Set(each).size);
    expect(counts).toEqual([4, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 1]);
  });

  it('are few for more: unlike, equal batches, equal axes, alike', () => {
    const ways = samplings([spec([null, null]), spec([null, null, null])]);
    expect(ways).toHaveLength(3 * 4);
    expect(ways.slice(0, 4).map(letters)).toEqual(['abcde', 'abacd', 'ababc', 'aaaaa']);
  });

  it('let dimensions of unknown ranks meet from the back', () => {
    const ways = samplings([spec(null), spec(null)]);
    expect([...ways[0]!.groups.keys()]).toEqual([
      '0 -1',
      '0 -2',
      '0 -3',
      '0 -4',
      '1 -1',
      '1 -2',
      '1 -3',
      '1 -4',
    ]);
    expect(ways.slice(0, 4).map(letters)).toContain('abcdabcd');
  });

  it('may have one dimension fewer alike where three or more are', () => {
    const [, , , alike] = samplings([spec([null, null]), spec([null, null, null])]);
    expect([...looser(alike!)].map(letters)).toEqual(['abbbb', 'abaaa', 'aabaa', 'aaaba', 'aaaab']);
    expect([...looser(alike!)].every(({scale}) => scale === alike!.scale)).toBe(true);
    // Two batches that are alike may have to be.
    const [, batches] = samplings([spec([null, null]), spec([null, null, null])]);
    expect([...looser(batches!)]).toEqual([]);
    // Every way was tried already.
    expect([...looser(samplings([spec([null, null, null])])[4]!)]).toEqual([]);
  });
});

describe('sizes of samples', () => {
  const [unlike, alike] = samplings([spec([null]), spec([null])]);

  it('are those that are known', () => {
    expect(sampleShapes([spec([2, 3]), spec([])], samplings([spec([2, 3])])[2]!, 1)).toEqual([[2, 3], []]);
  });

  it('differ from run to run, and from dimension to dimension that is unlike', () => {
    const specs = [spec([null]), spec([null])];
    const shapes = [0, 1, 2, 3].map((run) => sampleShapes(specs, unlike!, run));
    for (const i of [0, 1]) expect(new Set(shapes.map((each) => each[i]![0])).size).toBe(4);
    expect(shapes.every(([a, b]) => a![0] !== b![0])).toBe(true);
    expect(sampleShapes(specs, alike!, 2)).toEqual([[5], [5]]);
  });

  it('tell dimensions apart: none is another one times a number plus a number', () => {
    const specs = [spec(Array.from({length: 8}, () => null))];
    const [first] = samplings(specs);
    const runs = [0, 1, 2, 3].map((run) => sampleShapes(specs, first!, run)[0]!);
    const rises = Array.from({length: 8}, (_, axis) =>
      runs.slice(1).map((run) => run[axis]! - runs[0]![axis]!),
    );
    for (const [i, a] of rises.entries()) {
      for (const b of rises.slice(i + 1)) {
        const proportional = a.every((rise, run) => rise * b[0]! === a[0]! * b[run]!);
        expect(proportional, `${a} and ${b}`).toBe(false);
      }
    }
  });

  it('differ for more dimensions than there are rows of sizes', () => {
    const specs = [spec(Array.from({length: 20}, () => null))];
    const [first] = samplings(specs);
    const columns = Array.from({length: 20}, (_, axis) =>
      [0, 1, 2, 3].map((run) => sampleShapes(specs, first!, run)[0]![axis]).join(),
    );
    expect(new Set(columns).size).toBe(20);
  });

  it('are larger by the scale, but for the first dimension', () => {
    const specs = [spec([null, null, 3])];
    const [small, , larger] = samplings(specs);
    expect([small!.scale, larger!.scale]).toEqual([1, 8]);
    const [[[a, b, c]], [[d, e, f]]] = [small!, larger!].map((each) => sampleShapes(specs, each, 0)) as [
      [number[]],
      [number[]],
    ];
    expect([d, e, f]).toEqual([a, 8 * b!, c]);
    const any = [spec(null)];
    const [unscaled, scaled] = [1, 8].map((scale) => ({groups: samplings(any)[0]!.groups, scale}));
    // Run 1 has rank 3.
    const [[[g, h, i]], [shape]] = [unscaled!, scaled!].map((each) => sampleShapes(any, each, 1)) as [
      [number[]],
      [number[]],
    ];
    expect(shape).toEqual([g, 8 * h!, 8 * i!]);
  });

  it('have every rank from 1 to 4 where the rank is unknown', () => {
    const specs = [spec(null), spec([null])];
    const [first] = samplings(specs);
    const ranks = [0, 1, 2, 3].map((run) => sampleShapes(specs, first!, run)[0]!.length);
    expect(ranks.sort()).toEqual([1, 2, 3, 4]);
  });

  it('differ in a run of the same ranks', () => {
    const specs = [spec(null)];
    const [first] = samplings(specs);
    for (const run of [0, 1, 2, 3]) {
      const [shape] = sampleShapes(specs, first!, run);
      const [again] = sampleShapes(specs, first!, runAgain(run));
      expect(again).toHaveLength(shape!.length);
      expect(again).not.toEqual(shape);
    }
  });

  it('have the last dimension alike where unknown ranks are to be alike', () => {
    const specs = [spec(null), spec(null)];
    const byAxis = samplings(specs).find((each) => letters(each) === 'abcdabcd')!;
    for (const run of [0, 1, 2, 3]) {
      const [a, b] = sampleShapes(specs, byAxis, run);
      expect(a).toEqual(b);
    }
  });
});

describe('runs', () => {
  it('are one more where something is unknown, and then more put it to the test', () => {
    for (const known of [[spec([2, 3])], [spec([]), spec([1])], []]) {
      expect([runsFor(known), moreRuns(known)]).toEqual([[0, 1, 2], []]);
    }
    for (const unknown of [[spec([2, null])], [spec([2]), spec(null)]]) {
      expect([runsFor(unknown), moreRuns(unknown)]).toEqual([
        [0, 1, 2, 3],
        [4, 5],
      ]);
    }
  });
});

describe('huge samples', () => {
  const largest = (...specs: TensorStructure[]) => isHuge(specs, samplings(specs).at(-1)!);

  it('are those of more than a million elements', () => {
    // 5 x 5 * 32 x 5 * 32 elements in one run, and 32 times as many.
    expect(largest(spec([null, null, null]))).toBe(false);
    expect(largest(spec([null, null, null, 64]))).toBe(true);
    expect(largest(spec([2]), spec([null, null, null, 64]))).toBe(true);
  });

  it('are large for their sizes, not for those that are known', () => {
    expect(largest(spec([2000, 2000]))).toBe(false);
    const specs = [spec([null, null, null, 4096])];
    expect(isHuge(specs, samplings(specs)[0]!)).toBe(false);
  });
});

describe('a sample', () => {
  beforeAll(quietCpuBackend);
  beforeEach(() => tf.engine().startScope());
  afterEach(() => tf.engine().endScope());

  const sample = (dtype: DType, shape: number[], run = 0) => sampleTensor(spec(null, dtype), shape, run);

  it.each(['float32', 'float16', 'bfloat16', 'float64'] as const)('of %s has positive numbers', (dtype) => {
    const tensor = sample(dtype, [11]);
    expect([tensor.dtype, tensor.shape]).toEqual(['float32', [11]]);
    const values = Array.from(tensor.dataSync());
    expect(new Set(values).size).toBe(11);
    expect(Math.min(...values)).toBeGreaterThan(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(Array.from(sample(dtype, [11], 1).dataSync())).not.toEqual(values);
  });

  it.each(['int32', 'int64', 'int8', 'uint8', 'uint64'] as const)(
    'of %s has indices into anything',
    (dtype) => {
      const tensor = sample(dtype, [2, 3], 2);
      expect([tensor.dtype, tensor.shape]).toEqual(['int32', [2, 3]]);
      expect(Array.from(tensor.dataSync())).toEqual([0, 0, 0, 0, 0, 0]);
    },
  );

  it('of booleans has both, in turn', () => {
    expect(Array.from(sample('bool', [3], 0).dataSync())).toEqual([0, 1, 0]);
    expect(Array.from(sample('bool', [3], 1).dataSync())).toEqual([1, 0, 1]);
  });

  it('of strings has texts of one to three words', () => {
    const words = Array.from(sample('string', [3], 1).dataSync() as unknown as string[]);
    expect(words).toEqual(['word0 word1', 'word0 word1 word2', 'word0']);
  });

  it('of complex numbers has floats as its parts', () => {
    const tensor = sample('complex64', [2]);
    expect([tensor.dtype, tensor.shape]).toEqual(['complex64', [2]]);
    expect(Array.from(tf.real(tensor).dataSync())).toEqual(Array.from(sample('float32', [2]).dataSync()));
  });

  it('of handles is none', () => {
    expect(() => sample('resource', [])).toThrow(SaveError);
  });
});
