/**
 * Ops that take parts of images: boxes, patches, projections.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {roomFor} from '../../../host/budget.js';
import {isInteger} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {allocate, allocateObjects, sizeOf} from '../../../host/tensor.js';
import {ownEntry} from '../../../own_entry.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {linear} from '../../../tensors/linear.js';
import {concat, pad, stridedSlice} from '../../../tensors/movement.js';
import {VALUE_BYTES, Value} from '../../../tensors/value.js';
import {isTaping} from '../../../tfjs/tape.js';
import {roomForWindow} from '../../convolution/kernels/taps.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {checkRank, invalid, unsupported} from '../../node.js';
import {boxCount, imagesOfSize, patchWindows} from '../plan.js';
import {resampleAdjoint, type Taps} from './resample.js';
import {readsAt, Sampler} from './sample_pixels.js';

const pixels = (images: Value): tf.Tensor => tf.cast(images.tensor(), 'float32');

type Method = 'bilinear' | 'nearest';

/** Positions along one axis of a crop from `low` to `high`, as fractions of the input; undefined beyond the input. */
function cropPositions(input: number, output: number, low: number, high: number): (number | undefined)[] {
  const f = Math.fround;
  const last = input - 1;
  const step = output > 1 ? f(f(f(high - low) * last) / (output - 1)) : 0;
  const start = output > 1 ? f(low * last) : f(f(0.5 * f(low + high)) * last);
  return allocateObjects<number | undefined>(output, 0).map((_, i) => {
    const at = f(start + f(i * step));
    return at >= 0 && at <= last ? at : undefined;
  });
}

/** The weights of one axis of a crop; none beyond the input. */
function cropTaps(input: number, output: number, low: number, high: number, method: Method): Taps {
  const weights = allocate('float32', output * input) as Float32Array;
  cropPositions(input, output, low, high).forEach((position, i) => {
    if (position === undefined) return;
    for (const [at, weight] of readsAt(position, method === 'nearest')) {
      if (at < input) weights[i * input + at] = weight;
    }
  });
  return {output, input, weights};
}

/** Cuts boxes `[y1, x1, y2, x2]` out of images and resizes them. */
function crop(
  images: tf.Tensor,
  boxes: readonly number[],
  owners: readonly number[],
  [outHeight, outWidth]: readonly [number, number],
  method: Method,
  extrapolation: number,
): tf.Tensor {
  const [, height, width, channels] = images.shape as [number, number, number, number];
  const isNearest = method === 'nearest';
  const sampler = new Sampler(owners.length * outHeight * outWidth, isNearest ? 1 : 4);
  let pixel = 0;
  owners.forEach((owner, k) => {
    const [top, left, bottom, right] = boxes.slice(4 * k, 4 * k + 4) as [number, number, number, number];
    const columns = cropPositions(width, outWidth, left, right);
    for (const y of cropPositions(height, outHeight, top, bottom)) {
      for (const x of columns) {
        if (y === undefined || x === undefined) {
          sampler.add(pixel++, extrapolation);
          continue;
        }
        let read = 0;
        for (const [row, rowWeight] of readsAt(y, isNearest)) {
          for (const [column, columnWeight] of readsAt(x, isNearest)) {
            const from = (owner * height + Math.min(row, height - 1)) * width + Math.min(column, width - 1);
            sampler.read(pixel, read++, from, rowWeight * columnWeight);
          }
        }
        pixel++;
      }
    }
  });
  const crops = sampler.run(tf.reshape(images, [-1, channels]));
  return tf.reshape(crops, [owners.length, outHeight, outWidth, channels]);
}

/** The gradient of crops with respect to the images: each box puts its pixels back. */
function uncrop(
  dy: tf.Tensor,
  boxes: readonly number[],
  owners: readonly number[],
  shape: readonly number[],
  method: Method,
): tf.Tensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const [, outHeight, outWidth] = dy.shape as [number, number, number, number];
  const sums: (tf.Tensor | undefined)[] = allocateObjects<tf.Tensor | undefined>(batch, undefined);
  owners.forEach((owner, k) => {
    const [top, left, bottom, right] = boxes.slice(4 * k, 4 * k + 4) as [number, number, number, number];
    const rows = cropTaps(height, outHeight, top, bottom, method);
    const columns = cropTaps(width, outWidth, left, right, method);
    const own = resampleAdjoint(tf.slice(dy, [k, 0, 0, 0], [1, -1, -1, -1]), rows, columns);
    sums[owner] = sums[owner] === undefined ? own : tf.add(sums[owner], own);
  });
  const nothing = tf.zeros([1, height, width, channels]);
  return tf.concat(sums.map((sum) => sum ?? nothing));
}

/** The gradient of crops with respect to the boxes, as if they were interpolated whatever the method. */
function uncropBoxes(
  dy: tf.Tensor,
  images: tf.Tensor,
  boxes: readonly number[],
  owners: readonly number[],
): tf.Tensor {
  const [, height, width, channels] = images.shape as [number, number, number, number];
  const [, outHeight, outWidth] = dy.shape as [number, number, number, number];
  const [source, gradients] = [images.dataSync(), dy.dataSync()];
  const out = new Float32Array(boxes.length);
  // How much of a move of the box's low and high end a row or column of the crop makes.
  const shares = (at: number, output: number, length: number): [number, number] => {
    const high = output > 1 ? at / (output - 1) : 0.5;
    return [(1 - high) * (length - 1), high * (length - 1)];
  };
  owners.forEach((owner, k) => {
    const [top, left, bottom, right] = boxes.slice(4 * k, 4 * k + 4) as [number, number, number, number];
    const columns = cropPositions(width, outWidth, left, right);
    cropPositions(height, outHeight, top, bottom).forEach((y, i) => {
      columns.forEach((x, j) => {
        if (y === undefined || x === undefined) return;
        const [up, before] = [Math.floor(y), Math.floor(x)];
        const row = (at: number) => (owner * height + at) * width;
        const corner = (r: number, c: number) => (row(r) + c) * channels;
        const [down, after] = [Math.ceil(y), Math.ceil(x)];
        const [yPart, xPart] = [y - up, x - before];
        let [byRow, byColumn] = [0, 0];
        for (let c = 0; c < channels; c++) {
          const gradient = gradients[((k * outHeight + i) * outWidth + j) * channels + c]!;
          const [a, b] = [source[corner(up, before) + c]!, source[corner(up, after) + c]!];
          const [d, e] = [source[corner(down, before) + c]!, source[corner(down, after) + c]!];
          byRow += gradient * ((1 - xPart) * (d - a) + xPart * (e - b));
          byColumn += gradient * ((1 - yPart) * (b - a) + yPart * (e - d));
        }
        const [lowRow, highRow] = shares(i, outHeight, height);
        const [lowColumn, highColumn] = shares(j, outWidth, width);
        out[4 * k]! += byRow * lowRow;
        out[4 * k + 1]! += byColumn * lowColumn;
        out[4 * k + 2]! += byRow * highRow;
        out[4 * k + 3]! += byColumn * highColumn;
      });
    });
  });
  return tf.tensor(out, [owners.length, 4]);
}

/** The image of each box. */
function ownersOf(boxes: Value, owners: Value, batch: number, ctx: KernelContext): number[] {
  boxCount(boxes.shape, owners.shape, ctx);
  const indices = owners.numbers();
  for (const index of indices) {
    if (index < 0 || index >= batch) throw invalid(ctx, `box_index ${index} is not within [0, ${batch})`);
  }
  return indices;
}

/** The corners of the boxes. */
function finiteBoxes(boxes: Value, ctx: KernelContext): number[] {
  const corners = boxes.numbers();
  if (corners.every(Number.isFinite)) return corners;
  throw invalid(ctx, 'boxes must be finite');
}

const cropAndResize: Kernel = ([image, boxes, boxIndex, cropSize], ctx) => {
  checkRank(image!.shape, 4, 'images', ctx);
  const owners = ownersOf(boxes!, boxIndex!, image!.shape[0]!, ctx);
  const size = cropSize!.numbers() as [number, number];
  const shape = imagesOfSize(owners.length, size, image!.shape[3]!, 'crop_size', ctx);
  if (owners.length === 0) return Value.host('float32', shape, new Float32Array(0));
  const method = ctx.attrs.string('method') as Method;
  const extrapolation = ctx.attrs.float('extrapolation_value');
  const corners = finiteBoxes(boxes!, ctx);
  const crops = withGradient(
    [pixels(image!), pixels(boxes!)],
    (x) => crop(x!, corners, owners, size, method, extrapolation),
    (dy, [x]) => [
      () => uncrop(dy, corners, owners, image!.shape, method),
      () => {
        if (isTaping()) throw unsupported(ctx, 'a second derivative with respect to the boxes');
        return uncropBoxes(dy, x!, corners, owners);
      },
    ],
  );
  return fromTensor(crops, 'float32');
};

const cropAndResizeGradImage: Kernel = ([grads, boxes, boxIndex, imageSize], ctx) => {
  const shape = imageSize!.numbers();
  if (
    grads!.rank !== 4 ||
    shape.length !== 4 ||
    shape.some((dim) => dim <= 0) ||
    shape[3] !== grads!.shape[3]
  ) {
    throw invalid(
      ctx,
      `image_size must be the positive sizes of 4 dimensions, the last one that of the gradient ` +
        `${formatShape(grads!.shape)}, not [${shape.join(', ')}]`,
    );
  }
  roomFor(4 * sizeOf(shape));
  const owners = ownersOf(boxes!, boxIndex!, shape[0]!, ctx);
  const method = ctx.attrs.string('method') as Method;
  return fromTensor(
    uncrop(pixels(grads!), finiteBoxes(boxes!, ctx), owners, shape, method),
    ctx.attrs.dtype('T'),
  );
};

/** The projective transform that undoes `[a0, a1, a2, b0, b1, b2, c0, c1]`, in the same form. */
function inverseTransform([a, b, c, d, e, f, g, h]: readonly number[]): number[] {
  const cofactors = [
    e! - f! * h!,
    c! * h! - b!,
    b! * f! - c! * e!,
    f! * g! - d!,
    a! - c! * g!,
    c! * d! - a! * f!,
    d! * h! - e! * g!,
    b! * g! - a! * h!,
  ];
  const last = a! * e! - b! * d!;
  return cofactors.map((x) => x / last);
}

/** Brings a coordinate beyond an axis of `length` elements into it. */
const FILL_MODES: Readonly<Record<string, (at: number, length: number) => number>> = {
  CONSTANT: (at) => at,
  NEAREST: (at, length) => clamp(at, 0, length - 1),
  // [a b c d] goes on as [d c b a | a b c d | d c b a].
  REFLECT: (at, length) => {
    if (length <= 1) return 0;
    const period = 2 * length;
    const within = at < 0 ? -at - 1 : at;
    const folded = within - period * Math.trunc(within / period);
    return clamp(folded >= length ? period - folded - 1 : folded, 0, length - 1);
  },
  // [a b c d] goes on as [a b c d | a b c d | a b c d].
  WRAP: (at, length) => {
    if (length <= 1) return 0;
    if (at < 0) return clamp(at + length * (Math.trunc(-at / (length - 1)) + 1), 0, length - 1);
    if (at <= length - 1) return at;
    return clamp(at - length * Math.trunc(at / (length - 1)), 0, length - 1);
  },
};

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

interface Projection {
  readonly isNearest: boolean;
  readonly bring: (at: number, length: number) => number;
  readonly fill: number;
}

/** Samples images where `transforms`, `[1 or batch, 8]`, send the pixels of the result. */
function sampleProjection(
  images: tf.Tensor,
  transforms: readonly number[],
  [outHeight, outWidth]: readonly [number, number],
  {isNearest, bring, fill}: Projection,
): tf.Tensor {
  const [batch, height, width, channels] = images.shape as [number, number, number, number];
  const sampler = new Sampler(batch * outHeight * outWidth, isNearest ? 1 : 4);
  const f = Math.fround;
  let pixel = 0;
  for (let b = 0; b < batch; b++) {
    const from = transforms.length === 8 ? 0 : 8 * b;
    const [a0, a1, a2, b0, b1, b2, c0, c1] = transforms.slice(from, from + 8) as number[];
    for (let outY = 0; outY < outHeight; outY++) {
      for (let outX = 0; outX < outWidth; outX++, pixel++) {
        const scale = f(f(f(c0! * outX) + f(c1! * outY)) + 1);
        if (scale === 0) {
          sampler.add(pixel, fill);
          continue;
        }
        const x = bring(f(f(f(f(a0! * outX) + f(a1! * outY)) + a2!) / scale), width);
        const y = bring(f(f(f(f(b0! * outX) + f(b1! * outY)) + b2!) / scale), height);
        let read = 0;
        for (const [row, rowWeight] of readsAt(y, isNearest)) {
          for (const [column, columnWeight] of readsAt(x, isNearest)) {
            const weight = rowWeight * columnWeight;
            if (row >= 0 && row < height && column >= 0 && column < width) {
              sampler.read(pixel, read++, (b * height + row) * width + column, weight);
            } else {
              sampler.add(pixel, fill * weight);
            }
          }
        }
      }
    }
  }
  const result = sampler.run(tf.reshape(images, [-1, channels]));
  return tf.reshape(result, [batch, outHeight, outWidth, channels]);
}

/** TensorFlow's gradient of a projection is the projection of the result's gradient by the inverse transform. */
function project(
  images: tf.Tensor,
  transforms: readonly number[],
  size: readonly [number, number],
  projection: Projection,
): tf.Tensor {
  return linear(
    images,
    (x) => sampleProjection(x, transforms, size, projection),
    (dy) => {
      const inverse = Array.from({length: transforms.length / 8}, (_, k) =>
        inverseTransform(transforms.slice(8 * k, 8 * k + 8)),
      );
      const [, height, width] = images.shape as [number, number, number];
      return project(dy, inverse.flat(), [height, width], {...projection, fill: 0});
    },
  );
}

const projectiveTransform: Kernel = ([images, transforms, outputShape, fillValue], ctx) => {
  checkRank(images!.shape, 4, 'images', ctx);
  const {dtype, shape} = images!;
  const size = outputShape!.numbers() as [number, number];
  const [batch, , , channels] = shape as [number, number, number, number];
  if (transforms!.rank !== 2 || transforms!.shape[1] !== 8 || ![1, batch].includes(transforms!.shape[0]!)) {
    throw invalid(
      ctx,
      `transforms must have shape (1 or ${batch}, 8), got ${formatShape(transforms!.shape)}`,
    );
  }
  const outShape = imagesOfSize(batch, size, channels, 'output shape', ctx);
  if (batch === 0) return Value.host(dtype, outShape, new Float32Array(0));
  const bring = ownEntry(FILL_MODES, ctx.attrs.string('fill_mode'));
  if (bring === undefined) throw unsupported(ctx, `fill_mode ${ctx.attrs.string('fill_mode')}`);
  const isNearest = ctx.attrs.string('interpolation') === 'NEAREST';
  const projection = {isNearest, bring, fill: fillValue?.number() ?? 0};
  const result = project(pixels(images!), transforms!.numbers(), size, projection);
  return fromTensor(isInteger(dtype) ? tf.cast(result, 'int32') : result, dtype);
};

/** The pixels under each position of a window, side by side in the channels. */
const extractPatches: Kernel = ([images], ctx) => {
  checkRank(images!.shape, 4, 'images', ctx);
  const [h, w] = patchWindows(images!.shape, ctx);
  roomForWindow([h!.size, w!.size]);
  const padded = pad(images!, [0, h!.before, w!.before, 0], [0, h!.after, w!.after, 0]);
  const [batch, channels] = [images!.shape[0]!, images!.shape[3]!];
  const patches = allocateObjects(h!.size * w!.size, 0, VALUE_BYTES).map((_, k) => {
    const begin = [0, Math.floor(k / w!.size) * h!.dilation, (k % w!.size) * w!.dilation, 0];
    return stridedSlice(padded, begin, [batch, h!.output, w!.output, channels], [1, h!.stride, w!.stride, 1]);
  });
  return concat(patches, 3);
};

/** Parts of images. */
export const imageSample: OpFamily = {
  CropAndResize: {kernel: cropAndResize, limits: 'no second derivative with respect to the boxes'},
  CropAndResizeGradImage: {kernel: cropAndResizeGradImage},
  ExtractImagePatches: {kernel: extractPatches},
  ImageProjectiveTransformV2: {kernel: projectiveTransform, limits: 'float64 is computed in float32'},
  ImageProjectiveTransformV3: {kernel: projectiveTransform, limits: 'float64 is computed in float32'},
};
