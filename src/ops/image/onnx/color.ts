/**
 * Colours of images as ops of ONNX, the last axis holding red, green and blue.
 *
 * Source: `tensorflow/core/kernels/image/colorspace_op.h`.
 *
 * @module
 */

import type {OnnxBuilder, OnnxTensor} from '../../../onnx/builder.js';
import {notLowered} from '../../../onnx/not_lowered.js';
import type {Lower} from '../../lowering.js';

type Triple = readonly [OnnxTensor, OnnxTensor, OnnxTensor];

/** Arithmetic of tensors of one dtype, and numbers. */
class Arithmetic {
  constructor(readonly to: OnnxBuilder) {}

  #op(op: string, operands: readonly (OnnxTensor | number)[]): OnnxTensor {
    const {dtype} = operands.find((each) => typeof each !== 'number') as OnnxTensor;
    return this.to.op(
      op,
      operands.map((each) => (typeof each === 'number' ? this.to.scalar(dtype, each) : each)),
    );
  }

  readonly plus = (a: OnnxTensor | number, b: OnnxTensor | number) => this.#op('Add', [a, b]);
  readonly minus = (a: OnnxTensor | number, b: OnnxTensor | number) => this.#op('Sub', [a, b]);
  readonly times = (a: OnnxTensor, b: OnnxTensor | number) => this.#op('Mul', [a, b]);
  readonly over = (a: OnnxTensor, b: OnnxTensor) => this.#op('Div', [a, b]);
  readonly unit = (x: OnnxTensor) => this.#op('Clip', [x, 0, 1]);

  test(op: string, a: OnnxTensor, b: OnnxTensor | number): OnnxTensor {
    const other = typeof b === 'number' ? this.to.scalar(a.dtype, b) : b;
    return this.to.op(op, [a, other], {}, {dtype: 'bool'});
  }

  pick(isFirst: OnnxTensor, a: OnnxTensor, b: OnnxTensor | number): OnnxTensor {
    const other = typeof b === 'number' ? this.to.scalar(a.dtype, b) : b;
    return this.to.op('Where', [isFirst, a, other]);
  }
}

/** Hue, saturation and value. */
function toHsv([r, g, b]: Triple, math: Arithmetic): Triple {
  const {to, plus, minus, times, over} = math;
  const value = to.op('Max', [r, g, b]);
  const range = minus(value, to.op('Min', [r, g, b]));
  const saturation = math.pick(math.test('Greater', value, 0), over(range, value), 0);
  const sector = (a: OnnxTensor, c: OnnxTensor) => over(minus(a, c), times(range, 6));
  const isLargest = (x: OnnxTensor) => math.test('Equal', x, value);
  const ofOthers = math.pick(isLargest(g), plus(sector(b, r), 2 / 6), plus(sector(r, g), 4 / 6));
  const turn = math.pick(isLargest(r), sector(g, b), ofOthers);
  const positive = math.pick(math.test('Less', turn, 0), plus(turn, 1), turn);
  return [math.pick(math.test('Greater', range, 0), positive, 0), saturation, value];
}

/** Red, green and blue. */
function toRgb([hue, saturation, value]: Triple, math: Arithmetic): Triple {
  const {to, plus, minus, times, unit} = math;
  const sector = times(hue, 6);
  const away = (from: number) => to.op('Abs', [minus(sector, from)]);
  const pale = minus(1, saturation);
  const channel = (x: OnnxTensor) => times(plus(pale, times(saturation, unit(x))), value);
  return [channel(minus(away(3), 1)), channel(minus(2, away(2))), channel(minus(2, away(4)))];
}

/** An op on the three channels of each pixel, computed in float32 where they are narrower. */
const onPixels =
  (compute: (channels: Triple, parameter: OnnxTensor, math: Arithmetic) => Triple): Lower =>
  ([images, parameter], _node, to) => {
    // ONNX would split any number of channels.
    if (images!.shape?.at(-1) !== 3) notLowered('it is not known that there are three channels');
    const wide = images!.dtype === 'float64' ? images! : to.cast(images!, 'float32');
    const axis = images!.shape!.length - 1;
    const channels = to.ops('Split', [wide], {axis, num_outputs: 3}, [{}, {}, {}]) as unknown as Triple;
    const amount = parameter && to.cast(parameter, wide.dtype);
    const found = compute(channels, amount!, new Arithmetic(to));
    return to.cast(to.op('Concat', found, {axis}), images!.dtype);
  };

export const rgbToHsv: Lower = onPixels((channels, _, math) => toHsv(channels, math));
export const hsvToRgb: Lower = onPixels((channels, _, math) => toRgb(channels, math));

export const adjustHue: Lower = onPixels((channels, delta, math) => {
  const [hue, saturation, value] = toHsv(channels, math);
  const turned = math.plus(hue, delta);
  return toRgb([math.minus(turned, math.to.op('Floor', [turned])), saturation, value], math);
});

export const adjustSaturation: Lower = onPixels((channels, scale, math) => {
  const [hue, saturation, value] = toHsv(channels, math);
  return toRgb([hue, math.unit(math.times(saturation, scale)), value], math);
});

/** Moves each channel away from its mean over the image. */
export const adjustContrast: Lower = ([images, factor], _node, to) => {
  if (factor!.shape?.length !== 0) notLowered('the factor is not known to be a scalar');
  const x = to.cast(images!, 'float32');
  const mean = to.op('ReduceMean', [x, to.ints([-3, -2])], {keepdims: 1});
  const away = to.op('Mul', [to.op('Sub', [x, mean]), factor]);
  return to.cast(to.op('Add', [away, mean]), images!.dtype);
};
