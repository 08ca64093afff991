/**
 * Products with a bias, a normalization, an activation in one op, as the ops of ONNX that those are made of.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {ownEntry} from '../../../own_entry.js';
import type {Lower} from '../../lowering.js';
import {ACTIVATIONS, leakyRelu} from '../../nn/onnx/activations.js';
import {type ConvolutionKind, channelsFirst} from '../plan.js';
import {convolution} from './convolutions.js';

/** What follows the product: takes its operands off `extra`. */
type Fusion = (x: OnnxTensor, extra: OnnxTensor[], node: OpNode, to: OnnxBuilder) => OnnxTensor;

const added: Fusion = (x, extra, _node, to) => to.op('Add', [x, extra.shift()]);

const FUSIONS: Readonly<Record<string, Fusion>> = {
  ...Object.fromEntries(
    Object.entries(ACTIVATIONS).map(([name, build]): [string, Fusion] => [
      name,
      (x, _extra, _node, to) => build(x, to),
    ]),
  ),
  BiasAdd: added,
  Add: added,
  LeakyRelu: (x, _, {attrs}, to) => leakyRelu(x, attrs.float('leakyrelu_alpha'), to),
  Tanh: (x, _, _node, to) => to.op('Tanh', [x]),
  Sigmoid: (x, _, _node, to) => to.op('Sigmoid', [x]),
  FusedBatchNorm: (x, extra, {attrs}, to) => {
    const [scale, offset, mean, variance] = extra.splice(0, 4);
    const deviation = to.op('Sqrt', [to.op('Add', [variance, to.scalar(x.dtype, attrs.float('epsilon'))])]);
    const factor = to.op('Div', [scale, deviation]);
    return to.op('Add', [to.op('Mul', [to.op('Sub', [x, mean]), factor]), offset]);
  },
};

/** The product with the node's `fused_ops` after it, which have vectors with an element for each channel. */
function fused(product: OnnxTensor, extra: OnnxTensor[], node: OpNode, to: OnnxBuilder): OnnxTensor {
  return node.attrs.strings('fused_ops').reduce((x, name) => {
    const fusion = ownEntry(FUSIONS, name) ?? notLowered(`${name} is fused into it`);
    return fusion(x, extra, node, to);
  }, product);
}

export const fusedConvolution =
  (kind: ConvolutionKind): Lower =>
  (inputs, node, to) => {
    if (channelsFirst(node)) notLowered('the channels are first');
    const product = convolution(kind)(inputs.slice(0, 2), node, to) as OnnxTensor;
    return fused(product, inputs.slice(2), node, to);
  };

export const fusedMatMul: Lower = ([a, b, ...extra], node, to) => {
  const turned = (x: OnnxTensor, isTurned: boolean) => (isTurned ? to.transpose(x, [1, 0]) : x);
  const {attrs} = node;
  const [left, right] = [turned(a!, attrs.bool('transpose_a')), turned(b!, attrs.bool('transpose_b'))];
  return fused(to.op('MatMul', [left, right]), extra, node, to);
};
