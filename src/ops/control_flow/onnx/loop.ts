/**
 * Loops: what a turn leaves as it is is read from around the loop, the rest goes from turn to turn. The condition for the first
 * turn is computed before the loop, that for the next one at the end of each.
 *
 * @module
 */

import {elementOf} from '../../../graph/known.js';
import {isKnown, type PartialShape, relaxShapes} from '../../../host/shape.js';
import type {OnnxList, OnnxTensor} from '../../../onnx/builder.js';
import type {OnnxGraph} from '../../../onnx/graph.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {provided} from '../../lower_checks.js';
import {elementsOfList, listFrom, stackedList, zeros} from '../../lower_lists.js';
import type {Lower, Lowering, WrittenList} from '../../lowering.js';
import {knownTruth, truthOf} from './truth.js';

/**
 * What becomes of a loop variable: it stays as it is; it is a tensor that each turn changes (of a list, the elements); or a list of
 * which each turn sets the next element, or the only one.
 */
type Role =
  | {readonly kind: 'invariant'}
  | {readonly kind: 'carried'; readonly initial: OnnxTensor; shape: PartialShape}
  | {readonly kind: 'written'; readonly isNext: boolean};

export const whileLoop: Lower = (inputs, {attrs}, to) => {
  const [cond, body] = [attrs.func('cond'), attrs.func('body')];
  const first = truthOf(to.inline(cond, inputs)[0]!, to);
  if (knownTruth(first) === false) return inputs;
  const handed = to.handedOn(body);
  // Either it does nothing or it does not end.
  if (inputs.every((_, i) => handed[i] === i)) notLowered('nothing changes in it');
  const written = to.written(body);
  const roles = inputs.map((input, i): Role => {
    if (handed[i] === i) return {kind: 'invariant'};
    if (input.dtype === 'resource') notLowered('a turn changes a handle');
    const isNext = written[i] && isNextOf(input, inputs, written[i]);
    if (isNext !== undefined) return {kind: 'written', isNext};
    if (input.list === undefined) return {kind: 'carried', initial: input, shape: to.results[i]!.shape};
    const initial = stackedList(input, to);
    return {kind: 'carried', initial, shape: initial.shape};
  });
  const turn = stableTurn(inputs, roles, to, (args, inner) => {
    const next = inner.inline(body, args);
    return {next, goOn: truthOf(inner.inline(cond, next)[0]!, inner)};
  });
  return loopOf(inputs, roles, first, turn, to);
};

/** Of a fresh list whether it is set from its beginning on, or at its only place; undefined where it is otherwise. */
function isNextOf(
  {list}: OnnxTensor,
  inputs: readonly OnnxTensor[],
  written: WrittenList,
): boolean | undefined {
  if (list === undefined || list.elements !== undefined || list.turn !== undefined) return undefined;
  if ('counter' in written) return elementOf(inputs[written.counter]) === 0 ? true : undefined;
  return written.place === 0 && elementOf(list.size) === 1 ? false : undefined;
}

/** A turn of a loop: the values of its variables after it, and whether there is another. */
type Turn = (
  args: readonly OnnxTensor[],
  to: Lowering,
) => {readonly next: readonly OnnxTensor[]; readonly goOn: OnnxTensor};

interface BuiltTurn {
  readonly graph: OnnxGraph;
  readonly next: readonly OnnxTensor[];
}

/** The body for which what is known of what a turn is given is true of what it gives. */
function stableTurn(
  inputs: readonly OnnxTensor[],
  roles: readonly Role[],
  to: Lowering,
  turn: Turn,
): BuiltTurn {
  for (;;) {
    const built = bodyOf(inputs, roles, to, turn);
    let isStable = true;
    for (const [i, role] of roles.entries()) {
      if (role.kind !== 'carried') continue;
      const result = built.next[i]!;
      const {shape} = result.list?.elements ?? result;
      const relaxed = relaxShapes(role.shape, shape);
      // What inference says of tensors holds for all turns; of lists it says nothing of how many there are.
      if (result.list === undefined || String(relaxed) === String(role.shape)) continue;
      // Nobody would ask how much there is of it.
      if (relaxed?.[0] !== role.shape?.[0]) notLowered('a list grows in a loop');
      role.shape = relaxed;
      isStable = false;
    }
    if (isStable) return built;
  }
}

function bodyOf(inputs: readonly OnnxTensor[], roles: readonly Role[], to: Lowering, turn: Turn): BuiltTurn {
  let next: readonly OnnxTensor[] = [];
  const graph = to.body((inner) => {
    const ports = [inner.declare({dtype: 'int64', shape: []}), inner.declare({dtype: 'bool', shape: []})];
    const args = inputs.map((input, i): OnnxTensor => {
      const role = roles[i]!;
      if (role.kind === 'invariant') return input;
      if (role.kind === 'written') return {...input, list: {...input.list!, turn: null}};
      const {initial, shape} = role;
      const known = input.list === undefined ? to.results[i]! : {dtype: initial.dtype};
      const port = inner.declare({...known, shape});
      ports.push(port);
      return input.list === undefined ? port : listFrom(elementsOfList(input), port, inner);
    });
    const made = turn(args, inner);
    next = made.next;
    const carried = next.flatMap((result, i) =>
      roles[i]!.kind === 'carried' ? [result.list === undefined ? result : stackedList(result, inner)] : [],
    );
    const elements = next.flatMap((result, i) =>
      roles[i]!.kind === 'written' ? [result.list?.turn ?? notLowered('a turn sets no element')] : [],
    );
    return {inputs: ports, outputs: [made.goOn, ...carried, ...elements]};
  });
  return {graph, next};
}

function loopOf(
  inputs: readonly OnnxTensor[],
  roles: readonly Role[],
  first: OnnxTensor,
  {graph, next}: BuiltTurn,
  to: Lowering,
): readonly OnnxTensor[] {
  const carried = roles.flatMap((role) => (role.kind === 'carried' ? [role] : []));
  const written = next.filter((_, i) => roles[i]!.kind === 'written');
  const outputs = to.ops(
    'Loop',
    [mostTurns(inputs, roles, to), first, ...carried.map(({initial}) => initial)],
    {body: {graph}},
    [
      ...carried.map(({initial, shape}) => ({dtype: initial.dtype, shape})),
      ...written.map(({list}) => {
        const {dtype, shape} = list!.turn!;
        return {dtype, shape: shape && [null, ...shape]};
      }),
    ],
  );
  let nextCarried = 0;
  let nextWritten = carried.length;
  return inputs.map((input, i) => {
    const role = roles[i]!;
    if (role.kind === 'invariant') return input;
    const output = outputs[role.kind === 'carried' ? nextCarried++ : nextWritten++]!;
    if (input.list === undefined) return output;
    return listFrom(elementsOfList(input), elementsAfter(role, output, input, next[i]!, to), to);
  });
}

/** One more turn than the lists have elements that they fill, so that those that go on for ever end; undefined where there is none. */
function mostTurns(
  inputs: readonly OnnxTensor[],
  roles: readonly Role[],
  to: Lowering,
): OnnxTensor | undefined {
  const list = inputs.find((_, i) => {
    const role = roles[i]!;
    return role.kind === 'written' && role.isNext;
  })?.list;
  return list && to.squeeze(to.op('Add', [list.size, to.ints([1])], {}, {shape: [1]}), [0]);
}

/** The elements of a list after the loop. */
function elementsAfter(
  role: Role,
  output: OnnxTensor,
  list: OnnxTensor,
  next: OnnxTensor,
  to: Lowering,
): OnnxTensor {
  if (role.kind !== 'written') return output;
  if (role.isNext) return completed(output, list, next.list!, to);
  // Where there was no turn, the session fails.
  const last = to.op('Gather', [output, to.ints([-1])], {axis: 0});
  return {...last, shape: output.shape && [1, ...output.shape.slice(1)]};
}

/** The elements of a list of which the turns set the first ones. */
function completed(set: OnnxTensor, list: OnnxTensor, {grows}: OnnxList, to: Lowering): OnnxTensor {
  const {size} = list.list!;
  const count = elementOf(size);
  if (grows) notLowered('a list grows in a loop');
  const turns = to.sizeAlong(set, 0);
  const compared = (op: string) => to.squeeze(to.op(op, [turns, size], {}, {dtype: 'bool', shape: [1]}), [0]);
  const {dtype, shape} = elementsOfList(list);
  // Of elements of a shape that is not known, all are set, or TensorFlow refuses.
  if (!isKnown(shape)) return provided(compared('Equal'), set, to);
  const rest = provided(compared('LessOrEqual'), to.op('Sub', [size, turns], {}, {shape: [1]}), to);
  const all = to.op('Concat', [set, zeros(dtype, [rest], shape, to)], {axis: 0});
  return {...all, shape: [count ?? null, ...shape]};
}
