/**
 * Runs a function for the shapes of its tensors: on the host, where a sample that is too small for a window is an error and
 * not a crash (as it is in WebAssembly), and without the arithmetic that takes long, whose numbers nobody
 * looks at while a function is traced.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {dataOf} from '../tfjs/data.js';
import {onHostBackend} from '../tfjs/host_backend.js';
import {type Replacement, withReplacedKernels, writeTensor} from '../tfjs/kernels.js';
import {onlyShapesMatter} from './record.js';

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Attrs = Readonly<Record<string, unknown>>;
type ShapeRule = (inputs: Inputs, attrs: Attrs) => readonly number[];

/** The backend that runs the samples. */
const HOST = 'cpu';

const {
  assertAndGetBroadcastShape,
  computeConv2DInfo,
  computeConv3DInfo,
  computeOutAndReduceShapes,
  computePool2DInfo,
  convertConv2DDataFormat,
  expandShapeToKeepDim,
} = tf.backend_util;

const conv2d =
  (depthwise: boolean): ShapeRule =>
  ({x, filter}, {strides, dilations, pad, dimRoundingMode, dataFormat}) =>
    computeConv2DInfo(
      x!.shape as [number, number, number, number],
      filter!.shape as [number, number, number, number],
      strides as number,
      (dilations ?? 1) as number,
      pad as 'same',
      dimRoundingMode as 'floor',
      depthwise,
      convertConv2DDataFormat((dataFormat ?? 'NHWC') as 'NHWC'),
    ).outShape;

const conv3d: ShapeRule = ({x, filter}, {strides, dilations, pad}) =>
  computeConv3DInfo(
    x!.shape as [number, number, number, number, number],
    filter!.shape as [number, number, number, number, number],
    strides as number,
    (dilations ?? 1) as number,
    pad as 'same',
  ).outShape;

const matMul: ShapeRule = ({a, b}, {transposeA, transposeB}) => {
  const [inner, other] = [a!.shape.at(transposeA ? -2 : -1), b!.shape.at(transposeB ? -1 : -2)];
  if (inner !== other) throw new Error(`matrices of shapes [${a!.shape}] and [${b!.shape}] have no product`);
  const batch = assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
  return [...batch, a!.shape.at(transposeA ? -1 : -2)!, b!.shape.at(transposeB ? -2 : -1)!];
};

const inputShape: ShapeRule = (_, attrs) => attrs.inputShape as number[];
const filterShape: ShapeRule = (_, attrs) => attrs.filterShape as number[];

/** Shapes of the results of the kernels that take the time. */
const SHAPES: Readonly<Record<string, ShapeRule>> = {
  BatchMatMul: matMul,
  Conv2D: conv2d(false),
  Conv2DBackpropFilter: filterShape,
  Conv2DBackpropInput: inputShape,
  Conv3D: conv3d,
  Conv3DBackpropFilterV2: filterShape,
  Conv3DBackpropInputV2: inputShape,
  DepthwiseConv2dNative: conv2d(true),
  DepthwiseConv2dNativeBackpropFilter: filterShape,
  DepthwiseConv2dNativeBackpropInput: inputShape,
  FusedConv2D: conv2d(false),
  FusedDepthwiseConv2D: conv2d(true),
  _FusedMatMul: matMul,
};

const broadcast: ShapeRule = ({a, b}) => assertAndGetBroadcastShape(a!.shape, b!.shape);
const sameAs: ShapeRule = ({x}) => x!.shape;

const pool: ShapeRule = ({x}, {filterSize, strides, pad, dimRoundingMode}) =>
  computePool2DInfo(
    x!.shape as [number, number, number, number],
    filterSize as number,
    strides as number,
    1,
    pad as 'same',
    dimRoundingMode as 'floor',
  ).outShape;

const reduction: ShapeRule = ({x}, {axis, keepDims}) => {
  const axes = tf.util.parseAxisParam(axis as number[], x!.shape);
  const [shape] = computeOutAndReduceShapes(x!.shape, axes);
  return keepDims ? expandShapeToKeepDim(shape, axes) : shape;
};

/** Shapes of the results of kernels that take time where tensors of float32 are large. */
const SHAPES_OF_LARGE: Readonly<Record<string, ShapeRule>> = {
  ...Object.fromEntries(
    ['Add', 'Multiply', 'RealDiv', 'SquaredDifference', 'Sub'].map((name) => [name, broadcast]),
  ),
  ...Object.fromEntries(
    [
      'Elu',
      'Exp',
      'FusedBatchNorm',
      'Relu',
      'Relu6',
      'Rsqrt',
      'Sigmoid',
      'Sqrt',
      'Square',
      'Step',
      'Tanh',
    ].map((name) => [name, sameAs]),
  ),
  AvgPool: pool,
  MaxPool: pool,
  Mean: reduction,
  Sum: reduction,
};

/** A tensor of more elements is large. */
const LARGE = 4096;

/** Runs `f` on the host, with zeros for what follows from samples and would take long. */
export function forShapesOnly<T>(f: () => T): T {
  const rules = {...SHAPES, ...SHAPES_OF_LARGE};
  return onHostBackend(() => withReplacedKernels(HOST, Object.keys(rules), zerosBy(rules), f));
}

/** Kernels that are as they were, but for what follows from samples: zeros of the right shape. */
function zerosBy(rules: Readonly<Record<string, ShapeRule>>): Replacement {
  return (own, kernelName) => (call) => {
    const {inputs, attrs, backend} = call;
    const always = kernelName in SHAPES || isLarge(inputs as Inputs);
    const data = Object.values(inputs).flatMap((each) => (each ? [dataOf(each)] : []));
    if (!always || !onlyShapesMatter(data)) return own(call);
    const shape = rules[kernelName]!(inputs as Inputs, attrs ?? {});
    if (shape.some((size) => !(size >= 0))) {
      throw new Error(`${kernelName} would give a tensor of shape [${shape}]`);
    }
    const zeros = new Float32Array(tf.util.sizeFromShape([...shape]));
    return writeTensor(backend as tf.KernelBackend, zeros, [...shape], 'float32');
  };
}

function isLarge(inputs: Inputs): boolean {
  const given = Object.values(inputs).filter((each) => each);
  return (
    given.every(({dtype}) => dtype === 'float32') &&
    given.some(({shape}) => tf.util.sizeFromShape(shape) > LARGE)
  );
}
