/**
 * Pooling as ops of ONNX.
 *
 * @module
 */

import type {OpNode} from '../../../graph/graph.js';
import {allElementsOf} from '../../../graph/known.js';
import {type DType, isFloating} from '../../../host/dtypes.js';
import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import type {OnnxAttrs} from '../../../onnx/graph.js';
import {hasKernel} from '../../../onnx/kernel_dtypes.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import {withRank} from '../../infer_rules.js';
import {guarded} from '../../lower_rules.js';
import type {Lower} from '../../lowering.js';
import {
  channelsFirst,
  channelsLast,
  checkEntries,
  isPooledInSpace,
  type PoolWindows,
  planOfWindows,
  pooledChannels,
  poolPlan,
  spatialOf,
} from '../plan.js';
import {channelsAtEnd, channelsInFront, withChannelsFirst} from './layout.js';
import {type OpenWindow, slidOver} from './pads.js';

/** Windows from the attributes, or from the inputs of an op's second version. */
function windowsFrom([, ...inputs]: readonly OnnxTensor[], {attrs}: OpNode): PoolWindows<number | null> {
  if (inputs.length === 0) return {ksize: attrs.ints('ksize'), strides: attrs.ints('strides')};
  const [ksize, strides] = inputs.map(
    (each) => allElementsOf(each) ?? notLowered("the windows' sizes are not known"),
  );
  return {ksize: ksize!, strides: strides!};
}

/** Integers that a float64 holds, for which ONNX Runtime does not look for maxima itself. */
const IN_FLOAT64: readonly DType[] = ['int16', 'uint16', 'int32'];

/** The largest elements of `x`, channels first, under each position of the windows. */
function maxima(x: OnnxTensor, windows: readonly OpenWindow[], to: OnnxBuilder): OnnxTensor {
  const isWider = IN_FLOAT64.includes(x.dtype) && !hasKernel('MaxPool', x.dtype);
  const slid = slidOver(isWider ? to.cast(x, 'float64') : x, windows, () => leastOf(x.dtype), to);
  return to.cast(to.op('MaxPool', [slid.x], {...windowAttrs(windows), ...slid.attrs}), x.dtype);
}

/** What is never larger than an element of a dtype. */
const leastOf = (dtype: DType): number => LEAST[dtype] ?? -Infinity;

const LEAST: Partial<Record<DType, number>> = {
  uint8: 0,
  uint16: 0,
  int8: -128,
  int16: -32768,
  int32: -(2 ** 31),
};

/** The averages of what of `x`, channels first, lies under each position. */
function averages(x: OnnxTensor, windows: readonly OpenWindow[], to: OnnxBuilder): OnnxTensor {
  const {attrs} = slidOver(
    x,
    windows,
    () => notLowered('the padding depends on sizes that are not known'),
    to,
  );
  return to.op('AveragePool', [x], {...windowAttrs(windows), ...attrs});
}

function windowAttrs(windows: readonly OpenWindow[]): OnnxAttrs {
  // ONNX Runtime makes no session of windows that can lie in the padding alone.
  const isLost = ({size, before, after}: OpenWindow) => Math.max(before ?? 0, after ?? 0) >= size!;
  if (windows.some(isLost)) notLowered('there is more padding than windows span');
  return {kernel_shape: windows.map(({size}) => size!), strides: windows.map(({stride}) => stride!)};
}

/** A pooling op, over channels if its windows say so. Averages leave out the padding, as in TensorFlow. */
export const pool =
  (reduction: 'Max' | 'Average', rank: 4 | 5): Lower =>
  (inputs, node, to) => {
    const x = {...inputs[0]!, shape: withRank(inputs[0]!, rank, 'the input', node)};
    const given = windowsFrom(inputs, node);
    checkEntries(given, rank, node);
    const isFirst = channelsFirst(node);
    if (!isPooledInSpace(given.ksize, isFirst)) return poolChannels(x, given, node, to);
    const {windows} = poolPlan(channelsLast(x.shape, isFirst), given, node);
    return withChannelsFirst(x, rank, isFirst, to, (each) =>
      reduction === 'Max' ? maxima(each, windows, to) : averages(each, windows, to),
    );
  };

/** The largest of each run of neighbouring channels. */
function poolChannels(
  x: OnnxTensor,
  windows: PoolWindows<number | null>,
  node: OpNode,
  to: OnnxBuilder,
): OnnxTensor {
  const {shape} = x;
  const channels = shape!.at(-1) ?? notLowered('the number of channels is not known');
  const output = pooledChannels(shape!, windows, node)!;
  const size = windows.ksize.at(-1)!;
  const run: OpenWindow = {size, stride: size, dilation: 1, before: 0, after: 0, input: channels, output};
  const rows = maxima(to.reshape(x, [-1, 1, channels]), [run], to);
  const leading = to.shapeOf(x);
  const count = shape!.length - 1;
  const own = to.op(
    'Concat',
    [to.op('Slice', [leading, to.ints([0]), to.ints([count])]), to.ints([output])],
    {
      axis: 0,
    },
  );
  return to.op('Reshape', [rows, own]);
}

/** ONNX counts through images with the channels first; TensorFlow with the channels last. */
export const maxPoolWithArgmax: Lower = ([input], node, to) => {
  const shape = withRank(input!, 4, 'the input', node);
  const [, height, width, channels] = shape;
  if (height == null || width == null || channels == null)
    return notLowered("the images' sizes are not known");
  const ksize = node.attrs.ints('ksize');
  if (ksize[0] !== 1 || ksize[3] !== 1) notLowered('it pools over the batch or over channels');
  const strides = spatialOf(node.attrs.ints('strides'), false);
  const {windows} = planOfWindows<number | null>(shape, {ksize: spatialOf(ksize, false), strides}, node);
  const x = channelsInFront({...input!, shape}, 4, to);
  const {attrs} = slidOver(x, windows, () => leastOf(x.dtype), to);
  const [largest, places] = to.ops('MaxPool', [x], {...windowAttrs(windows), ...attrs}, [
    {},
    {dtype: 'int64'},
  ]);
  const pixels = height * width;
  const pixel = to.op('Mod', [channelsAtEnd(places!, 4, to), to.scalar('int64', pixels)]);
  const order = to.ints(Array.from({length: channels}, (_, c) => c));
  const channel = guarded(order, hasMaxima(x, places!, to), to);
  const within = to.op('Add', [to.op('Mul', [pixel, to.scalar('int64', channels)]), channel]);
  const at = node.attrs.bool('include_batch_in_index')
    ? to.op('Add', [within, imageStarts(x, pixels * channels, to)])
    : within;
  return [channelsAtEnd(largest!, 4, to), to.cast(at, node.attrs.dtype('Targmax'))];
};

/** True where each window has a number to be found: to TensorFlow, the first element wins where none is greater than it. */
function hasMaxima(x: OnnxTensor, places: OnnxTensor, to: OnnxBuilder): OnnxTensor {
  const least = to.op('ReduceMin', [places], {keepdims: 0});
  const found = to.op('GreaterOrEqual', [least, to.scalar('int64', 0)], {}, {dtype: 'bool'});
  if (!isFloating(x.dtype)) return found;
  const sum = to.op('IsNaN', [to.op('ReduceSum', [x], {keepdims: 0})], {}, {dtype: 'bool'});
  return to.op('And', [found, to.op('Not', [sum])]);
}

/** Where each image of `size` elements starts in the batch, to be added to what lies in it. */
function imageStarts(x: OnnxTensor, size: number, to: OnnxBuilder): OnnxTensor {
  const count = to.squeeze(to.sizeAlong(x, 0), [0]);
  const images = to.op('Range', [to.scalar('int64', 0), count, to.scalar('int64', 1)]);
  return to.unsqueeze(to.op('Mul', [images, to.scalar('int64', size)]), [1, 2, 3]);
}
