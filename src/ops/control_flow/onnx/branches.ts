/**
 * Branches: `If` with a body for each, or the nodes of the one that is always taken.
 *
 * @module
 */

import type {FunctionRef} from '../../../graph/attrs.js';
import {elementOf} from '../../../graph/known.js';
import {relaxShapes} from '../../../host/shape.js';
import type {OnnxTensor} from '../../../onnx/builder.js';
import type {OnnxGraph} from '../../../onnx/graph.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {elementsOfList, listFrom, stackedList} from '../../lower_lists.js';
import type {Lower, Lowering} from '../../lowering.js';
import {knownTruth, truthOf} from './truth.js';

/** What may run. */
interface Branch {
  /** Builds its nodes: what its results are. */
  readonly build: (to: Lowering) => readonly OnnxTensor[];
  /** By result: the tensor from around it that it is, undefined for one that is computed. */
  readonly handed: readonly (OnnxTensor | undefined)[];
}

const call = (fn: FunctionRef, args: readonly OnnxTensor[], to: Lowering): Branch => ({
  build: (inner) => inner.inline(fn, args),
  handed: to.handedOn(fn).map((parameter) => (parameter === undefined ? undefined : args[parameter])),
});

export const conditional: Lower = ([condition, ...args], {attrs}, to) => {
  const known = knownTruth(condition!);
  if (known !== undefined) return to.inline(attrs.func(known ? 'then_branch' : 'else_branch'), args);
  const then = call(attrs.func('then_branch'), args, to);
  const otherwise = call(attrs.func('else_branch'), args, to);
  return oneOf(truthOf(condition!, to), then, otherwise).build(to);
};

/** An index out of range takes the last branch. */
export const switchCase: Lower = ([index, ...args], {attrs}, to) => {
  const functions = attrs.funcs('branches');
  const last = functions.at(-1) ?? notLowered('it has no branches');
  const known = elementOf(index);
  if (known !== undefined) return to.inline(functions[known] ?? last, args);
  const branches = functions.map((fn) => call(fn, args, to));
  return branches.reduceRight((others, branch, number) => ifIndex(index!, number, branch, others)).build(to);
};

const ifIndex = (index: OnnxTensor, number: number, branch: Branch, others: Branch): Branch => ({
  ...oneOf(index, branch, others),
  build: (to) => {
    const isWanted = to.op('Equal', [index, to.scalar('int32', number)], {}, {dtype: 'bool', shape: []});
    return oneOf(isWanted, branch, others).build(to);
  },
});

/** Runs one of two branches. What both have from around them need not come out of them. */
function oneOf(condition: OnnxTensor, then: Branch, otherwise: Branch): Branch {
  const handed = then.handed.map((tensor, i) =>
    tensor !== undefined && tensor.name === otherwise.handed[i]?.name ? tensor : undefined,
  );
  return {handed, build: (to) => built(condition, then, otherwise, handed, to)};
}

function built(
  condition: OnnxTensor,
  then: Branch,
  otherwise: Branch,
  handed: Branch['handed'],
  to: Lowering,
): readonly OnnxTensor[] {
  if (!handed.includes(undefined)) return handed as readonly OnnxTensor[];
  let results: readonly OnnxTensor[] = [];
  const [thenBranch, elseBranch] = [then, otherwise].map(({build}) =>
    to.body((inner) => {
      results = build(inner);
      const made = results.filter((_, i) => handed[i] === undefined);
      return {inputs: [], outputs: made.map((result) => asTensor(result, inner))};
    }),
  ) as [OnnxGraph, OnnxGraph];
  const outputs = to.ops(
    'If',
    [condition],
    {then_branch: {graph: thenBranch}, else_branch: {graph: elseBranch}},
    thenBranch.outputs.map(({dtype, shape}, i) => ({
      dtype,
      shape: relaxShapes(shape, elseBranch.outputs[i]!.shape),
    })),
  );
  let next = 0;
  return results.map((result, i) => {
    if (handed[i] !== undefined) return handed[i];
    const output = outputs[next++]!;
    return result.list === undefined ? output : listFrom(elementsOfList(result), output, to);
  });
}

/** What stands for a tensor where it leaves a branch. */
function asTensor(result: OnnxTensor, to: Lowering): OnnxTensor {
  if (result.dtype === 'resource') notLowered('a branch gives a handle');
  return result.list === undefined ? result : stackedList(result, to);
}
