/**
 * Keeps gradients from getting lost unnoticed. An op that computes its result on the host, or by something that tfjs does
 * not differentiate, gives a result that hangs on no gradient tape, and what is trained through it would not learn. Here
 * such a result is tied to the inputs again, by a gradient that says what is missing when it is asked for.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {UnsupportedOpError} from '../errors.js';
import {isFloating, lanes} from '../host/dtypes.js';
import {fromParts, partsOf} from '../tensors/complex_tensors.js';
import {withGradient} from '../tensors/differentiable.js';
import {Value} from '../tensors/value.js';
import {isTaping, markTape} from '../tfjs/tape.js';
import type {Kernel} from './kernel.js';

/** `kernel`, whose results do not lose the gradient of its inputs unnoticed. */
export function guardGradient(kernel: Kernel): Kernel {
  return (inputs, ctx) => {
    if (!isTaping()) return kernel(inputs, ctx);
    const before = markTape();
    const result = kernel(inputs, ctx);
    const operands = inputs.flatMap(floatTensors);
    const outputs = result instanceof Value ? [result] : result;
    const reals = outputs.filter((output) => isDifferentiable(output) && output.size > 0);
    if (operands.length === 0 || reals.length === 0) return result;
    const connected = before.reachedFrom(operands);
    if (reals.some((output) => floatTensors(output).some((tensor) => connected.has(tensor)))) return result;
    const refuse = (): never => {
      throw new UnsupportedOpError(`${ctx.op} (node '${ctx.name}') has no gradient`);
    };
    const tie = (tensor: tf.Tensor) => withGradient(operands, () => tf.clone(tensor), refuse);
    return outputs.map((output) => {
      if (!reals.includes(output)) return output;
      if (lanes(output.dtype) === 1) return Value.device(tie(output.tensor()), output.dtype);
      const [real, imag] = partsOf(output);
      return fromParts([tie(real), tie(imag)], output.dtype);
    });
  };
}

const isDifferentiable = ({dtype}: Value): boolean => isFloating(dtype) || lanes(dtype) === 2;

/** The tensors of a value through which a gradient can pass. */
function floatTensors(value: Value): readonly tf.Tensor[] {
  if (!isDifferentiable(value) || value.size === 0) return [];
  return value.parts ?? (value.deviceTensor === undefined ? [] : [value.deviceTensor]);
}
