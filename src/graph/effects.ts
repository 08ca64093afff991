/**
 * What nodes do beside computing outputs from inputs, and whom they call.
 *
 * @module
 */

import {ARGUMENT_OP, type FunctionLibrary, type Graph, type OpNode} from './graph.js';
import {opDef} from './op_defs.js';

/**
 * Whether an op does or sees more than its inputs and outputs (`OpDef.is_stateful`): it reads or changes a state, is random, or
 * tells the world. An op that nobody has defined is a function of the library: what it does is said by its nodes.
 */
export function isStateful(op: string): boolean {
  // A parameter stands for what is given: to take it is no effect, though TensorFlow's registry calls it stateful.
  return op !== ARGUMENT_OP && (opDef(op)?.stateful ?? false);
}

/** Nodes that are stateful themselves, whatever the functions do that others call. */
export function statefulNodes({nodes}: Graph): number[] {
  return nodes.flatMap(({op}, index) => (isStateful(op) ? [index] : []));
}

/** Names of the functions that a node calls, by its attributes or by its op. */
export function calledFunctions({op, attrs}: OpNode, library: Pick<FunctionLibrary, 'get'>): string[] {
  const definition = opDef(op);
  if (definition === undefined) return library.get(op) === undefined ? [] : [op];
  return definition.attrs.flatMap(({name, type}) => {
    if (type === 'func') return attrs.has(name) ? [attrs.func(name).name] : [];
    return type === 'list(func)' && attrs.has(name) ? attrs.funcs(name).map((each) => each.name) : [];
  });
}
