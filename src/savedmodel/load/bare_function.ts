/**
 * Traces that were saved by themselves. They take the arguments of the function that was traced, in its structure, or its
 * flat tensors, by position or by name.
 *
 * Source: `ConcreteFunction._call_impl` in `tensorflow/python/eager/polymorphic_function/concrete_function.py`.
 *
 * @module
 */

import type {FunctionPort} from '../../graph/graph.js';
import type {Structure} from '../../graph/nest.js';
import type {ConcreteFunction} from './concrete_function.js';
import {type CallForm, flatArguments, flatForm} from './flat_form.js';
import {type ArgumentSpec, callable, type RestoredFunction} from './restored_function.js';

/** What makes such a function. */
export interface BareFunctionSpec {
  readonly name: string;
  readonly concrete: ConcreteFunction;
  /** Names of the flat arguments; none where it takes its arguments in their structure alone. */
  readonly keywords: readonly string[];
  /** Absent where what was traced was no Python function: then arguments go by position. */
  readonly argumentSpec: ArgumentSpec | undefined;
  /** The flat arguments as the graph has them: it does not tell their shapes. */
  parameters(): readonly FunctionPort[];
}

/** Makes the callable form: the structured reading first, as in TensorFlow. */
export function bareFunction(spec: BareFunctionSpec): RestoredFunction {
  const structured = structuredForm(spec);
  const flat = flatReading(spec);
  if (structured === undefined) return callable([flat ?? {...spec, concreteFunctions: [spec.concrete]}]);
  return callable(flat === undefined ? [structured] : [structured, flat]);
}

/** Undefined for a pruned function, whose arguments no file tells the structure of. */
function structuredForm({name, concrete, argumentSpec}: BareFunctionSpec): CallForm | undefined {
  if (concrete.inputs.kind === 'none') return undefined;
  return {name, concreteFunctions: [concrete], argumentSpec};
}

function flatReading({name, concrete, keywords, parameters}: BareFunctionSpec): CallForm | undefined {
  const items =
    concrete.inputs.kind === 'none'
      ? parameters().map(({name: own, dtype}): Structure => ({kind: 'tensor', name: own, dtype, shape: null}))
      : flatArguments(concrete.inputs);
  if (items.length === 0 || items.length !== keywords.length) return undefined;
  return flatForm(name, concrete, items, keywords);
}
