/**
 * Joining, splitting, repeating, padding and rearranging as ops of ONNX.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {allElementsOf, elementOf, elementsOf, entriesOf, integersOf} from '../../../graph/known.js';
import {isKnown} from '../../../host/shape.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {asInt64, forAll, rankOf} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {resolveAxis} from '../../node.js';
import {amountsOf, mirrorOffset, reversedAxes, unevenParts} from '../plan.js';
import {sane} from './blocks.js';
import {
  asTensor,
  type Dimension,
  dimensionOf,
  dividedBy,
  FARTHEST,
  joined,
  minus,
  reshapedKeeping,
} from './sizes.js';
import {type AxisSlice, BEFORE_ALL, sliced} from './slices.js';

const concatenated = (values: readonly OnnxTensor[], axis: OnnxTensor, to: OnnxBuilder): OnnxTensor => {
  const at = elementOf(axis) ?? notLowered('the axis is not known');
  return values.length === 1 ? values[0]! : to.op('Concat', values, {axis: at});
};

const pack: Lower = (inputs, {attrs}, to) => {
  const axis = attrs.int('axis');
  const parts = inputs.map((each) => {
    const element = each.dtype === 'int32' || each.dtype === 'int64' ? elementOf(each) : undefined;
    const isScalar = element !== undefined && each.shape?.length === 0;
    return isScalar ? to.vector(each.dtype, [element]) : to.unsqueeze(each, [axis]);
  });
  return parts.length === 1 ? parts[0]! : to.op('Concat', parts, {axis});
};

/** The parts of an axis; their sizes must make up all of it, or the session fails. */
function parts(x: OnnxTensor, axis: number, sizes: OnnxTensor, count: number, to: OnnxBuilder): OnnxTensor[] {
  return to.ops('Split', [x, sizes], {axis}, new Array(count).fill({}));
}

const split: Lower = ([axis, x], {attrs}, to) => {
  const count = attrs.int('num_split');
  const given = elementOf(axis) ?? notLowered('the axis is not known');
  if (count === 1) return x!;
  const at = given < 0 ? given + rankOf(x!) : given;
  const size = dimensionOf(x!, at, to);
  // What does not divide without a rest does not add up again.
  const each = dividedBy(size, count, to);
  const sizes = joined(new Array(count).fill(each), to);
  return parts(x!, at, sizes, count, to);
};

/** Sizes of parts in which one of -1 is what the others leave. */
function completed(sizes: OnnxTensor, all: Dimension, to: OnnxBuilder): OnnxTensor {
  const given = asInt64(sizes, to);
  const isOpen = to.op('Equal', [given, to.ints([-1])], {}, {dtype: 'bool'});
  const others = to.op('Add', [to.op('ReduceSum', [given, to.ints([0])]), to.ints([1])], {}, {shape: [1]});
  return to.op('Where', [isOpen, asTensor(minus(all, others, to), to), given]);
}

const splitV: Lower = ([x, sizes, axis], node, to) => {
  const count = node.attrs.int('num_split');
  const given = elementOf(axis) ?? notLowered('the axis is not known');
  const at = given < 0 ? given + rankOf(x!) : given;
  const known = allElementsOf(sizes!);
  if (known === undefined) return parts(x!, at, completed(sizes!, dimensionOf(x!, at, to), to), count, to);
  const shape = x!.shape;
  if (shape !== null) {
    const complete = unevenParts(shape, at, known, node);
    if (isKnown(complete)) return parts(x!, at, to.ints(complete), count, to);
  }
  const open = known.indexOf(-1);
  if (open < 0) return parts(x!, at, to.ints(known), count, to);
  const others = known.reduce((sum, size, i) => (i === open ? sum : sum + size), 0);
  const rest = minus(dimensionOf(x!, at, to), others, to);
  const all = joined(
    known.map((size, i) => (i === open ? rest : size)),
    to,
  );
  return parts(x!, at, all, count, to);
};

const unpack: Lower = ([x], {attrs}, to) => {
  const [count, given] = [attrs.int('num'), attrs.int('axis')];
  const axis = given < 0 ? given + rankOf(x!) : given;
  if (count === 0) return [];
  // Elements that nobody reads are not picked, but only a split finds out that there are more of them.
  if (x!.shape?.[axis] === count) {
    return Array.from({length: count}, (_, i) => to.op('Gather', [x, to.scalar('int64', i)], {axis}));
  }
  const ones = to.ints(new Array(count).fill(1));
  return parts(x!, axis, ones, count, to).map((each) => to.squeeze(each, [axis]));
};

const tile: Lower = ([x, multiples], _node, to) => {
  const known = allElementsOf(multiples!);
  if (known?.every((count) => count === 1)) return x!;
  return to.op('Tile', [x, asInt64(multiples!, to)]);
};

/** Unlike Expand, BroadcastTo stretches in one direction: a target that `x` would stretch does not hold the result. */
const broadcastTo: Lower = ([x, shape], _node, to) => {
  const own = x!.shape;
  const target = entriesOf(shape!);
  const sizes = asInt64(shape!, to);
  const expanded = to.op('Expand', [x, sizes]);
  if (own === null || target === undefined || own.length > target.length) notLowered('a rank is not known');
  const isSure = own!.every((size, i) => {
    const wanted = target![target!.length - own!.length + i]!;
    return size === 1 || (wanted !== null && wanted !== 1);
  });
  return isSure ? expanded : to.op('Reshape', [expanded, sizes], {allowzero: 1});
};

/** Numbers of elements before and after each dimension, which ONNX has in two halves. */
function halves(paddings: OnnxTensor, node: OpNode, to: OnnxBuilder): OnnxTensor {
  const numbers = integersOf(paddings);
  if (numbers !== undefined) {
    const {shape} = paddings.value!;
    const {before, after} = sane(amountsOf(numbers, shape, shape[0]!, node));
    return to.ints([...before, ...after]);
  }
  const flat = to.reshape(to.transpose(asInt64(paddings, to), [1, 0]), [-1]);
  // What is negative would be cut off: no memory is large enough for what it is replaced with.
  const isNegative = to.op('Less', [flat, to.scalar('int64', 0)], {}, {dtype: 'bool'});
  return to.op('Where', [isNegative, to.scalar('int64', 2 ** 62), flat]);
}

const pad: Lower = ([x, paddings, value], node, to) => {
  const numbers = integersOf(paddings!);
  if (numbers?.every((amount) => amount === 0)) return x!;
  return to.op('Pad', [x, halves(paddings!, node, to), value ?? to.scalar(x!.dtype, 0)]);
};

/** The edges mirrored outwards, axis by axis. ONNX has a mode for mirrors that do not repeat the edge itself. */
const mirrorPad: Lower = ([x, paddings], node, to) => {
  const numbers = integersOf(paddings!) ?? notLowered('the paddings are not known');
  const {before, after} = sane(amountsOf(numbers, paddings!.value!.shape, rankOf(x!), node));
  if (mirrorOffset(node) === 1) {
    return to.op('Pad', [x, to.ints([...before, ...after])], {mode: 'reflect'});
  }
  return before.reduce((padded, head, axis) => {
    const tail = after[axis]!;
    const mirror = (count: number, from: number, end: number): OnnxTensor[] => {
      if (count === 0) return [];
      const part = sliced(padded, [{axis, from, to: end, step: -1}], to);
      const isSure = count === 1 || typeof x!.shape![axis] === 'number';
      const sizes = new Array<number>(before.length).fill(0).with(axis, count);
      return [isSure ? part : reshapedKeeping(part, sizes, to)];
    };
    const all = [...mirror(head, head - 1, BEFORE_ALL), padded, ...mirror(tail, -1, -1 - tail)];
    return all.length === 1 ? padded : to.op('Concat', all, {axis});
  }, x!);
};

function reversed(x: OnnxTensor, axes: readonly number[], to: OnnxBuilder): OnnxTensor {
  return sliced(
    x,
    axes.map((axis) => ({axis, from: FARTHEST, to: BEFORE_ALL, step: -1})),
    to,
  );
}

const reverseAxes: Lower = ([x, axis], node, to) => {
  const axes = allElementsOf(axis) ?? notLowered('the axes are not known');
  const flags = reversedAxes(rankOf(x!), axes, node);
  return reversed(x!, placesOf(flags), to);
};

const reverseFlags: Lower = ([x, dims], _node, to) => {
  const flags = elementsOf(dims!) ?? notLowered('the flags are not known');
  if (flags.includes(null)) notLowered('the flags are not known');
  if (flags.length !== rankOf(x!)) notLowered('TensorFlow refuses another number of flags');
  return reversed(x!, placesOf(flags.map(Boolean)), to);
};

const placesOf = (flags: readonly boolean[]): number[] => flags.flatMap((flag, i) => (flag ? [i] : []));

/** ONNX reverses along the first two axes alone: others are put there, and back. */
const reverseSequence: Lower = ([x, lengths], node, to) => {
  const rank = rankOf(x!);
  const [sequence, batch] = ['seq_dim', 'batch_dim'].map((name) =>
    resolveAxis(node.attrs.int(name), rank, node),
  ) as [number, number];
  if (sequence === batch) notLowered('TensorFlow refuses that both axes are the same');
  const first = [...new Set([batch, sequence])];
  const isThere = first.every((axis) => axis < 2);
  const order = isThere
    ? [...Array(rank).keys()]
    : [...first, ...[...Array(rank).keys()].filter((axis) => !first.includes(axis))];
  const attrs = isThere ? {batch_axis: batch, time_axis: sequence} : {batch_axis: 0, time_axis: 1};
  const moved = to.transpose(x!, order);
  const reversedOne = to.op('ReverseSequence', [moved, asInt64(lengths!, to)], attrs);
  return to.transpose(
    reversedOne,
    order.map((_, axis) => order.indexOf(axis)),
  );
};

/** The two parts of an axis change places. */
const roll: Lower = ([x, shift, axis], node, to) => {
  const [shifts, axes] = [shift!, axis!].map((each) => allElementsOf(each)) as (number[] | undefined)[];
  if (shifts === undefined || axes === undefined) notLowered('the shifts are not known');
  if (shift!.shape?.length !== axis!.shape?.length || shifts!.length !== axes!.length)
    notLowered('TensorFlow refuses different numbers of shifts and axes');
  const rank = rankOf(x!);
  const total = new Map<number, number>();
  for (const [i, each] of axes!.entries()) {
    const at = resolveAxis(each, rank, node);
    total.set(at, (total.get(at) ?? 0) + shifts![i]!);
  }
  return [...total].reduce((rolled, [at, by]) => {
    const size = x!.shape![at]!;
    const start = size === null ? -by : size === 0 ? 0 : -(((by % size) + size) % size);
    if (start === 0) return rolled;
    if (size === null && Math.abs(start) > 1) notLowered('the size of a rolled axis is not known');
    const part = (from: number, end: number): AxisSlice => ({axis: at, from, to: end, step: 1});
    const [tail, head] = [part(start, FARTHEST), part(0, start)].map((each) => sliced(rolled, [each], to));
    return to.op('Concat', [tail, head], {axis: at});
  }, x!);
};

const transpose: Lower = ([x, perm], _node, to) => {
  if (x!.shape !== null && x!.shape.length <= 1) return x!;
  const axes = allElementsOf(perm) ?? notLowered('the permutation is not known');
  return to.transpose(
    x!,
    axes.map((axis) => (axis < 0 ? axis + axes.length : axis)),
  );
};

/** One value, expanded to a shape. */
const fill: Lower = ([dims, value], _node, to) => {
  if (value!.shape?.length !== 0 || dims!.shape?.length !== 1) notLowered('a rank is not known');
  return to.op('Expand', [value, asInt64(dims!, to)]);
};

const filledLike =
  (element: number): Lower =>
  ([x], _node, to) => {
    const {dtype} = x!;
    const one = to.constant({dtype, shape: [], data: to.scalar(dtype, element).value!.data});
    return x!.shape?.length === 0 ? one : to.op('Expand', [one, to.shapeOf(x!)]);
  };

/** Ops that join, split, repeat, pad and rearrange. */
export const joinRules: LowerTable = {
  Concat: ([axis, ...values], _node, to) => concatenated(values, axis!, to),
  ConcatV2: (inputs, _node, to) => concatenated(inputs.slice(0, -1), inputs.at(-1)!, to),
  Pack: pack,
  Split: split,
  SplitV: splitV,
  Unpack: unpack,
  Tile: tile,
  BroadcastTo: broadcastTo,
  ...forAll(pad, ['Pad', 'PadV2']),
  MirrorPad: mirrorPad,
  ReverseV2: reverseAxes,
  Reverse: reverseFlags,
  ReverseSequence: reverseSequence,
  Roll: roll,
  ...forAll(transpose, ['Transpose', 'ConjugateTranspose']),
  Fill: fill,
  ZerosLike: filledLike(0),
  OnesLike: filledLike(1),
};
