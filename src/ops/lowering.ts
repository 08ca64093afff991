/**
 * The contract between the compiler and the `onnx` columns: what a rule is given and what it builds.
 *
 * @module
 */

import type {FunctionRef} from '../graph/attrs.js';
import type {OpNode} from '../graph/graph.js';
import type {Known} from '../graph/known.js';
import type {DType} from '../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../onnx/builder.js';
import type {OnnxGraph} from '../onnx/graph.js';

/** What a rule builds with. */
export interface Lowering extends OnnxBuilder {
  /** What is known of the node's outputs. */
  readonly results: readonly Known[];
  /** The value of the variable that a handle leads to: a constant as long as nobody assigns it. */
  variable(handle: OnnxTensor, dtype: DType): OnnxTensor;
  /** By result of a function, the number of the parameter that it is; undefined for one that is computed. */
  handedOn(fn: FunctionRef): readonly (number | undefined)[];
  /** By result of the body of a loop, how it sets an element of a list that nothing else in it reads or sets. */
  written(fn: FunctionRef): readonly (WrittenList | undefined)[];
  /**
   * The nodes of a function among those that are built: what its results are.
   *
   * @throws NotLowered when one of its nodes, or of those of functions that it calls, cannot be lowered.
   */
  inline(fn: FunctionRef, args: readonly OnnxTensor[]): readonly OnnxTensor[];
  /**
   * The body of a loop or a branch. It reads tensors of the graph around it as they are.
   *
   * @param build - builds its nodes, and says what it is given and what it gives
   */
  body(build: (to: Lowering) => BodyPorts): OnnxGraph;
}

/** Which element of a list each turn of a loop sets: the one at a place, or that of the number of a loop variable, which the turn counts on by 1. */
export type WrittenList = {readonly place: number} | {readonly counter: number};

/** What goes into a body and comes out of it. */
export interface BodyPorts {
  /** Made by `declare`. */
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
}

/**
 * Builds ops of ONNX that compute a node: what stands for its outputs, list outputs spread out; a single one may be given bare. May give
 * one of its inputs. Throws a `NotLowered` with the reason where it has no way to compute exactly what TensorFlow does: the node then stays with
 * the interpreter.
 */
export type Lower = (
  inputs: readonly OnnxTensor[],
  node: OpNode,
  to: Lowering,
) => OnnxTensor | readonly OnnxTensor[];

/** Rules by op. */
export type LowerTable = Readonly<Record<string, Lower>>;
