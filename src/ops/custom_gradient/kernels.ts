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
import {isTaping} from '../../tfjs/tape.js';
import type {Kernel, OpFamily} from '../kernel.js';
import {CUSTOM_GRADIENT_OP} from './op.js';

/** A function of a model that computes the gradient of an identity. */
export interface CustomGradient {
  /** Calls the function with the gradients of the identity's outputs and what it captures of the forward function. */
  call(args: readonly Value[]): readonly Value[];
  /** For each input of the identity, which of the function's results is its gradient; undefined where it has none. */
  readonly results: readonly (number | undefined)[];
}

/** The engine's way of running a function under a gradient given beside it; `tf.customGrad` has only one output. */
interface KernelRunner {
  runKernelFunc(params: {
    inputs: Record<string, tf.Tensor>;
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor[];
    backwardsFunc: (dys: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => Record<string, () => tf.Tensor>;
  }): tf.Tensor[];
}

const identityWithGradient: Kernel = (values, ctx) => {
  const count = ctx.attrs.int('N');
  const inputs = values.slice(0, count);
  const captures = values.slice(count);
  const floats = inputs.filter((value) => isFloating(value.dtype));
  if (!isTaping() || floats.length === 0) return inputs;
  const gradient = ctx.session.customGradient(ctx.attrs.string('_gradient_op_type'));
  const onDevice = captures.map((value) => value.deviceTensor);
  const engine = tf.engine() as unknown as KernelRunner;
  const outputs = engine.runKernelFunc({
    inputs: Object.fromEntries(floats.map((value, i) => [i, value.tensor()])),
    forwardFunc: (_backend, save) => {
      save(onDevice.filter((tensor) => tensor !== undefined));
      return floats.map((value) => tf.clone(value.tensor()));
    },
    backwardsFunc: (dys, saved) => {
      if (gradient === undefined) {
        throw new CallError(
          `node '${ctx.name}' has a custom gradient that was not saved with the model; save it with ` +
            'SaveOptions(experimental_custom_gradients=True)',
        );
      }
      const given = Array.isArray(dys) ? dys : [dys];
      const kept = saved.values();
      const captured = captures.map((value, i) =>
        onDevice[i] === undefined ? value : Value.device(kept.next().value!, value.dtype).pin(),
      );
      let next = 0;
      const all = inputs.map((value) =>
        isFloating(value.dtype) ? Value.device(given[next++]!, value.dtype).pin() : zerosLike(value),
      );
      const results = gradient.call([...all, ...captured]);
      const wanted = inputs.flatMap((value, i) => (isFloating(value.dtype) ? [i] : []));
      return Object.fromEntries(
        wanted.map((at, i) => {
          const result = gradient.results[at];
          const dx = result === undefined ? undefined : results[result];
          return [i, () => (dx === undefined ? tf.zeros(floats[i]!.shape as number[]) : dx.tensor())];
        }),
      );
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
