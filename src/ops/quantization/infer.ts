/**
 * Shapes of quantized tensors and of the bounds that belong to them.
 *
 * @module
 */

import type {OpNode} from '../../graph/graph.js';
import type {Infer, InferTable} from '../../graph/infer.js';
import {type Inferred, type Known, SCALAR} from '../../graph/known.js';
import type {PartialShape} from '../../host/shape.js';
import {
  commonSize,
  forAll,
  mergeOrThrow,
  oneShape,
  shapeOfInput,
  withRank,
  withRankAtLeast,
} from '../infer_rules.js';
import {resolveAxis} from '../node.js';

/** Two bounds for everything. */
const fakeQuantize: Infer = ([x, ...bounds], node) => {
  for (const bound of bounds) withRank(bound, 0, 'min and max', node);
  return [{shape: x!.shape}];
};

const fakeQuantizeGradient: Infer = ([dy, x, ...bounds], node) => {
  for (const bound of bounds) withRank(bound, 0, 'min and max', node);
  return [{shape: mergeOrThrow(dy!.shape, x!.shape, node)}, SCALAR, SCALAR];
};

/** A shape whose last axis has two bounds for each of its elements. */
function perChannel(x: Known, bounds: readonly Known[], node: OpNode): {all: PartialShape; each: Inferred} {
  const shape = withRankAtLeast(x, 1, 'the input', node);
  const counts = bounds.map((bound) => withRank(bound, 1, 'min and max', node)[0]!);
  const channels = commonSize([shape === null ? null : shape.at(-1)!, ...counts], 'the channels', node);
  return {all: shape === null ? null : shape.with(-1, channels), each: {shape: [channels]}};
}

const fakeQuantizeChannels: Infer = ([x, ...bounds], node) => [{shape: perChannel(x!, bounds, node).all}];

const fakeQuantizeChannelsGradient: Infer = ([dy, x, ...bounds], node) => {
  const shape = mergeOrThrow(dy!.shape, x!.shape, node);
  const {all, each} = perChannel({...x!, shape}, bounds, node);
  return [{shape: all}, each, each];
};

/** The numbers, and the range of each channel, or of all. */
const quantize: Infer = ([x, minima, maxima], node) => {
  const {shape} = x!;
  const axis = node.attrs.int('axis');
  if (axis === -1) return [{shape}, SCALAR, SCALAR];
  const counts = [minima!, maxima!].map((bound) => withRank(bound, 1, 'ranges', node)[0]!);
  const own = shape === null ? null : shape[resolveAxis(axis, shape.length, node)]!;
  const range: Inferred = {shape: [commonSize([own, ...counts], 'the numbers of channels and ranges', node)]};
  return [{shape}, range, range];
};

export const infer: InferTable = {
  FakeQuantWithMinMaxArgs: shapeOfInput(),
  FakeQuantWithMinMaxArgsGradient: oneShape,
  FakeQuantWithMinMaxVars: fakeQuantize,
  FakeQuantWithMinMaxVarsGradient: fakeQuantizeGradient,
  FakeQuantWithMinMaxVarsPerChannel: fakeQuantizeChannels,
  FakeQuantWithMinMaxVarsPerChannelGradient: fakeQuantizeChannelsGradient,
  ...forAll(shapeOfInput(), [
    ...['QuantizeAndDequantizeV2', 'QuantizeAndDequantizeV3', 'QuantizeAndDequantizeV4'],
    'Dequantize',
  ]),
  QuantizeV2: quantize,
};
