/**
 * Ops that make, move and describe tensors, as ops of ONNX.
 *
 * @module
 */

import {allElementsOf, elementOf, entriesOf} from '../../graph/known.js';

import type {OnnxBuilder, OnnxTensor} from '../../onnx/builder.js';
import {notLowered} from '../../onnx/not_lowered.js';
import {asInt64, forAll, passes, passesAll, rankOf} from '../lower_rules.js';
import type {Lower, LowerTable} from '../lowering.js';

/** `x` in the shape that a tensor of sizes says, of which as much is made constant as is known. */
export function reshaped(x: OnnxTensor, sizes: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const entries = entriesOf(sizes);
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
  // One dimension that is not known follows from the others.
  if (shape !== null && shape.filter((size) => size === null).length <= 1 && !shape.includes(0)) {
    return to.reshape(
      x!,
      shape.map((size) => size ?? -1),
    );
  }
  return reshaped(x!, sizes!, to);
};

const shape: Lower = ([x], {attrs}, to) => to.cast(to.shapeOf(x!), attrs.dtype('out_type'));

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
  return to.unsqueeze(x!, [at < 0 ? at + rankOf(x!) + 1 : at]);
};

const transpose: Lower = ([x, perm], _node, to) => {
  const axes = allElementsOf(perm) ?? notLowered('the permutation is not known');
  return to.transpose(
    x!,
    axes.map((axis) => (axis < 0 ? axis + axes.length : axis)),
  );
};

const concat: Lower = (inputs, _node, to) => {
  const axis = elementOf(inputs.at(-1)) ?? notLowered('the axis is not known');
  return to.op('Concat', inputs.slice(0, -1), {axis});
};

const pack: Lower = (inputs, {attrs}, to) => {
  const axis = attrs.int('axis');
  const at = axis < 0 ? axis + rankOf(inputs[0]!) + 1 : axis;
  return to.op(
    'Concat',
    inputs.map((each) => to.unsqueeze(each, [at])),
    {axis: at},
  );
};

const cast: Lower = ([x], {attrs}, to) => {
  const [from, target] = [x!.dtype, attrs.dtype('DstT')];
  if (attrs.bool('Truncate')) notLowered('Truncate is set');
  if (target === 'bool' && from !== 'bool')
    return to.op('Not', [to.op('Equal', [x, to.scalar(from, 0)], {}, {dtype: 'bool'})]);
  return to.cast(x!, target);
};

const pad: Lower = ([x, paddings, value], _node, to) => {
  const pads = paddings!.value ?? notLowered('the paddings are not known');
  const flat = Array.from(pads.data as ArrayLike<number | bigint>, Number);
  const starts = flat.filter((_, i) => i % 2 === 0);
  const ends = flat.filter((_, i) => i % 2 === 1);
  return to.op('Pad', [x, to.ints([...starts, ...ends]), value ?? to.scalar(x!.dtype, 0)]);
};

export const onnx: LowerTable = {
  Pad: pad,
  PadV2: pad,
  ...forAll(passes, ['Identity', 'StopGradient', 'PreventGradient', 'Snapshot', 'PlaceholderWithDefault']),
  IdentityN: passesAll,
  Reshape: reshape,
  Shape: shape,
  Squeeze: squeeze,
  ExpandDims: expandDims,
  Transpose: transpose,
  ConcatV2: concat,
  Pack: pack,
  Cast: cast,
};
