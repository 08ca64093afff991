/**
 * tfjs's gradient tape, as far as the public interface does not tell: whether it runs, what stands on it, and functions that
 * go on it as one step, under a gradient given beside them.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {closeScope, openScope} from './scope.js';

/** What of the engine runs a function as one step of the tape. */
interface StepRunner {
  runKernelFunc<T extends tf.Tensor | tf.Tensor[]>(step: {
    inputs: Record<string, tf.Tensor>;
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => T;
    backwardsFunc: (dys: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => Record<string, () => tf.Tensor>;
  }): T;
}

/** True while a tfjs gradient tape records what is computed; inside an operation with a gradient of its own it does not. */
export function isTaping(): boolean {
  const {gradientDepth, kernelDepth} = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** A function that goes on the tape as one step. */
export interface TapeStep<T extends tf.Tensor | tf.Tensor[]> {
  /** What gradients reach; a step of no inputs is a constant to the tape. */
  readonly inputs: readonly tf.Tensor[];
  /** Computes the outputs, beside the tape. Of what it makes, only what it gives and what it saves outlives it. */
  forward(save: (tensors: readonly tf.Tensor[]) => void): T;
  /**
   * Given the gradients of the outputs, and what was saved, how to compute the gradient of each input: done for those that
   * are asked for.
   */
  backward(dys: readonly tf.Tensor[], saved: readonly tf.Tensor[]): readonly (() => tf.Tensor)[];
}

/**
 * Runs a step, and puts it on the tape if there is one.
 *
 * Other than with `tf.customGrad` it may have several outputs, and only those gradients are computed that are asked for.
 */
export function runStep<T extends tf.Tensor | tf.Tensor[]>({inputs, forward, backward}: TapeStep<T>): T {
  if (!isTaping()) return runForward(forward);
  const engine = tf.engine() as unknown as StepRunner;
  return engine.runKernelFunc({
    inputs: Object.fromEntries(inputs.entries()),
    forwardFunc: (_backend, save) => forward((tensors) => save([...tensors])),
    backwardsFunc: (dys, saved) =>
      Object.fromEntries(backward(Array.isArray(dys) ? dys : [dys], saved).entries()),
  });
}

/** The outputs of a step that nothing records. */
function runForward<T extends tf.Tensor | tf.Tensor[]>(forward: TapeStep<T>['forward']): T {
  openScope();
  let outputs: readonly tf.Tensor[] = [];
  try {
    const given = forward(() => {});
    outputs = Array.isArray(given) ? given : [given];
    return given;
  } finally {
    closeScope(outputs);
  }
}

/** What the tape knows of one step. */
interface Recorded {
  readonly inputs: tf.NamedTensorMap;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
}

/** A place on the tape. */
export interface TapeMark {
  /** Those of `tensors` that the steps since then lead to, and these tensors themselves. */
  reachedFrom(tensors: Iterable<tf.Tensor>): ReadonlySet<tf.Tensor>;
  /**
   * Takes the steps since then off the tape, for they lead nowhere; tfjs would free what they saved only once gradients
   * were computed along them.
   */
  rewind(): void;
}

/** The end of the tape as it is now. */
export function markTape(): TapeMark {
  const {activeTape, gradientDepth} = tf.engine().state;
  const tape: Recorded[] = gradientDepth > 0 ? activeTape : [];
  const {length} = tape;
  return {
    reachedFrom: (tensors) => {
      const reached = new Set(tensors);
      for (const {inputs, outputs} of tape.slice(length)) {
        if (Object.values(inputs).some((tensor) => reached.has(tensor)))
          for (const each of outputs) reached.add(each);
      }
      return reached;
    },
    rewind: () => {
      for (const {saved} of tape.splice(length)) for (const tensor of saved ?? []) tensor.dispose();
    },
  };
}

/**
 * The gradients of `y` with respect to tensors; undefined for those that it does not depend on. May be called while the
 * gradients of another function are computed: the engine begins a tape for these and drops it at the end, and would drop
 * with it the tape under way, which still has to free what it saved.
 */
export function gradientsIfAny(
  y: () => tf.Scalar,
  xs: readonly tf.Tensor[],
): readonly (tf.Tensor | undefined)[] {
  const engine = tf.engine();
  const outer = engine.state.activeTape;
  try {
    const {grads} = engine.gradients(y, [...xs], undefined, true);
    return grads.map((each) => each ?? undefined);
  } finally {
    engine.state.activeTape = outer;
  }
}
