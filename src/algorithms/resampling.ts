/**
 * Separable resampling of images: for every way to resize, which input pixels make an output pixel along one axis, with what
 * weights.
 *
 * Source: `image_resizer_state.h`, `resize_area_op.cc`, `resize_bicubic_op.cc`, `scale_and_translate_op.cc` and
 * `sampling_kernels.h` in `tensorflow/core/kernels/image`.
 *
 * @module
 */

/** Where the centres of output pixels fall in the input. */
export interface Grid {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Takes the weight of an input pixel in an output pixel. A pair may come several times: its weights add up. */
export type AddWeight = (out: number, at: number, weight: number) => void;

/** A way to resize an axis of `input` pixels to `output` pixels. */
export type Resizing = (input: number, output: number, grid: Grid, add: AddWeight) => void;

/** Input pixels per output pixel, in TensorFlow's single precision. */
function scaleOf(input: number, output: number, {alignCorners}: Grid): number {
  return Math.fround(alignCorners && output > 1 ? (input - 1) / (output - 1) : input / output);
}

/** Calls `each` with the position in the input of each output pixel. */
function forEachPosition(
  input: number,
  output: number,
  grid: Grid,
  each: (at: number, i: number) => void,
): void {
  const scale = scaleOf(input, output, grid);
  for (let i = 0; i < output; i++) {
    each(
      grid.halfPixelCenters ? Math.fround(Math.fround((i + 0.5) * scale) - 0.5) : Math.fround(i * scale),
      i,
    );
  }
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** The nearest input pixel of output pixel `i`. */
export function nearestPixel(i: number, input: number, output: number, grid: Grid): number {
  const at = Math.fround((grid.halfPixelCenters ? i + 0.5 : i) * scaleOf(input, output, grid));
  return clamp(grid.alignCorners ? Math.round(at) : Math.floor(at), 0, input - 1);
}

/** The nearest pixel alone. */
export const nearest: Resizing = (input, output, grid, add) => {
  for (let i = 0; i < output; i++) add(i, nearestPixel(i, input, output, grid), 1);
};

/** The two pixels next to the position. */
export const bilinear: Resizing = (input, output, grid, add) => {
  forEachPosition(input, output, grid, (at, i) => {
    const below = Math.floor(at);
    const fraction = at - below;
    add(i, clamp(below, 0, input - 1), 1 - fraction);
    add(i, clamp(Math.ceil(at), 0, input - 1), fraction);
  });
};

/** The mean over the part of the input that an output pixel covers. */
export const area: Resizing = (input, output, grid, add) => {
  const scale = scaleOf(input, output, grid);
  for (let i = 0; i < output; i++) {
    if (scale === 0) {
      // The only pixel there is.
      add(i, 0, 1);
      continue;
    }
    const [from, to] = [Math.fround(i * scale), Math.fround((i + 1) * scale)];
    for (let at = Math.floor(from); at < Math.ceil(to); at++) {
      const covered = Math.min(at + 1, to) - Math.max(at, from);
      add(i, clamp(at, 0, input - 1), covered / scale);
    }
  }
};

/** TensorFlow looks cubic weights up in a table of this many steps per pixel. */
const CUBIC_STEPS = 1024;

/** Cubic convolution (Keys, 1981): weights within one pixel, and between one and two pixels away. */
const cubicInner = (x: number, a: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
const cubicOuter = (x: number, a: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;

/** With half-pixel centres, pixels beyond the border have no weight; without, they repeat the border. */
export const bicubic: Resizing = (input, output, grid, add) => {
  const a = grid.halfPixelCenters ? -0.5 : -0.75;
  forEachPosition(input, output, grid, (at, i) => {
    const below = Math.floor(at);
    const fraction = Math.round((at - below) * CUBIC_STEPS) / CUBIC_STEPS;
    const weights = [
      cubicOuter(1 + fraction, a),
      cubicInner(fraction, a),
      cubicInner(1 - fraction, a),
      cubicOuter(2 - fraction, a),
    ];
    const inside = (k: number): boolean => below - 1 + k >= 0 && below - 1 + k < input;
    const kept = weights.map((weight, k) => (grid.halfPixelCenters && !inside(k) ? 0 : weight));
    const total = grid.halfPixelCenters ? kept.reduce((sum, weight) => sum + weight, 0) : 1;
    kept.forEach((weight, k) => {
      add(i, clamp(below - 1 + k, 0, input - 1), weight / total);
    });
  });
};

/** A resampling kernel: the weight at a distance, zero from `radius` on. */
export interface SamplingKernel {
  readonly radius: number;
  readonly weight: (distance: number) => number;
}

const lanczos = (radius: number): SamplingKernel => ({
  radius,
  weight: (x) => {
    if (x >= radius) return 0;
    if (x <= 1e-3) return 1;
    return (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2;
  },
});

/** By the name that `ScaleAndTranslate` has for them. */
export const SAMPLING_KERNELS: Readonly<Record<string, SamplingKernel>> = {
  lanczos1: lanczos(1),
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
  gaussian: {radius: 1.5, weight: (x) => (x >= 1.5 ? 0 : Math.exp(-(x * x) / (2 * 0.5 ** 2)))},
  box: {radius: 1, weight: (x) => (x < 0.5 ? 1 : x === 0.5 ? 0.5 : 0)},
  triangle: {radius: 1, weight: (x) => Math.max(0, 1 - x)},
  keyscubic: {
    radius: 2,
    weight: (x) => (x >= 2 ? 0 : x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1),
  },
  mitchellcubic: {
    radius: 2,
    weight: (x) => {
      if (x >= 2) return 0;
      return x >= 1 ? (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9 : ((7 / 6) * x - 2) * x * x + 8 / 9;
    },
  },
};

/** How an axis is scaled and moved. */
export interface Scaling {
  readonly scale: number;
  readonly translation: number;
  readonly antialias: boolean;
}

/** The weights of an axis that is scaled and moved; output pixels that lie beyond the input have none. */
export function scaleAndTranslate(
  input: number,
  output: number,
  kernel: SamplingKernel,
  {scale, translation, antialias}: Scaling,
  add: AddWeight,
): void {
  const inverse = Math.fround(1 / scale);
  const shift = Math.fround(-inverse * translation);
  const stretch = antialias ? Math.max(inverse, 1) : 1;
  const reach = Math.fround(kernel.radius * stretch);
  for (let i = 0; i < output; i++) {
    const centre = Math.fround(Math.fround((i + 0.5) * inverse) + shift);
    if (centre < 0 || centre > input) continue;
    const from = clamp(Math.ceil(centre - reach - 0.5), 0, input - 1);
    const to = clamp(Math.floor(centre + reach - 0.5), 0, input - 1);
    const weights = Array.from({length: Math.max(0, to - from + 1)}, (_, k) =>
      kernel.weight(Math.abs(from + k + 0.5 - centre) / stretch),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (Math.abs(total) < 1000 * Number.MIN_VALUE) continue;
    weights.forEach((weight, k) => {
      add(i, from + k, weight / total);
    });
  }
}
