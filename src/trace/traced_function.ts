/**
 * What tracing a function gives: a graph, how its arguments and results nest, and what it is bound to. It knows nothing
 * of saving; a traced function can be written to a SavedModel, run, or compiled.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import type {FunctionGraph} from '../graph/graph.js';
import type {Structure} from '../graph/nest.js';
import type {HostTensor} from '../host/tensor.js';
import type {Value} from '../tensors/value.js';

/**
 * Something from outside that a traced function uses, and receives as a parameter of its graph.
 *
 * - `variable`: a `tf.Variable`; the parameter is its resource handle.
 * - `value`: a value that a loaded function is bound to: the handle of a table or of another resource.
 * - `constant`: a tensor that the function closes over and that is too large to stand in its graph.
 */
export type Capture =
  | {readonly kind: 'variable'; readonly variable: tf.Variable}
  | {readonly kind: 'value'; readonly value: Value}
  | {readonly kind: 'constant'; readonly value: HostTensor};

/** A function that exists already, such as one of a loaded model, and that a traced graph calls by name. */
export interface ForeignFunction {
  readonly name: string;
}

/** A function that a traced graph refers to: traced along with it (the body of a loop), or an existing one. */
export type Callee =
  | {readonly kind: 'traced'; readonly graph: FunctionGraph}
  | {readonly kind: 'foreign'; readonly function: ForeignFunction};

/** A function as a graph of TensorFlow ops. */
export interface TracedFunction {
  readonly name: string;
  /** Its parameters are the tensors of {@link inputs} in flat order, and then {@link captures}. */
  readonly graph: FunctionGraph;
  /** A pair: the tuple of positional arguments, and the dict of keyword arguments. */
  readonly inputs: Structure;
  readonly outputs: Structure;
  readonly captures: readonly Capture[];
  /** Every function that the graph or one of these names, by the name used in the graphs. */
  readonly callees: ReadonlyMap<string, Callee>;
}
