/**
 * Kernels on images as TensorFlow ops.
 *
 * @module
 */

import type {Operand} from '../graph/builder.js';
import type {KernelCall, KernelRule, KernelRules} from './kernel_call.js';
import {type Size, type Sizes, sizeAt} from './varying.js';

const resize =
  (op: string): KernelRule =>
  (call) => {
    const {graph, dtype} = call;
    const size = call.vector(call.sizes('size'), 'the size');
    return graph.cast(graph.op(op, [call.in('images'), size], resizeAttrs(call)), dtype);
  };

const resizeAttrs = (call: KernelCall) => ({
  align_corners: call.bool('alignCorners'),
  half_pixel_centers: call.bool('halfPixelCenters'),
});

const resizeNearestGrad: KernelRule = (call) => {
  const images = call.tensor('images');
  const size = call.vector([sizeAt(images, 1)!, sizeAt(images, 2)!], 'the size');
  return call.op('ResizeNearestNeighborGrad', [call.in('dy'), size], resizeAttrs(call));
};

const cropAndResize: KernelRule = (call) =>
  call.op(
    'CropAndResize',
    [call.in('image'), call.in('boxes'), call.in('boxInd'), call.vector(call.sizes('cropSize'), 'the size')],
    {method: call.string('method'), extrapolation_value: call.number('extrapolationValue')},
  );

const depthToSpace: KernelRule = (call) => {
  const {graph} = call;
  const attrs = {block_size: call.number('blockSize')};
  if (call.attr('dataFormat') !== 'NCHW') return call.op('DepthToSpace', [call.in('x')], attrs);
  const last = graph.op('Transpose', [call.in('x'), graph.ints([0, 2, 3, 1])]);
  return graph.op('Transpose', [graph.op('DepthToSpace', [last], attrs), graph.ints([0, 3, 1, 2])]);
};

const transform: KernelRule = (call) => {
  const image = call.tensor('image');
  const given = call.attr('outputShape') as Sizes | undefined | null;
  const size = call.vector(given ?? [sizeAt(image, 1)!, sizeAt(image, 2)!], 'the size');
  const fill = call.graph.scalar('float32', call.number('fillValue'));
  return call.op('ImageProjectiveTransformV3', [image.operand, call.in('transforms'), size, fill], {
    interpolation: call.string('interpolation').toUpperCase(),
    fill_mode: call.string('fillMode').toUpperCase(),
  });
};

/** A rotation about a point that is given in fractions of the image; what comes from outside is a colour. */
const rotate: KernelRule = (call) => {
  const {graph} = call;
  const image = call.tensor('image');
  const [height, width] = [sizeAt(image, 1)!, sizeAt(image, 2)!];
  const center = call.attr('center') as number | readonly [number, number];
  const [fx, fy] = typeof center === 'number' ? [center, center] : center;
  const radians = call.number('radians');
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
  const float = (value: number) => graph.scalar('float32', value);
  const scaled = (size: Size, factor: number): Operand =>
    graph.op('Mul', [graph.cast(call.scalar(size), 'float32'), float(factor)]);
  const x = graph.op('AddV2', [scaled(width, fx * (1 - cos)), scaled(height, fy * sin)]);
  const y = graph.op('AddV2', [scaled(height, fy * (1 - cos)), scaled(width, -fx * sin)]);
  const row = [float(cos), float(-sin), x, float(sin), float(cos), y, float(0), float(0)];
  const transforms = graph.op('ExpandDims', [graph.op('Pack', [row], {axis: 0}), graph.scalar('int32', 0)]);
  const size = call.vector([height, width]);
  const rotated = (each: Operand): Operand =>
    graph.op('ImageProjectiveTransformV3', [each, transforms, size, float(0)], {
      interpolation: 'NEAREST',
      fill_mode: 'CONSTANT',
    });
  const inside = graph.op('Greater', [
    rotated(graph.op('OnesLike', [image.operand])),
    graph.scalar(image.operand.dtype, 0),
  ]);
  return graph.op('SelectV2', [inside, rotated(image.operand), colour(call, image.operand)]);
};

/** One number for all channels, or one for each of three; a fourth is opaque. */
function colour(call: KernelCall, image: Operand): Operand {
  const fill = call.attr('fillValue') as number | readonly number[];
  if (typeof fill === 'number') return call.graph.scalar(image.dtype, fill);
  const channels = call.outputs[0]!.shapes[0]!.at(-1)!;
  const values = Float32Array.from({length: channels}, (_, i) => (i === 3 ? 255 : fill[i]!));
  return call.graph.cast(
    call.graph.constant({dtype: 'float32', shape: [channels], data: values}),
    image.dtype,
  );
}

function suppressionInputs(call: KernelCall): Operand[] {
  const {graph} = call;
  return [
    call.in('boxes'),
    call.in('scores'),
    call.scalar(call.attr('maxOutputSize') as Size),
    graph.scalar('float32', call.number('iouThreshold')),
    graph.scalar('float32', call.number('scoreThreshold')),
  ];
}

const suppressionSoft: KernelRule = (call) => {
  const sigma = call.graph.scalar('float32', call.number('softNmsSigma'));
  const [indices, scores] = call.graph.node('NonMaxSuppressionV5', [...suppressionInputs(call), sigma]);
  return [indices!, scores!];
};

const suppressionPadded: KernelRule = (call) =>
  call.graph.node('NonMaxSuppressionV4', suppressionInputs(call), {
    pad_to_max_output_size: call.bool('padToMaxOutputSize'),
  });

/** Images. */
export const imageKernels: KernelRules = {
  CropAndResize: cropAndResize,
  DepthToSpace: depthToSpace,
  FlipLeftRight: (call) => call.op('ReverseV2', [call.in('image'), call.graph.ints([2])]),
  NonMaxSuppressionV3: (call) => call.op('NonMaxSuppressionV3', suppressionInputs(call)),
  NonMaxSuppressionV4: suppressionPadded,
  NonMaxSuppressionV5: suppressionSoft,
  ResizeBilinear: resize('ResizeBilinear'),
  ResizeBilinearGrad: (call) =>
    call.op('ResizeBilinearGrad', [call.in('dy'), call.in('images')], resizeAttrs(call)),
  ResizeNearestNeighbor: resize('ResizeNearestNeighbor'),
  ResizeNearestNeighborGrad: resizeNearestGrad,
  RotateWithOffset: rotate,
  Transform: transform,
};
