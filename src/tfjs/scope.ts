/**
 * Scopes of tensors, as `tf.tidy` opens them, for what `tf.tidy` cannot do: the interpreter opens one for each node, in calls
 * that lie hundreds deep in each other, and three more functions on the stack for each would be too many.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** Opens a scope, which {@link closeScope} has to close whatever happens. Its name is there to find it again. */
export function openScope(name?: string): void {
  tf.engine().startScope(name);
}

/** Closes the scope opened last. Of the tensors made in it, those in `kept` go to the scope around; the others are freed. */
export function closeScope(kept: readonly tf.Tensor[]): void {
  tf.engine().endScope(kept as tf.Tensor[]);
}

/** The scope that is open: an object of its own each time one is opened. Undefined outside of all. */
export function presentScope(): object | undefined {
  return tf.engine().state.activeScope ?? undefined;
}

/**
 * Runs `f` outside of all scopes, those of whoever has one open included: an asynchronous call must not lose its tensors to a scope that
 * was open when it went on.
 */
export function outsideScopes<T>(f: () => T): T {
  const {state} = tf.engine();
  const {activeScope, scopeStack} = state;
  state.activeScope = null as never;
  state.scopeStack = [];
  try {
    return f();
  } finally {
    state.activeScope = activeScope;
    state.scopeStack = scopeStack;
  }
}
