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

/**
 * Closes the scope opened last. Of the tensors made in it, those in `kept` go to the scope around; the others are freed.
 *
 * It does what `engine().endScope` does, for a list of tensors: that one looks for tensors in whatever it is given, which takes
 * longer than many a node.
 */
export function closeScope(kept: readonly tf.Tensor[]): void {
  const {state} = tf.engine();
  const {track, id} = state.scopeStack.pop()!;
  const outer = state.scopeStack.at(-1);
  state.activeScope = outer ?? (null as never);
  if (track.length === 0) return;
  const staying = kept.length > FEW ? new Set(kept) : undefined;
  for (const tensor of track) {
    if (tensor.kept) continue;
    if (!(staying?.has(tensor) ?? kept.includes(tensor))) tensor.dispose();
    else if (tensor.scopeId === id && outer !== undefined) {
      tensor.scopeId = outer.id;
      outer.track.push(tensor);
    }
  }
}

/** So few tensors are found faster in a list than in a set. */
const FEW = 8;

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
