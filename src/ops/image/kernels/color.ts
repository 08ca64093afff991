/**
 * Ops on the colours of images, the last axis holding red, green and blue.
 *
 * Source: `tensorflow/core/kernels/image/colorspace_op.h`, `adjust_saturation_op.cc`, `adjust_hue_op.cc`.
 *
 * @module
 */

import * as tf from '@tensorflow/tfjs-core';
import {roundToBfloat16, roundToFloat16} from '../../../algorithms/small_floats.js';
import {formatShape} from '../../../host/shape.js';
import {allocate} from '../../../host/tensor.js';
import {fromTensor} from '../../../tensors/from_tensor.js';
import {stopGradient} from '../../../tensors/linear.js';
import {Value} from '../../../tensors/value.js';
import {isTaping} from '../../../tfjs/tape.js';
import type {Kernel, KernelContext, OpFamily} from '../../kernel.js';
import {invalid} from '../../node.js';

type Triple = [number, number, number];

/** Hue, saturation and value, each in [0, 1] for colours in that range. */
function toHsv(r: number, g: number, b: number): Triple {
  const value = Math.max(r, g, b);
  const range = value - Math.min(r, g, b);
  const saturation = value > 0 ? range / value : 0;
  if (range <= 0) return [0, saturation, value];
  const hue =
    value === r
      ? (g - b) / (6 * range)
      : value === g
        ? (b - r) / (6 * range) + 2 / 6
        : (r - g) / (6 * range) + 4 / 6;
  return [hue < 0 ? hue + 1 : hue, saturation, value];
}

const unit = (x: number): number => Math.min(Math.max(x, 0), 1);

function toRgb(hue: number, saturation: number, value: number): Triple {
  const sector = hue * 6;
  const channel = (x: number): number => (1 - saturation + saturation * unit(x)) * value;
  return [
    channel(Math.abs(sector - 3) - 1),
    channel(2 - Math.abs(sector - 2)),
    channel(2 - Math.abs(sector - 4)),
  ];
}

/** An op on each pixel. */
function mapPixels(pixel: (a: number, b: number, c: number, parameter: number) => Triple): Kernel {
  return ([images, parameter], ctx) => {
    const {shape, dtype} = images!;
    checkChannels(images!, ctx);
    const source = images!.numeric();
    const out = allocate(dtype, source.length);
    const amount = parameter?.number() ?? 0;
    const round = ROUND[dtype] ?? ((x: number) => x);
    for (let i = 0; i < source.length; i += 3) {
      const colours = pixel(source[i] as number, source[i + 1] as number, source[i + 2] as number, amount);
      for (let k = 0; k < 3; k++) out[i + k] = round(colours[k]!);
    }
    return Value.host(dtype, shape, out);
  };
}

const ROUND: Partial<Record<Value['dtype'], (x: number) => number>> = {
  float16: roundToFloat16,
  bfloat16: roundToBfloat16,
};

function checkChannels({shape}: Value, ctx: KernelContext): void {
  if (shape.at(-1) !== 3) {
    throw invalid(ctx, `the last dimension must be 3 (red, green, blue), got shape ${formatShape(shape)}`);
  }
}

/** {@link toHsv} of a tensor, differentiable. Of channels that are equal the first is the largest, the last the smallest. */
function hsvTensor(x: tf.Tensor): tf.Tensor {
  const [r, g, b] = tf.split(x, 3, -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const where = (condition: tf.Tensor): tf.Tensor => tf.cast(condition, 'float32');
  const atLeast = (a: tf.Tensor, c: tf.Tensor) => where(tf.greaterEqual(a, c));
  const above = (a: tf.Tensor, c: tf.Tensor) => where(tf.greater(a, c));
  const pick = (masks: readonly tf.Tensor[], terms: readonly tf.Tensor[]) =>
    tf.addN(masks.map((mask, i) => tf.mul(mask, terms[i]!)));
  const share = (a: tf.Tensor, whole: tf.Tensor): tf.Tensor => {
    const isPositive = tf.greater(whole, 0);
    return tf.mul(where(isPositive), tf.div(a, tf.where(isPositive, whole, tf.onesLike(whole))));
  };
  const largest = [
    tf.mul(atLeast(r, g), atLeast(r, b)),
    tf.mul(above(g, r), atLeast(g, b)),
    tf.mul(above(b, r), above(b, g)),
  ];
  const smallest = [
    tf.mul(above(b, r), above(g, r)),
    tf.mul(atLeast(r, g), above(b, g)),
    tf.mul(atLeast(r, b), atLeast(g, b)),
  ];
  const value = pick(largest, [r, g, b]);
  const range = tf.sub(value, pick(smallest, [r, g, b]));
  // To TensorFlow, the saturation does not depend on a channel that is 0.
  const positive = [r, g, b].map((c) => tf.where(tf.greater(c, 0), c, stopGradient(c)));
  const saturation = share(tf.sub(value, pick(smallest, positive)), value);
  const sectors = pick(largest, [tf.sub(g, b), tf.sub(b, r), tf.sub(r, g)]);
  const turn = pick(largest, [tf.zerosLike(r), tf.fill(r.shape, 2 / 6), tf.fill(r.shape, 4 / 6)]);
  const hue = tf.mul(where(tf.greater(range, 0)), tf.add(share(sectors, tf.mul(range, 6)), turn));
  return tf.concat([tf.add(hue, where(tf.less(hue, 0))), saturation, value], -1);
}

const rgbToHsv: Kernel = (inputs, ctx) => {
  const [images] = inputs as [Value];
  checkChannels(images, ctx);
  if (!images.onDevice || !isTaping() || images.size === 0) return mapPixels(toHsv)(inputs, ctx);
  return fromTensor(hsvTensor(images.tensor()), images.dtype);
};

const adjustHue = (r: number, g: number, b: number, delta: number): Triple => {
  const [hue, saturation, value] = toHsv(r, g, b);
  const turned = hue + delta;
  return toRgb(turned - Math.floor(turned), saturation, value);
};

const adjustSaturation = (r: number, g: number, b: number, scale: number): Triple => {
  const [hue, saturation, value] = toHsv(r, g, b);
  return toRgb(hue, unit(saturation * scale), value);
};

/** Moves each channel away from its mean over the image. */
const adjustContrast: Kernel = ([images, factor], ctx) => {
  const {rank, shape, dtype} = images!;
  if (rank < 3) throw invalid(ctx, `images must have at least 3 dimensions, got shape ${formatShape(shape)}`);
  if (images!.size === 0) return images!;
  const x = images!.tensor();
  const rows = tf.reshape(x, [-1, shape.at(-3)! * shape.at(-2)!, shape.at(-1)!]);
  const mean = tf.mean(rows, 1, true);
  const away = tf.mul(tf.sub(rows, mean), tf.cast(factor!.tensor(), 'float32'));
  return fromTensor(tf.reshape(tf.add(away, mean), x.shape), dtype);
};

const NO_GRADIENT = 'not differentiable, as in TensorFlow';

/** Colours. */
export const imageColor: OpFamily = {
  RGBToHSV: {kernel: rgbToHsv},
  HSVToRGB: {kernel: mapPixels(toRgb), limits: NO_GRADIENT},
  AdjustHue: {kernel: mapPixels(adjustHue), limits: NO_GRADIENT},
  AdjustSaturation: {kernel: mapPixels(adjustSaturation), limits: NO_GRADIENT},
  AdjustContrastv2: {kernel: adjustContrast},
};
