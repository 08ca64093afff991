/**
 * Convolutions, pooling and morphology as TensorFlow ops. TensorFlow's own kernels for the CPU take the channels last and
 * some forms only; what tfjs computes besides is put together from those.
 *
 * @module
 */

import type {AttrInput, Operand} from '../graph/builder.js';
import type {TracedTensor} from './dims.js';
import type {KernelCall, KernelRule, KernelRules} from './kernel_call.js';
import {matrixProduct} from './kernels_math.js';
import {rankOf, type Size, type Sizes} from './varying.js';

/** Padding of the spatial dimensions: as TensorFlow names it, or how many before and after. */
type Padding = 'SAME' | 'VALID' | readonly (readonly [before: number, after: number])[];

/** How a window moves. */
interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: Padding;
  readonly channelsFirst: boolean;
}

/** The attributes that all windowed kernels share. */
function windowOf(call: KernelCall, spatial: number): Window {
  const strides = call.perDimension('strides', spatial);
  const format = call.attr('dataFormat');
  const channelsFirst = format === 'NCHW' || format === 'NCDHW';
  return {
    strides,
    dilations: call.perDimension('dilations', spatial),
    padding: paddingOf(call, strides, channelsFirst),
    channelsFirst,
  };
}

function paddingOf(call: KernelCall, strides: readonly number[], channelsFirst: boolean): Padding {
  const pad = call.attr('pad');
  if (pad === 'same' || pad === 'valid') return pad === 'same' ? 'SAME' : 'VALID';
  // tfjs takes the stride and the size of the first dimension for all where the padding is one number.
  if (
    typeof pad === 'number' &&
    pad > 0 &&
    !(isUniform(strides) && isUniform(windowSize(call, strides.length)))
  ) {
    throw call.unsupported('one number for the padding of an oblong window');
  }
  const given =
    typeof pad === 'number'
      ? strides.map((): [number, number] => [pad, pad])
      : (pad as readonly (readonly [number, number])[]).slice(channelsFirst ? 2 : 1).slice(0, strides.length);
  // Outputs beyond the last whole step are had by padding as much as rounding adds.
  const mode = call.attr('dimRoundingMode');
  const more = (stride: number): number =>
    mode === 'ceil' ? stride - 1 : mode === 'round' ? Math.floor(stride / 2) : 0;
  const full = given.map(([before, after], i) => [before, after + more(strides[i]!)] as const);
  return full.every(([before, after]) => before === 0 && after === 0) ? 'VALID' : full;
}

/** The spatial size of a filter or of a pool. */
function windowSize(call: KernelCall, spatial: number): readonly number[] {
  if (call.attr('filterSize') !== undefined) return call.perDimension('filterSize', spatial);
  const shape =
    call.attr('filterShape') === undefined ? call.optional('filter')?.shapes[0] : call.numbers('filterShape');
  return shape?.slice(0, spatial) ?? [];
}

const isUniform = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

/** The attributes of an op over `N...C` tensors. */
function windowAttrs(
  {strides, dilations, padding}: Window,
  withDilations: boolean,
): Record<string, AttrInput> {
  return {
    strides: [1, ...strides, 1],
    ...(withDilations ? {dilations: [1, ...dilations, 1]} : {}),
    ...(typeof padding === 'string'
      ? {padding}
      : {padding: 'EXPLICIT', explicit_paddings: [0, 0, ...padding.flat(), 0, 0]}),
  };
}

/** Moves the channels of `NC...` to the end. */
function channelsLast({graph}: KernelCall, operand: Operand, rank: number): Operand {
  const spatial = Array.from({length: rank - 2}, (_, i) => i + 2);
  return graph.op('Transpose', [operand, graph.ints([0, ...spatial, 1])]);
}

/** Moves the channels of `N...C` to second place. */
function channelsFirst({graph}: KernelCall, operand: Operand, rank: number): Operand {
  const spatial = Array.from({length: rank - 2}, (_, i) => i + 1);
  return graph.op('Transpose', [operand, graph.ints([0, rank - 1, ...spatial])]);
}

/** Runs `compute` with the channels of its input last. */
function withChannelsLast(
  call: KernelCall,
  input: Operand,
  window: Window,
  compute: (input: Operand) => Operand,
): Operand {
  const rank = window.strides.length + 2;
  if (!window.channelsFirst) return compute(input);
  return channelsFirst(call, compute(channelsLast(call, input, rank)), rank);
}

/** A shape of `NC...` with the channels last. */
function sizesLast(sizes: Sizes, window: Window): Sizes {
  if (!window.channelsFirst) return sizes;
  const [batch, channels, ...spatial] = sizes as readonly [Size, Size, ...Size[]];
  return [batch, ...spatial, channels];
}

const isOne = (values: readonly number[]): boolean => values.every((value) => value === 1);

const conv2d: KernelRule = (call) => {
  const window = windowOf(call, 2);
  return withChannelsLast(call, call.in('x'), window, (x) =>
    call.op('Conv2D', [x, call.in('filter')], windowAttrs(window, true)),
  );
};

/** A filter with zeros between its elements, which is what a dilated one is. */
function dilatedFilter(call: KernelCall, filter: TracedTensor, dilations: readonly number[]): Operand {
  const {graph} = call;
  const shape = [...filter.shapes[0]!];
  let dilated = filter.operand;
  // One dimension after the other: TensorFlow pads six dimensions at most.
  for (const [axis, dilation] of dilations.entries()) {
    if (dilation === 1) continue;
    const before = product(shape.slice(0, axis));
    const after = product(shape.slice(axis + 1));
    const size = shape[axis]!;
    const apart = graph.op('Reshape', [dilated, graph.ints([before, size, 1, after])]);
    const paddings = Int32Array.from([0, 0, 0, 0, 0, dilation - 1, 0, 0]);
    const padded = graph.op('Pad', [apart, graph.constant({dtype: 'int32', shape: [4, 2], data: paddings})]);
    const joined = graph.op('Reshape', [padded, graph.ints([before, size * dilation, after])]);
    shape[axis] = (size - 1) * dilation + 1;
    const cut = graph.op('Slice', [joined, graph.ints([0, 0, 0]), graph.ints([-1, shape[axis], -1])]);
    dilated = graph.op('Reshape', [cut, graph.ints(shape)]);
  }
  return dilated;
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** The filter of a convolution over all channels that does what a depthwise one does: zero but for its own channel. */
function denseFilter(call: KernelCall, filter: TracedTensor): Operand {
  const {graph} = call;
  const [height, width, channels, multiplier] = filter.shapes[0]! as readonly [
    number,
    number,
    number,
    number,
  ];
  const eye = Float32Array.from({length: channels * channels}, (_, i) =>
    Math.floor(i / channels) === i % channels ? 1 : 0,
  );
  const own = graph.constant({dtype: 'float32', shape: [channels, channels, 1], data: eye});
  const apart = graph.op('Reshape', [filter.operand, graph.ints([height, width, channels, 1, multiplier])]);
  const product = graph.op('Mul', [apart, own]);
  return graph.op('Reshape', [product, graph.ints([height, width, channels, channels * multiplier])]);
}

/** TensorFlow's depthwise convolution has one stride for both dimensions, and no dilation on the CPU. */
const depthwise: KernelRule = (call) => {
  const window = windowOf(call, 2);
  const filter = call.tensor('filter');
  const sameStrides = window.strides[0] === window.strides[1];
  return withChannelsLast(call, call.in('x'), window, (x) => {
    if (!sameStrides) return call.op('Conv2D', [x, denseFilter(call, filter)], windowAttrs(window, true));
    const dilated = dilatedFilter(call, filter, window.dilations);
    return call.op('DepthwiseConv2dNative', [x, dilated], windowAttrs(window, false));
  });
};

const conv3d: KernelRule = (call) => {
  const window = windowOf(call, 3);
  const filter = dilatedFilter(call, call.tensor('filter'), window.dilations);
  return withChannelsLast(call, call.in('x'), window, (x) =>
    call.op('Conv3D', [x, filter], windowAttrs(window, false)),
  );
};

/** Gradients with respect to the filter. */
const backpropFilter =
  (op: string, spatial: number): KernelRule =>
  (call) => {
    const window = windowOf(call, spatial);
    if (!isOne(window.dilations)) throw call.unsupported('the gradient of a dilated filter');
    const rank = spatial + 2;
    const [x, dy] = ['x', 'dy'].map((name) => {
      const operand = call.in(name);
      return window.channelsFirst ? channelsLast(call, operand, rank) : operand;
    });
    const sizes = call.vector(call.sizes('filterShape'), 'the shape of the filter');
    return call.op(op, [x!, sizes, dy!], windowAttrs(window, false));
  };

/** Gradients with respect to the input, which transposed convolutions are, too. */
const backpropInput =
  (op: string, spatial: number): KernelRule =>
  (call) => {
    const window = windowOf(call, spatial);
    const filter = dilatedFilter(call, call.tensor('filter'), window.dilations);
    const sizes = call.vector(sizesLast(call.sizes('inputShape'), window), 'the shape of the input');
    return withChannelsLast(call, call.in('dy'), window, (dy) =>
      call.op(op, [sizes, filter, dy], windowAttrs(window, false)),
    );
  };

/** Adds a bias and applies an activation to what `compute` gives. */
const fused =
  (compute: KernelRule): KernelRule =>
  (call) =>
    withActivation(call, withBias(call, toOperand(compute(call))));

const toOperand = (made: Operand | readonly Operand[]): Operand =>
  Array.isArray(made) ? (made as readonly Operand[])[0]! : (made as Operand);

/** The bias of a fused kernel: one number for each channel, or what broadcasts. */
function withBias(call: KernelCall, value: Operand): Operand {
  const bias = call.optional('bias');
  if (bias === undefined) return value;
  const rank = rankOf(bias);
  const [channels] = bias.shapes[0]!;
  const isFirst = call.attr('dataFormat') === 'NCHW';
  const outputs = call.outputs[0]!.shapes;
  if (rank === 1 && isFirst && channels !== 1) {
    return call.op('AddV2', [value, call.op('Reshape', [bias.operand, call.graph.ints([-1, 1, 1])])]);
  }
  const perChannel = rank === 1 && outputs.every((shape) => shape.length > 1 && shape.at(-1) === channels);
  return call.op(perChannel ? 'BiasAdd' : 'AddV2', [value, bias.operand]);
}

const ACTIVATIONS: Readonly<Record<string, string>> = {
  elu: 'Elu',
  relu: 'Relu',
  relu6: 'Relu6',
  sigmoid: 'Sigmoid',
};

function withActivation(call: KernelCall, value: Operand): Operand {
  const name = (call.attr('activation') ?? 'linear') as string;
  const {graph} = call;
  if (name === 'linear') return value;
  if (name === 'leakyrelu') return graph.op('LeakyRelu', [value], {alpha: call.number('leakyreluAlpha')});
  if (name === 'prelu') {
    const alpha = call.in('preluActivationWeights');
    const negative = graph.op('Less', [value, graph.scalar(value.dtype, 0)]);
    return graph.op('SelectV2', [negative, graph.op('Mul', [alpha, value]), value]);
  }
  const op = ACTIVATIONS[name];
  if (op === undefined) throw call.unsupported(`the activation '${name}'`);
  return graph.op(op, [value]);
}

const fusedMatMul: KernelRule = (call) =>
  matrixProduct(call, (product) => withActivation(call, withBias(call, product)));

/** How a pool moves, its input being padded where TensorFlow's kernel could not do it. */
interface Pool {
  readonly attrs: Record<string, AttrInput>;
  /** The paddings of all dimensions; undefined where the kernel pads. */
  readonly paddings: Operand | undefined;
  readonly window: Window;
}

function poolOf(call: KernelCall, spatial: number): Pool {
  const window = windowOf(call, spatial);
  const {padding, strides} = window;
  const explicit = typeof padding !== 'string';
  const data = explicit ? Int32Array.from([0, 0, ...padding.flat(), 0, 0]) : undefined;
  return {
    window,
    attrs: {
      ksize: [1, ...call.perDimension('filterSize', spatial), 1],
      strides: [1, ...strides, 1],
      padding: explicit ? 'VALID' : padding,
    },
    paddings: data && call.graph.constant({dtype: 'int32', shape: [data.length / 2, 2], data}),
  };
}

/** Pads with what changes no maximum. */
function padLowest(call: KernelCall, x: Operand, paddings: Operand | undefined): Operand {
  if (paddings === undefined) return x;
  const lowest = x.dtype === 'int32' ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
  return call.op('PadV2', [x, paddings, call.graph.scalar(x.dtype, lowest)]);
}

const maxPool =
  (op: string, spatial: number): KernelRule =>
  (call) => {
    const {window, attrs, paddings} = poolOf(call, spatial);
    return withChannelsLast(call, call.in('x'), window, (x) =>
      call.op(op, [padLowest(call, x, paddings)], attrs),
    );
  };

/** The average is over what is inside of the image. */
const avgPool =
  (op: string, spatial: number): KernelRule =>
  (call) => {
    const {window, attrs, paddings} = poolOf(call, spatial);
    return withChannelsLast(call, call.graph.cast(call.in('x'), 'float32'), window, (x) => {
      if (paddings === undefined) return call.op(op, [x], attrs);
      const pool = (each: Operand) => call.op(op, [call.op('Pad', [each, paddings])], attrs);
      return call.op('RealDiv', [pool(x), pool(call.op('OnesLike', [x]))]);
    });
  };

/** Cuts off what was padded. */
function unpad(call: KernelCall, padded: Operand, {window: {padding}}: Pool, shape: Operand): Operand {
  if (typeof padding === 'string') return padded;
  const begin = call.graph.ints([0, ...padding.map(([before]) => before), 0]);
  return call.op('Slice', [padded, begin, shape]);
}

const maxPoolGrad =
  (op: string, spatial: number): KernelRule =>
  (call) => {
    const pool = poolOf(call, spatial);
    const input = call.in('input');
    const inputs = [padLowest(call, input, pool.paddings), call.in('output'), call.in('dy')];
    return unpad(call, call.op(op, inputs, pool.attrs), pool, call.graph.shapeOf(input));
  };

const avgPoolGrad =
  (op: string, spatial: number): KernelRule =>
  (call) => {
    const pool = poolOf(call, spatial);
    const input = call.in('input');
    const padded = pool.paddings === undefined ? input : call.op('Pad', [input, pool.paddings]);
    const gradient = call.op(op, [call.graph.shapeOf(padded), call.in('dy')], pool.attrs);
    return unpad(call, gradient, pool, call.graph.shapeOf(input));
  };

const maxPoolWithArgmax: KernelRule = (call) => {
  const {attrs, paddings} = poolOf(call, 2);
  if (paddings !== undefined) throw call.unsupported('explicit padding');
  return call.graph.node('MaxPoolWithArgmax', [call.in('x')], {
    ...attrs,
    include_batch_in_index: call.bool('includeBatchInIndex'),
    Targmax: 'int32',
  });
};

const dilation =
  (op: string, ...more: string[]): KernelRule =>
  (call) => {
    const {strides, dilations, padding} = windowOf(call, 2);
    if (typeof padding !== 'string') throw call.unsupported('explicit padding');
    const attrs = {strides: [1, ...strides, 1], rates: [1, ...dilations, 1], padding};
    return call.op(
      op,
      ['x', 'filter', ...more].map((name) => call.in(name)),
      attrs,
    );
  };

/** Convolutions, pooling, morphology. */
export const convolutionKernels: KernelRules = {
  AvgPool: avgPool('AvgPool', 2),
  AvgPool3D: avgPool('AvgPool3D', 3),
  AvgPool3DGrad: avgPoolGrad('AvgPool3DGrad', 3),
  AvgPoolGrad: avgPoolGrad('AvgPoolGrad', 2),
  Conv2D: conv2d,
  Conv2DBackpropFilter: backpropFilter('Conv2DBackpropFilter', 2),
  Conv2DBackpropInput: backpropInput('Conv2DBackpropInput', 2),
  Conv3D: conv3d,
  Conv3DBackpropFilterV2: backpropFilter('Conv3DBackpropFilterV2', 3),
  Conv3DBackpropInputV2: backpropInput('Conv3DBackpropInputV2', 3),
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropFilter: backpropFilter('DepthwiseConv2dNativeBackpropFilter', 2),
  DepthwiseConv2dNativeBackpropInput: backpropInput('DepthwiseConv2dNativeBackpropInput', 2),
  Dilation2D: dilation('Dilation2D'),
  Dilation2DBackpropFilter: dilation('Dilation2DBackpropFilter', 'dy'),
  Dilation2DBackpropInput: dilation('Dilation2DBackpropInput', 'dy'),
  FusedConv2D: fused(conv2d),
  FusedDepthwiseConv2D: fused(depthwise),
  MaxPool: maxPool('MaxPool', 2),
  MaxPool3D: maxPool('MaxPool3D', 3),
  MaxPool3DGrad: maxPoolGrad('MaxPool3DGrad', 3),
  MaxPoolGrad: maxPoolGrad('MaxPoolGrad', 2),
  MaxPoolWithArgmax: maxPoolWithArgmax,
  _FusedMatMul: fusedMatMul,
};
