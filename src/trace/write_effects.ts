/**
 * Writes what may use resources: reads and assignments of variables, ops that were asked for by name, and calls of functions
 * that exist already. Control dependencies keep them in order.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {type Operand, outputsOf} from '../graph/builder.js';
import {isStateful} from '../graph/effects.js';
import type {DType} from '../host/dtypes.js';
import {Variable} from '../ops/variable/variable.js';
import {capturedValue, capturedVariable, resourceKeys} from './captures.js';
import type {FunctionWriter} from './function_writer.js';
import type {ForeignCall, RecordedOp} from './recording.js';
import type {Step} from './steps.js';

/** A variable's value at this point of the program. */
export function writeRead(writer: FunctionWriter, face: tf.Variable): Operand {
  const {graph, order} = writer;
  const variable = Variable.of(face);
  const captured = capturedVariable(variable);
  const controls = order.beforeRead(captured.key);
  const inputs = [writer.captured(captured)];
  const [value] = graph.node('ReadVariableOp', inputs, {dtype: variable.dtype}, {controls});
  order.read(captured.key, value!.node);
  return graph.cast(value!, face.dtype as DType);
}

/** An assignment of a variable. */
export function writeAssign(writer: FunctionWriter, face: tf.Variable, value: Operand): void {
  const {graph, order} = writer;
  const variable = Variable.of(face);
  const captured = capturedVariable(variable);
  const inputs = [writer.captured(captured), graph.cast(value, variable.dtype)];
  const controls = order.beforeChange([captured.key]);
  order.change([captured.key], graph.statement('AssignVariableOp', inputs, {}, {controls}));
}

/** An op that was asked for by its name, as the one node that it is. */
export function writeOp(
  writer: FunctionWriter,
  step: Step,
  {name, attrs, inputs: dtypes}: RecordedOp,
): readonly Operand[] {
  const {graph, order} = writer;
  const operands = writer.inputsOf(step).map((tensor, i) => graph.cast(writer.exact(tensor), dtypes[i]!));
  const keys = isStateful(name) ? writer.resourcesOf(operands) : [];
  const {node, outputs} = graph.raw(name, operands, attrs, order.beforeChange(keys));
  if (keys.length > 0) order.change(keys, node);
  return outputs;
}

/** A call of a function that exists already. */
export function writeCall(
  writer: FunctionWriter,
  step: Step,
  {callee, inputs, bound, outputs, stateful}: ForeignCall,
): Operand[] {
  const {graph, order} = writer;
  const args = writer.inputsOf(step).map(({operand}, i) => graph.cast(operand, inputs[i]!));
  const captured = bound.map(capturedValue);
  const given = args.filter(({dtype}) => dtype === 'resource');
  const keys = [
    ...new Set([...resourceKeys(captured), ...(given.length === 0 ? [] : writer.resourcesOf(given))]),
  ];
  const node = graph.statement(
    stateful ? 'StatefulPartitionedCall' : 'PartitionedCall',
    [[...args, ...captured.map((each) => writer.captured(each))]],
    {f: {func: writer.trace.callees.nameOf(callee)}, Tout: [...outputs]},
    {controls: order.beforeChange(keys)},
  );
  if (stateful) order.change(keys, node);
  return outputsOf(node).map((result, i) =>
    graph.cast(result, (step.outputs[i]?.dtype ?? result.dtype) as DType),
  );
}
