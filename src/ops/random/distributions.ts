/**
 * Random numbers of every distribution and dtype, from Philox's bits, as TensorFlow draws them.
 *
 * Source: `tensorflow/core/lib/random/random_distributions.h` and `tensorflow/core/kernels/random_op_cpu.h`.
 *
 * @module
 */

import {type Philox, Singles} from '../../algorithms/philox.js';
import {roundToBfloat16, roundToFloat16} from '../../algorithms/small_floats.js';
import {CallError} from '../../errors.js';
import type {DType, NumericArray} from '../../host/dtypes.js';

/** Fills an array from a generator, which it leaves anywhere. */
export type Fill = (out: NumericArray, generator: Philox) => void;

/** Blocks that TensorFlow sets aside for each output number of a distribution that may reject draws. */
const RESERVED = 256;

const TWO_PI = 2 * Math.PI;
/** The smallest uniform number whose logarithm is taken. */
const EPSILON = Math.fround(1e-7);

const uniform32 = (bits: number): number => (bits & 0x7fffff) * 2 ** -23;
const uniform64 = (x0: number, x1: number): number => ((x0 & 0xfffff) * 2 ** 32 + x1) * 2 ** -52;

/** How one dtype of a distribution is made of blocks. */
interface Recipe {
  /** Numbers per block. */
  readonly group: 2 | 4;
  /** Writes a block's numbers to `out` from `at` on; typed arrays ignore writes beyond their end. */
  readonly write: (out: NumericArray, at: number, block: Uint32Array) => void;
}

const byWord = (convert: (bits: number) => number): Recipe => ({
  group: 4,
  write: (out, at, block) => {
    for (let i = 0; i < 4; i++) out[at + i] = convert(block[i]!);
  },
});

const byPair = (convert: (x0: number, x1: number) => number | bigint): Recipe => ({
  group: 2,
  write: (out, at, block) => {
    out[at] = convert(block[0]!, block[1]!) as never;
    out[at + 1] = convert(block[2]!, block[3]!) as never;
  },
});

const UNIFORM: Partial<Record<DType, Recipe>> = {
  float32: byWord(uniform32),
  float16: byWord((bits) => (bits & 0x3ff) * 2 ** -10),
  bfloat16: byWord((bits) => (bits & 0x7f) * 2 ** -7),
  float64: byPair(uniform64),
};

/** Two normal numbers from two uniform ones, by Box and Muller. */
function boxMuller(u: number, v: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(Math.max(u, EPSILON)));
  return [Math.sin(TWO_PI * v) * radius, Math.cos(TWO_PI * v) * radius];
}

const normalWords = (round: (x: number) => number): Recipe => ({
  group: 4,
  write: (out, at, block) => {
    for (let i = 0; i < 4; i += 2) {
      const [a, b] = boxMuller(uniform32(block[i]!), uniform32(block[i + 1]!));
      out[at + i] = round(a);
      out[at + i + 1] = round(b);
    }
  },
});

const NORMAL: Partial<Record<DType, Recipe>> = {
  float32: normalWords(Math.fround),
  float16: normalWords(roundToFloat16),
  bfloat16: normalWords(roundToBfloat16),
  float64: {
    group: 2,
    write: (out, at, block) => {
      const numbers = boxMuller(uniform64(block[0]!, block[1]!), uniform64(block[2]!, block[3]!));
      [out[at], out[at + 1]] = numbers;
    },
  },
};

const pair64 = (low: number, high: number): bigint => BigInt(low) | (BigInt(high) << 32n);

/** Every value of the integer dtype, equally likely. */
const FULL_INTEGER: Partial<Record<DType, Recipe>> = {
  int32: byWord((bits) => bits | 0),
  uint32: byWord((bits) => bits),
  int64: byPair(pair64),
  uint64: byPair(pair64),
};

function integers(dtype: DType, low: bigint, high: bigint): Recipe | undefined {
  if (dtype === 'int32' || dtype === 'uint32') {
    const [start, range] = [Number(low), Number(high - low)];
    return byWord((bits) => start + (bits % range));
  }
  if (dtype !== 'int64' && dtype !== 'uint64') return undefined;
  const range = high - low;
  return byPair((x0, x1) => low + (pair64(x0, x1) % range));
}

function filling(recipe: Recipe | undefined): Fill | undefined {
  return (
    recipe &&
    ((out, generator) => {
      const {group, write} = recipe;
      for (let at = 0; at < out.length; at += group) write(out, at, generator.next());
    })
  );
}

/** Uniform in [0, 1). */
export const uniformFill = (dtype: DType): Fill | undefined => filling(UNIFORM[dtype]);
/** Normal with mean 0 and deviation 1. */
export const normalFill = (dtype: DType): Fill | undefined => filling(NORMAL[dtype]);
/** Uniform over all values of an integer dtype. */
export const fullIntegerFill = (dtype: DType): Fill | undefined => filling(FULL_INTEGER[dtype]);
/** Uniform over the integers in [low, high). */
export const integerFill = (dtype: DType, low: bigint, high: bigint): Fill | undefined =>
  filling(integers(dtype, low, high));

const TRUNCATED: Partial<Record<DType, {group: number; round: (x: number) => number; isDouble?: true}>> = {
  float32: {group: 4, round: Math.fround},
  float16: {group: 4, round: roundToFloat16},
  bfloat16: {group: 4, round: roundToBfloat16},
  float64: {group: 2, round: (x) => x, isDouble: true},
};

/** Normal, redrawn where it is 2 or more deviations from the mean. */
export function truncatedNormalFill(dtype: DType): Fill | undefined {
  const recipe = TRUNCATED[dtype];
  if (recipe === undefined) return undefined;
  const {group, round, isDouble} = recipe;
  // Each group has its own stretch of the stream, so that groups can be drawn in parallel.
  const stride = (group * RESERVED) / 4;
  return (out, generator) => {
    for (let at = 0; at < out.length; at += group) {
      const bits = new Singles(generator.clone().skip((at / group) * stride));
      const draw = (): number => (isDouble ? uniform64(bits.next(), bits.next()) : uniform32(bits.next()));
      for (let drawn = 0; drawn < group; ) {
        for (const number of boxMuller(draw(), draw())) {
          if (Math.abs(number) < 2 && drawn < group) out[at + drawn++] = round(number);
        }
      }
    }
  };
}

/** A source of uniform and normal doubles, for distributions that TensorFlow's bits are not followed for. */
export class Draws {
  readonly #bits: Singles;

  constructor(generator: Philox) {
    this.#bits = new Singles(generator);
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return uniform64(this.#bits.next(), this.#bits.next());
  }

  normal(): number {
    return boxMuller(this.uniform(), this.uniform())[0];
  }

  /** An integer in [0, range) from one 32-bit number. */
  below(range: number): number {
    return this.#bits.next() % range;
  }

  /** Gamma with the given shape and scale 1 (Marsaglia and Tsang, 2000); NaN for a shape that is none. */
  gamma(alpha: number): number {
    if (!(alpha >= 0)) return Number.NaN;
    if (alpha === Infinity) return alpha;
    // A uniform number to the power of 1 / alpha.
    if (alpha === 0) return Object.is(alpha, 0) ? 0 : Infinity;
    if (alpha < 1) return this.gamma(alpha + 1) * (1 - this.uniform()) ** (1 / alpha);
    const d = alpha - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Poisson: by multiplying uniforms (Knuth), from 10 on by transformed rejection (Hörmann, 1993: PTRS). */
  poisson(rate: number): number {
    if (!Number.isFinite(rate) || rate <= 0) return Math.max(rate, 0);
    if (rate < 10) {
      const limit = Math.exp(-rate);
      let count = 0;
      for (let product = this.uniform(); product > limit; product *= this.uniform()) count++;
      return count;
    }
    const b = 0.931 + 2.53 * Math.sqrt(rate);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = 1 - this.uniform();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + rate + 0.43);
      if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      const density = k * Math.log(rate) - rate - logFactorial(k);
      if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= density) return k;
    }
  }

  /** Standard normal within [low, high] (Robert, 1995). */
  truncatedNormal(low: number, high: number): number {
    if (high < 0) return -this.truncatedNormal(-high, -low);
    if (low <= 0)
      return high - low > Math.sqrt(TWO_PI) ? this.#rejectNormal(low, high) : this.#rejectUniform(low, high);
    return high - low > 1 / low ? this.#rejectExponential(low, high) : this.#rejectUniform(low, high);
  }

  #rejectNormal(low: number, high: number): number {
    return accepted(() => {
      const x = this.normal();
      return x >= low && x <= high ? x : undefined;
    });
  }

  #rejectUniform(low: number, high: number): number {
    const mode = Math.max(low, 0);
    return accepted(() => {
      const x = low + this.uniform() * (high - low);
      return this.uniform() <= Math.exp((mode * mode - x * x) / 2) ? x : undefined;
    });
  }

  #rejectExponential(low: number, high: number): number {
    const rate = (low + Math.sqrt(low * low + 4)) / 2;
    return accepted(() => {
      const x = low - Math.log(1 - this.uniform()) / rate;
      return x <= high && this.uniform() <= Math.exp(-((x - rate) ** 2) / 2) ? x : undefined;
    });
  }
}

/** Proposals after which a sampler gives up: bounds as far out as 1e200 leave nothing to accept. */
const MOST_PROPOSALS = 10_000;

/** The first proposal that is accepted. */
function accepted(propose: () => number | undefined): number {
  for (let i = 0; i < MOST_PROPOSALS; i++) {
    const x = propose();
    if (x !== undefined) return x;
  }
  throw new CallError(
    `of ${MOST_PROPOSALS} samples none was within the bounds of the truncated normal distribution`,
  );
}

/** log(k!) by Stirling's series, exact below 10. */
function logFactorial(k: number): number {
  if (k < 10) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const n = k + 1;
  return (n - 0.5) * Math.log(n) - n + 0.5 * Math.log(TWO_PI) + 1 / (12 * n) - 1 / (360 * n ** 3);
}
