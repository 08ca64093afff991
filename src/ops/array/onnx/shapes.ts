/**
 * Shapes as ops of ONNX: reading them, changing them, computing with them.
 *
 * @module
 */

import {elementOf, elementsOf} from '../../../graph/known.js';
import {partialSizeOf} from '../../../host/shape.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {asInt64, onlyFor, rankOf} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {asTensor, type Dimension, elementsAsDimensions, joined, reshapedKeeping} from './sizes.js';

/** `x` in the shape that a tensor of sizes says, of which as much is made constant as is known. */
export function reshaped(x: OnnxTensor, sizes: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  // Of sizes of which nothing is known, all are checked: they may not fit.
  const entries = elementsOf(sizes);
  const open = entries?.filter((size) => size === null || size < 0).length;
  if (entries !== undefined && open! <= 1 && !(open === 1 && entries.includes(0))) {
    return to.reshape(
      x,
      entries.map((size) => size ?? -1),
    );
  }
  return to.op('Reshape', [x, asInt64(sizes, to)], {allowzero: 1});
}

const reshape: Lower = ([x, sizes], _node, to) => {
  const shape = to.results[0]!.shape;
  const isPartlyKnown = elementsOf(sizes!) !== undefined || sizes!.shape?.[0] === 0;
  // One dimension that is not known follows from the others.
  if (isPartlyKnown && shape && shape.filter((size) => size === null).length <= 1 && !shape.includes(0)) {
    return to.reshape(
      x!,
      shape.map((size) => size ?? -1),
    );
  }
  return reshaped(x!, sizes!, to);
};

const shape: Lower = ([x], {attrs}, to) => to.cast(to.shapeOf(x!), attrs.dtype('out_type'));

const shapes: Lower = (inputs, {attrs}, to) =>
  inputs.map((x) => to.cast(to.shapeOf(x), attrs.dtype('out_type')));

const size: Lower = ([x], {attrs}, to) => {
  const dtype = attrs.dtype('out_type');
  const known = partialSizeOf(x!.shape);
  return known === null
    ? to.cast(to.op('Size', [x], {}, {dtype: 'int64', shape: []}), dtype)
    : to.scalar(dtype, known);
};

const rank: Lower = ([x], _node, to) =>
  x!.shape === null
    ? to.cast(to.op('Size', [to.shapeOf(x!)], {}, {dtype: 'int64', shape: []}), 'int32')
    : to.scalar('int32', x!.shape.length);

const squeeze: Lower = ([x], {attrs}, to) => {
  const axes = attrs.ints('squeeze_dims');
  if (axes.length > 0) return to.squeeze(x!, axes);
  const {shape} = x!;
  if (shape === null || shape.includes(null)) notLowered('it is not known which dimensions are 1');
  return to.squeeze(
    x!,
    shape!.flatMap((size, axis) => (size === 1 ? [axis] : [])),
  );
};

const expandDims: Lower = ([x, axis], _node, to) => {
  const at = elementOf(axis) ?? notLowered('the axis is not known');
  return to.unsqueeze(x!, [at]);
};

/** Checks the sizes that are not known before: a shape of which one size is given and the others are kept fits if that size does. */
const ensureShape: Lower = ([x], {attrs}, to) => {
  const wanted = attrs.shape('shape');
  if (wanted === null) return x!;
  rankOf(x!);
  if (x!.shape!.length !== wanted.length) notLowered('TensorFlow refuses this shape');
  return wanted.reduce<OnnxTensor>((checked, size, axis) => {
    const known = x!.shape![axis];
    if (size === null || known === size) return checked;
    if (size === 0 || known !== null) notLowered('TensorFlow refuses this shape');
    return reshapedKeeping(checked, new Array<number>(wanted.length).fill(0).with(axis, size), to);
  }, x!);
};

/** Size by size: the one that is not 1, or either. What does not fit picks an element that is not there. */
const broadcastArgs: Lower = ([a, b], _node, to) => {
  const [left, right] = [a!, b!].map((each) => elementsAsDimensions(each, to)) as [Dimension[], Dimension[]];
  const length = Math.max(left.length, right.length);
  if (length === 0) return a!;
  const [x, y] = [left, right].map((each) =>
    joined([...new Array<number>(length - each.length).fill(1), ...each], to),
  ) as [OnnxTensor, OnnxTensor];
  const equal = (p: OnnxTensor, q: OnnxTensor) => to.op('Equal', [p, q], {}, {dtype: 'bool'});
  const one = to.ints([1]);
  const isFirst = to.op('Or', [equal(x, y), equal(y, one)]);
  const second = to.op('Where', [equal(x, one), one, to.ints([2])], {}, {dtype: 'int64'});
  const from = to.op('Where', [isFirst, to.ints([0]), second], {}, {dtype: 'int64'});
  const rows = to.op(
    'Concat',
    [x, y].map((each) => to.unsqueeze(each, [0])),
    {axis: 0},
  );
  const picked = to.op('GatherElements', [rows, to.unsqueeze(from, [0])], {axis: 0});
  return to.cast(to.squeeze(picked, [0]), a!.dtype);
};

/** Positions written where the permutation says. What is named twice leaves a place that picks nothing. */
const invertPermutation: Lower = ([perm], _node, to) => {
  onlyFor(perm!, 'int32', 'int64');
  const length = asTensor(perm!.shape?.[0] ?? to.sizeAlong(perm!, 0), to);
  const zero = to.scalar('int64', 0);
  const positions = to.op('Range', [zero, to.squeeze(length, [0]), to.scalar('int64', 1)]);
  const nowhere = to.op('Expand', [to.scalar('int64', 2 ** 31), length]);
  const isNegative = to.op('Less', [perm, to.scalar(perm!.dtype, 0)], {}, {dtype: 'bool'});
  const target = to.op('Where', [isNegative, to.scalar(perm!.dtype, 2 ** 31 - 1), perm]);
  const inverse = to.op('ScatterElements', [nowhere, target, positions], {axis: 0});
  return to.cast(to.op('Gather', [positions, inverse], {axis: 0}), perm!.dtype);
};

/** Ops on shapes. */
export const shapeRules: LowerTable = {
  Shape: shape,
  ShapeN: shapes,
  Size: size,
  Rank: rank,
  Reshape: reshape,
  Squeeze: squeeze,
  ExpandDims: expandDims,
  EnsureShape: ensureShape,
  BroadcastArgs: broadcastArgs,
  InvertPermutation: invertPermutation,
};
