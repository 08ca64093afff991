/**
 * The state of tfjs's optimizers, which they do not declare public: what they keep for each variable, and how far they are.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** What an optimizer keeps for one trained variable. */
export interface Accumulator {
  readonly originalName: string;
  readonly variable: tf.Variable;
}

/** Where optimizers keep that: each is a list of one for each variable, in the order in which they were first trained. */
export type AccumulatorList =
  | 'accumulations'
  | 'accumulatedGrads'
  | 'accumulatedUpdates'
  | 'accumulatedFirstMoment'
  | 'accumulatedSecondMoment'
  | 'accumulatedWeightedInfNorm'
  | 'accumulatedMeanSquares'
  | 'accumulatedMoments'
  | 'accumulatedMeanGrads';

/** What of optimizers is used; each kind has some of it. */
interface OptimizerInternals extends Partial<Record<AccumulatorList, readonly Accumulator[]>> {
  iterations_?: number;
  learningRate: number;
  readonly momentum?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  /** Powers of `beta1` and `beta2`, one step ahead of `iterations_`. */
  readonly accBeta1?: tf.Variable;
  readonly accBeta2?: tf.Variable;
  /** Adamax counts a second time. */
  readonly iteration?: tf.Variable;
  setLearningRate?(rate: number): void;
}

const internals = (optimizer: tf.Optimizer): OptimizerInternals => optimizer as unknown as OptimizerInternals;

/** Whether something is an optimizer of tfjs, whose own test of that takes nothing but objects. */
export function isOptimizer(value: unknown): value is tf.Optimizer {
  return typeof value === 'object' && value !== null && value instanceof tf.Optimizer;
}

export function learningRateOf(optimizer: tf.Optimizer): number {
  return internals(optimizer).learningRate;
}

export function setLearningRate(optimizer: tf.Optimizer, rate: number): void {
  const state = internals(optimizer);
  if (state.setLearningRate !== undefined) state.setLearningRate(rate);
  else state.learningRate = rate;
}

/** Whether an optimizer uses momentum; those that may keep room for it in any case. */
export function usesMomentum(optimizer: tf.Optimizer): boolean {
  return Boolean(internals(optimizer).momentum);
}

/** Nothing before the optimizer's first step. */
export function accumulatorsIn(optimizer: tf.Optimizer, list: AccumulatorList): readonly Accumulator[] {
  return internals(optimizer)[list] ?? [];
}

/** Gives an optimizer other accumulators, and frees those that it has. */
export function setAccumulators(
  optimizer: tf.Optimizer,
  list: AccumulatorList,
  accumulators: readonly Accumulator[],
): void {
  const old = accumulatorsIn(optimizer, list);
  internals(optimizer)[list] = accumulators;
  for (const {variable} of old) variable.dispose();
}

/** How many steps an optimizer has made. */
export function iterationsOf(optimizer: tf.Optimizer): number {
  return internals(optimizer).iterations_ ?? 0;
}

/** Lets an optimizer go on as after so many steps. */
export function setIterations(optimizer: tf.Optimizer, iterations: number): void {
  const state = internals(optimizer);
  state.iterations_ = iterations;
  tf.tidy(() => {
    state.accBeta1?.assign(tf.scalar((state.beta1 ?? 0) ** (iterations + 1)));
    state.accBeta2?.assign(tf.scalar((state.beta2 ?? 0) ** (iterations + 1)));
    state.iteration?.assign(tf.scalar(iterations));
  });
}
