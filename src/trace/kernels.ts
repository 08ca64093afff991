/**
 * Every tfjs kernel as TensorFlow ops.
 *
 * @module
 */

import type {GraphBuilder, Operand} from './graph_builder.js';
import type {KernelAttrs} from './recording.js';

/** Writes a kernel as nodes and gives its outputs. */
export type KernelRule = (
  inputs: Readonly<Record<string, Operand>>,
  attrs: KernelAttrs,
  graph: GraphBuilder,
) => Operand[];

const unary =
  (op: string): KernelRule =>
  ({x}, _, graph) => [graph.op(op, [x!])];
const binary =
  (op: string): KernelRule =>
  ({a, b}, _, graph) => [graph.op(op, [a!, b!])];

/** By the name of the kernel. */
export const KERNEL_RULES: Readonly<Record<string, KernelRule>> = {
  ...Object.fromEntries(
    ['Abs', 'Exp', 'Identity', 'Log', 'Neg', 'Relu', 'Sigmoid', 'Sqrt', 'Square', 'Tanh'].map((op) => [
      op,
      unary(op),
    ]),
  ),
  Add: binary('AddV2'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('RealDiv'),
  Maximum: binary('Maximum'),
  Minimum: binary('Minimum'),
  Cast: ({x}, attrs, graph) => [graph.cast(x!, attrs.dtype as 'float32')],
};
