import {describe, expect, it} from 'vitest';
import type {DType} from '../../host/dtypes.js';
import {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily} from '../testing/op_cases.js';
import {Variable} from '../variable/variable.js';
import {random} from './kernels.js';

testOpFamily('random_ops', random);

type JsonAttrs = Parameters<typeof runKernel>[0]['attrs'];

const attrs = (dtype: DType, seed = 0): JsonAttrs =>
  ({
    seed: {type: 'int', value: String(seed)},
    seed2: {type: 'int', value: '0'},
    dtype: {type: 'type', value: dtype},
    output_dtype: {type: 'type', value: dtype},
  }) as unknown as JsonAttrs;

function draw(op: string, dtype: DType, seed: number, ...inputs: Value[]): number[] {
  const [result] = runKernel({op, attrs: attrs(dtype, seed)}, random, inputs);
  return result!.numbers();
}

function moments(numbers: number[]): {mean: number; variance: number; skewness: number} {
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const moment = (k: number): number => numbers.reduce((sum, x) => sum + (x - mean) ** k, 0) / numbers.length;
  return {mean, variance: moment(2), skewness: moment(3) / moment(2) ** 1.5};
}

const COUNT = 40_000;
const shape = Value.vector('int32', [COUNT]);

/** Standard errors of the first three moments are below 0.03 for every distribution here, scaled to variance 1. */
function expectMoments(numbers: number[], mean: number, variance: number, skewness: number): void {
  const found = moments(numbers);
  const deviation = Math.sqrt(variance);
  expect(Math.abs(found.mean - mean) / deviation, 'mean').toBeLessThan(0.025);
  expect(Math.abs(found.variance / variance - 1), 'variance').toBeLessThan(0.06);
  expect(Math.abs(found.skewness - skewness), 'skewness').toBeLessThan(0.2);
}

describe('distributions', () => {
  it('draws uniform and normal numbers without a seed, other ones each time', () => {
    expectMoments(draw('RandomUniform', 'float32', 0, shape), 0.5, 1 / 12, 0);
    expectMoments(draw('RandomStandardNormal', 'float64', 0, shape), 0, 1, 0);
    // Variance of a standard normal within 2: 1 - 4 phi(2) / (2 Phi(2) - 1).
    expectMoments(draw('TruncatedNormal', 'float32', 0, shape), 0, 0.774, 0);
    const few = Value.vector('int32', [4]);
    expect(draw('RandomUniform', 'float32', 0, few)).not.toEqual(draw('RandomUniform', 'float32', 0, few));
  });

  it.each([0.3, 1, 4.5])('draws gamma numbers of shape %d', (alpha) => {
    const numbers = draw(
      'RandomGamma',
      'float64',
      11,
      shape,
      Value.host('float64', [], Float64Array.of(alpha)),
    );
    expectMoments(numbers, alpha, alpha, 2 / Math.sqrt(alpha));
  });

  it.each([0.5, 7, 10, 300])('draws Poisson numbers of rate %d', (rate) => {
    const numbers = draw(
      'RandomPoissonV2',
      'int64',
      12,
      shape,
      Value.host('float64', [], Float64Array.of(rate)),
    );
    expectMoments(numbers, rate, rate, 1 / Math.sqrt(rate));
  });

  it.each([
    // Mean (phi(a) - phi(b)) / Z and variance of the standard normal within [a, b].
    [-1, 1, 0, 0.2911, 0],
    [0, 8, 0.7979, 0.3634, 0.9953],
    [2, 9, 2.3732, 0.1141, 1.6],
    [3, 3.2, 3.0901, 0.003219, 0.18],
    [-9, -2, -2.3732, 0.1141, -1.6],
  ])('draws normal numbers within [%d, %d]', (low, high, mean, variance, skewness) => {
    const scalar = (x: number): Value => Value.host('float64', [], Float64Array.of(x));
    const bounds = [scalar(10), scalar(2), scalar(10 + 2 * low), scalar(10 + 2 * high)];
    const numbers = draw('ParameterizedTruncatedNormal', 'float64', 13, shape, ...bounds);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(10 + 2 * low);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(10 + 2 * high);
    expectMoments(
      numbers.map((x) => (x - 10) / 2),
      mean,
      variance,
      skewness,
    );
  });

  it('draws classes in proportion to their probabilities', () => {
    const logits = Value.host(
      'float32',
      [1, 3],
      Float32Array.of(Math.log(0.5), Math.log(0.3), Math.log(0.2)),
    );
    const classes = draw('Multinomial', 'int64', 14, logits, Value.scalar('int32', COUNT));
    const shares = [0, 1, 2].map((k) => classes.filter((each) => each === k).length / COUNT);
    [0.5, 0.3, 0.2].forEach((share, k) => {
      expect(Math.abs(shares[k]! - share)).toBeLessThan(0.01);
    });
  });

  it('goes on where the last call of a seeded node stopped', () => {
    let memo: unknown;
    const few = Value.vector('int32', [5]);
    const context = {
      attrs: {bigint: () => 3n, has: () => true, dtype: () => 'float32'},
      memo: <T>(create: () => T): T => (memo ??= create()) as T,
    };
    const call = (): number[] => (random.RandomUniform!.kernel([few], context as never) as Value).numbers();
    const first = call();
    expect(call()).not.toEqual(first);
    memo = undefined;
    expect(call()).toEqual(first);
  });
});

describe('random number generator objects', () => {
  const generator = (): {state: Variable; resource: Value} => {
    const state = new Variable({name: 'rng', dtype: 'int64', shape: [3], trainable: false});
    state.assign(Value.host('int64', [3], BigInt64Array.of(5n, -7n, 1234567890123456789n)));
    return {state, resource: Value.object('resource', state)};
  };

  // tf.random.Generator.from_state([5, -7, 1234567890123456789], alg='philox') in TensorFlow 2.15.
  it('draws what a tf.random.Generator draws and moves its state on as that does', () => {
    const {state, resource} = generator();
    const few = Value.vector('int32', [3]);
    const draws = draw('StatefulStandardNormalV2', 'float32', 0, resource, Value.scalar('int64', 1), few);
    [0.14413496851921082, -0.58461594581604, -1.2685065269470215].forEach((expected, i) => {
      expect(draws[i]).toBeCloseTo(expected, 5);
    });
    expect([...(state.read().numeric() as BigInt64Array)]).toEqual([773n, -7n, 1234567890123456789n]);
  });

  it('hands out its state and skips', () => {
    const {state, resource} = generator();
    const delta = Value.host('uint64', [], BigUint64Array.of(3n));
    const [before] = runKernel({op: 'RngReadAndSkip', attrs: {}}, random, [
      resource,
      Value.scalar('int32', 1),
      delta,
    ]);
    expect([...(before!.numeric() as BigInt64Array)]).toEqual([5n, -7n, 1234567890123456789n]);
    expect([...(state.read().numeric() as BigInt64Array)]).toEqual([773n, -7n, 1234567890123456789n]);
  });
});
