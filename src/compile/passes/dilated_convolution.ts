/**
 * Dilated convolutions as TensorFlow 1 makes them: the image is divided into interleaved ones, which are convolved and put together again.
 * They become convolutions with dilations, which need no copies of the image.
 *
 * @module
 */

import type {Attr} from '../../graph/attrs.js';
import type {Operand} from '../../graph/builder.js';
import {integersOf} from '../../graph/known.js';
import type {RewriteRule} from '../../graph/rewrite.js';
import type {Pass} from './pass.js';

const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2dNative']);

const puttingTogether: RewriteRule = ({inputs: [convolved, blocks, crops], graph}) => {
  const {op, attrs, inputs} = convolved!.node;
  if (!CONVOLUTIONS.has(op)) return undefined;
  const [divided, filter] = inputs as readonly [Operand, Operand];
  const dilation = integersOf(blocks!);
  if (divided.node.op !== 'SpaceToBatchND' || dilation?.length !== 2) return undefined;
  const [image, divisions, paddings] = divided.node.inputs as readonly [Operand, Operand, Operand];
  const isPlain =
    sameIntegers(integersOf(divisions), dilation) &&
    attrs.string('padding') === 'VALID' &&
    attrs.string('data_format') === 'NHWC' &&
    [...attrs.ints('strides'), ...(attrs.has('dilations') ? attrs.ints('dilations') : [])].every(
      (size) => size === 1,
    );
  const [before, after] = [integersOf(paddings), integersOf(crops!)];
  if (!isPlain || before?.length !== 4 || after?.length !== 4) return undefined;
  // Who divides an image into parts that are not alike is told so.
  const isWhole = dilation.every((block, i) => {
    const size = image.shape?.[i + 1];
    return size != null && (size + before[2 * i]! + before[2 * i + 1]!) % block === 0;
  });
  if (image.shape?.length !== 4 || !isWhole) return undefined;
  // What is cut off need not be put around.
  const pads = before.map((size, i) => size - after[i]!);
  if (pads.some((size) => size < 0)) return undefined;
  const names = ['T', 'strides', 'data_format', 'use_cudnn_on_gpu'].filter((name) => attrs.has(name));
  const all = new Map<string, Attr>([
    ...names.map((name): [string, Attr] => [name, attrs.raw(name)!]),
    ['padding', {type: 'string', value: new TextEncoder().encode('EXPLICIT')}],
    ['explicit_paddings', integers([0, 0, ...pads, 0, 0])],
    ['dilations', integers([1, ...dilation, 1])],
  ]);
  return graph.raw(op, [image, filter], all, []).outputs;
};

const integers = (values: readonly number[]): Attr => ({
  type: 'list',
  value: values.map((value) => ({type: 'int', value})),
});

const sameIntegers = (a: readonly number[] | undefined, b: readonly number[]): boolean =>
  a?.length === b.length && a.every((value, i) => value === b[i]);

/** See the module. */
export const dilatedConvolution: Pass = {
  name: 'dilated convolutions',
  rules: {BatchToSpaceND: puttingTogether},
};
