/**
 * Control flow that depends on tensors, for functions that are traced: a JavaScript loop or branch is traced as what it
 * did on the samples.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../errors.js';
import {unobserved} from '../runtime/observer.js';
import {activeRecorder, record} from './record.js';
import type {Recorder} from './recorder.js';
import type {SubRun} from './recording.js';

/** A loop makes so many turns at most while it is traced: enough to see its tensors grow. */
const MOST_TURNS = 32;

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
  const recorder = activeRecorder();
  if (recorder !== undefined) return recordLoop(recorder, cond, turn, vars);
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
  const recorder = activeRecorder();
  if (recorder !== undefined) return recordBranch(recorder, pred, whenTrue, whenFalse);
  return [...(holds(pred.clone()) ? whenTrue() : whenFalse())];
}

/** The value of a condition, which is disposed. */
export function holds(condition: tf.Tensor): boolean {
  if (condition.size !== 1) throw new CallError(`a condition is one boolean, not shape [${condition.shape}]`);
  const [value] = condition.dataSync();
  condition.dispose();
  return Boolean(value);
}

function recordLoop(
  recorder: Recorder,
  cond: (vars: tf.Tensor[]) => tf.Tensor,
  body: (vars: tf.Tensor[]) => readonly tf.Tensor[],
  vars: readonly tf.Tensor[],
): tf.Tensor[] {
  const inputs = vars.map((each) => recorder.refOf(each));
  const turns = unobserved(() => turnsOf(cond, body, vars));
  // Another turn in each run, so that what grows from turn to turn shows.
  const sample = turns[Math.min(recorder.run, Math.max(turns.length - 2, 0))]!;
  const parts = {
    cond: recordPart(recorder, (each) => [cond(each)], sample),
    body: recordPart(recorder, body, sample),
  };
  const results = unobserved(() => turns.at(-1)!.map((each) => tf.clone(each)));
  recorder.addControlFlow({kind: 'loop', ...parts}, inputs, results);
  return results;
}

/** The loop variables before each turn and after the last. */
function turnsOf(
  cond: (vars: tf.Tensor[]) => tf.Tensor,
  body: (vars: tf.Tensor[]) => readonly tf.Tensor[],
  vars: readonly tf.Tensor[],
): tf.Tensor[][] {
  const turns = [vars.map((each) => tf.clone(each))];
  // What follows a sample may never end.
  while (turns.length < MOST_TURNS && cond(turns.at(-1)!).dataSync()[0]) {
    turns.push([...body(turns.at(-1)!)]);
  }
  return turns;
}

function recordBranch(
  recorder: Recorder,
  pred: tf.Tensor,
  whenTrue: () => readonly tf.Tensor[],
  whenFalse: () => readonly tf.Tensor[],
): tf.Tensor[] {
  const inputs = [recorder.refOf(pred)];
  const branches = [recordPart(recorder, whenTrue, []), recordPart(recorder, whenFalse, [])] as const;
  const results = unobserved(() => {
    const taken = pred.dataSync()[0] ? whenTrue() : whenFalse();
    return taken.map((each) => tf.clone(each));
  });
  recorder.addControlFlow({kind: 'branch', branches}, inputs, results);
  return results;
}

/** Records a part of a loop or a branch as a function of its own. */
function recordPart(
  outer: Recorder,
  part: (vars: tf.Tensor[]) => readonly tf.Tensor[],
  vars: readonly tf.Tensor[],
): SubRun {
  const {recording, result} = record(
    (inner) => {
      const fresh = unobserved(() => vars.map((each) => tf.clone(each)));
      for (const each of fresh) inner.addParameter(each);
      return part(fresh).map((each) => inner.refOf(each));
    },
    outer.run,
    outer,
  );
  outer.createdVariable ||= recording.createdVariable;
  return {recording, results: result};
}
