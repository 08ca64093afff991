/**
 * Shapes of convolutions, poolings and their gradients.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {type Known, shapeFrom} from '../../graph/known.js';
import {formatShape, type PartialShape} from '../../host/shape.js';
import {anySizes, commonSize, forAll, shapeOfInput, withRank} from '../infer_rules.js';
import {invalid} from '../node.js';
import {
  CONV2D,
  CONV3D,
  type ConvolutionKind,
  channelsFirst,
  channelsLast,
  checkEntries,
  convolutionInput,
  convolutionPlan,
  DEPTHWISE,
  isPooledInSpace,
  nodeOrder,
  type PoolWindows,
  planOfWindows,
  pooledChannels,
  poolPlan,
  spatialOf,
  windowsOf,
} from './plan.js';

const convolution =
  (kind: ConvolutionKind): Infer =>
  ([input, filter], node) => {
    const first = channelsFirst(node);
    const x = channelsLast(withRank(input!, kind.rank, 'the input', node), first);
    const w = withRank(filter!, kind.rank, 'the filter', node);
    return [{shape: nodeOrder(convolutionPlan(kind, x, w, node).y, first)}];
  };

/** The shape is an operand; of images it may hold the spatial dimensions alone. */
const inputGradient =
  (kind: ConvolutionKind): Infer =>
  ([sizes, filter, dy], node) => {
    const [batch] = withRank(dy!, kind.rank, 'the gradient', node);
    const channels = withRank(filter!, kind.rank, 'the filter', node).at(-2)!;
    const given = shapeFrom(sizes!) ?? anySizes(kind.rank);
    if (given.length !== kind.rank && given.length !== kind.rank - 2) {
      throw invalid(node, `the input cannot have shape ${formatShape(given)}`);
    }
    const first = channelsFirst(node);
    const shape = nodeOrder(convolutionInput(kind, given, {batch: batch!, channels}, first), first);
    return [{shape: shape.with(0, commonSize([shape[0]!, batch!], 'the sizes of the batch', node))}];
  };

const filterGradient =
  (kind: ConvolutionKind): Infer =>
  ([, sizes]) => [{shape: shapeFrom(sizes!) ?? anySizes(kind.rank)}];

const fusedMatMul: Infer = ([a, b], node) => {
  const [rows, inner] = transposedIf(node.attrs.bool('transpose_a'), withRank(a!, 2, 'a', node));
  const [outer, columns] = transposedIf(node.attrs.bool('transpose_b'), withRank(b!, 2, 'b', node));
  commonSize([inner!, outer!], 'the inner sizes', node);
  return [{shape: [rows!, columns!]}];
};

const transposedIf = (isTransposed: boolean, [a, b]: readonly (number | null)[]) =>
  isTransposed ? [b!, a!] : [a!, b!];

/** Windows from the attributes, or from the inputs of an op's second version. */
function windowsFrom(inputs: readonly Known[], {attrs}: OpNode): PoolWindows<number | null> {
  if (inputs.length === 1) return {ksize: attrs.ints('ksize'), strides: attrs.ints('strides')};
  const [ksize, strides] = inputs.slice(1).map((known) => shapeFrom(known) ?? anySizes(4));
  return {ksize: ksize!, strides: strides!};
}

const pool =
  (rank: 4 | 5): Infer =>
  (inputs, node) => {
    const shape = withRank(inputs[0]!, rank, 'the input', node);
    const windows = windowsFrom(inputs, node);
    checkEntries(windows, rank, node);
    const first = channelsFirst(node);
    // Whether channels are pooled, or pixels, is seen from the size of the windows.
    if ((first ? windows.ksize[1] : windows.ksize.at(-1)) === null) return [{shape: shape.map(() => null)}];
    if (!isPooledInSpace(windows.ksize, first)) {
      return [{shape: shape.with(-1, pooledChannels(shape, windows, node))}];
    }
    // Of channels that are not pooled TensorFlow does not look at the stride, which the kernel does not take.
    const strides = windows.strides.with(first ? 1 : -1, 1);
    return [{shape: nodeOrder(poolPlan(channelsLast(shape, first), {...windows, strides}, node).y, first)}];
  };

const maxPoolWithArgmax: Infer = ([input], node) => {
  const shape = withRank(input!, 4, 'the input', node);
  const spatial = (name: string) => spatialOf(node.attrs.ints(name), false);
  const {y} = planOfWindows<number | null>(
    shape,
    {ksize: spatial('ksize'), strides: spatial('strides')},
    node,
  );
  return [{shape: y}, {shape: y}];
};

/** A gradient has the shape of an input that must have this rank. */
const shapedAsInput =
  (rank: number): Infer =>
  ([x], node) => [{shape: withRank(x!, rank, 'the input', node)}];

const averageGradient =
  (rank: 4 | 5): Infer =>
  ([sizes, dy], node) => {
    const shape: PartialShape = withRank({...dy!, shape: shapeFrom(sizes!)}, rank, 'the input', node);
    return [{shape}];
  };

const dilation: Infer = ([input, filter], node) => {
  const x = withRank(input!, 4, 'the input', node);
  const w = withRank(filter!, 3, 'the filter', node);
  const spatial = (name: string) => spatialOf(node.attrs.ints(name), false);
  const windows = windowsOf<number | null>(
    {
      inputs: x.slice(1, -1),
      sizes: w.slice(0, -1),
      strides: spatial('strides'),
      dilations: spatial('rates'),
    },
    node,
  );
  const channels = commonSize([x[3]!, w[2]!], 'the numbers of channels', node);
  return [{shape: [x[0]!, ...windows.map(({output}) => output), channels]}];
};

export const infer: InferTable = {
  ...forAll(convolution(CONV2D), ['Conv2D', '_FusedConv2D']),
  ...forAll(convolution(DEPTHWISE), ['DepthwiseConv2dNative', '_FusedDepthwiseConv2dNative']),
  Conv3D: convolution(CONV3D),
  Conv2DBackpropInput: inputGradient(CONV2D),
  DepthwiseConv2dNativeBackpropInput: inputGradient(DEPTHWISE),
  Conv3DBackpropInputV2: inputGradient(CONV3D),
  Conv2DBackpropFilter: filterGradient(CONV2D),
  DepthwiseConv2dNativeBackpropFilter: filterGradient(DEPTHWISE),
  Conv3DBackpropFilterV2: filterGradient(CONV3D),
  _FusedMatMul: fusedMatMul,
  ...forAll(pool(4), ['MaxPool', 'MaxPoolV2', 'AvgPool']),
  ...forAll(pool(5), ['MaxPool3D', 'AvgPool3D']),
  MaxPoolWithArgmax: maxPoolWithArgmax,
  ...forAll(shapedAsInput(4), ['MaxPoolGrad', 'MaxPoolGradV2']),
  MaxPool3DGrad: shapedAsInput(5),
  AvgPoolGrad: averageGradient(4),
  AvgPool3DGrad: averageGradient(5),
  Dilation2D: dilation,
  Dilation2DBackpropInput: shapedAsInput(4),
  Dilation2DBackpropFilter: shapeOfInput(1),
};
