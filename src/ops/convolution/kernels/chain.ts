/**
 * Convolutions with what stands around them as one kernel of tfjs: padding before, a bias, a normalization and an activation
 * after; and convolutions of every n-th element, which TensorFlow 1 writes as blocks of space that become the batch.
 *
 * A normalization by what does not change is linear, so it goes into filter and bias, which are computed once and again when
 * one of its parameters has changed.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {CallError} from '../../../errors.js';
import type {OpNode} from '../../../graph/graph.js';
import {sameShape} from '../../../host/shape.js';
import {Value} from '../../../tensors/value.js';
import {runKernel} from '../../../tfjs/kernels.js';
import {isTaping} from '../../../tfjs/tape.js';
import {amountsOf, batchToSpace, blockSizes, paddedShape, spaceToBatch} from '../../array/plan.js';
import type {ChainKernel, ChainRule} from '../../chain.js';
import type {Session} from '../../kernel.js';
import {CONV2D, type ConvolutionKind, convolutionPlan, DEPTHWISE, spanOf, type Window} from '../plan.js';
import {type Affine, FoldedParameters, type Parameters} from './folding.js';
import {roomForWindow} from './taps.js';

/** Where an op stands in a chain. */
const STAGES: Readonly<Record<string, number>> = {
  Pad: 0,
  SpaceToBatchND: 0,
  Conv2D: 1,
  DepthwiseConv2dNative: 1,
  BatchToSpaceND: 2,
  BiasAdd: 3,
  BiasAddV1: 3,
  Add: 3,
  AddV2: 3,
  FusedBatchNorm: 3,
  FusedBatchNormV2: 3,
  FusedBatchNormV3: 3,
  Relu: 4,
  Relu6: 4,
};

const AFTER_CONVOLUTION = 3;

/** What tfjs calls the activations that its kernels apply. */
const ACTIVATIONS: Readonly<Record<string, string>> = {Relu: 'relu', Relu6: 'relu6'};

const stageOf = ({op}: OpNode): number | undefined => (Object.hasOwn(STAGES, op) ? STAGES[op] : undefined);
const isAdd = ({op}: OpNode): boolean => op === 'Add' || op === 'AddV2';
const isNormalization = ({op}: OpNode): boolean => op.startsWith('FusedBatchNorm');
const isConvolution = ({op}: OpNode): boolean => op === 'Conv2D' || op === 'DepthwiseConv2dNative';

/** True for a node that computes float32, channels last, and no statistics. */
function isPlain(node: OpNode): boolean {
  const {attrs} = node;
  if (!attrs.has('T') || attrs.dtype('T') !== 'float32') return false;
  if (attrs.has('data_format') && attrs.string('data_format') !== 'NHWC') return false;
  return !isNormalization(node) || !attrs.bool('is_training');
}

/** Convolutions and what stands around them. */
export const CONVOLUTION_CHAIN: ChainRule = {
  begins: (node) => (stageOf(node) ?? AFTER_CONVOLUTION) <= 1 && isPlain(node),
  joins(chain, {node, input, readsParameters}) {
    const stage = stageOf(node);
    const last = chain.at(-1)!;
    const before = stageOf(last)!;
    if (stage === undefined || !isPlain(node) || (input !== 0 && !isAdd(node))) return false;
    if (before === 0) return isConvolution(node);
    const inBlocks = chain[0]!.op === 'SpaceToBatchND';
    // Until the blocks are space again, nothing else is.
    if (inBlocks && before === 1) return stage === 2;
    if (stage === 2 || stage <= 1 || before > stage) return false;
    if (stage === AFTER_CONVOLUTION && !readsParameters) return false;
    return !(isNormalization(node) && chain.some(isNormalization)) && !(stage === 4 && before === 4);
  },
  isWhole(chain) {
    if (chain[0]!.op === 'SpaceToBatchND') return chain.length >= 3;
    return chain.length >= 2 && chain.some(isConvolution);
  },
  kernel: (chain, session) => convolutionChain(chain, session),
};

function convolutionChain(chain: readonly OpNode[], session: Session): ChainKernel {
  const at = chain.findIndex(isConvolution);
  const convolution = chain[at]!;
  const kind = convolution.op === 'Conv2D' ? CONV2D : DEPTHWISE;
  const activation = ACTIVATIONS[chain.at(-1)!.op] ?? 'linear';
  const affine = chain.flatMap((node, i): Affine[] => {
    if (stageOf(node) !== AFTER_CONVOLUTION) return [];
    return [
      {
        node: i,
        isAdded: isAdd(node),
        epsilon: isNormalization(node) ? node.attrs.float('epsilon') : undefined,
      },
    ];
  });
  const folded = new FoldedParameters(affine, session);
  return (inputs) => {
    if (isTaping()) return undefined;
    // The convolution reads its image from the node before, where there is one.
    const x = inputs[0]![0]!;
    const filter = inputs[at]!.at(-1)!;
    if (x.dtype !== 'float32' || filter.dtype !== 'float32' || x.rank !== 4 || filter.rank !== 4)
      return undefined;
    if (x.shape[3] !== filter.shape[2] || x.size === 0 || filter.size === 0) return undefined;
    const windows = geometry(chain, kind, x, filter, inputs);
    if (windows === undefined || windows.some(({output}) => output < 1)) return undefined;
    const channels = kind.isDepthwise ? filter.shape[2]! * filter.shape[3]! : filter.shape[3]!;
    const parameters = folded.of(filter, channels, inputs);
    if (parameters === undefined) return undefined;
    return Value.device(convolve(kind, x.tensor(), parameters, windows, activation));
  };
}

function convolve(
  kind: ConvolutionKind,
  x: tf.Tensor,
  {filter, bias}: Parameters,
  [h, w]: readonly [Window, Window],
  activation: string,
): tf.Tensor {
  return runKernel(
    kind.isDepthwise ? tf.FusedDepthwiseConv2D : tf.FusedConv2D,
    {x, filter, ...(bias && {bias})},
    {
      strides: [h.stride, w.stride],
      dilations: [h.dilation, w.dilation],
      pad: [
        [0, 0],
        [h.before, h.after],
        [w.before, w.after],
        [0, 0],
      ],
      dataFormat: 'NHWC',
      activation,
    },
  );
}

/**
 * The windows of the convolution on the image as it comes into the chain. Undefined where it cannot be had from that, or is wrong: the
 * nodes one by one say what is.
 */
function geometry(
  chain: readonly OpNode[],
  kind: ConvolutionKind,
  x: Value,
  filter: Value,
  inputs: readonly (readonly Value[])[],
): readonly [Window, Window] | undefined {
  try {
    roomForWindow(filter.shape.slice(0, -2));
    const windows = windowsOf(chain, kind, x.shape, filter.shape, inputs);
    const [h, w] = windows ?? [];
    if (h === undefined || w === undefined) return undefined;
    // The kernels for single channels refuse strides together with dilation.
    if (kind.isDepthwise && h.stride * w.stride > 1 && h.dilation * w.dilation > 1) return undefined;
    return [h, w];
  } catch (error) {
    if (error instanceof CallError) return undefined;
    throw error;
  }
}

function windowsOf(
  chain: readonly OpNode[],
  kind: ConvolutionKind,
  shape: readonly number[],
  filter: readonly number[],
  inputs: readonly (readonly Value[])[],
): readonly Window[] | undefined {
  const [head, second] = chain as [OpNode, OpNode];
  if (head.op === 'Pad') {
    const [, paddings] = inputs[0] as [Value, Value];
    const around = amountsOf(paddings.numbers(), paddings.shape, shape.length, head);
    const outside = [around.before, around.after].some((sizes) => sizes[0] !== 0 || sizes[3] !== 0);
    if (outside) return undefined;
    return convolutionPlan(kind, paddedShape(shape, around), filter, second).windows.map((window, k) => ({
      ...window,
      before: window.before + around.before[k + 1]!,
      after: window.after + around.after[k + 1]!,
      input: shape[k + 1]!,
    }));
  }
  if (head.op !== 'SpaceToBatchND') return convolutionPlan(kind, shape, filter, head).windows;
  const [, sizes, paddings] = inputs[0]!;
  const [outSizes, crops] = inputs[2]!;
  const blocks = blockSizes(shape, sizes!.numbers(), head);
  if (blocks.length !== 2) return undefined;
  const padding = amountsOf(paddings!.numbers(), paddings!.shape, 2, head);
  const cropping = amountsOf(crops!.numbers(), crops!.shape, 2, chain[2]!);
  const inner = convolutionPlan(kind, spaceToBatch(shape, blocks, padding, head).shape, filter, second);
  const {shape: result} = batchToSpace(inner.y, blocks, cropping, chain[2]!);
  const windows = inner.windows.map((window, k): Window => {
    const [block, input, output] = [blocks[k]!, shape[k + 1]!, result[k + 1]!];
    const dilated = {...window, dilation: window.dilation * block, input, output};
    const before = padding.before[k]! + window.before * block - cropping.before[k]!;
    return {...dilated, before, after: output - 1 + spanOf(dilated) - input - before};
  });
  const isWhole = windows.every(({stride, before, after}) => stride === 1 && before >= 0 && after >= 0);
  return isWhole && sameShape(outSizes!.numbers(), blocks) ? windows : undefined;
}
