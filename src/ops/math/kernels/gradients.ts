/**
 * TensorFlow's explicit gradient ops of elementwise functions, which graphs of saved training steps contain.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import * as complex from '../../../algorithms/complex.js';
import {type BinaryOp, binary} from '../../elementwise.js';
import type {OpFamily} from '../../kernel.js';

const reciprocalGrad: BinaryOp = {
  float: (y, dy) => -dy * y * y,
  complex: (y, dy) => complex.neg(complex.mul(dy, complex.square(complex.conj(y)))),
  device: (y, dy) => tf.neg(tf.mul(dy, tf.square(y))),
};

/** Each takes the function's result `y` and its gradient `dy`. */
export const elementwiseGradients: OpFamily = {
  SigmoidGrad: binary({
    float: (y, dy) => dy * y * (1 - y),
    complex: (y, dy) => complex.mul(dy, complex.mul(y, complex.sub([1, 0], y))),
    device: (y, dy) => tf.mul(dy, tf.mul(y, tf.sub(1, y))),
  }),
  TanhGrad: binary({
    float: (y, dy) => dy * (1 - y * y),
    complex: (y, dy) => complex.mul(dy, complex.sub([1, 0], complex.square(y))),
    device: (y, dy) => tf.mul(dy, tf.sub(1, tf.square(y))),
  }),
  SqrtGrad: binary({
    float: (y, dy) => (dy * 0.5) / y,
    complex: (y, dy) => complex.div(complex.scale(dy, 0.5), complex.conj(y)),
    device: (y, dy) => tf.div(tf.mul(dy, 0.5), y),
  }),
  RsqrtGrad: binary({
    float: (y, dy) => -0.5 * dy * y * y * y,
    complex: (y, dy) => {
      const conjugate = complex.conj(y);
      return complex.scale(complex.mul(dy, complex.mul(conjugate, complex.square(conjugate))), -0.5);
    },
    device: (y, dy) => tf.mul(tf.mul(dy, -0.5), tf.mul(y, tf.square(y))),
  }),
  ReciprocalGrad: binary(reciprocalGrad),
  InvGrad: binary(reciprocalGrad),
};
