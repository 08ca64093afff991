/**
 * Which functions give the same when they are run again, and change nothing: those a gradient may run a second time.
 *
 * @module
 */

import {calledFunctions, isStateful} from '../graph/effects.js';
import type {FunctionLibrary} from '../graph/graph.js';
import {factsOf} from '../ops/facts.js';
import type {ConcreteFunction} from '../savedmodel/load/concrete_function.js';

const KNOWN = new WeakMap<ConcreteFunction, boolean>();

/** True when neither the function nor any it calls is random or assigns a state. */
export function isRepeatable(concrete: ConcreteFunction): boolean {
  let known = KNOWN.get(concrete);
  if (known === undefined) {
    known = areRepeatable(concrete.runtime.library, concrete.name);
    KNOWN.set(concrete, known);
  }
  return known;
}

function areRepeatable(library: FunctionLibrary, name: string): boolean {
  const seen = new Set([name]);
  // A set's iteration goes on to what is added meanwhile.
  for (const each of seen) {
    for (const node of library.get(each)?.nodes ?? []) {
      if (isStateful(node.op) && !factsOf(node.op).repeatable) return false;
      for (const called of calledFunctions(node, library)) seen.add(called);
    }
  }
  return true;
}
