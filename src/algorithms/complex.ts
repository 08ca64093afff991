/**
 * Arithmetic and functions of complex numbers. Branch cuts are those of C and NumPy.
 *
 * @module
 */

/** A complex number: its real and imaginary part. */
export type Complex = readonly [re: number, im: number];

const ZERO: Complex = [0, 0];
const ONE: Complex = [1, 0];
const I: Complex = [0, 1];

export const isZero = ([re, im]: Complex): boolean => re === 0 && im === 0;
export const isEqual = ([a, b]: Complex, [c, d]: Complex): boolean => a === c && b === d;
export const abs = ([re, im]: Complex): number => Math.hypot(re, im);
export const angle = ([re, im]: Complex): number => Math.atan2(im, re);
export const polar = (radius: number, theta: number): Complex => [
  radius * Math.cos(theta),
  radius * Math.sin(theta),
];
export const scale = ([re, im]: Complex, by: number): Complex => [re * by, im * by];

export const neg = ([re, im]: Complex): Complex => [-re, -im];
export const conj = ([re, im]: Complex): Complex => [re, -im];
export const add = ([a, b]: Complex, [c, d]: Complex): Complex => [a + c, b + d];
export const sub = ([a, b]: Complex, [c, d]: Complex): Complex => [a - c, b - d];
export const mul = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
export const square = (z: Complex): Complex => mul(z, z);

/** Smith's method: scales by the larger part of the divisor, so that its square cannot overflow. */
export function div([a, b]: Complex, [c, d]: Complex): Complex {
  if (Math.abs(c) >= Math.abs(d)) {
    const ratio = d / c;
    const denominator = c + d * ratio;
    return [(a + b * ratio) / denominator, (b - a * ratio) / denominator];
  }
  const ratio = c / d;
  const denominator = c * ratio + d;
  return [(a * ratio + b) / denominator, (b * ratio - a) / denominator];
}

export const reciprocal = (z: Complex): Complex => div(ONE, z);
export const sign = (z: Complex): Complex => (isZero(z) ? ZERO : scale(z, 1 / abs(z)));
export const divNoNan = (z: Complex, w: Complex): Complex => (isZero(w) ? ZERO : div(z, w));
export const mulNoNan = (z: Complex, w: Complex): Complex => (isZero(w) ? ZERO : mul(z, w));
export const squaredDifference = (z: Complex, w: Complex): Complex => {
  const difference = sub(z, w);
  return mul(conj(difference), difference);
};

export const exp = ([re, im]: Complex): Complex => polar(Math.exp(re), im);
export const log = (z: Complex): Complex => [Math.log(abs(z)), angle(z)];

/** `exp(z) - 1` without cancellation near 0. */
export function expm1([re, im]: Complex): Complex {
  const half = Math.sin(im / 2);
  return [Math.expm1(re) * Math.cos(im) - 2 * half * half, Math.exp(re) * Math.sin(im)];
}

/** `log(1 + z)` without cancellation near 0. */
export const log1p = ([re, im]: Complex): Complex => [
  Math.log1p(re * (2 + re) + im * im) / 2,
  Math.atan2(im, 1 + re),
];

export function sqrt([re, im]: Complex): Complex {
  if (re === 0 && im === 0) return [0, im];
  const root = Math.sqrt((Math.abs(re) + Math.hypot(re, im)) / 2);
  const other = im / (2 * root);
  return re >= 0 ? [root, other] : [Math.abs(other), im < 0 || Object.is(im, -0) ? -root : root];
}

export const rsqrt = (z: Complex): Complex => reciprocal(sqrt(z));

/** `z ** w`; `0 ** 0` is 1 and 0 to any other power is 0. */
export function pow(z: Complex, w: Complex): Complex {
  if (isZero(z)) return isZero(w) ? ONE : ZERO;
  return exp(mul(w, log(z)));
}

export const sinh = ([re, im]: Complex): Complex => [
  Math.sinh(re) * Math.cos(im),
  Math.cosh(re) * Math.sin(im),
];
export const cosh = ([re, im]: Complex): Complex => [
  Math.cosh(re) * Math.cos(im),
  Math.sinh(re) * Math.sin(im),
];

/** From `tanh(x + iy) = (sinh 2x + i sin 2y) / (cosh 2x + cos 2y)`; beyond |x| = 20 it is ±1 to the last bit. */
export function tanh([re, im]: Complex): Complex {
  if (Math.abs(re) > 20) return [Math.sign(re), 4 * Math.sin(2 * im) * Math.exp(-2 * Math.abs(re))];
  const denominator = Math.cosh(2 * re) + Math.cos(2 * im);
  return [Math.sinh(2 * re) / denominator, Math.sin(2 * im) / denominator];
}

const timesI = ([re, im]: Complex): Complex => [-im, re];
const overI = ([re, im]: Complex): Complex => [im, -re];

export const sin = (z: Complex): Complex => overI(sinh(timesI(z)));
export const cos = (z: Complex): Complex => cosh(timesI(z));
export const tan = (z: Complex): Complex => overI(tanh(timesI(z)));

/** W. Kahan's formulas ("Branch cuts for complex elementary functions"), which stay on the right side of the cuts. */
export function asinh(z: Complex): Complex {
  return overI(asin(timesI(z)));
}

export function asin([re, im]: Complex): Complex {
  const below = sqrt([1 - re, -im]);
  const above = sqrt([1 + re, im]);
  return [Math.atan2(re, mul(below, above)[0]), Math.asinh(mul(conj(below), above)[1])];
}

export function acos([re, im]: Complex): Complex {
  const below = sqrt([1 - re, -im]);
  const above = sqrt([1 + re, im]);
  return [2 * Math.atan2(below[0], above[0]), Math.asinh(mul(conj(above), below)[1])];
}

export function acosh([re, im]: Complex): Complex {
  const below = sqrt([re - 1, im]);
  const above = sqrt([re + 1, im]);
  return [Math.asinh(mul(conj(below), above)[0]), 2 * Math.atan2(below[1], above[0])];
}

export const atanh = (z: Complex): Complex => scale(sub(log1p(z), log1p(neg(z))), 0.5);
export const atan = (z: Complex): Complex => overI(atanh(mul(I, z)));

export const sigmoid = (z: Complex): Complex => reciprocal(add(ONE, exp(neg(z))));
export const xdivy = (z: Complex, w: Complex): Complex => (isZero(z) ? ZERO : div(z, w));
export const xlogy = (z: Complex, w: Complex): Complex => (isZero(z) ? ZERO : mul(z, log(w)));
export const xlog1py = (z: Complex, w: Complex): Complex => (isZero(z) ? ZERO : mul(z, log1p(w)));
