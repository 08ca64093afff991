/**
 * Gradients of activations and biases as ops of ONNX: what saved training functions contain.
 *
 * @module
 */

import {roundToFloat16} from '../../../algorithms/small_floats.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {guarded, rankOf} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {channelAxis} from '../plan.js';

/** `x`, unless its shape shows to be another than that of `y`: then the session throws. ONNX would stretch them. */
function shapedAs(x: OnnxTensor, y: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const isKnown = x.shape?.every((size, axis) => size !== null && size === y.shape?.[axis]);
  if (isKnown && x.shape!.length === y.shape?.length) return x;
  if (rankOf(x) !== rankOf(y) || rankOf(x) === 0) return x;
  const sizes = to.op('Shape', [x], {}, {dtype: 'int64', shape: [rankOf(x)]});
  const others = to.op('Shape', [y], {}, {dtype: 'int64'});
  const isSame = to.op('Equal', [sizes, others], {}, {dtype: 'bool'});
  return to.op('Reshape', [x, guarded(sizes, isSame, to)], {allowzero: 1}, {shape: x.shape});
}

/** Builds the gradient from `dy` and the activation's input or output, in their dtype. */
type Slope = (dy: OnnxTensor, x: OnnxTensor, to: OnnxBuilder) => OnnxTensor;

const gradient =
  (slope: Slope): Lower =>
  ([dy, x], _node, to) =>
    slope(shapedAs(dy!, x!, to), x!, to);

const compare = (op: string, x: OnnxTensor, bound: number, to: OnnxBuilder): OnnxTensor =>
  to.op(op, [x, to.scalar(x.dtype, bound)], {}, {dtype: 'bool'});

const pick = (isFirst: OnnxTensor, a: OnnxTensor, b: OnnxTensor, to: OnnxBuilder): OnnxTensor =>
  to.op('Where', [isFirst, a, b]);

const relu: Slope = (dy, x, to) => pick(compare('Greater', x, 0, to), dy, to.scalar(dy.dtype, 0), to);

const relu6: Slope = (dy, x, to) => {
  const isBetween = to.op('And', [compare('Greater', x, 0, to), compare('Less', x, 6, to)]);
  return pick(isBetween, dy, to.scalar(dy.dtype, 0), to);
};

/** Constants of the scaled exponential linear unit (Klambauer et al., 2017). */
const SELU_SCALE = 1.0507009873554805;
const SELU_SCALE_ALPHA = 1.7580993408473768;

/** `dy * (y + bend)` below zero, `dy * scale` above. */
const exponential =
  (bend: number, scale: number): Slope =>
  (dy, y, to) => {
    const below = to.op('Mul', [dy, to.op('Add', [y, to.scalar(y.dtype, bend)])]);
    const above = scale === 1 ? dy : to.op('Mul', [dy, to.scalar(y.dtype, scale)]);
    return pick(compare('Less', y, 0, to), below, above, to);
  };

const softplus: Slope = (dy, x, to) => {
  const divisor = to.op('Add', [to.op('Exp', [to.op('Neg', [x])]), to.scalar(x.dtype, 1)]);
  return to.op('Div', [dy, divisor]);
};

const softsign: Slope = (dy, x, to) => {
  const root = to.op('Add', [to.op('Abs', [x]), to.scalar(x.dtype, 1)]);
  return to.op('Div', [dy, to.op('Mul', [root, root])]);
};

const leakyRelu: Lower = ([dy, x], {attrs}, to) => {
  const alpha = attrs.float('alpha');
  const slope = to.scalar(x!.dtype, x!.dtype === 'float16' ? roundToFloat16(alpha) : alpha);
  const given = shapedAs(dy!, x!, to);
  return pick(compare('Greater', x!, 0, to), given, to.op('Mul', [given, slope]), to);
};

/** The sum over all axes but that of the channels. */
export const biasAddGradient: Lower = ([dy], node, to) => {
  const rank = rankOf(dy!);
  const own = channelAxis(rank, node);
  const others = Array.from({length: rank}, (_, axis) => axis).filter((axis) => axis !== own);
  return to.op('ReduceSum', [dy, to.ints(others)], {keepdims: 0});
};

/** Gradients of activations by the name of their op. */
export const ACTIVATION_GRADIENTS: Readonly<Record<string, Lower>> = {
  ReluGrad: gradient(relu),
  Relu6Grad: gradient(relu6),
  EluGrad: gradient(exponential(1, 1)),
  SeluGrad: gradient(exponential(SELU_SCALE_ALPHA, SELU_SCALE)),
  SoftplusGrad: gradient(softplus),
  SoftsignGrad: gradient(softsign),
  LeakyReluGrad: leakyRelu,
};
