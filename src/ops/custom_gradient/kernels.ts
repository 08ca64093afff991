/**
 * Identities that carry a model's own gradient (`tf.custom_gradient`): in a graph an `IdentityN` whose
 * `_gradient_op_type` names a function of the model that computes the gradient.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../../errors.js';
import {isFloating} from '../../host/dtypes.js';
import {fromTensor} from '../../tensors/from_tensor.js';
import {Value} from '../../tensors/value.js';
import {isTaping, runStep} from '../../tfjs/tape.js';
import type {Kernel, OpFamily} from '../kernel.js';
import {CUSTOM_GRADIENT_OP} from './op.js';

const identityWithGradient: Kernel = (values, ctx) => {
  const count = ctx.attrs.int('N');
  const inputs = values.slice(0, count);
  const captures = values.slice(count);
  const floats = inputs.filter((value) => isFloating(value.dtype));
  if (!isTaping() || floats.length === 0) return inputs;
  const gradient = ctx.session.customGradient(ctx.attrs.string('_gradient_op_type'));
  const onDevice = captures.map((value) => value.deviceTensor);
  const outputs = runStep({
    inputs: floats.map((value) => value.tensor()),
    forward: (save) => {
      save(onDevice.filter((tensor) => tensor !== undefined));
      return floats.map((value) => tf.clone(value.tensor()));
    },
    backward: (dys, saved) => {
      if (gradient === undefined) {
        throw new CallError(
          `node '${ctx.name}' has a custom gradient that was not saved with the model; save it with ` +
            'SaveOptions(experimental_custom_gradients=True)',
        );
      }
      const kept = saved.values();
      const captured = captures.map((value, i) =>
        onDevice[i] === undefined ? value : Value.device(kept.next().value!, value.dtype).pin(),
      );
      let next = 0;
      const all = inputs.map((value) =>
        isFloating(value.dtype) ? Value.device(dys[next++]!, value.dtype).pin() : zerosLike(value),
      );
      const results = gradient.call([...all, ...captured]);
      const wanted = inputs.flatMap((value, i) => (isFloating(value.dtype) ? [i] : []));
      return wanted.map((at, i) => {
        const result = gradient.results[at];
        const dx = result === undefined ? undefined : results[result];
        return () => (dx === undefined ? tf.zeros(floats[i]!.shape as number[]) : dx.tensor());
      });
    },
  });
  let next = 0;
  return inputs.map((value) => (isFloating(value.dtype) ? fromTensor(outputs[next++]!, value.dtype) : value));
};

function zerosLike(value: Value): Value {
  return Value.host('float32', value.shape, new Float32Array(value.size));
}

/** The op a graph with custom gradients is rewritten to. */
export const customGradients: OpFamily = {[CUSTOM_GRADIENT_OP]: {kernel: identityWithGradient}};
