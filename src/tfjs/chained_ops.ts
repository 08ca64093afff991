/**
 * Operations as methods of tensors (`x.square().mul(2)`), for those who take `@tensorflow/tfjs-core` alone, in which Node cannot
 * import tfjs's own module of them. Where tensors have a method already it stays.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';

type Operation = (...args: unknown[]) => unknown;

/** Operations whose first argument is the tensor. */
const OPERATIONS =
  'abs acos acosh add all any argMax argMin asin asinh atan atan2 atanh avgPool batchNorm batchToSpaceND broadcastTo cast ceil ' +
  'clipByValue conv1d conv2d conv2dTranspose cos cosh cumprod cumsum depthToSpace depthwiseConv2d dilation2d div divNoNan dot elu ' +
  'equal erf euclideanNorm exp expandDims expm1 fft floor floorDiv gather greater greaterEqual ifft irfft isFinite isInf isNaN ' +
  'leakyRelu less lessEqual localResponseNormalization log log1p logSigmoid logSoftmax logSumExp logicalAnd logicalNot logicalOr ' +
  'logicalXor matMul max maxPool maximum mean min minimum mirrorPad mod mul neg norm notEqual oneHot onesLike pad pool pow prelu ' +
  'prod reciprocal relu relu6 reshape reverse rfft round rsqrt selu separableConv2d sigmoid sign sin sinh slice softmax softplus ' +
  'spaceToBatchND split sqrt square squaredDifference squeeze step stridedSlice sub sum tan tanh tile topk transpose unique ' +
  'unsortedSegmentSum unstack zerosLike';

/** The rest: what each is of the tensor and its arguments. */
const OTHERS: Readonly<Record<string, (tensor: tf.Tensor, ...args: never[]) => unknown>> = {
  asScalar: (tensor) => tf.reshape(tensor, []),
  as1D: (tensor) => tf.reshape(tensor, [tensor.size]),
  as2D: (tensor, ...shape: number[]) => tf.reshape(tensor, shape),
  as3D: (tensor, ...shape: number[]) => tf.reshape(tensor, shape),
  as4D: (tensor, ...shape: number[]) => tf.reshape(tensor, shape),
  as5D: (tensor, ...shape: number[]) => tf.reshape(tensor, shape),
  asType: (tensor, dtype: tf.DataType) => tf.cast(tensor, dtype),
  concat: (tensor, others: tf.Tensor | tf.Tensor[], axis?: number) =>
    tf.concat([tensor, ...listed(others)], axis),
  flatten: (tensor) => tf.reshape(tensor, [tensor.size]),
  reshapeAs: (tensor, other: tf.Tensor) => tf.reshape(tensor, other.shape),
  resizeBilinear: (tensor, ...args: [[number, number]]) =>
    tf.image.resizeBilinear(tensor as tf.Tensor4D, ...args),
  resizeNearestNeighbor: (tensor, ...args: [[number, number]]) =>
    tf.image.resizeNearestNeighbor(tensor as tf.Tensor4D, ...args),
  stack: (tensor, others: tf.Tensor | tf.Tensor[], axis?: number) =>
    tf.stack([tensor, ...listed(others)], axis),
  toBool: (tensor) => tf.cast(tensor, 'bool'),
  toFloat: (tensor) => tf.cast(tensor, 'float32'),
  toInt: (tensor) => tf.cast(tensor, 'int32'),
  where: (tensor, condition: tf.Tensor, otherwise: tf.Tensor) => tf.where(condition, tensor, otherwise),
};

function listed(tensors: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return Array.isArray(tensors) ? tensors : [tensors];
}

function define(name: string, operation: (tensor: tf.Tensor, ...args: never[]) => unknown): void {
  if (name in tf.Tensor.prototype) return;
  Object.defineProperty(tf.Tensor.prototype, name, {
    value(this: tf.Tensor, ...args: never[]) {
      return operation(this, ...args);
    },
    writable: true,
    configurable: true,
  });
}

/** Gives tensors the methods that they lack. */
export function installChainedOps(): void {
  const operations = {...tf.spectral, ...tf} as unknown as Readonly<Record<string, Operation | undefined>>;
  for (const name of OPERATIONS.split(' ')) {
    const operation = operations[name];
    if (operation !== undefined) define(name, operation);
  }
  for (const [name, operation] of Object.entries(OTHERS)) define(name, operation);
}
