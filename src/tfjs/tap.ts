/**
 * A tap on tfjs: tells of every kernel that runs, of tensors made of data, of data that is read and of variables that are
 * made and assigned. Nothing is computed differently.
 *
 * tfjs offers no such events. As long as somebody listens, methods of its engine, `tf.Variable.prototype.assign`, and
 * `Math.random`, which seeds its generators, are others.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

/** What a tap tells, and asks. What happens within a kernel is told only where it says so. */
export interface EngineListener {
  /** A kernel was run. */
  kernel(
    name: string,
    inputs: tf.NamedTensorMap,
    attrs: tf.NamedAttrMap,
    outputs: readonly tf.Tensor[],
  ): void;
  /** Within a kernel, a tensor was copied: it is saved for a gradient. */
  copy(copy: tf.Tensor, of: tf.Tensor): void;
  /** A tensor was made of data. */
  tensor(tensor: tf.Tensor): void;
  /** A variable was made. */
  variable(variable: tf.Variable): void;
  /** Data are about to be read. */
  read(dataId: object): void;
  /** A variable is about to be assigned. */
  assign(variable: tf.Variable, value: tf.Tensor): void;
  /** What `Math.random` gives, in place of what `chance` would. */
  random(chance: () => number): number;
}

type Engine = ReturnType<typeof tf.engine>;

/** Has `listener` told what tfjs does; the function returned ends it, and leaves tfjs as it was. One tap at a time. */
export function tapEngine(listener: EngineListener): () => void {
  const engine = tf.engine();
  const {runKernel, makeTensor, makeVariable, readSync, read} = engine;
  const {assign} = tf.Variable.prototype;
  const {random} = Math;
  // Kernels call kernels: what is told is the outermost.
  let depth = 0;
  const within = <T>(run: () => T): T => {
    depth++;
    try {
      return run();
    } finally {
      depth--;
    }
  };
  const wrappers = {
    runKernel: (name: string, inputs: tf.NamedTensorMap, attrs?: tf.NamedAttrMap) => {
      const outputs = within(() => runKernel.call(engine, name, inputs, attrs)) as tf.Tensor | tf.Tensor[];
      if (depth === 0) listener.kernel(name, inputs, attrs ?? {}, [outputs].flat());
      else if (name === tf.Identity) listener.copy(outputs as tf.Tensor, inputs.x!);
      return outputs;
    },
    makeTensor: (...args: Parameters<Engine['makeTensor']>) => {
      const tensor = makeTensor.apply(engine, args);
      if (depth === 0) listener.tensor(tensor);
      return tensor;
    },
    makeVariable: (...args: Parameters<Engine['makeVariable']>) => {
      const variable = makeVariable.apply(engine, args);
      listener.variable(variable);
      return variable;
    },
    readSync: (dataId: object) => {
      if (depth === 0) listener.read(dataId);
      return readSync.call(engine, dataId);
    },
    read: (dataId: object) => {
      if (depth === 0) listener.read(dataId);
      return read.call(engine, dataId);
    },
  };
  const own = Object.keys(wrappers).filter((key) => Object.hasOwn(engine, key));
  Object.assign(engine, wrappers);
  tf.Variable.prototype.assign = function (this: tf.Variable, value: tf.Tensor) {
    listener.assign(this, value);
    assign.call(this, value);
  };
  Math.random = () => listener.random(random);
  return () => {
    const originals = {runKernel, makeTensor, makeVariable, readSync, read};
    for (const [key, value] of Object.entries(originals)) {
      if (own.includes(key)) Object.assign(engine, {[key]: value});
      else Reflect.deleteProperty(engine, key);
    }
    tf.Variable.prototype.assign = assign;
    Math.random = random;
  };
}

/** Name of the innermost scope of the engine: that of the tfjs op that is running. */
export function scopeName(): string {
  return tf.engine().state.activeScope?.name ?? '';
}

/** Names of the tfjs ops that are running, outermost first, from the innermost scope of this name on. */
export function runningOps(from: string): string[] {
  const {scopeStack} = tf.engine().state;
  const outermost = scopeStack.findLastIndex(({name}) => name === from);
  return scopeStack
    .slice(outermost + 1)
    .map(({name}) => name)
    .filter((name) => name.endsWith(tf.OP_SCOPE_SUFFIX))
    .map((name) => name.slice(0, -tf.OP_SCOPE_SUFFIX.length));
}

/** The variable that has these data; undefined where none has. */
export function variableWithData(dataId: object): tf.Variable | undefined {
  return Object.values(tf.engine().registeredVariables).find((each) => each.dataId === dataId);
}

/** True while a gradient is computed, also within an operation that has a gradient of its own. */
export function isWithinGradient(): boolean {
  return tf.engine().state.gradientDepth > 0;
}
