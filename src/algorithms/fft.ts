/**
 * Discrete Fourier transforms of any length, in double precision.
 *
 * Lengths that are powers of two use the iterative radix-2 algorithm; all others are turned into a convolution of such a
 * length (L. Bluestein's algorithm), so that every length takes time in proportion to n log n.
 *
 * @module
 */

/** Transforms `re + i im` in place, without scaling. */
type Transform = (re: Float64Array, im: Float64Array) => void;

const plans = new Map<number, Transform>();
/** Models use a handful of lengths; tables of more than this many are not worth their memory. */
const MAX_PLANS = 32;

/** The forward transform of length `n`. */
function planFor(n: number): Transform {
  let plan = plans.get(n);
  if (plan === undefined) {
    if (plans.size >= MAX_PLANS) plans.clear();
    plan = (n & (n - 1)) === 0 ? radix2(n) : bluestein(n);
    plans.set(n, plan);
  }
  return plan;
}

function radix2(n: number): Transform {
  const cos = Float64Array.from({length: n / 2}, (_, i) => Math.cos((2 * Math.PI * i) / n));
  const sin = Float64Array.from({length: n / 2}, (_, i) => -Math.sin((2 * Math.PI * i) / n));
  const reversed = bitReversal(n);
  return (re, im) => {
    for (let i = 0; i < n; i++) {
      const j = reversed[i]!;
      if (j > i) {
        [re[i], re[j]] = [re[j]!, re[i]!];
        [im[i], im[j]] = [im[j]!, im[i]!];
      }
    }
    for (let half = 1; half < n; half *= 2) {
      const step = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const [a, b] = [start + k, start + k + half];
          const c = cos[k * step]!;
          const s = sin[k * step]!;
          const bRe = re[b]! * c - im[b]! * s;
          const bIm = re[b]! * s + im[b]! * c;
          re[b] = re[a]! - bRe;
          im[b] = im[a]! - bIm;
          re[a]! += bRe;
          im[a]! += bIm;
        }
      }
    }
  };
}

function bitReversal(n: number): Uint32Array {
  const reversed = new Uint32Array(n);
  for (let i = 1; i < n; i++) reversed[i] = (reversed[i >> 1]! >> 1) | (i & 1 ? n >> 1 : 0);
  return reversed;
}

/** With kj = (k^2 + j^2 - (k - j)^2) / 2 the transform is a convolution with a chirp. */
function bluestein(n: number): Transform {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const convolve = planFor(size);
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    // i^2 modulo 2n keeps the angle, and its precision, for long transforms.
    const angle = (Math.PI * Number((BigInt(i) * BigInt(i)) % BigInt(2 * n))) / n;
    cos[i] = Math.cos(angle);
    sin[i] = Math.sin(angle);
  }
  const chirpRe = new Float64Array(size);
  const chirpIm = new Float64Array(size);
  for (let i = 0; i < n; i++) {
    const mirrored = (size - i) % size;
    chirpRe[i] = chirpRe[mirrored] = cos[i]!;
    chirpIm[i] = chirpIm[mirrored] = sin[i]!;
  }
  convolve(chirpRe, chirpIm);
  const [workRe, workIm] = [new Float64Array(size), new Float64Array(size)];
  return (re, im) => {
    workRe.fill(0);
    workIm.fill(0);
    for (let i = 0; i < n; i++) {
      workRe[i] = re[i]! * cos[i]! + im[i]! * sin[i]!;
      workIm[i] = im[i]! * cos[i]! - re[i]! * sin[i]!;
    }
    convolve(workRe, workIm);
    for (let i = 0; i < size; i++) {
      const product = workRe[i]! * chirpRe[i]! - workIm[i]! * chirpIm[i]!;
      workIm[i] = workRe[i]! * chirpIm[i]! + workIm[i]! * chirpRe[i]!;
      workRe[i] = product;
    }
    // The inverse transform is the forward one with real and imaginary parts swapped.
    convolve(workIm, workRe);
    for (let i = 0; i < n; i++) {
      const [a, b] = [workRe[i]! / size, workIm[i]! / size];
      re[i] = a * cos[i]! + b * sin[i]!;
      im[i] = b * cos[i]! - a * sin[i]!;
    }
  };
}

/** Transforms `re + i im` in place; the inverse is scaled by 1 / n. */
function transform(re: Float64Array, im: Float64Array, inverse: boolean): void {
  const n = re.length;
  if (n <= 1) return;
  if (!inverse) {
    planFor(n)(re, im);
    return;
  }
  planFor(n)(im, re);
  for (let i = 0; i < n; i++) {
    re[i]! /= n;
    im[i]! /= n;
  }
}

/** Transforms interleaved complex numbers of `shape` along one axis, in place. */
export function fftAxis(data: Float64Array, shape: readonly number[], axis: number, inverse: boolean): void {
  const n = shape[axis]!;
  const step = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  for (let line = 0; line < data.length / 2 / Math.max(n, 1); line++) {
    const start = Math.floor(line / step) * n * step + (line % step);
    for (let i = 0; i < n; i++) {
      re[i] = data[2 * (start + i * step)]!;
      im[i] = data[2 * (start + i * step) + 1]!;
    }
    transform(re, im, inverse);
    for (let i = 0; i < n; i++) {
      data[2 * (start + i * step)] = re[i]!;
      data[2 * (start + i * step) + 1] = im[i]!;
    }
  }
}

/**
 * The first `n / 2 + 1` frequencies of each row of `n` real numbers, interleaved. Two rows are transformed at once, as the
 * real and the imaginary part of one: the symmetry of their transforms tells them apart.
 */
export function realToComplex(rows: ArrayLike<number>, n: number): Float64Array {
  const count = rows.length / n;
  const bins = Math.floor(n / 2) + 1;
  const out = new Float64Array(2 * count * bins);
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  for (let row = 0; row < count; row += 2) {
    const isPair = row + 1 < count;
    for (let i = 0; i < n; i++) {
      re[i] = rows[row * n + i]!;
      im[i] = isPair ? rows[(row + 1) * n + i]! : 0;
    }
    transform(re, im, false);
    for (let k = 0; k < bins; k++) {
      const mirrored = (n - k) % n;
      const at = 2 * (row * bins + k);
      out[at] = (re[k]! + re[mirrored]!) / 2;
      out[at + 1] = (im[k]! - im[mirrored]!) / 2;
      if (!isPair) continue;
      out[at + 2 * bins] = (im[k]! + im[mirrored]!) / 2;
      out[at + 2 * bins + 1] = (re[mirrored]! - re[k]!) / 2;
    }
  }
  return out;
}

/** The inverse of {@link realToComplex}. Imaginary parts that no real row can have are ignored. */
export function complexToReal(spectra: Float64Array, n: number): Float64Array {
  const bins = Math.floor(n / 2) + 1;
  const count = spectra.length / 2 / bins;
  const out = new Float64Array(count * n);
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  for (let row = 0; row < count; row += 2) {
    const isPair = row + 1 < count;
    for (let k = 0; k < bins; k++) {
      const mirrored = (n - k) % n;
      const isReal = mirrored === k;
      const at = 2 * (row * bins + k);
      const [a, b] = [spectra[at]!, isReal ? 0 : spectra[at + 1]!];
      const c = isPair ? spectra[at + 2 * bins]! : 0;
      const d = isPair && !isReal ? spectra[at + 2 * bins + 1]! : 0;
      re[k] = a - d;
      im[k] = b + c;
      re[mirrored] = a + d;
      im[mirrored] = c - b;
    }
    transform(re, im, true);
    out.set(re, row * n);
    if (isPair) out.set(im, (row + 1) * n);
  }
  return out;
}
