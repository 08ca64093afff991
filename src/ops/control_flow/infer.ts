/**
 * What is known of results of functions that a node calls, and of what goes round in loops. (Merge, where the paths of a graph
 * with dataflow meet, is the driver's.)
 *
 * @module
 */

import type {FunctionRef} from '../../graph/attrs.js';
import type {OpNode} from '../../graph/graph.js';
import type {FunctionResults, Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, type Known, relaxed, sameKnowledge} from '../../graph/known.js';
import {mergeShapes} from '../../host/shape.js';
import {forAll, nothing, passes} from '../infer_rules.js';

const call: Infer = (inputs, {attrs}, functions) => functions.of(attrs.func('f'), inputs);

/** One of some functions runs: what is true of the results of all. */
function oneOf(
  branches: readonly FunctionRef[],
  args: readonly Known[],
  node: OpNode,
  functions: FunctionResults,
): readonly Inferred[] {
  const results = branches.map((branch) => functions.of(branch, args));
  const [first = [], ...others] = results;
  const common = first.map((known, i) =>
    others.reduce((all, other) => relaxed(all, other[i] ?? known), known),
  );
  return asDeclared(common, node);
}

/** With the shapes that the node says its outputs have. */
function asDeclared(outputs: readonly Known[], {attrs}: OpNode): readonly Inferred[] {
  const declared = attrs.has('output_shapes') ? attrs.shapes('output_shapes') : [];
  return outputs.map((known, i) => {
    const shape = mergeShapes(known.shape, declared[i] ?? null);
    return shape === undefined ? known : {...known, shape};
  });
}

const conditional: Infer = ([, ...args], node, functions) =>
  oneOf([node.attrs.func('then_branch'), node.attrs.func('else_branch')], args, node, functions);

const switchCase: Infer = ([, ...args], node, functions) =>
  oneOf(node.attrs.funcs('branches'), args, node, functions);

/** What is known of loop variables shrinks with each turn, so that few turns do; of those that go on, nothing is known. */
const MOST_TURNS = 16;

/** What stays true of loop variables however often `body` is run. */
function looped(
  inputs: readonly Known[],
  body: (loopVars: readonly Known[]) => readonly Known[],
): readonly Known[] {
  let loopVars = inputs;
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const results = body(loopVars);
    const next = loopVars.map((known, i) => relaxed(known, results[i] ?? {dtype: known.dtype, shape: null}));
    if (sameKnowledge(loopVars, next)) return next;
    loopVars = next;
  }
  return inputs.map(({dtype}) => ({dtype, shape: null}));
}

const whileLoop: Infer = (inputs, node, functions) =>
  asDeclared(
    looped(inputs, (loopVars) => functions.of(node.attrs.func('body'), loopVars)),
    node,
  );

const COUNTER: Known = {dtype: 'int32', shape: []};

const forLoop: Infer = ([, , , ...inputs], node, functions) =>
  looped(inputs, (loopVars) => functions.of(node.attrs.func('body'), [COUNTER, ...loopVars]));

/** A value leaves by one of two doors. */
const branching: Infer = ([x]) => [x!, x!];

export const infer: InferTable = {
  ...forAll(call, ['PartitionedCall', 'StatefulPartitionedCall']),
  ...forAll(conditional, ['If', 'StatelessIf']),
  ...forAll(switchCase, ['Case', 'StatelessCase']),
  ...forAll(whileLoop, ['While', 'StatelessWhile']),
  For: forLoop,
  ...forAll(nothing, ['NoOp', 'ControlTrigger']),
  ...forAll(branching, ['Switch', 'RefSwitch']),
  ...forAll(passes, [
    'LoopCond',
    'Enter',
    'RefEnter',
    'Exit',
    'RefExit',
    'NextIteration',
    'RefNextIteration',
  ]),
};
