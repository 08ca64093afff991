/**
 * Names of variables. tfjs knows variables by their names and refuses to make a second one of a name. The names of loaded
 * variables are none of the user's business: a model that has a `dense/kernel` must not keep its user from making a layer
 * called `dense`. So a loaded variable gives way: to what is there, and to what is made later.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** Variables that take another name where somebody else wants theirs. */
const YIELDING = new WeakSet<tf.Variable>();

/** A registered variable whose name gives way. Where another one has the name, a number is added, as TensorFlow does. */
export function yieldingVariable(tensor: tf.Tensor, trainable: boolean, name: string): tf.Variable {
  const variable = tf.variable(tensor, trainable, freeName(name));
  YIELDING.add(variable);
  return variable;
}

function freeName(name: string): string {
  const taken = tf.engine().registeredVariables;
  let free = name;
  for (let n = 1; taken[free] !== undefined; n++) free = `${name}_${n}`;
  return free;
}

let isInstalled = false;

/** Lets the engine rename such a variable when its name is given to another. Calling it again does nothing. */
export function installYieldingNames(): void {
  if (isInstalled) return;
  isInstalled = true;
  const engine = tf.engine();
  const {makeVariable} = engine;
  engine.makeVariable = (...args) => {
    const [, , name] = args;
    const holder = name === undefined ? undefined : engine.registeredVariables[name];
    if (holder !== undefined && YIELDING.has(holder)) {
      const free = freeName(holder.name);
      delete engine.registeredVariables[holder.name];
      engine.registeredVariables[free] = Object.assign(holder, {name: free});
    }
    return makeVariable.apply(engine, args);
  };
}
