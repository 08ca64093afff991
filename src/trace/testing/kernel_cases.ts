/**
 * A function for every kernel of tfjs, with inputs of several sizes to compute it for.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import type {DType} from '../../host/dtypes.js';
import type {PartialShape} from '../../host/shape.js';

/** A function over tensors, what is known of them when it is traced, and what to call it with. */
export interface KernelCase {
  readonly f: (...tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  readonly specs: readonly (readonly [shape: PartialShape, dtype: DType])[];
  readonly inputs: readonly (() => tf.Tensor[])[];
}

type F = KernelCase['f'];

/** Numbers between -2 and 2, no two alike. */
export const floats = (shape: number[], offset = 0, scale = 1): tf.Tensor =>
  tf.tensor(
    Float32Array.from(
      {length: tf.util.sizeFromShape(shape)},
      (_, i) => offset + scale * (((i * 0.618034 + 0.3) % 1) * 4 - 2),
    ),
    shape,
  );
/** Whole numbers from `offset` on. */
export const ints = (shape: number[], modulus: number, offset = 0): tf.Tensor =>
  tf.tensor(
    Int32Array.from({length: tf.util.sizeFromShape(shape)}, (_, i) => ((i * 7 + 3) % modulus) + offset),
    shape,
    'int32',
  );
const bools = (shape: number[], seed = 3): tf.Tensor =>
  tf.tensor(
    Uint8Array.from({length: tf.util.sizeFromShape(shape)}, (_, i) => (i * seed) % 2),
    shape,
    'bool',
  );
const texts = (...words: string[]): tf.Tensor => tf.tensor(words, [words.length], 'string');

const unknown: readonly [PartialShape, DType] = [null, 'float32'];

/** Elementwise: any rank. */
const elementwise = (f: F, offset = 0, scale = 1): KernelCase => ({
  f,
  specs: [unknown],
  inputs: [
    () => [floats([6], offset, scale)],
    () => [floats([3, 1, 5], offset, scale)],
    () => [floats([0, 4])],
    () => [floats([], offset, scale)],
  ],
});

const ofInts = (f: F, modulus = 7, offset = -2): KernelCase => ({
  f,
  specs: [[null, 'int32']],
  inputs: [() => [ints([5], modulus, offset)], () => [ints([2, 3], modulus, offset)]],
});

/** Two tensors that broadcast. */
const binary = (f: F, second: (shape: number[]) => tf.Tensor = floats): KernelCase => ({
  f,
  specs: [unknown, unknown],
  inputs: [
    () => [floats([4, 3]), second([4, 3])],
    () => [floats([2, 1, 3]), second([4, 1])],
    () => [floats([3]), second([])],
  ],
});

const binaryInts = (
  f: F,
  second: (shape: number[]) => tf.Tensor = (shape) => ints(shape, 5, 1),
): KernelCase => ({
  f,
  specs: [
    [null, 'int32'],
    [null, 'int32'],
  ],
  inputs: [() => [ints([4, 3], 9, -4), second([4, 3])], () => [ints([2, 3], 9, -4), second([3])]],
});

const binaryBools = (f: F): KernelCase => ({
  f,
  specs: [
    [[null], 'bool'],
    [[null], 'bool'],
  ],
  inputs: [() => [bools([6]), bools([6], 2)], () => [bools([5], 1), bools([1])]],
});

/** Rank 3 with two unknown dimensions. */
const partly = (
  f: F,
  dtype: DType = 'float32',
  make: (shape: number[]) => tf.Tensor = floats,
): KernelCase => ({
  f,
  specs: [[[null, null, 4], dtype]],
  inputs: [() => [make([2, 3, 4])], () => [make([1, 6, 4])], () => [make([7, 1, 4])]],
});

/** Images of unknown number and size. */
const images = (
  f: F,
  channels = 3,
  sizes: readonly (readonly [number, number, number])[] = [
    [2, 9, 7],
    [1, 12, 15],
  ],
): KernelCase => ({
  f,
  specs: [[[null, null, null, channels], 'float32']],
  inputs: sizes.map(([n, h, w]) => () => [floats([n, h, w, channels])]),
});

const volumes = (f: F, channels = 2): KernelCase => ({
  f,
  specs: [[[null, null, null, null, channels], 'float32']],
  inputs: [() => [floats([2, 5, 6, 7, channels])], () => [floats([1, 8, 5, 6, channels])]],
});

const filter = (...shape: number[]): tf.Tensor => floats(shape, 0, 0.3);
const as4d = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;
const as5d = (x: tf.Tensor): tf.Tensor5D => x as tf.Tensor5D;
const as3d = (x: tf.Tensor): tf.Tensor3D => x as tf.Tensor3D;
const as1d = (x: tf.Tensor): tf.Tensor1D => x as tf.Tensor1D;
const as2d = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;

const gradientOf =
  (f: (x: tf.Tensor) => tf.Tensor): F =>
  (x) =>
    tf.grad((each) => tf.mul(tf.square(f(each)), 0.5))(x!);

/** Kernels run by their name, where no op of tfjs runs just them. */
const kernel = (
  name: string,
  inputs: Record<string, tf.Tensor> | tf.Tensor[],
  attrs: object = {},
): tf.Tensor | tf.Tensor[] =>
  tf.engine().runKernel(name, inputs as unknown as tf.NamedTensorMap, attrs as tf.NamedAttrMap) as
    | tf.Tensor
    | tf.Tensor[];

const UNARY: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  abs: tf.abs,
  atan: tf.atan,
  ceil: tf.ceil,
  cos: tf.cos,
  cosh: tf.cosh,
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  floor: tf.floor,
  isFinite: tf.isFinite,
  isInf: tf.isInf,
  isNaN: tf.isNaN,
  neg: tf.neg,
  onesLike: tf.onesLike,
  reciprocal: tf.reciprocal,
  relu: tf.relu,
  relu6: tf.relu6,
  round: tf.round,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  sign: tf.sign,
  sin: tf.sin,
  sinh: tf.sinh,
  asinh: tf.asinh,
  softplus: tf.softplus,
  square: tf.square,
  tan: tf.tan,
  tanh: tf.tanh,
  zerosLike: tf.zerosLike,
  logSigmoid: tf.logSigmoid,
};

const POSITIVE: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  acosh: tf.acosh,
  log: tf.log,
  log1p: tf.log1p,
  rsqrt: tf.rsqrt,
  sqrt: tf.sqrt,
};

const SMALL: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  acos: tf.acos,
  asin: tf.asin,
  atanh: tf.atanh,
};

const pads = [
  ['valid', undefined],
  ['same', undefined],
  [1, 'floor'],
  [1, 'ceil'],
] as const;

/** By a name for the case. */
export const KERNEL_CASES: Readonly<Record<string, KernelCase>> = {
  ...Object.fromEntries(Object.entries(UNARY).map(([name, f]) => [name, elementwise((x) => f(x!))])),
  ...Object.fromEntries(Object.entries(POSITIVE).map(([name, f]) => [name, elementwise((x) => f(x!), 4)])),
  ...Object.fromEntries(Object.entries(SMALL).map(([name, f]) => [name, elementwise((x) => f(x!), 0, 0.4)])),
  'abs of integers': ofInts((x) => tf.abs(x!)),
  'exp of integers': ofInts((x) => tf.exp(x!)),
  'relu of integers': ofInts((x) => tf.relu(x!)),
  'leakyRelu of integers': ofInts((x) => tf.leakyRelu(x!, 0.3)),
  'clipByValue of integers': ofInts((x) => tf.clipByValue(x!, 0, 2)),
  clipByValue: elementwise((x) => tf.clipByValue(x!, -0.5, 1.2)),
  leakyRelu: elementwise((x) => tf.leakyRelu(x!, 0.15)),
  'prelu, prelu of rows': elementwise((x) => tf.prelu(x!, tf.scalar(0.25))),
  step: elementwise((x) => tf.step(x!, 0.25)),
  logicalNot: {
    f: (x) => tf.logicalNot(x!),
    specs: [[null, 'bool']],
    inputs: [() => [bools([5])], () => [bools([2, 2])]],
  },

  add: binary((a, b) => tf.add(a!, b!)),
  sub: binary((a, b) => tf.sub(a!, b!)),
  mul: binary((a, b) => tf.mul(a!, b!)),
  div: binary((a, b) => tf.div(a!, b!)),
  maximum: binary((a, b) => tf.maximum(a!, b!)),
  minimum: binary((a, b) => tf.minimum(a!, b!)),
  mod: binary((a, b) => tf.mod(a!, b!)),
  pow: binary((a, b) => tf.pow(tf.abs(a!), b!)),
  atan2: binary((a, b) => tf.atan2(a!, b!)),
  floorDiv: binary((a, b) => tf.floorDiv(a!, b!)),
  squaredDifference: binary((a, b) => tf.squaredDifference(a!, b!)),
  equal: binary((a, b) => tf.equal(a!, b!)),
  notEqual: binary((a, b) => tf.notEqual(a!, b!)),
  greater: binary((a, b) => tf.greater(a!, b!)),
  greaterEqual: binary((a, b) => tf.greaterEqual(a!, b!)),
  less: binary((a, b) => tf.less(a!, b!)),
  lessEqual: binary((a, b) => tf.lessEqual(a!, b!)),
  'arithmetic of integers': binaryInts((a, b) => [
    tf.add(a!, b!),
    tf.sub(a!, b!),
    tf.mul(a!, b!),
    tf.maximum(a!, b!),
  ]),
  'division of integers': binaryInts((a, b) => [tf.div(a!, b!), tf.floorDiv(a!, b!), tf.mod(a!, b!)]),
  'powers of integers': binaryInts((a, b) => tf.pow(a!, b!)),
  'bitwise and': {
    f: (a, b) => tf.bitwiseAnd(a!, b!),
    specs: [
      [[null, 3], 'int32'],
      [[null, 3], 'int32'],
    ],
    inputs: [() => [ints([4, 3], 9), ints([4, 3], 5, 1)]],
  },
  'integers and floats': {
    f: (a, b) => tf.add(a!, b!),
    specs: [[[null], 'int32'], unknown],
    inputs: [() => [ints([4], 5), floats([4])]],
  },
  logicalAnd: binaryBools((a, b) => tf.logicalAnd(a!, b!)),
  logicalOr: binaryBools((a, b) => tf.logicalOr(a!, b!)),
  logicalXor: binaryBools((a, b) => tf.logicalXor(a!, b!)),
  addN: binary((a, b) => tf.addN([a!, a!, tf.mul(a!, tf.sum(b!))])),
  where: {
    f: (a, b) => tf.where(tf.greater(a!, 0), a!, b!),
    specs: [unknown, unknown],
    inputs: [() => [floats([3, 4]), floats([3, 4], 1)], () => [floats([2, 1]), floats([3])]],
  },
  cast: elementwise((x) => [
    tf.cast(x!, 'int32'),
    tf.cast(x!, 'bool'),
    tf.cast(tf.cast(x!, 'bool'), 'float32'),
  ]),

  sum: partly((x) => [tf.sum(x!), tf.sum(x!, 1), tf.sum(x!, [0, 2], true), tf.sum(x!, -1)]),
  'sums of unknown rank': {
    f: (x) => [tf.sum(x!), tf.sum(x!, -1, true), tf.mean(x!), tf.max(x!, 0)],
    specs: [unknown],
    inputs: [() => [floats([6])], () => [floats([3, 1, 5])]],
  },
  'sum of booleans': partly((x) => tf.sum(x!, 0), 'bool', bools),
  mean: partly((x) => [tf.mean(x!), tf.mean(x!, [0, 1])]),
  'mean of integers': partly(
    (x) => tf.mean(x!, 2),
    'int32',
    (shape) => ints(shape, 9),
  ),
  max: partly((x) => [tf.max(x!), tf.max(x!, 1, true)]),
  min: partly((x) => [tf.min(x!), tf.min(x!, [1, 2])]),
  prod: partly((x) => [tf.prod(x!, 2), tf.prod(x!, 0, true)]),
  all: partly((x) => [tf.all(x!), tf.all(x!, 1)], 'bool', bools),
  any: partly((x) => [tf.any(x!), tf.any(x!, 1, true)], 'bool', bools),
  argMax: partly((x) => [tf.argMax(x!), tf.argMax(x!, -1)]),
  argMin: partly((x) => [tf.argMin(x!, 1), tf.argMin(x!, 2)]),
  cumsum: partly((x) => [tf.cumsum(x!, 1), tf.cumsum(x!, 0, true, true)]),
  cumprod: partly((x) => [tf.cumprod(x!, 1), tf.cumprod(x!, 2, true, true)]),
  'logSumExp, norm, moments': partly((x) => {
    const {mean, variance} = tf.moments(x!, [0, 1]);
    return [tf.logSumExp(x!, 1), tf.norm(x!, 2, 2), mean, variance];
  }),
  topk: partly((x) => {
    const {values, indices} = tf.topk(x!, 2);
    return [values, indices];
  }),
  bincount: {
    f: (x, w) => tf.bincount(as1d(x!), as1d(w!), 6),
    specs: [
      [[null], 'int32'],
      [[null], 'float32'],
    ],
    inputs: [() => [ints([8], 6), floats([8])]],
  },
  denseBincount: {
    f: (x) => tf.denseBincount(as2d(x!), tf.tensor2d([], [0, 0]), 5, true),
    specs: [[[null, null], 'int32']],
    inputs: [() => [ints([3, 4], 5)]],
  },
  'lowerBound, upperBound': {
    f: (x, v) => [tf.lowerBound(x!, v!), tf.upperBound(x!, v!)],
    specs: [
      [[null, null], 'float32'],
      [[null, null], 'float32'],
    ],
    inputs: [
      () => [
        tf.tensor2d([
          [1, 2, 2, 5],
          [0, 1, 3, 4],
        ]),
        tf.tensor2d([
          [2, 6],
          [1, 2],
        ]),
      ],
    ],
  },
  unsortedSegmentSum: {
    f: (x, ids) => tf.unsortedSegmentSum(x!, as1d(ids!), 4),
    specs: [
      [[null, 3], 'float32'],
      [[null], 'int32'],
    ],
    inputs: [() => [floats([5, 3]), ints([5], 4)]],
  },
  'sparse segments': {
    f: (x, i, ids) => [
      tf.sparse.sparseSegmentSum(x!, as1d(i!), as1d(ids!)),
      tf.sparse.sparseSegmentMean(x!, as1d(i!), as1d(ids!)),
    ],
    specs: [
      [[null, 3], 'float32'],
      [[null], 'int32'],
      [[null], 'int32'],
    ],
    inputs: [() => [floats([4, 3]), tf.tensor1d([0, 3, 1], 'int32'), tf.tensor1d([0, 0, 1], 'int32')]],
  },
  unique: {
    f: (x) => {
      const {values, indices} = tf.unique(x!);
      return [values, indices];
    },
    specs: [[[null], 'float32']],
    inputs: [() => [tf.tensor1d([1, 3, 1, 2])], () => [tf.tensor1d([1, 1])]],
  },

  matMul: {
    f: (a, b) => [tf.matMul(a!, b!), tf.matMul(a!, a!, false, true), tf.matMul(b!, b!, true, false)],
    specs: [
      [[null, 4], 'float32'],
      [[4, null], 'float32'],
    ],
    inputs: [() => [floats([3, 4]), floats([4, 2])], () => [floats([1, 4]), floats([4, 5])]],
  },
  'matMul of batches': {
    f: (a, b) => tf.matMul(a!, b!),
    specs: [
      [[null, null, 4], 'float32'],
      [[4, 3], 'float32'],
    ],
    inputs: [() => [floats([2, 5, 4]), floats([4, 3])], () => [floats([1, 1, 4]), floats([4, 3])]],
  },
  'fused matMul': {
    f: (a) => {
      const b = filter(4, 3);
      const bias = tf.tensor1d([0.1, -0.2, 0.3]);
      return [
        tf.fused.matMul({a: a!, b, bias, activation: 'relu'}),
        tf.fused.matMul({a: a!, b, bias, activation: 'sigmoid'}),
        tf.fused.matMul({a: a!, b, activation: 'elu'}),
        tf.fused.matMul({
          a: a!,
          b,
          bias,
          activation: 'prelu',
          preluActivationWeights: tf.tensor1d([0.1, 0.2, 0.3]),
        }),
        tf.fused.matMul({a: a!, b, bias, activation: 'leakyrelu', leakyreluAlpha: 0.3}),
      ];
    },
    specs: [[[null, 4], 'float32']],
    inputs: [() => [floats([3, 4])], () => [floats([1, 4])]],
  },
  'dot, outerProduct': {
    f: (a, b) => [tf.dot(a!, b!), tf.outerProduct(as1d(a!), as1d(b!))],
    specs: [
      [[null], 'float32'],
      [[null], 'float32'],
    ],
    inputs: [() => [floats([4]), floats([4], 1)]],
  },
  einsum: {
    f: (a, b) => tf.einsum('bij,jk->bik', a!, b!),
    specs: [
      [[null, null, 4], 'float32'],
      [[4, 3], 'float32'],
    ],
    inputs: [() => [floats([2, 5, 4]), floats([4, 3])]],
  },
  'complex numbers': {
    f: (a, b) => {
      const z = tf.complex(a!, b!);
      return [tf.real(z), tf.imag(z), tf.abs(z), tf.real(tf.fft(z)), tf.imag(tf.ifft(z))];
    },
    specs: [
      [[null, 4], 'float32'],
      [[null, 4], 'float32'],
    ],
    inputs: [() => [floats([2, 4]), floats([2, 4], 1)]],
  },

  'reshape, flatten': partly((x) => [
    tf.reshape(x!, [-1, 2]),
    tf.reshape(x!, [x!.size]),
    tf.reshape(x!, [x!.shape[0]!, x!.shape[1]! * 4]),
    tf.reshape(x!, [x!.shape[1]!, x!.shape[0]!, 2, 2]),
    tf.reshape(x!, [2, x!.shape[0]! * x!.shape[1]!, 2]),
  ]),
  'shapes of unknown rank': elementwise((x) => [
    tf.reshape(tf.reshape(x!, [-1, 1]), x!.shape),
    tf.expandDims(x!, -1),
    tf.expandDims(x!, 0),
    tf.fill(x!.shape, 2),
    tf.reshape(x!, [x!.size]),
  ]),
  'expandDims, squeeze': partly((x) => [
    tf.expandDims(x!, 1),
    tf.squeeze(tf.expandDims(x!, 1), [1]),
    tf.squeeze(tf.sum(x!, 0, true), [0]),
  ]),
  transpose: partly((x) => [tf.transpose(x!, [1, 0, 2]), tf.transpose(x!)]),
  slice: partly((x) => [
    tf.slice(x!, [0, 0, 1], [-1, -1, 2]),
    tf.slice(x!, [0, 0, 1]),
    tf.slice(x!, [0], [x!.shape[0]!]),
    tf.slice(x!, [0, x!.shape[1]! - 1], [1, 1]),
  ]),
  stridedSlice: partly((x) => [
    tf.stridedSlice(x!, [0, 0, 0], [100, 100, 4], [1, 1, 2]),
    tf.stridedSlice(x!, [0, 0, 1], [0, 0, 2], [1, 1, 1], 3, 3, 0, 0, 4),
    tf.stridedSlice(x!, [0, 1], [0, 3], [1, 1], 0, 0, 1),
  ]),
  'concat, stack': partly((x) => [
    tf.concat([x!, x!], 1),
    tf.concat([x!, tf.neg(x!)], -1),
    tf.stack([x!, x!], 1),
  ]),
  'split, unstack': partly((x) => [...tf.split(x!, 2, 2), ...tf.split(x!, [1, 3], -1), ...tf.unstack(x!, 2)]),
  'pad, mirrorPad': partly((x) => [
    tf.pad(
      x!,
      [
        [1, 0],
        [0, 2],
        [0, 0],
      ],
      0.5,
    ),
    tf.mirrorPad(
      x!,
      [
        [0, 0],
        [0, 0],
        [1, 2],
      ],
      'reflect',
    ),
    tf.mirrorPad(
      x!,
      [
        [1, 0],
        [0, 1],
        [0, 0],
      ],
      'symmetric',
    ),
  ]),
  tile: partly((x) => [tf.tile(x!, [1, 2, 3]), tf.tile(tf.sum(x!, 0, true), [x!.shape[0]!, 1, 1])]),
  broadcastTo: partly((x) => tf.broadcastTo(tf.sum(x!, 1, true), x!.shape)),
  broadcastArgs: {
    f: (a, b) => kernel('BroadcastArgs', {s0: a!, s1: b!}),
    specs: [
      [[null], 'int32'],
      [[null], 'int32'],
    ],
    inputs: [() => [tf.tensor1d([3, 1], 'int32'), tf.tensor1d([1, 4], 'int32')]],
  },
  reverse: partly((x) => [tf.reverse(x!, 1), tf.reverse(x!), tf.reverse(x!, [0, -1])]),
  gather: {
    f: (x, i) => [tf.gather(x!, i!), tf.gather(x!, i!, 1)],
    specs: [
      [[null, null, 4], 'float32'],
      [[null], 'int32'],
    ],
    inputs: [() => [floats([3, 3, 4]), ints([5], 3)]],
  },
  'gather in batches': {
    f: (x, i) => tf.gather(x!, i!, 1, 1),
    specs: [
      [[null, null, 4], 'float32'],
      [[null, null], 'int32'],
    ],
    inputs: [() => [floats([2, 3, 4]), ints([2, 5], 3)]],
  },
  gatherND: {
    f: (x, i) => tf.gatherND(x!, i!),
    specs: [
      [[null, null, 4], 'float32'],
      [[null, 2], 'int32'],
    ],
    inputs: [() => [floats([3, 3, 4]), ints([5, 2], 3)]],
  },
  'scatterND, tensorScatterUpdate': {
    f: (x, i, u) => [
      tf.scatterND(i!, u!, [9, 3]),
      tf.tensorScatterUpdate(x!, i!, u!),
      tf.scatterND(i!, u!, [x!.shape[0]!, 3]),
    ],
    specs: [
      [[null, 3], 'float32'],
      [[null, 1], 'int32'],
      [[null, 3], 'float32'],
    ],
    inputs: [() => [floats([5, 3]), tf.tensor2d([[1], [4]], [2, 1], 'int32'), floats([2, 3])]],
  },
  sparseToDense: {
    f: (i, v) => tf.sparseToDense(i!, v!, [7], tf.scalar(-1)),
    specs: [
      [[null], 'int32'],
      [[null], 'float32'],
    ],
    inputs: [() => [tf.tensor1d([1, 4], 'int32'), tf.tensor1d([0.5, 2])]],
  },
  oneHot: {
    f: (i) => [tf.oneHot(i!, 4), tf.oneHot(i!, 3, 2, -1)],
    specs: [[[null, null], 'int32']],
    inputs: [() => [ints([2, 3], 4)]],
  },
  'fill, ones, zeros, eye': partly((x) => [
    tf.fill([x!.shape[0]!, 2], 3),
    tf.ones([x!.shape[1]!]),
    tf.zeros(x!.shape, 'int32'),
    tf.eye(x!.shape[1]!),
    tf.fill([2], 'word'),
  ]),
  'range, linspace': partly((x) => [
    tf.range(0, x!.shape[1]!),
    tf.range(x!.shape[0]!, 0),
    tf.range(1, x!.shape[0]! + 1, 1, 'int32'),
    tf.linspace(0, 1, x!.shape[1]! + 1),
    tf.tensor1d(Array.from({length: x!.shape[1]!}, (_, i) => i * 2)),
    tf.tensor1d(x!.shape, 'int32'),
    tf.div(tf.sum(x!), x!.shape[0]! * x!.shape[1]!),
    tf.mul(tf.sum(x!), 1 / Math.sqrt(x!.shape[1]!)),
  ]),
  diag: {
    f: (x) => tf.diag(x!),
    specs: [[[null], 'float32']],
    inputs: [() => [floats([3])], () => [floats([5])]],
  },
  bandPart: {
    f: (x) => tf.linalg.bandPart(x!, 1, 0),
    specs: [[[2, null, null], 'float32']],
    inputs: [() => [floats([2, 5, 4])]],
  },
  'spaceToBatchND, batchToSpaceND': {
    f: (x) => [
      tf.spaceToBatchND(
        x!,
        [2, 2],
        [
          [0, 0],
          [1, 1],
        ],
      ),
      tf.batchToSpaceND(
        tf.tile(x!, [4, 1, 1, 1]),
        [2, 2],
        [
          [0, 1],
          [1, 0],
        ],
      ),
    ],
    specs: [[[null, 6, 4, 2], 'float32']],
    inputs: [() => [floats([1, 6, 4, 2])], () => [floats([3, 6, 4, 2])]],
  },

  ...Object.fromEntries(
    pads.map(([pad, mode]) => [
      `conv2d, ${pad} ${mode ?? ''}`,
      images((x) => [
        tf.conv2d(as4d(x!), as4d(filter(3, 3, 3, 4)), 2, pad, 'NHWC', 1, mode),
        tf.conv2d(as4d(x!), as4d(filter(2, 2, 3, 4)), 1, pad, 'NHWC', 2, mode),
      ]),
    ]),
  ),
  'conv2d, oblong': images((x) => tf.conv2d(as4d(x!), as4d(filter(3, 2, 3, 4)), [2, 1], 'same')),
  'pooling, oblong': images((x) => [
    tf.maxPool(as4d(x!), [3, 2], 2, 'same'),
    tf.avgPool(as4d(x!), 3, [2, 1], 'valid'),
  ]),
  'conv2d, padding of its own': images((x) =>
    tf.conv2d(as4d(x!), as4d(filter(3, 3, 3, 4)), 2, [
      [0, 0],
      [1, 0],
      [2, 1],
      [0, 0],
    ]),
  ),
  'conv2d, channels first': {
    f: (x) => [tf.conv2d(as4d(x!), as4d(filter(3, 3, 3, 4)), 2, 'same', 'NCHW')],
    specs: [[[null, 3, null, null], 'float32']],
    inputs: [() => [floats([2, 3, 7, 8])]],
  },
  conv1d: {
    f: (x) => tf.conv1d(as3d(x!), as3d(filter(3, 4, 5)), 2, 'same'),
    specs: [[[null, null, 4], 'float32']],
    inputs: [() => [floats([2, 9, 4])], () => [floats([1, 5, 4])]],
  },
  conv2dTranspose: images((x) => {
    const [n, h, w] = x!.shape as [number, number, number];
    return tf.conv2dTranspose(as4d(x!), as4d(filter(3, 3, 5, 3)), [n, h * 2, w * 2, 5], 2, 'same');
  }),
  'conv2d, gradients': {
    f: (x, w) => {
      const loss = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(tf.conv2d(as4d(a), as4d(b), 2, 'same')));
      return tf.grads(loss)([x!, w!]);
    },
    specs: [
      [[null, null, null, 3], 'float32'],
      [[3, 3, 3, 4], 'float32'],
    ],
    inputs: [() => [floats([2, 6, 7, 3]), filter(3, 3, 3, 4)]],
  },
  'fused conv2d': images((x) => {
    const bias = tf.tensor1d([0.1, -0.2, 0.3, 0]);
    const common = {x: as4d(x!), filter: as4d(filter(3, 3, 3, 4)), strides: 1, pad: 'same'} as const;
    return [
      tf.fused.conv2d({...common, bias, activation: 'relu6'}),
      tf.fused.conv2d({...common, bias}),
      tf.fused.conv2d({...common, activation: 'leakyrelu', leakyreluAlpha: 0.1}),
    ];
  }),
  depthwiseConv2d: images((x) => [
    tf.depthwiseConv2d(as4d(x!), as4d(filter(3, 3, 3, 2)), 2, 'same'),
    tf.depthwiseConv2d(as4d(x!), as4d(filter(3, 3, 3, 1)), 1, 'valid', 'NHWC', 2),
    tf.depthwiseConv2d(as4d(x!), as4d(filter(3, 2, 3, 2)), [2, 1], 'same'),
    tf.depthwiseConv2d(as4d(x!), as4d(filter(3, 3, 3, 1)), 1, 1),
  ]),
  'fused depthwiseConv2d': images((x) =>
    tf.fused.depthwiseConv2d({
      x: as4d(x!),
      filter: as4d(filter(3, 3, 3, 1)),
      strides: 1,
      pad: 'same',
      bias: tf.tensor1d([0.1, 0.2, 0.3]),
      activation: 'relu',
    }),
  ),
  separableConv2d: images((x) =>
    tf.separableConv2d(as4d(x!), as4d(filter(3, 3, 3, 2)), as4d(filter(1, 1, 6, 4)), 1, 'same'),
  ),
  'depthwiseConv2d, gradients': {
    f: (x, w) => {
      const loss = (a: tf.Tensor, b: tf.Tensor) =>
        tf.sum(tf.square(tf.depthwiseConv2d(as4d(a), as4d(b), 1, 'same')));
      return tf.grads(loss)([x!, w!]);
    },
    specs: [
      [[null, null, null, 3], 'float32'],
      [[3, 3, 3, 2], 'float32'],
    ],
    inputs: [() => [floats([2, 6, 7, 3]), filter(3, 3, 3, 2)]],
  },
  conv3d: volumes((x) => [
    tf.conv3d(as5d(x!), as5d(filter(2, 3, 2, 2, 3)), [1, 2, 1], 'same'),
    tf.conv3d(as5d(x!), as5d(filter(2, 2, 2, 2, 3)), 1, 'valid', 'NDHWC', 2),
  ]),
  'conv3d, gradients': {
    f: (x, w) => {
      const loss = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(tf.conv3d(as5d(a), as5d(b), 1, 'same')));
      return tf.grads(loss)([x!, w!]);
    },
    specs: [
      [[null, null, null, null, 2], 'float32'],
      [[2, 2, 2, 2, 3], 'float32'],
    ],
    inputs: [() => [floats([1, 4, 3, 5, 2]), filter(2, 2, 2, 2, 3)]],
  },
  conv3dTranspose: {
    f: (x) =>
      tf.conv3dTranspose(as5d(x!), as5d(filter(2, 2, 2, 3, 2)), [x!.shape[0]!, 4, 6, 8, 3], 2, 'same'),
    specs: [[[null, 2, 3, 4, 2], 'float32']],
    inputs: [() => [floats([2, 2, 3, 4, 2])]],
  },
  ...Object.fromEntries(
    pads.map(([pad, mode]) => [
      `pooling, ${pad} ${mode ?? ''}`,
      images((x) => [tf.maxPool(as4d(x!), 3, 2, pad, mode), tf.avgPool(as4d(x!), 4, 3, pad, mode)]),
    ]),
  ),
  'pooling, gradients': images((x) => [
    ...[gradientOf((each) => tf.maxPool(as4d(each), 3, 2, 'same'))(x!)].flat(),
    ...[gradientOf((each) => tf.avgPool(as4d(each), 2, 2, 'valid'))(x!)].flat(),
  ]),
  'pooling of volumes': volumes((x) => [
    tf.maxPool3d(as5d(x!), 2, 2, 'same'),
    tf.avgPool3d(as5d(x!), 2, 1, 'valid'),
  ]),
  'pooling of volumes, gradients': volumes((x) => [
    ...[gradientOf((each) => tf.maxPool3d(as5d(each), 2, 2, 'valid'))(x!)].flat(),
    ...[gradientOf((each) => tf.avgPool3d(as5d(each), 2, 2, 'valid'))(x!)].flat(),
  ]),
  maxPoolWithArgmax: images((x) => {
    const {result, indexes} = tf.maxPoolWithArgmax(as4d(x!), 2, 2, 'valid', true);
    return [result!, indexes!];
  }),
  dilation2d: images((x) => tf.dilation2d(as4d(x!), as3d(filter(3, 3, 3)), 1, 'same')),
  'dilation2d, gradients': images((x) => {
    const w = filter(3, 3, 3);
    const dy = tf.onesLike(tf.dilation2d(as4d(x!), as3d(w), 1, 'valid'));
    const attrs = {strides: 1, pad: 'valid', dilations: 1};
    const inputs = {x: x!, filter: w, dy};
    return [
      kernel('Dilation2DBackpropInput', inputs, attrs) as tf.Tensor,
      kernel('Dilation2DBackpropFilter', inputs, attrs) as tf.Tensor,
    ];
  }),
  batchNorm: images((x) => [
    tf.batchNorm(
      x!,
      tf.tensor1d([0, 1, 2]),
      tf.tensor1d([1, 2, 3]),
      tf.tensor1d([1, 0, 1]),
      tf.tensor1d([2, 1, 1]),
      0.01,
    ),
    tf.batchNorm(x!, tf.tensor1d([0, 1, 2]), tf.tensor1d([1, 2, 3])),
  ]),
  'batchNorm of a matrix': {
    f: (x) => tf.batchNorm(x!, tf.tensor1d([0, 1, 2]), tf.tensor1d([1, 2, 3]), tf.tensor1d([1, 0, 1])),
    specs: [[[null, 3], 'float32']],
    inputs: [() => [floats([4, 3])]],
  },
  localResponseNormalization: images((x) => tf.localResponseNormalization(as4d(x!), 2, 1, 0.5, 0.75), 6),
  'localResponseNormalization, gradient': images(
    gradientOf((x) => tf.localResponseNormalization(as4d(x), 2, 1, 0.5, 0.75)),
    6,
  ),
  'softmax, logSoftmax': partly((x) => [tf.softmax(x!), tf.logSoftmax(x!)]),
  'softmax of unknown rank': {
    f: (x) => tf.softmax(x!),
    specs: [unknown],
    inputs: [() => [floats([4])], () => [floats([2, 3, 4])]],
  },

  resizeBilinear: images((x) => [
    tf.image.resizeBilinear(as4d(x!), [5, 8]),
    tf.image.resizeBilinear(as4d(x!), [5, 8], true),
    tf.image.resizeBilinear(as4d(x!), [5, 8], false, true),
    tf.image.resizeBilinear(as4d(x!), [x!.shape[1]! * 2, x!.shape[2]! * 2]),
  ]),
  resizeNearestNeighbor: images((x) => [
    tf.image.resizeNearestNeighbor(as4d(x!), [5, 8]),
    tf.image.resizeNearestNeighbor(as4d(x!), [5, 8], false, true),
  ]),
  'resizing, gradients': {
    f: (x) => [
      ...[gradientOf((each) => tf.image.resizeBilinear(as4d(each), [5, 8]))(x!)].flat(),
      ...[gradientOf((each) => tf.image.resizeNearestNeighbor(as4d(each), [5, 8]))(x!)].flat(),
    ],
    specs: [[[null, 6, 6, 3], 'float32']],
    inputs: [() => [floats([1, 6, 6, 3])]],
  },
  cropAndResize: {
    f: (x, boxes, indices) => [
      tf.image.cropAndResize(as4d(x!), as2d(boxes!), as1d(indices!), [3, 4]),
      tf.image.cropAndResize(as4d(x!), as2d(boxes!), as1d(indices!), [3, 4], 'nearest', 0.5),
    ],
    specs: [
      [[null, null, null, 2], 'float32'],
      [[null, 4], 'float32'],
      [[null], 'int32'],
    ],
    inputs: [
      () => [
        floats([2, 6, 5, 2]),
        tf.tensor2d([
          [0.02, 0.03, 0.71, 0.88],
          [0.13, 0.21, 1.3, 0.93],
        ]),
        tf.tensor1d([1, 0], 'int32'),
      ],
    ],
  },
  'flipLeftRight, rotateWithOffset': images((x) => [
    tf.image.flipLeftRight(as4d(x!)),
    tf.image.rotateWithOffset(as4d(x!), 0.3, 0.25, 0.5),
    tf.image.rotateWithOffset(as4d(x!), -1.1, [1, 2, 3], [0.3, 0.6]),
  ]),
  transform: images(
    (x) => [
      tf.image.transform(
        as4d(x!),
        tf.tensor2d([[1, 0.1, -1, 0.05, 0.9, 0.4, 0, 0]]),
        'bilinear',
        'constant',
        0.5,
      ),
      tf.image.transform(as4d(x!), tf.tensor2d([[1, 0, 1, 0, 1, 2, 0, 0]]), 'nearest', 'reflect', 0, [4, 5]),
    ],
    3,
    [
      [1, 9, 7],
      [1, 12, 15],
    ],
  ),
  depthToSpace: images((x) => tf.depthToSpace(as4d(x!), 2), 8),
  'non-maximum suppression': {
    f: (boxes, scores) => {
      const soft = tf.image.nonMaxSuppressionWithScore(as2d(boxes!), as1d(scores!), 3, 0.5, 0.1, 0.3);
      const padded = tf.image.nonMaxSuppressionPadded(as2d(boxes!), as1d(scores!), 4, 0.5, 0.1, true);
      return [
        tf.image.nonMaxSuppression(as2d(boxes!), as1d(scores!), 3, 0.5, 0.1),
        soft.selectedIndices!,
        soft.selectedScores!,
        padded.selectedIndices!,
        padded.validOutputs!,
      ];
    },
    specs: [
      [[null, 4], 'float32'],
      [[null], 'float32'],
    ],
    inputs: [
      () => [
        tf.tensor2d([
          [0, 0, 1, 1],
          [0, 0.1, 1, 1.1],
          [2, 2, 3, 3],
          [0, 0, 0.4, 0.4],
        ]),
        tf.tensor1d([0.9, 0.8, 0.7, 0.3]),
      ],
    ],
  },

  'ragged tensors': {
    f: (splits, values) => [
      ...(kernel(
        'RaggedGather',
        {
          paramsNestedSplits: [splits!],
          paramsDenseValues: values!,
          indices: tf.tensor1d([1, 0], 'int32'),
        } as unknown as Record<string, tf.Tensor>,
        {outputRaggedRank: 1},
      ) as tf.Tensor[]),
      ...(kernel('RaggedRange', {
        starts: tf.tensor1d([0, 5]),
        limits: tf.tensor1d([3, 7]),
        deltas: tf.tensor1d([1, 1]),
      }) as tf.Tensor[]),
      kernel(
        'RaggedTensorToTensor',
        {
          shape: tf.tensor1d([-1, -1], 'int32'),
          values: values!,
          defaultValue: tf.scalar(-1),
          rowPartitionTensors: [splits!],
        } as unknown as Record<string, tf.Tensor>,
        {rowPartitionTypes: ['ROW_SPLITS']},
      ) as tf.Tensor,
    ],
    specs: [
      [[3], 'int32'],
      [[null], 'float32'],
    ],
    inputs: [() => [tf.tensor1d([0, 2, 5], 'int32'), floats([5])]],
  },
  'sparse tensors': {
    f: (indices, values) => {
      const shape = tf.tensor1d([4, 3], 'int32');
      const filled = tf.sparse.sparseFillEmptyRows(as2d(indices!), as1d(values!), shape, tf.scalar(-1));
      const reshaped = tf.sparse.sparseReshape(as2d(indices!), shape, tf.tensor1d([2, -1], 'int32'));
      return [
        filled.outputIndices!,
        filled.outputValues!,
        filled.emptyRowIndicator!,
        filled.reverseIndexMap!,
        reshaped.outputIndices!,
        reshaped.outputShape!,
      ];
    },
    specs: [
      [[null, 2], 'int32'],
      [[null], 'float32'],
    ],
    inputs: [
      () => [
        tf.tensor2d(
          [
            [0, 1],
            [2, 0],
          ],
          [2, 2],
          'int32',
        ),
        tf.tensor1d([5, 6]),
      ],
    ],
  },
  strings: {
    f: (words) => {
      const split = tf.string.stringSplit(as1d(words!), tf.scalar(' '));
      return [
        tf.string.stringToHashBucketFast(words!, 100),
        tf.string.staticRegexReplace(words!, '[aeiou]', '*'),
        tf.equal(words!, tf.scalar('one two')),
        ...Object.values(split as unknown as Record<string, tf.Tensor>),
      ];
    },
    specs: [[[null], 'string']],
    inputs: [() => [texts('one two', 'three', '')], () => [texts('a b c d')]],
  },
  stringNGrams: {
    f: (words) => {
      const splits = tf.tensor1d([0, 3, 4], 'int32');
      const {nGrams, nGramsSplits} = tf.string.stringNGrams(
        as1d(words!),
        splits,
        '|',
        [1, 2],
        'L',
        'R',
        -1,
        false,
      ) as unknown as Record<string, tf.Tensor>;
      return [nGrams!, nGramsSplits!];
    },
    specs: [[[4], 'string']],
    inputs: [() => [texts('a', 'b', 'c', 'd')]],
  },
};
