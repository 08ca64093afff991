/**
 * Ops that sample images where a projective transform sends the pixels of the result.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {isInteger} from '../../../host/dtypes.js';
import {formatShape} from '../../../host/shape.js';
import {ownEntry} from '../../../own_entry.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {linear} from '../../../tensors/linear.js';
import {Value} from '../../../tensors/value.js';
import type {Kernel, OpFamily} from '../../kernel.js';
import {checkRank, invalid, unsupported} from '../../node.js';
import {imagesOfSize} from '../plan.js';
import {pixels, readsAt, Sampler} from './sample_pixels.js';

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

const FLOAT32 = 'float64 is computed in float32';

/** Projections. */
export const imageProjection: OpFamily = {
  ImageProjectiveTransformV2: {kernel: projectiveTransform, limits: FLOAT32},
  ImageProjectiveTransformV3: {kernel: projectiveTransform, limits: FLOAT32},
};
