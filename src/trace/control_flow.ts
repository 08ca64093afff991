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
 * const one = tf.scalar(1, 'int32');
 * const start = [tf.scalar(0, 'int32'), tf.zerosLike(x)];
 * const [, sum] = whileLoop(([i]) => tf.less(i, n), ([i, sum]) => [tf.add(i, one), tf.add(sum, x)], start);
 */
export function whileLoop(
  cond: (vars: tf.Tensor[]) => tf.Tensor,
  body: (vars: tf.Tensor[]) => readonly tf.Tensor[],
  vars: readonly tf.Tensor[],
): tf.Tensor[] {
  const turn = (present: tf.Tensor[]): readonly tf.Tensor[] => asBefore(vars, body(present));
  const recording = activeRecording();
  if (recording !== undefined) return recording.addLoop(cond, turn, vars);
  let present = vars.map((each) => tf.clone(each));
  while (holds(tf.tidy(() => cond(present)))) {
    const next = tf.tidy(() => turn(present).map((each) => tf.clone(each)));
    tf.dispose(present);
    present = next;
  }
  return present;
}

/** What a turn of a loop gives: it has to be as many variables, of the same dtypes. */
function asBefore(vars: readonly tf.Tensor[], next: readonly tf.Tensor[]): readonly tf.Tensor[] {
  if (next.length !== vars.length) {
    throw new CallError(`the body of a loop with ${vars.length} variables gives ${next.length}`);
  }
  vars.forEach(({dtype}, i) => {
    if (next[i]!.dtype === dtype) return;
    throw new CallError(
      `variable ${i} of a loop is ${dtype}, and ${next[i]!.dtype} after a turn; tfjs takes plain numbers for float32: ` +
        `write tf.scalar(1, '${dtype}') in place of 1, or cast`,
    );
  });
  return next;
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
