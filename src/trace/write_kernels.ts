/**
 * Writes what kernels of tfjs have computed, by the rule for each.
 *
 * @module
 */

import {SaveError} from '../errors.js';
import type {Operand} from '../graph/builder.js';
import type {FunctionWriter} from './function_writer.js';
import {KernelCall, type KernelInputs} from './kernel_call.js';
import {KERNEL_RULES} from './kernels.js';
import {isRef, type RefTree} from './recording.js';
import type {Step, StepKind} from './steps.js';

/** A kernel as TensorFlow's ops. */
export function writeKernel(
  writer: FunctionWriter,
  {inputs, outputs}: Step,
  {kernel, attrs}: Extract<StepKind, {kind: 'kernel'}>,
): readonly Operand[] {
  const rule = KERNEL_RULES[kernel];
  if (rule === undefined) throw new SaveError(`what tfjs calls ${kernel} has no counterpart in TensorFlow`);
  const tensors = tensorsAt(writer, inputs) as KernelInputs;
  const operands = [rule(new KernelCall(kernel, writer.graph, writer.dims, tensors, attrs, outputs))].flat();
  outputs.forEach(({dtype}, i) => {
    const given = operands[i]?.dtype;
    if (given !== dtype) throw new SaveError(`${kernel} gives ${dtype} in tfjs and ${given} as traced`);
  });
  return operands;
}

/** A tree of tensors in place of one of references to them. */
function tensorsAt(writer: FunctionWriter, tree: RefTree): unknown {
  if (tree === null) return null;
  if (isRef(tree)) return writer.tensor(tree);
  if (Array.isArray(tree)) return tree.map((each) => tensorsAt(writer, each));
  const named = Object.entries(tree).map(([name, each]) => [name, tensorsAt(writer, each as RefTree)]);
  return Object.fromEntries(named);
}
