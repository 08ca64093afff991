/** Checks that gradients can be differentiated again, against differences of the first gradient. */

import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import type {Attr} from '../graph/attrs.js';
import {Value} from '../tensors/value.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {convolution} from './convolution/kernels.js';
import type {OpFamily} from './kernel.js';
import {linalg} from './linalg/kernels.js';
import {math} from './math/kernels.js';
import {nn} from './nn/kernels.js';
import {normalizations} from './normalization/kernels.js';
import {reduction} from './reduction/kernels.js';
import {runKernel} from './testing/op_cases.js';

const FAMILY: OpFamily = {
  ...math,
  ...reduction,
  ...linalg,
  ...nn,
  ...convolution,
  ...normalizations,
};
const POINT = [0.31, 0.72, 0.55, 0.18, 0.93, 0.44, 0.67, 0.85, 0.26];
const STEP = 2e-2;

const floats = (...values: number[]) => Value.vector('float32', values);
const axis = Value.vector('int32', [0]);
const square = (value: Value) => value.reshape([3, 3]);
const dominant = Value.host('float32', [3, 3], Float32Array.of(4, 0, 0, 0, 4, 0, 0, 0, 4));
const add = (x: Value, y: Value) => runKernel({op: 'AddV2', attrs: {}}, FAMILY, [x, y])[0]!;

const UNARY = [
  ...[
    'Abs',
    'Acos',
    'Asin',
    'Asinh',
    'Atan',
    'Atanh',
    'Cos',
    'Cosh',
    'Digamma',
    'Erf',
    'Erfc',
    'Erfinv',
    'Exp',
    'Expm1',
  ],
  ...['Elu', 'Relu', 'Relu6', 'Selu', 'Softplus', 'Softsign'],
  ...[
    'Lgamma',
    'Log',
    'Log1p',
    'Ndtri',
    'Reciprocal',
    'Rsqrt',
    'Sigmoid',
    'Sin',
    'Sinh',
    'Sqrt',
    'Square',
    'Tan',
    'Tanh',
  ],
];

/** Operands of an op, made from the point at which it is differentiated. */
const OPERANDS: Record<string, (x: Value) => Value[]> = {
  Maximum: (x) => [x, floats(0.5)],
  Minimum: (x) => [floats(0.5), x],
  SquaredDifference: (x) => [x, floats(0.5)],
  DivNoNan: (x) => [floats(2), x],
  MulNoNan: (x) => [x, x],
  Xlogy: (x) => [x, x],
  Xdivy: (x) => [floats(2), x],
  Xlog1py: (x) => [x, x],
  Pow: (x) => [x, floats(2.5)],
  FloorMod: (x) => [x, floats(0.4)],
  ...Object.fromEntries(UNARY.map((op) => [op, (x: Value) => [x]])),
  ClipByValue: (x) => [x, floats(0.4).reshape([]), floats(0.8).reshape([])],
  SelectV2: (x) => [Value.host('bool', [3], Uint8Array.of(1, 0, 1)), x.reshape([3, 3]), floats(1, 2, 3)],
  Max: (x) => [square(x), axis],
  Min: (x) => [square(x), axis],
  Prod: (x) => [square(x), axis],
  EuclideanNorm: (x) => [square(x), axis],
  Cumsum: (x) => [square(x), Value.scalar('int32', 1)],
  Cumprod: (x) => [square(x), Value.scalar('int32', 1)],
  CumulativeLogsumexp: (x) => [square(x), Value.scalar('int32', 1)],
  BatchMatMulV2: (x) => [square(x), x.reshape([3, 1, 3])],
  Softmax: (x) => [square(x)],
  LogSoftmax: (x) => [square(x)],
  SoftmaxCrossEntropyWithLogits: (x) => [square(x), square(floats(0, 0.5, 0.5, 1, 0, 0, 0.2, 0.3, 0.5))],
  MaxPool: (x) => [x.reshape([1, 3, 3, 1])],
  AvgPool: (x) => [x.reshape([1, 3, 3, 1])],
  Conv2D: (x) => [x.reshape([1, 3, 3, 1]), floats(0.5, -1, 2, 0.3).reshape([2, 2, 1, 1])],
  DepthwiseConv2dNative: (x) => [floats(0.5, -1, 2, 0.3).reshape([1, 2, 2, 1]), x.reshape([3, 3, 1, 1])],
  FusedBatchNormV3: (x) => [
    x.reshape([1, 3, 1, 3]),
    floats(1, 2, 0.5),
    floats(0, 0, 1),
    Value.host('float32', [0], new Float32Array(0)),
    Value.host('float32', [0], new Float32Array(0)),
  ],
  MatrixInverse: (x) => [add(square(x), dominant)],
  MatrixDeterminant: (x) => [add(square(x), dominant)],
  MatrixBandPart: (x) => [square(x), Value.scalar('int64', 0), Value.scalar('int64', 1)],
};

const bool = (value: boolean): Attr => ({type: 'bool', value});
const text = (value: string): Attr => ({
  type: 'string',
  value: Buffer.from(value).toString('base64') as never,
});
const ones: Attr = {type: 'list', value: [1, 1, 1, 1].map(() => ({type: 'int', value: '1'})) as never};
const window: Attr = {
  type: 'list',
  value: [1, 2, 2, 1].map((dim) => ({type: 'int', value: `${dim}`})) as never,
};
const ATTRS = {
  data_format: text('NHWC'),
  padding: text('SAME'),
  strides: ones,
  dilations: ones,
  ksize: window,
  epsilon: {type: 'float', value: 1e-2},
  is_training: bool(true),
  keep_dims: bool(false),
  exclusive: bool(false),
  reverse: bool(false),
  adjoint: bool(false),
  adj_x: bool(false),
  adj_y: bool(true),
} as never;

describe('second derivatives', () => {
  beforeAll(quietCpuBackend);

  for (const [op, operands] of Object.entries(OPERANDS)) {
    it(`of ${op}`, () => {
      tf.tidy(() => {
        // The square around the op keeps the second derivative from vanishing where the op is linear.
        const loss = (x: tf.Tensor) => {
          const y = runKernel({op, attrs: ATTRS}, FAMILY, operands(Value.device(x)))[0]!.tensor();
          return tf.sum(tf.square(y));
        };
        const slope = (x: tf.Tensor) => {
          const weights = tf.tensor1d(POINT.map((_, i) => Math.cos(i)));
          return tf.sum(tf.mul(tf.grad(loss)(x), weights));
        };
        const found = tf.grad(slope)(tf.tensor1d(POINT)).dataSync();
        POINT.forEach((_, i) => {
          const at = (by: number) => slope(tf.tensor1d(POINT.with(i, POINT[i]! + by))).dataSync()[0]!;
          const expected = (8 * (at(STEP / 2) - at(-STEP / 2)) - (at(STEP) - at(-STEP))) / (6 * STEP);
          expect(Math.abs(found[i]! - expected)).toBeLessThan(2e-2 * Math.max(1, Math.abs(expected)));
        });
      });
    });
  }
});
