/**
 * Gives variables that a function assigns while it is traced their old values again.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {HostTensor} from '../host/tensor.js';
import {Variable, watchExactValues} from '../ops/variable/variable.js';
import {unobserved} from '../runtime/observer.js';
import {Value} from '../tensors/value.js';

/** What was assigned since some moment, with the values it had then. */
interface Assigned {
  readonly variables: Map<tf.Variable, tf.Tensor>;
  /** Values that tfjs cannot hold exactly. */
  readonly exact: Map<Variable, HostTensor>;
}

/** Since the innermost function under way began. */
let assigned: Assigned | undefined;

/** Runs `f`, and then gives everything that it assigned its old value again, also if it throws. */
export function undoingAssignments<T>(f: () => T): T {
  const outer = assigned;
  const own: Assigned = {variables: new Map(), exact: new Map()};
  const stopWatching = outer === undefined ? watchExactValues(noteExact) : undefined;
  assigned = own;
  try {
    return f();
  } finally {
    // What is given back is as it was for whoever is around, too.
    assigned = undefined;
    unobserved(() => giveBack(own));
    assigned = outer;
    stopWatching?.();
  }
}

/** To be called before a variable is assigned. */
export function noteAssignment(variable: tf.Variable): void {
  if (assigned === undefined || assigned.variables.has(variable)) return;
  unobserved(() => Variable.faceChanges(variable));
  const value = unobserved(() => tf.keep(tf.clone(variable as tf.Tensor)));
  assigned.variables.set(variable, value);
}

function noteExact(variable: Variable, value: Value): void {
  if (assigned === undefined || assigned.exact.has(variable)) return;
  const {dtype, shape} = value;
  assigned.exact.set(variable, {dtype, shape, data: value.hostData()});
}

/** Exact values come last: they bring the variables that show them in step. */
function giveBack({variables, exact}: Assigned): void {
  for (const [variable, value] of variables) {
    if (!variable.isDisposed) variable.assign(value);
    value.dispose();
  }
  for (const [variable, value] of exact) variable.assign(Value.of(value));
}
