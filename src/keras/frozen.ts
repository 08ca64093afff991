/**
 * Calling a function that is not trained inside a model that is: one forward pass of which the gradient tape keeps nothing
 * but the inputs. Only where something before the function is being trained is it differentiated, by running it again.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {wideValueOf} from '../tensors/wide_tensor.js';
import {gradientsIfAny, isTaping, runStep} from '../tfjs/tape.js';

/** From tensors to tensors. */
export type TensorFunction = (inputs: readonly tf.Tensor[]) => tf.Tensor[];

/**
 * Runs `f` off the tape; gradients reach the inputs, and none of the variables `f` uses. What gives something else when it is
 * run again, or changes a state, runs on the tape as ever.
 *
 * @param isRepeatable - whether `f` may be run again; asked only where it matters
 */
export function callFrozen(
  f: TensorFunction,
  inputs: readonly tf.Tensor[],
  isRepeatable: () => boolean,
): tf.Tensor[] {
  if (!isTaping()) return f(inputs);
  const watched = inputs.flatMap((input, i) => (isFloat(input) ? [i] : []));
  if (watched.length > 0 && !isRepeatable()) return f(inputs);
  let outputs: tf.Tensor[] = [];
  const floats = runStep({
    inputs: watched.map((i) => inputs[i]!),
    forward: (save) => {
      // Tensors of their own: `f` may give an input, a constant, or one tensor twice.
      outputs = f(inputs).map(copyOf);
      // Without an input to differentiate by there is no way back to here.
      if (watched.length > 0) save(inputs);
      // The tape knows no gradient of strings, not even that it is none.
      for (const output of outputs) if (output.dtype !== 'float32') tf.keep(output);
      return outputs.filter(isFloat);
    },
    backward: (dys, saved) => gradientsOf(f, saved, watched, dys).map((dx) => () => dx),
  });
  const rest = floats.values();
  return outputs.map((output) => (isFloat(output) ? rest.next().value! : handOver(output)));
}

/** What tfjs cannot hold belongs to no scope, and is passed on as it is. */
function copyOf(tensor: tf.Tensor): tf.Tensor {
  return wideValueOf(tensor) === undefined ? tf.clone(tensor) : tensor;
}

function isFloat({dtype}: tf.Tensor): boolean {
  return dtype === 'float32';
}

/** A tensor that was kept, as one of the scope that is open. */
function handOver(kept: tf.Tensor): tf.Tensor {
  const tensor = copyOf(kept);
  if (tensor !== kept) kept.dispose();
  return tensor;
}

/** The gradients of the chosen inputs, from those of the float outputs. */
function gradientsOf(
  f: TensorFunction,
  inputs: readonly tf.Tensor[],
  chosen: readonly number[],
  dys: readonly tf.Tensor[],
): tf.Tensor[] {
  const xs = chosen.map((i) => inputs[i]!);
  const weighted = (): tf.Scalar => {
    const terms = f(inputs)
      .filter(isFloat)
      .map((output, i) => tf.sum(tf.mul(output, dys[i]!)));
    return terms.length === 0 ? tf.scalar(0) : (tf.addN(terms) as tf.Scalar);
  };
  const grads = gradientsIfAny(weighted, xs);
  return xs.map((x, i) => grads[i] ?? tf.zerosLike(x));
}
