/**
 * Grey-scale dilation: the maximum over a window of input plus filter.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isFloating} from '../../../host/dtypes.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {constant} from '../../../tensors/linear.js';
import type {Value} from '../../../tensors/value.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {checkRank, invalid, unsupported} from '../../node.js';

function attrsOf({attrs}: KernelContext): tf.NamedAttrMap {
  return {
    strides: attrs.ints('strides').slice(1, 3),
    dilations: attrs.ints('rates').slice(1, 3),
    pad: attrs.string('padding').toLowerCase(),
  };
}

function check(x: Value, filter: Value, ctx: KernelContext): void {
  if (!isFloating(x.dtype)) throw unsupported(ctx, `dtype ${x.dtype}`);
  checkRank(x.shape, 4, 'the input', ctx);
  checkRank(filter.shape, 3, 'the filter', ctx);
  if (filter.shape[2] !== x.shape[3]) {
    throw invalid(ctx, `the filter has ${filter.shape[2]} channels where the input has ${x.shape[3]}`);
  }
}

/** The gradients have none themselves. */
const GRADIENTS = [tf.Dilation2DBackpropInput, tf.Dilation2DBackpropFilter] as readonly string[];

function dilation(name: string): Kernel {
  return ([x, filter, dy], ctx) => {
    check(x!, filter!, ctx);
    const operands = {x: x!.tensor(), filter: filter!.tensor(), ...(dy && {dy: dy.tensor()})};
    const run = () => tf.engine().runKernel(name, operands, attrsOf(ctx)) as tf.Tensor;
    return fromTensor(GRADIENTS.includes(name) ? constant(run) : run(), x!.dtype);
  };
}

const LIMITS = 'floating point only; float64 is computed in float32';

/** Dilation and its gradients. */
export const morphology: OpFamily = {
  Dilation2D: {kernel: dilation(tf.Dilation2D), limits: LIMITS},
  Dilation2DBackpropInput: {kernel: dilation(tf.Dilation2DBackpropInput), limits: LIMITS},
  Dilation2DBackpropFilter: {kernel: dilation(tf.Dilation2DBackpropFilter), limits: LIMITS},
};
