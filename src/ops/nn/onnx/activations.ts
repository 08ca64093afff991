/**
 * Activation functions as ops of ONNX.
 *
 * @module
 */

import {roundToFloat16} from '../../../algorithms/small_floats.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {hasKernel} from '../../../onnx/kernel_dtypes.js';

/** Builds an activation. */
export type Activation = (x: OnnxTensor, to: OnnxBuilder) => OnnxTensor;

const same =
  (op: string): Activation =>
  (x, to) =>
    to.op(op, [x]);

/** int64 has no kernel of its own; others, without one, are computed in wider numbers. */
const relu: Activation = (x, to) =>
  x.dtype === 'int64' ? to.op('Max', [x, to.scalar(x.dtype, 0)]) : to.op('Relu', [x]);

const relu6: Activation = (x, to) => to.op('Clip', [x, to.scalar(x.dtype, 0), to.scalar(x.dtype, 6)]);

const softsign: Activation = (x, to) => {
  if (hasKernel('Softsign', x.dtype)) return to.op('Softsign', [x]);
  return to.op('Div', [x, to.op('Add', [to.op('Abs', [x]), to.scalar(x.dtype, 1)])]);
};

/** The rectifier that keeps `alpha` of negative numbers. */
export function leakyRelu(x: OnnxTensor, alpha: number, to: OnnxBuilder): OnnxTensor {
  const slope = x.dtype === 'float16' ? roundToFloat16(alpha) : alpha;
  if (hasKernel('LeakyRelu', x.dtype)) return to.op('LeakyRelu', [x], {alpha: {float: slope}});
  const isPositive = to.op('Greater', [x, to.scalar(x.dtype, 0)], {}, {dtype: 'bool'});
  return to.op('Where', [isPositive, x, to.op('Mul', [x, to.scalar(x.dtype, slope)])]);
}

/** Activations by the name of their op. */
export const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  Relu: relu,
  Relu6: relu6,
  Elu: same('Elu'),
  Selu: same('Selu'),
  Softplus: same('Softplus'),
  Softsign: softsign,
};
