/**
 * Which functions give the same when they are run again, and change nothing: those a gradient may run a second time.
 *
 * @module
 */

import {ARGUMENT_OP, type FunctionLibrary} from '../graph/graph.js';
import {opDef} from '../graph/op_defs.js';
import type {ConcreteFunction} from '../savedmodel/load/concrete_function.js';

/** Ops that TensorFlow calls stateful because they look at a state, check something, or keep one for the run alone. */
const HARMLESS = [
  /^(VarHandleOp|VariableV2|Variable|_?ReadVariables?Op|ResourceGather|ResourceGatherNd|VariableShape)$/,
  /^(VarIsInitializedOp|IsVariableInitialized|Assert|CheckNumerics|Print(V2)?|NoOp|Placeholder)$/,
  /^(DisableCopyOnRead|CudnnRNN(V\d)?)$/,
  /^(HashTable|MutableHashTable|MutableDenseHashTable|MutableHashTableOfTensors)(V2)?$/,
  /^LookupTable(Find|Size|Export)(V2)?$/,
  /^(Stack|StackPush|StackPop|StackClose|TensorArray\w*)(V\d)?$/,
  /^(Stateful)?PartitionedCall$/,
  /^(Stateless)?(If|While|Case)$/,
];

const KNOWN = new WeakMap<ConcreteFunction, boolean>();

/** True when neither the function nor any it calls is random or assigns a state. */
export function isRepeatable(concrete: ConcreteFunction): boolean {
  let known = KNOWN.get(concrete);
  if (known === undefined) {
    known = areHarmless(concrete.runtime.library, concrete.name);
    KNOWN.set(concrete, known);
  }
  return known;
}

function areHarmless(library: FunctionLibrary, name: string): boolean {
  const seen = new Set([name]);
  // A set's iteration goes on to what is added meanwhile.
  for (const each of seen) {
    for (const {op, attrs} of library.get(each)?.nodes ?? []) {
      if (op === ARGUMENT_OP) continue;
      const definition = opDef(op);
      // Old graphs call functions by using their name as an op.
      if (definition === undefined) seen.add(op);
      if (definition?.stateful && !HARMLESS.some((names) => names.test(op))) return false;
      for (const {name: attr, type} of definition?.attrs ?? []) {
        if (!attrs.has(attr)) continue;
        if (type === 'func') seen.add(attrs.func(attr).name);
        if (type === 'list(func)') for (const {name: branch} of attrs.funcs(attr)) seen.add(branch);
      }
    }
  }
  return true;
}
