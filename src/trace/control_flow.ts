/**
 * Control flow that depends on tensors, for functions that are traced: a JavaScript loop or branch is traced as what it
 * did on the samples.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {activeRecording} from './recording.js';

/**
 * Repeats `body` while `cond` holds, and gives the last loop variables. Called as ever it is a JavaScript loop; traced it
 * is a loop of the graph, whose number of turns may depend on tensors. Mirrors `tf.while_loop`.
 *
 * @param cond - of the loop variables; gives a boolean scalar
 * @param body - of the loop variables; gives the next ones, of the same dtypes
 * @example
 * const [, sum] = whileLoop(([i]) => tf.less(i, n), ([i, sum]) => [tf.add(i, 1), tf.add(sum, x)], [zero, zero]);
 */
export function whileLoop(
  cond: (vars: tf.Tensor[]) => tf.Tensor,
  body: (vars: tf.Tensor[]) => readonly tf.Tensor[],
  vars: readonly tf.Tensor[],
): tf.Tensor[] {
  const recording = activeRecording();
  if (recording !== undefined) return recording.addLoop(cond, body, vars);
  let present = vars.map((each) => tf.clone(each));
  while (holds(tf.tidy(() => cond(present)))) {
    const next = tf.tidy(() => body(present).map((each) => tf.clone(each)));
    tf.dispose(present);
    present = next;
  }
  return present;
}

/**
 * Gives what `whenTrue` gives if `pred` holds, else what `whenFalse` gives. Traced, both are part of the graph; they give
 * as many tensors, of the same dtypes. Mirrors `tf.cond`.
 *
 * @param pred - a boolean scalar
 */
export function cond(
  pred: tf.Tensor,
  whenTrue: () => readonly tf.Tensor[],
  whenFalse: () => readonly tf.Tensor[],
): tf.Tensor[] {
  const recording = activeRecording();
  if (recording !== undefined) return recording.addBranch(pred, whenTrue, whenFalse);
  return [...(holds(pred.clone()) ? whenTrue() : whenFalse())];
}

/** The value of a condition, which is disposed. */
export function holds(condition: tf.Tensor): boolean {
  if (condition.size !== 1) throw new CallError(`a condition is one boolean, not shape [${condition.shape}]`);
  const [value] = condition.dataSync();
  condition.dispose();
  return Boolean(value);
}
