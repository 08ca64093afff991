/**
 * Random tensors. tfjs draws them in JavaScript, without a kernel; the name of the op that runs tells the distribution.
 * While a function is traced `Math.random`, which seeds tfjs's generators, gives chosen numbers, so that the standard
 * stream is known and the parameters of the distribution follow from what was drawn.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {SaveError} from '../errors.js';
import {ownEntry} from '../own_entry.js';

/** Distributions that TensorFlow has an op for. */
export type Distribution = 'uniform' | 'normal' | 'truncatedNormal' | 'gamma' | 'user';

/** Numbers drawn from a distribution. */
export interface Sample {
  readonly distribution: Distribution;
  /** What the generator was seeded with; undefined where the caller chose, and we cannot know. */
  readonly seed: number | undefined;
  readonly data: ArrayLike<number>;
}

const scope = (name: string): string => `${name}${tf.OP_SCOPE_SUFFIX}`;

/** What is drawn in the scope of a tfjs op. */
const RANDOM_OPS: Readonly<Record<string, Distribution>> = {
  [scope('randomUniform')]: 'uniform',
  [scope('randomNormal')]: 'normal',
  [scope('truncatedNormal')]: 'truncatedNormal',
  [scope('randomGamma')]: 'gamma',
  [scope('rand')]: 'user',
};

/** What a tensor that is made of data in this scope is drawn from; undefined for one that is not random. */
export function drawnIn(scopeName: string): Distribution | undefined {
  return ownEntry(RANDOM_OPS, scopeName);
}

/**
 * Seeds, two for each distribution. Uniform: the first numbers drawn are 6.6e-8 and 1 - 5.9e-7, so that two runs tell
 * the bounds. Normal: the first numbers are -1.97 and 1.986, far apart and yet within two deviations.
 */
const SEEDS: Readonly<Record<'uniform' | 'normal', readonly [number, number]>> = {
  uniform: [0.0017101764678955078, 0.575742244720459],
  normal: [0.71484375, 0.0234375],
};

/**
 * What `Math.random` gives in a run. The first run is left to chance, for variables may be made in it; outside of random ops,
 * each has another number, which shows what is baked in.
 */
export function seedFor(scopeName: string, run: number): number | undefined {
  if (run === 0) return undefined;
  const distribution = drawnIn(scopeName);
  if (distribution === undefined) return [0.123, 0.877][run % 2]! + run / 1024;
  return SEEDS[distribution === 'uniform' ? 'uniform' : 'normal'][run % 2]!;
}

/** A distribution with its parameters: `offset + scale * standard`, where uniform is standard in [0, 1). */
export interface RandomTensor {
  readonly distribution: 'uniform' | 'normal' | 'truncatedNormal';
  readonly offset: number;
  readonly scale: number;
  /** 0 for another stream at each run of the graph. */
  readonly seed: number;
}

/** Seeds up to this one are found again when a caller chooses them. */
const MOST_SEEDS = 2048;

/**
 * The distribution that the samples of all runs were drawn from.
 *
 * @throws SaveError where it cannot be told, or TensorFlow has none like it
 */
export function distributionOf(samples: readonly Sample[], dtype: tf.DataType): RandomTensor {
  const [{distribution}] = samples as [Sample];
  if (distribution === 'user') {
    throw new SaveError(
      'tf.rand draws its numbers in JavaScript, which a graph cannot do; use tf.randomUniform or tf.randomNormal',
    );
  }
  if (distribution === 'gamma') throw new SaveError('tf.randomGamma cannot be saved');
  if (dtype !== 'float32' && !(dtype === 'int32' && distribution === 'uniform')) {
    throw new SaveError(`random ${dtype} numbers cannot be saved; draw float32 ones and cast them`);
  }
  const chosen = samples.some(({seed}) => seed === undefined);
  if (!chosen) {
    const found = parametersOf(samples as readonly (Sample & {seed: number})[], distribution, dtype);
    if (found !== undefined) return {distribution, ...found, seed: 0};
  } else {
    for (let seed = 0; seed <= MOST_SEEDS; seed++) {
      const found = parametersOf(
        samples.map((sample) => ({...sample, seed})),
        distribution,
        dtype,
      );
      // A graph takes 0 for no seed.
      if (found !== undefined) return {distribution, ...found, seed: seed === 0 ? MOST_SEEDS + 1 : seed};
    }
  }
  throw new SaveError(
    chosen
      ? `the seed of a random tensor was not recognised: a traced function can use whole numbers up to ${MOST_SEEDS} as seeds, ` +
          'for three or more float32 numbers at a time. Leave the seed out'
      : 'the bounds, or mean and deviation, of a random tensor differ from call to call; multiply and add with tensors',
  );
}

interface Affine {
  readonly offset: number;
  readonly scale: number;
}

/** `offset` and `scale` that explain every number of every run; undefined where there are none. */
function parametersOf(
  samples: readonly (Sample & {readonly seed: number})[],
  distribution: RandomTensor['distribution'],
  dtype: tf.DataType,
): Affine | undefined {
  const points: [standard: number, drawn: number][] = [];
  const seen = new Set<string>();
  for (const {seed, data} of samples) {
    const count = Math.min(data.length, 16);
    if (seen.has(`${seed} ${count}`)) continue;
    seen.add(`${seed} ${count}`);
    const standard = standardStream(distribution, seed, count);
    for (let i = 0; i < count; i++) points.push([standard[i]!, data[i]!]);
  }
  if (points.length === 0) return {offset: 0, scale: 1};
  const low = points.reduce((a, b) => (b[0] < a[0] ? b : a));
  const high = points.reduce((a, b) => (b[0] > a[0] ? b : a));
  if (low[0] === high[0]) return low[1] === low[0] ? {offset: 0, scale: 1} : undefined;
  if (dtype === 'int32') return fitIntegers(points, low[1], high[1]);
  const scale = (high[1] - low[1]) / (high[0] - low[0]);
  const offset = low[1] - scale * low[0];
  const error = (Math.abs(offset) + Math.abs(scale)) * 4e-7 + 1e-30;
  if (!points.every(([standard, drawn]) => Math.abs(offset + scale * standard - drawn) <= error * 2))
    return undefined;
  if (distribution !== 'uniform') return {offset: rounded(offset, error), scale: rounded(scale, error)};
  const from = rounded(offset, error);
  return {offset: from, scale: rounded(offset + scale, error) - from};
}

/** Uniform integers are what lies between the bounds with its fraction cut off. */
function fitIntegers(
  points: readonly (readonly [number, number])[],
  low: number,
  high: number,
): Affine | undefined {
  for (const offset of [low, low - 1]) {
    for (const end of [high + 1, high]) {
      const scale = end - offset;
      if (points.every(([standard, drawn]) => Math.trunc(offset + scale * standard) === drawn))
        return {offset, scale};
    }
  }
  return undefined;
}

function standardStream(
  distribution: RandomTensor['distribution'],
  seed: number,
  count: number,
): ArrayLike<number> {
  return tf.tidy(() => {
    switch (distribution) {
      case 'uniform':
        return tf.randomUniform([count], 0, 1, 'float32', seed).dataSync();
      case 'normal':
        return tf.randomNormal([count], 0, 1, 'float32', seed).dataSync();
      case 'truncatedNormal':
        return tf.truncatedNormal([count], 0, 1, 'float32', seed).dataSync();
    }
  });
}

/** The shortest decimal within `error` of `value`. */
function rounded(value: number, error: number): number {
  if (Math.abs(value) <= error) return 0;
  for (let digits = 1; digits < 17; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.abs(short - value) <= error) return short;
  }
  return value;
}
