/**
 * Functions of tfjs tensors that bring their own gradient: for what tfjs cannot compute, or differentiates otherwise
 * than TensorFlow.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isTaping, runStep} from '../tfjs/tape.js';
import {forEachBroadcast} from './host.js';

/** A gradient, or how to compute it: only if it is asked for, and with nothing of what that takes kept afterwards. */
export type Gradient = tf.Tensor | (() => tf.Tensor);

/**
 * `forward(...inputs)`, differentiated by `gradient`: given the gradient of the result, the inputs and the result, it
 * returns one gradient per input. A gradient of the result's shape is summed to the shape of an input that was broadcast.
 * Any other tensor that `gradient` needs has to be in `kept`: only what is saved survives until it is called.
 */
export function withGradient(
  inputs: readonly tf.Tensor[],
  forward: (...inputs: tf.Tensor[]) => tf.Tensor,
  gradient: (dy: tf.Tensor, inputs: tf.Tensor[], y: tf.Tensor, kept: tf.Tensor[]) => Gradient[],
  kept: readonly tf.Tensor[] = [],
): tf.Tensor {
  return runStep({
    inputs,
    forward: (save) => {
      const value = forward(...inputs);
      save([value, ...inputs, ...kept]);
      return value;
    },
    backward: ([dy], [result, ...saved]) => {
      const xs = saved.slice(0, inputs.length);
      const rest = saved.slice(inputs.length);
      // A tape around this one cannot follow a saved result back to the inputs: for its sake the result is made again.
      const y = isTaping() ? withGradient(xs, forward, gradient, rest) : result!;
      const gradients = tf.tidy(() => gradient(dy!, xs, y, rest) as tf.TensorContainer) as Gradient[];
      const compute = (i: number) => {
        const given = gradients[i]!;
        const dx = sumToShape(typeof given === 'function' ? given() : given, xs[i]!.shape);
        // The engine disposes of a gradient when it adds another to it: no two may be one tensor.
        return dx === dy || dx === given ? tf.clone(dx) : dx;
      };
      return gradients.map((_, i) => () => compute(i));
    },
  });
}

/** `forward(x)`, whose derivative at each element is `derivative(x, y)`. */
export function withDerivative(
  x: tf.Tensor,
  forward: (x: tf.Tensor) => tf.Tensor,
  derivative: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  return withGradient([x], forward, (dy, [input], y) => [tf.mul(dy, derivative(input!, y))]);
}

/** `x` broadcast to `shape`, differentiable at any rank. */
export function broadcastTensor(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return withGradient(
    [x],
    (input) => tf.broadcastTo(input!, shape as number[]),
    (dy) => [dy],
  );
}

/** Sums a gradient over the axes along which a tensor of `shape` was broadcast. */
export function sumToShape(dy: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const lead = dy.rank - shape.length;
  const axes = dy.shape.flatMap((dim, axis) =>
    axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? dy : tf.reshape(tf.sum(dy, axes), shape as number[]);
}

/** Applies a function of numbers to each element of a float tensor, on the host; not differentiable by itself. */
export function hostMap(x: tf.Tensor, f: (x: number) => number): tf.Tensor {
  const source = x.dataSync();
  const out = new Float32Array(source.length);
  for (let i = 0; i < out.length; i++) out[i] = f(source[i]!);
  return tf.tensor(out, x.shape, 'float32');
}

/** Applies a function of two numbers to the broadcast elements of float tensors, on the host; not differentiable by itself. */
export function hostMap2(x: tf.Tensor, y: tf.Tensor, f: (x: number, y: number) => number): tf.Tensor {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(x.shape, y.shape);
  const a = x.dataSync();
  const b = y.dataSync();
  const out = new Float32Array(tf.util.sizeFromShape(shape));
  forEachBroadcast([x.shape, y.shape], shape, (i, [ia, ib]) => {
    out[i] = f(a[ia!]!, b[ib!]!);
  });
  return tf.tensor(out, shape, 'float32');
}
