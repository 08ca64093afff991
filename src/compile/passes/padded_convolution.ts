/**
 * Zeros that are put around an image before a convolution become the padding of the convolution itself: no copy of the image is
 * made, and the layout that ONNX Runtime convolves in stays as it is from one convolution to the next.
 *
 * @module
 */

import type {Attr} from '../../graph/attrs.js';
import type {Operand} from '../../graph/builder.js';
import {integersOf} from '../../graph/known.js';
import type {RewriteRule} from '../../graph/rewrite.js';
import {elementAt} from '../../host/tensor.js';
import type {Pass} from './pass.js';

const convolution: RewriteRule = ({node, inputs: [x, filter], graph}) => {
  const {attrs} = node;
  const pads = attrs.string('padding') === 'VALID' && zerosAround(x!);
  if (!pads) return undefined;
  const channels = attrs.string('data_format') === 'NCHW' ? 1 : 3;
  const isOutside = (axis: number) => pads[2 * axis] !== 0 || pads[2 * axis + 1] !== 0;
  if (pads.length !== 8 || isOutside(0) || isOutside(channels) || pads.some((size) => size < 0))
    return undefined;
  const own: Record<string, Attr> = {
    padding: {type: 'string', value: new TextEncoder().encode('EXPLICIT')},
    explicit_paddings: {type: 'list', value: pads.map((value) => ({type: 'int', value}))},
  };
  const names = ['T', 'strides', 'data_format', 'dilations', 'use_cudnn_on_gpu'].filter((name) =>
    attrs.has(name),
  );
  const kept = names.map((name): [string, Attr] => [name, attrs.raw(name)!]);
  const all = new Map([...kept, ...Object.entries(own)]);
  return graph.raw(node.op, [x!.node.inputs[0]!, filter!], all, []).outputs;
};

/** How many zeros are put before and after each axis; undefined where that is not what makes the tensor. */
function zerosAround({node}: Operand): number[] | undefined {
  if (node.op !== 'Pad' && node.op !== 'PadV2') return undefined;
  const [, paddings, value] = node.inputs;
  if (value !== undefined && (value.value === undefined || Number(elementAt(value.value.data, 0)) !== 0))
    return undefined;
  return integersOf(paddings!);
}

/** See the module. */
export const paddedConvolution: Pass = {
  name: 'padded convolutions',
  rules: {Conv2D: convolution, DepthwiseConv2dNative: convolution},
};
