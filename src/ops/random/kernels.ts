/**
 * Random ops. Stateless ops, and stateful ones whose node has a seed, draw the numbers that TensorFlow draws on a CPU;
 * a stateful op without a seed starts somewhere else in every session.
 *
 * @module
 */

import {Philox, scrambleSeeds} from '../../algorithms/philox.js';
import {CallError} from '../../errors.js';
import {type DType, isBigInt, isInteger, type NumericArray} from '../../host/dtypes.js';
import {roundToDType} from '../../host/rounding.js';
import {broadcastShapes, formatShape, sameShape} from '../../host/shape.js';
import {allocate, int32Array, sizeOf} from '../../host/tensor.js';
import {convertNumbers, forEachBroadcast} from '../../tensors/host.js';
import {Value} from '../../tensors/value.js';
import {gather} from '../indexing/kernels/gather.js';
import type {Kernel, KernelContext, OpFamily} from '../kernel.js';
import {invalid, unsupported} from '../node.js';
import {shapeOperand} from '../sizes.js';
import {Variable} from '../variable/variable.js';
import {
  Draws,
  type Fill,
  fullIntegerFill,
  integerFill,
  normalFill,
  truncatedNormalFill,
  uniformFill,
} from './distributions.js';

/** `RNG_ALG_PHILOX` and `RNG_ALG_AUTO_SELECT` of `tensorflow/core/framework/rng_alg.h`. */
const PHILOX = 1;
const AUTO_SELECT = 3;

/** Blocks that TensorFlow's stateful ops skip for each number they give, so that no two calls share one. */
const BLOCKS_PER_OUTPUT = 256;

/** Where an op's numbers come from: `numbers` is how many it will draw, `blocks` how far the stream moves on. */
type Source = (inputs: readonly Value[], ctx: KernelContext, blocks: number) => Philox;

/** The node's own stream, seeded by its attributes. */
const ofNode: Source = (_, ctx, blocks) => {
  const stream = ctx.memo(() => {
    const [seed, seed2] = [ctx.attrs.bigint('seed'), ctx.attrs.bigint('seed2')];
    return seed === 0n && seed2 === 0n ? unseeded() : Philox.fromSeeds(seed, seed2);
  });
  const here = stream.clone();
  stream.skip(blocks);
  return here;
};

function unseeded(): Philox {
  const words = globalThis.crypto.getRandomValues(new BigUint64Array(3));
  return new Philox(words[0]!, words[1]! | (words[2]! << 64n));
}

/** The stream of a `[2]` seed at the given input. */
const ofSeed =
  (at: number): Source =>
  (inputs, ctx) => {
    const [seed0, seed1] = seedPair(inputs[at]!, ctx);
    return Philox.stateless(seed0, seed1);
  };

/** The stream of key, counter and algorithm at the given input and the next two. */
const ofKey =
  (at: number): Source =>
  (inputs, ctx) => {
    const [key, counter, algorithm] = inputs.slice(at, at + 3) as [Value, Value, Value];
    checkAlgorithm(algorithm.number(), ctx);
    if (key.size !== 1 || counter.size < 2) {
      throw invalid(
        ctx,
        `key and counter must have 1 and 2 elements, got ${formatShape(key.shape)} and ${formatShape(counter.shape)}`,
      );
    }
    const [low, high] = counter.numeric() as BigUint64Array;
    return new Philox((key.numeric() as BigUint64Array)[0]!, low! | (high! << 64n));
  };

/** The stream kept in an int64 variable `[counter low, counter high, key]`, which moves on. */
const ofVariable: Source = ([resource, algorithm], ctx, blocks) => {
  checkAlgorithm(algorithm!.number(), ctx);
  return advance(resource!.object(Variable), blocks, ctx).stream;
};

function advance(
  variable: Variable,
  blocks: number | bigint,
  ctx: KernelContext,
): {stream: Philox; before: Value} {
  const before = variable.read();
  const state = before.numeric() as BigInt64Array;
  if (before.dtype !== 'int64' || before.rank !== 1 || state.length < 3) {
    throw invalid(
      ctx,
      `the state must be an int64 vector of 3, got ${before.dtype} ${formatShape(before.shape)}`,
    );
  }
  const [low, high, key] = Array.from(state, (word) => BigInt.asUintN(64, word)) as [bigint, bigint, bigint];
  const stream = new Philox(key, low | (high << 64n));
  const next = stream.clone().skip(blocks).counter;
  const after = BigInt64Array.from(state);
  after[0] = BigInt.asIntN(64, next);
  after[1] = BigInt.asIntN(64, next >> 64n);
  variable.assign(Value.host('int64', before.shape, after));
  return {stream, before};
}

function checkAlgorithm(algorithm: number, ctx: KernelContext): void {
  if (algorithm !== PHILOX && algorithm !== AUTO_SELECT) {
    throw unsupported(
      ctx,
      `random number algorithm ${algorithm}; 1 (Philox) is the one TensorFlow uses on CPUs`,
    );
  }
}

function seedPair(seed: Value, ctx: KernelContext): [bigint, bigint] {
  if (seed.rank !== 1 || seed.shape[0] !== 2) {
    throw invalid(ctx, `the seed must have shape (2,), got ${formatShape(seed.shape)}`);
  }
  const [seed0, seed1] = Array.from(seed.numeric(), BigInt);
  return [seed0!, seed1!];
}

/** The shape operand of a random op. */
function shapeOf(value: Value, ctx: KernelContext): number[] {
  if (value.rank !== 1) throw invalid(ctx, `a shape must be a vector, not ${formatShape(value.shape)}`);
  return shapeOperand(value, ctx);
}

/** Which distribution, given the op's inputs. */
type Distribution = (dtype: DType, inputs: readonly Value[], ctx: KernelContext) => Fill | undefined;

/** An op that fills a shape (input `at`) with numbers. */
function filled(source: Source, distribution: Distribution, at = 0): Kernel {
  return (inputs, ctx) => {
    const shape = shapeOf(inputs[at]!, ctx);
    const dtype = resultDtype(inputs, ctx);
    const fill = distribution(dtype, inputs, ctx);
    if (fill === undefined) throw unsupported(ctx, `dtype ${dtype}`);
    const out = allocate(dtype, sizeOf(shape));
    fill(out, source(inputs, ctx, out.length * BLOCKS_PER_OUTPUT));
    return Value.host(dtype, shape, out);
  };
}

/** `dtype`, or the bounds' type for `RandomUniformInt`. */
function resultDtype(inputs: readonly Value[], {attrs}: KernelContext): DType {
  return attrs.has('dtype') ? attrs.dtype('dtype') : inputs[1]!.dtype;
}

const uniform: Distribution = (dtype) => uniformFill(dtype);
const normal: Distribution = (dtype) => normalFill(dtype);
const truncated: Distribution = (dtype) => truncatedNormalFill(dtype);
const fullInteger: Distribution = (dtype) => fullIntegerFill(dtype);
/** The bounds are the inputs from `at` on. */
const integer =
  (at: number): Distribution =>
  (dtype, inputs, ctx) => {
    const [low, high] = inputs.slice(at, at + 2).map((bound) => BigInt(bound.numeric()[0]!));
    if (low! >= high!) throw invalid(ctx, `minval ${low} must be less than maxval ${high}`);
    return integerFill(dtype, low!, high!);
  };

/** Draws of classes by unnormalised log-probabilities `[batch, classes]`: `[batch, samples]`. */
function multinomial(source: Source): Kernel {
  return (inputs, ctx) => {
    const [logits, count] = inputs as [Value, Value];
    const samples = count.number();
    if (logits.rank !== 2) throw invalid(ctx, `logits must be a matrix, got ${formatShape(logits.shape)}`);
    if (samples < 0) throw invalid(ctx, `num_samples must not be negative, got ${samples}`);
    const [batch, classes] = logits.shape as [number, number];
    if (classes < 1 && batch * samples > 0) throw invalid(ctx, 'there must be at least one class');
    const dtype = ctx.attrs.dtype('output_dtype');
    const out = allocate(dtype, batch * samples);
    const draws = new Draws(source(inputs, ctx, batch * Math.ceil(samples / 4) * 4 * BLOCKS_PER_OUTPUT));
    const data = logits.numeric() as Float64Array;
    for (let row = 0; row < batch; row++) {
      const cumulative = cumulate(data.subarray(row * classes, (row + 1) * classes));
      for (let i = 0; i < samples; i++) {
        const found = upperBound(cumulative, draws.uniform() * cumulative[classes - 1]!);
        out[row * samples + i] = (isBigInt(dtype) ? BigInt(found) : found) as never;
      }
    }
    return Value.host(dtype, [batch, samples], out);
  };
}

/** Running sums of exp(logits), up to a common factor. A logit that is not finite has probability 0. */
function cumulate(logits: Float64Array): Float64Array {
  let max = -Infinity;
  for (const logit of logits) if (Number.isFinite(logit) && logit > max) max = logit;
  let total = 0;
  return Float64Array.from(logits, (logit) => {
    if (Number.isFinite(logit)) total += Math.exp(logit - max);
    return total;
  });
}

/** Index of the first element that is greater than `x`. */
function upperBound(sorted: Float64Array, x: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The rows of a tensor in random order. */
const shuffle: Kernel = (inputs, ctx) => {
  const value = inputs[0]!;
  const rows = value.shape[0] ?? 1;
  if (rows < 2) return value;
  const draws = new Draws(ofNode(inputs, ctx, Math.ceil(rows / 4)));
  const order = int32Array(rows, (i) => i);
  for (let i = 0; i < rows - 1; i++) {
    const j = i + draws.below(rows - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return gather(value, Value.host('int32', [rows], order), 0, 0, ctx);
};

/** Draws one number with these parameters. */
type Draw = (draws: Draws, ...parameters: number[]) => number;

/** An op whose every output number has parameters of its own, drawn one after the other. */
function parameterized(
  source: Source,
  shape: (inputs: readonly Value[], ctx: KernelContext) => {shape: number[]; parameters: Value[]},
  drawAs: (dtype: DType) => Draw,
): Kernel {
  return (inputs, ctx) => {
    const {shape: dims, parameters} = shape(inputs, ctx);
    const dtype = ctx.attrs.has('dtype') ? ctx.attrs.dtype('dtype') : parameters[0]!.dtype;
    const data = parameters.map((parameter) => parameter.numeric());
    const out = allocate('float64', sizeOf(dims)) as Float64Array;
    const draws = new Draws(source(inputs, ctx, out.length * BLOCKS_PER_OUTPUT));
    const draw = drawAs(dtype);
    forEachBroadcast(
      parameters.map((parameter) => parameter.shape),
      dims,
      (i, at) => {
        out[i] = draw(draws, ...data.map((numbers, k) => Number(numbers[at[k]!])));
      },
    );
    return Value.host(dtype, dims, toDtype(out, dtype));
  };
}

function toDtype(numbers: Float64Array, dtype: DType): NumericArray {
  if (dtype === 'float64') return numbers;
  // Counts at an infinite rate are 0 where they are integers.
  return convertNumbers(isInteger(dtype) ? numbers.map((x) => (Number.isFinite(x) ? x : 0)) : numbers, dtype);
}

/** `shape` (input 0) in front of the shape of the one parameter (input 1). */
const shapeBefore = ([shape, parameter]: readonly Value[], ctx: KernelContext) => ({
  shape: [...shapeOf(shape!, ctx), ...parameter!.shape],
  parameters: [parameter!],
});

/** The full shape (input 0), to which the parameters from input `at` on broadcast. */
const shapeOver =
  (at: number) =>
  (inputs: readonly Value[], ctx: KernelContext): {shape: number[]; parameters: Value[]} => {
    const shape = shapeOf(inputs[0]!, ctx);
    const parameters = inputs.slice(at);
    const own = parameters.reduce<number[] | undefined>(
      (joint, parameter) => joint && broadcastShapes(joint, parameter.shape),
      [],
    );
    if (own === undefined || !sameShape(shape.slice(shape.length - own.length), own)) {
      const shapes = parameters.map((parameter) => formatShape(parameter.shape));
      throw invalid(
        ctx,
        `${formatShape(shape)} does not end with the shape of the parameters: ${shapes.join(', ')}`,
      );
    }
    return {shape, parameters};
  };

/** Batches along the first axis: parameters are scalars or have one entry per batch. */
const perBatch = (inputs: readonly Value[], ctx: KernelContext) => {
  const shape = shapeOf(inputs[0]!, ctx);
  const parameters = inputs.slice(1).map((parameter) => {
    const {size} = parameter;
    if (parameter.rank > 1 || (size !== 1 && size !== shape[0])) {
      throw invalid(
        ctx,
        `a parameter must be a scalar or a vector of ${shape[0]}, got ${formatShape(parameter.shape)}`,
      );
    }
    return parameter.reshape([size, ...shape.slice(1).map(() => 1)]);
  });
  return {shape, parameters};
};

const truncatedAround =
  (dtype: DType) =>
  (draws: Draws, mean: number, deviation: number, low: number, high: number): number => {
    const [a, b] = [(low - mean) / deviation, (high - mean) / deviation];
    const nearest = Math.max(a, -b, 0);
    // Where the square of the nearer bound is infinite in the dtype, TensorFlow finds nothing to accept.
    const isTooFar = !Number.isFinite(roundToDType(nearest * nearest, dtype));
    if (!(low < high) || !Number.isFinite(mean) || !(deviation > 0) || isTooFar) {
      throw new CallError(
        `no normal distribution with mean ${mean} and deviation ${deviation} can be truncated to ${low} .. ${high}`,
      );
    }
    return mean + deviation * draws.truncatedNormal(Math.min(a, b), Math.max(a, b));
  };

const gamma = () => (draws: Draws, alpha: number) => draws.gamma(alpha);
const poisson = () => (draws: Draws, rate: number) => draws.poisson(rate);

const keyCounter: Kernel = ([seed], ctx) => {
  const {key, counter} = scrambleSeeds(...seedPair(seed!, ctx));
  return [
    Value.host('uint64', [1], BigUint64Array.of(key)),
    Value.host('uint64', [2], BigUint64Array.of(counter, counter >> 64n)),
  ];
};

const rngReadAndSkip: Kernel = ([resource, algorithm, delta], ctx) => {
  checkAlgorithm(algorithm!.number(), ctx);
  // As far as a draw of `delta` numbers moves the state; the product wraps.
  const blocks = BigInt.asUintN(64, BigInt(delta!.numeric()[0]!) * BigInt(BLOCKS_PER_OUTPUT));
  return advance(resource!.object(Variable), blocks, ctx).before;
};

const OTHER_BITS = 'the same distribution as TensorFlow, by other draws';
const FIRST_ROWS = 'one stream for all rows; TensorFlow may start rows elsewhere, depending on its threads';

const fromSeed = ofSeed(1);
const fromKey = ofKey(1);

/** Random numbers. */
export const random: OpFamily = {
  RandomUniform: {kernel: filled(ofNode, uniform)},
  RandomUniformInt: {kernel: filled(ofNode, integer(1))},
  RandomStandardNormal: {kernel: filled(ofNode, normal)},
  TruncatedNormal: {kernel: filled(ofNode, truncated)},
  ParameterizedTruncatedNormal: {
    kernel: parameterized(ofNode, perBatch, truncatedAround),
    limits: OTHER_BITS,
  },
  RandomGamma: {kernel: parameterized(ofNode, shapeBefore, gamma), limits: `${OTHER_BITS}; no gradient`},
  RandomPoisson: {kernel: parameterized(ofNode, shapeBefore, poisson), limits: OTHER_BITS},
  RandomPoissonV2: {kernel: parameterized(ofNode, shapeBefore, poisson), limits: OTHER_BITS},
  Multinomial: {kernel: multinomial(ofNode), limits: FIRST_ROWS},
  RandomShuffle: {kernel: shuffle},

  StatelessRandomUniform: {kernel: filled(fromSeed, uniform)},
  StatelessRandomNormal: {kernel: filled(fromSeed, normal)},
  StatelessTruncatedNormal: {kernel: filled(fromSeed, truncated)},
  StatelessRandomUniformInt: {kernel: filled(fromSeed, integer(2))},
  StatelessRandomUniformFullInt: {kernel: filled(fromSeed, fullInteger)},
  StatelessMultinomial: {kernel: multinomial(ofSeed(2)), limits: FIRST_ROWS},
  StatelessParameterizedTruncatedNormal: {
    kernel: parameterized(fromSeed, shapeOver(2), truncatedAround),
    limits: OTHER_BITS,
  },
  StatelessRandomGammaV2: {kernel: parameterized(fromSeed, shapeOver(2), gamma), limits: OTHER_BITS},
  StatelessRandomGammaV3: {kernel: parameterized(fromKey, shapeOver(4), gamma), limits: OTHER_BITS},
  StatelessRandomPoisson: {kernel: parameterized(fromSeed, shapeOver(2), poisson), limits: OTHER_BITS},

  StatelessRandomUniformV2: {kernel: filled(fromKey, uniform)},
  StatelessRandomNormalV2: {kernel: filled(fromKey, normal)},
  StatelessTruncatedNormalV2: {kernel: filled(fromKey, truncated)},
  StatelessRandomUniformIntV2: {kernel: filled(fromKey, integer(4))},
  StatelessRandomUniformFullIntV2: {kernel: filled(fromKey, fullInteger)},
  StatelessRandomGetAlg: {kernel: () => Value.scalar('int32', PHILOX)},
  StatelessRandomGetKeyCounter: {kernel: keyCounter},
  StatelessRandomGetKeyCounterAlg: {
    kernel: (inputs, ctx) => [...(keyCounter(inputs, ctx) as Value[]), Value.scalar('int32', PHILOX)],
  },

  StatefulUniform: {kernel: filled(ofVariable, uniform, 2)},
  StatefulUniformInt: {kernel: filled(ofVariable, integer(3), 2)},
  StatefulUniformFullInt: {kernel: filled(ofVariable, fullInteger, 2)},
  StatefulStandardNormalV2: {kernel: filled(ofVariable, normal, 2)},
  StatefulTruncatedNormal: {kernel: filled(ofVariable, truncated, 2)},
  RngReadAndSkip: {kernel: rngReadAndSkip},
  RngSkip: {
    kernel: (inputs, ctx) => {
      rngReadAndSkip(inputs, ctx);
      return [];
    },
  },
};
