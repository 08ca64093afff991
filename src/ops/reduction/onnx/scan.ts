/**
 * Running sums and products as ops of ONNX.
 *
 * @module
 */

import {elementOf} from '../../../graph/known.js';
import type {OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {rankOf} from '../../lower_rules.js';
import type {Lower, LowerTable} from '../../lowering.js';
import {resolveAxis} from '../../node.js';

const cumsum: Lower = ([x, axis], {attrs}, to) =>
  to.op('CumSum', [x, axis], {
    exclusive: Number(attrs.bool('exclusive')),
    reverse: Number(attrs.bool('reverse')),
  });

/** Running products are multiplied out along axes of up to this many elements. */
const MOST_FACTORS = 64;

/** ONNX has no running product: one multiplication after the other. */
const cumprod: Lower = ([x, axisInput], node, to) => {
  const {attrs} = node;
  const axis = resolveAxis(elementOf(axisInput) ?? notLowered('the axis is not known'), rankOf(x!), node);
  const size = x!.shape![axis]!;
  if (size === null || size > MOST_FACTORS) notLowered('the axis is long, or its size is not known');
  const parts =
    size === 1 ? [x!] : to.ops('Split', [x], {axis, num_outputs: size!}, new Array(size!).fill({}));
  if (attrs.bool('reverse')) parts.reverse();
  const products: OnnxTensor[] = [];
  for (const part of parts)
    products.push(products.length === 0 ? part : to.op('Mul', [products.at(-1), part]));
  if (attrs.bool('exclusive')) {
    products.pop();
    products.unshift(to.op('Expand', [to.scalar(x!.dtype, 1), to.shapeOf(parts[0]!)]));
  }
  if (attrs.bool('reverse')) products.reverse();
  return products.length === 1 ? products[0]! : to.op('Concat', products, {axis});
};

export const scans: LowerTable = {Cumsum: cumsum, Cumprod: cumprod};
