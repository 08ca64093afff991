/**
 * How many elements kernels of tfjs make, known before they run: for those that can make more than they are given.
 *
 * @module
 */

import type * as tf from '@tensorflow/tfjs-core';
import {sizeOf} from '../host/tensor.js';

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Attrs = Readonly<Record<string, unknown>>;

/** Elements of a kernel's result; at least as many as it has, where the exact number takes more to find out. */
export type SizeRule = (inputs: Inputs, attrs: Attrs) => number;

/** Results of fewer elements are nobody's concern. */
const SMALL_PRODUCT = 1024;

/** Elements of the shape that the inputs broadcast to. */
const broadcast: SizeRule = (inputs) => {
  let most = 1;
  for (const key in inputs) most *= sizeOf(inputs[key]!.shape);
  // The shape need not be known where it cannot be large.
  if (most > 0 && most <= SMALL_PRODUCT) return most;
  let size = 1;
  let rank = 0;
  for (const key in inputs) rank = Math.max(rank, inputs[key]!.shape.length);
  for (let fromEnd = 1; fromEnd <= rank; fromEnd++) {
    let dim = 1;
    for (const key in inputs) {
      const {shape} = inputs[key]!;
      const own = shape[shape.length - fromEnd] ?? 1;
      if (own !== 1) dim = own;
    }
    size *= dim;
  }
  return size;
};

/** Elements of all inputs. */
const together: SizeRule = (inputs) => {
  let size = 0;
  for (const key in inputs) size += sizeOf(inputs[key]!.shape);
  return size;
};

/** Elements of the shape in this attribute. */
const shapeIn =
  (attr: string): SizeRule =>
  (_, attrs) =>
    sizeOf(attrs[attr] as number[]);

const padded: SizeRule = ({x}, {paddings}) =>
  x!.shape.reduce((size, dim, axis) => {
    const [before, after] = (paddings as [number, number][])[axis] ?? [0, 0];
    return size * (dim + before + after);
  }, 1);

const paddedBlocks: SizeRule = ({x}, {paddings}) =>
  x!.shape.reduce((size, dim, axis) => {
    const [before, after] = (paddings as [number, number][])[axis - 1] ?? [0, 0];
    return size * (dim + before + after);
  }, 1);

const matMul: SizeRule = ({a, b}, {transposeA, transposeB}) => {
  const matrices = broadcast(
    {a: {...a!, shape: a!.shape.slice(0, -2)}, b: {...b!, shape: b!.shape.slice(0, -2)}},
    {},
  );
  return matrices * a!.shape.at(transposeA ? -1 : -2)! * b!.shape.at(transposeB ? -2 : -1)!;
};

/** Windows that slide over images or volumes, for each of the channels that come out. */
const windows =
  (channels: (inputs: Inputs) => number): SizeRule =>
  (inputs, {strides, pad, dataFormat}) => {
    const x = (inputs.x ?? inputs.input)!;
    const first = dataFormat === 'NCHW' || dataFormat === 'channelsFirst' ? 2 : 1;
    const places = x.shape.slice(first, first + x.shape.length - 2).reduce((count, dim, k) => {
      const stride = Array.isArray(strides) ? (strides[k] as number) : (strides as number);
      return count * Math.ceil((dim + paddingOf(pad, first + k)) / stride);
    }, 1);
    return x.shape[0]! * places * channels(inputs);
  };

/** What a padding, in one of the forms of tfjs, adds to an axis. */
function paddingOf(pad: unknown, axis: number): number {
  if (typeof pad === 'number') return 2 * pad;
  const [before, after] = Array.isArray(pad) ? ((pad[axis] ?? [0, 0]) as [number, number]) : [0, 0];
  return before + after;
}

const convolution = windows(({filter}) => filter!.shape.at(-1)!);
const depthwise = windows(({filter}) => filter!.shape.at(-1)! * filter!.shape.at(-2)!);
const pooling = windows(({x}) => x!.shape.at(-1)!);

const resized: SizeRule = ({images}, {size}) =>
  images!.shape[0]! * sizeOf(size as number[]) * images!.shape.at(-1)!;

/** Rules by kernel. What has none makes at most as much as it is given. */
export const SIZE_RULES: Readonly<Record<string, SizeRule>> = {
  ...Object.fromEntries(
    [
      ...['Add', 'Atan2', 'BitwiseAnd', 'Complex', 'Equal', 'FloorDiv', 'Greater', 'GreaterEqual', 'Less'],
      ...['LessEqual', 'LogicalAnd', 'LogicalOr', 'Maximum', 'Minimum', 'Mod', 'Multiply', 'NotEqual', 'Pow'],
      ...['Prelu', 'RealDiv', 'Select', 'SquaredDifference', 'Sub'],
    ].map((kernel) => [kernel, broadcast]),
  ),
  Concat: together,
  Pack: together,
  Fill: shapeIn('shape'),
  Range: (_, {start, stop, step}) =>
    Math.abs(Math.ceil(((stop as number) - (start as number)) / (step as number))),
  LinSpace: (_, {num}) => num as number,
  OneHot: ({indices}, {depth}) => sizeOf(indices!.shape) * (depth as number),
  PadV2: padded,
  MirrorPad: padded,
  SpaceToBatchND: paddedBlocks,
  Tile: ({x}, {reps}) => sizeOf(x!.shape) * sizeOf(reps as number[]),
  Diag: ({x}) => sizeOf(x!.shape) ** 2,
  GatherV2: ({x, indices}, {axis, batchDims}) =>
    sizeOf(x!.shape.toSpliced(axis as number, 1)) * sizeOf(indices!.shape.slice((batchDims as number) ?? 0)),
  GatherNd: ({params, indices}) =>
    sizeOf(indices!.shape.slice(0, -1)) * sizeOf(params!.shape.slice(indices!.shape.at(-1) ?? 0)),
  ScatterNd: shapeIn('shape'),
  SparseToDense: shapeIn('outputShape'),
  UnsortedSegmentSum: ({x, segmentIds}, {numSegments}) =>
    (numSegments as number) * sizeOf(x!.shape.slice(segmentIds!.shape.length)),
  Bincount: (_, {size}) => size as number,
  DenseBincount: ({x}, {size}) => (x!.shape.length > 1 ? x!.shape[0]! : 1) * (size as number),
  Multinomial: ({logits}, {numSamples}) => logits!.shape[0]! * (numSamples as number),
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
  Conv2D: convolution,
  Conv3D: convolution,
  FusedConv2D: convolution,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: depthwise,
  Conv2DBackpropFilter: shapeIn('filterShape'),
  Conv3DBackpropFilterV2: shapeIn('filterShape'),
  DepthwiseConv2dNativeBackpropFilter: shapeIn('filterShape'),
  Conv2DBackpropInput: shapeIn('inputShape'),
  Conv3DBackpropInputV2: shapeIn('inputShape'),
  DepthwiseConv2dNativeBackpropInput: shapeIn('inputShape'),
  AvgPool: pooling,
  AvgPool3D: pooling,
  MaxPool: pooling,
  MaxPool3D: pooling,
  ResizeBilinear: resized,
  ResizeNearestNeighbor: resized,
  CropAndResize: ({image, boxes}, {cropSize}) =>
    boxes!.shape[0]! * sizeOf(cropSize as number[]) * image!.shape.at(-1)!,
  Transform: ({image}, {outputShape}) =>
    image!.shape[0]! * sizeOf((outputShape ?? image!.shape.slice(1, 3)) as number[]) * image!.shape.at(-1)!,
};

/** Kernels whose results are booleans, of a byte each. */
const PREDICATES = new Set([
  ...['Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'LogicalAnd', 'LogicalOr', 'NotEqual'],
]);

/** Bytes of an element of the kernel's result. */
export function elementBytes(kernel: string, inputs: Inputs): number {
  if (PREDICATES.has(kernel)) return 1;
  if (kernel === 'Complex') return 8;
  let bytes = 4;
  for (const key in inputs) {
    const {dtype} = inputs[key]!;
    if (dtype === 'complex64') return 8;
    if (dtype === 'bool' && kernel !== 'Select') bytes = 1;
  }
  return bytes;
}
