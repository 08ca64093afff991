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
  /**
   * The function as the body of a loop or a branch. It reads tensors of the graph around it by their names.
   *
   * @param inputs - what the function's parameters are in the body
   * @param declare - which of them are inputs of the body, as opposed to tensors from around it
   * @param finish - makes of the function's results, in the body, what the body gives
   */
  body(
    fn: FunctionRef,
    inputs: (to: OnnxBuilder) => {
      readonly args: readonly OnnxTensor[];
      readonly declare: readonly OnnxTensor[];
    },
    finish: (results: readonly OnnxTensor[], to: OnnxBuilder) => readonly OnnxTensor[],
  ): OnnxGraph;
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
