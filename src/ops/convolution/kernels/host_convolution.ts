/**
 * Convolution on host data, for the dtypes that a tfjs backend cannot hold: float64 in its own precision, int32 with
 * wrap-around. A plain loop nest over three spatial axes.
 *
 * @module
 */

import {allocate, sizeOf} from '../../../host/tensor.js';
import {Value} from '../../../tensors/value.js';
import type {Window} from '../plan.js';

type Numbers = Float64Array | Int32Array | Float32Array;

/** `[n, d, h, w, c]`, `[kd, kh, kw, c / groups, o]` and `[n, od, oh, ow, o]`. */
interface Shapes {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
}

/** `y(x, w)` of shape `shapes.y`. */
export function hostConvolution(x: Value, w: Value, shapes: Shapes, windows: readonly Window[]): Value {
  const out = allocate(x.dtype, sizeOf(shapes.y)) as Numbers;
  const multiply = multiplication(x);
  const a = x.numeric() as Numbers;
  const b = w.numeric() as Numbers;
  visit(shapes, windows, (xi, wi, yi) => {
    out[yi] = out[yi]! + multiply(a[xi]!, b[wi]!);
  });
  return Value.host(x.dtype, shapes.y, out);
}

/** The gradient with respect to the input. */
export function hostConvolutionInput(dy: Value, w: Value, shapes: Shapes, windows: readonly Window[]): Value {
  const out = allocate(dy.dtype, sizeOf(shapes.x)) as Numbers;
  const multiply = multiplication(dy);
  const a = dy.numeric() as Numbers;
  const b = w.numeric() as Numbers;
  visit(shapes, windows, (xi, wi, yi) => {
    out[xi] = out[xi]! + multiply(a[yi]!, b[wi]!);
  });
  return Value.host(dy.dtype, shapes.x, out);
}

/** The gradient with respect to the filter. */
export function hostConvolutionFilter(
  x: Value,
  dy: Value,
  shapes: Shapes,
  windows: readonly Window[],
): Value {
  const out = allocate(x.dtype, sizeOf(shapes.w)) as Numbers;
  const multiply = multiplication(x);
  const a = x.numeric() as Numbers;
  const b = dy.numeric() as Numbers;
  visit(shapes, windows, (xi, wi, yi) => {
    out[wi] = out[wi]! + multiply(a[xi]!, b[yi]!);
  });
  return Value.host(x.dtype, shapes.w, out);
}

const multiplication = (x: Value): ((a: number, b: number) => number) =>
  x.dtype === 'int32' ? Math.imul : (a, b) => a * b;

/** Calls `each` with the flat indices of every triple of elements that meet. */
function visit(
  {x, w, y}: Shapes,
  [dw, hw, ww]: readonly Window[],
  each: (xi: number, wi: number, yi: number) => void,
): void {
  const [n, depth, height, width, channels] = x as [number, number, number, number, number];
  const [, , , groupChannels, filters] = w as [number, number, number, number, number];
  const [, outDepth, outHeight, outWidth] = y as [number, number, number, number, number];
  const groupFilters = filters / (channels / groupChannels);
  const taps = tapsOf(dw!, hw!, ww!);
  for (let b = 0; b < n; b++) {
    for (let od = 0; od < outDepth; od++) {
      for (let oh = 0; oh < outHeight; oh++) {
        for (let ow = 0; ow < outWidth; ow++) {
          const yAt = (((b * outDepth + od) * outHeight + oh) * outWidth + ow) * filters;
          taps.forEach(([kd, kh, kw], tap) => {
            const [d, h, v] = [od * dw!.stride + kd, oh * hw!.stride + kh, ow * ww!.stride + kw];
            if (d < 0 || d >= depth || h < 0 || h >= height || v < 0 || v >= width) return;
            const xAt = (((b * depth + d) * height + h) * width + v) * channels;
            const wAt = tap * groupChannels * filters;
            for (let o = 0; o < filters; o++) {
              const first = xAt + Math.floor(o / groupFilters) * groupChannels;
              for (let c = 0; c < groupChannels; c++) each(first + c, wAt + c * filters + o, yAt + o);
            }
          });
        }
      }
    }
  }
}

/** Offset of each element of the filter from the start of the window, padding taken off. */
function tapsOf(d: Window, h: Window, w: Window): [number, number, number][] {
  const offsets = ({size, dilation, before}: Window): number[] =>
    Array.from({length: size}, (_, k) => k * dilation - before);
  return offsets(d).flatMap((kd) =>
    offsets(h).flatMap((kh) => offsets(w).map((kw): [number, number, number] => [kd, kh, kw])),
  );
}
