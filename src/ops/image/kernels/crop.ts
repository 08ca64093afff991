/**
 * Ops that cut boxes out of images and resize them.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {roomFor} from '../../../host/budget.js';
import {formatShape} from '../../../host/shape.js';
import {allocate, allocateObjects, sizeOf} from '../../../host/tensor.js';
import {withGradient} from '../../../tensors/differentiable.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {Value} from '../../../tensors/value.js';
import {isTaping} from '../../../tfjs/tape.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {checkRank, invalid, unsupported} from '../../node.js';
import {boxCount, imagesOfSize} from '../plan.js';
import {resampleAdjoint, type Taps} from './resample.js';
import {pixels, readsAt, Sampler} from './sample_pixels.js';

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

/** Crops. */
export const imageCrop: OpFamily = {
  CropAndResize: {kernel: cropAndResize, limits: 'no second derivative with respect to the boxes'},
  CropAndResizeGradImage: {kernel: cropAndResizeGradImage},
};
