/**
 * What nodes do that others see beside their results, in the functions that they call as well.
 *
 * @module
 */

import {calledFunctions, isStateful} from '../graph/effects.js';
import {ARGUMENT_OP, type FunctionLibrary, type GraphNode} from '../graph/graph.js';
import {argTensors} from '../graph/node_types.js';
import {opDef} from '../graph/op_defs.js';
import {isReader} from './assigned.js';

/** True for a node that leads to a variable, a table or the like, and computes nothing. */
export function makesHandle({op, attrs, inputs}: GraphNode): boolean {
  const outputs = opDef(op)?.outputs ?? [];
  return (
    op !== ARGUMENT_OP &&
    inputs.length === 0 &&
    outputs.length > 0 &&
    argTensors(outputs, attrs).every(({arg, dtype}) => arg.isRef || dtype === 'resource')
  );
}

/**
 * The op by which a node does more than give its results, its own or one of the functions that it calls: it assigns, prints, asserts, is
 * random. Undefined for nodes without effects.
 *
 * @param ignored - ops whose effects do not matter
 */
export function effectOf(
  node: GraphNode,
  library: FunctionLibrary,
  ignored: readonly string[] = [],
  seen = new Set<string>(),
): string | undefined {
  if (node.op === ARGUMENT_OP || node.op === 'NoOp' || isReader(node.op) || makesHandle(node))
    return undefined;
  const called = calledFunctions(node, library);
  // Calls and branches have the effects of what they run, and no others.
  if (called.length === 0) return isStateful(node.op) && !ignored.includes(node.op) ? node.op : undefined;
  for (const name of called) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const inner of library.get(name)?.nodes ?? []) {
      const effect = effectOf(inner, library, ignored, seen);
      if (effect !== undefined) return effect;
    }
  }
  return undefined;
}
