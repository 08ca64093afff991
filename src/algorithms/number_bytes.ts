/**
 * Numbers in parts of an array of bytes, as `number_text.ts` reads them, without an object for each: integers digit by digit, and
 * decimals of a few digits from an integer and a power of ten that are both exact, so that one rounding gives the nearest number.
 * All others are left to `parseNumber`.
 *
 * @module
 */

import {isSpace} from './bytes.js';
import {type NumberDType, parseNumber} from './number_text.js';

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const LOWER_E = 0x65;
const LETTER_CASE = 0x20;

/** Writes the number between two places to element `i` of an array. False where there is none. */
export type NumberReader = (bytes: Uint8Array, start: number, end: number, i: number) => boolean;

/** Reads numbers of a dtype into an array of it. */
export function numberReader(
  dtype: NumberDType,
  out: Int32Array | BigInt64Array | Float32Array | Float64Array,
): NumberReader {
  switch (dtype) {
    case 'int32':
      return (bytes, start, end, i) => readInt32(bytes, start, end, out as Int32Array, i);
    case 'int64': {
      const words = new Int32Array(out.buffer, out.byteOffset, 2 * out.length);
      return (bytes, start, end, i) => readInt64(bytes, start, end, words, i);
    }
    case 'float32':
      return (bytes, start, end, i) => readFloat32(bytes, start, end, out as Float32Array, i);
    case 'float64':
      return (bytes, start, end, i) => readFloat64(bytes, start, end, out as Float64Array, i);
  }
}

/** Writes the int32 between two places to `out[i]`. False where there is none. */
export function readInt32(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Int32Array,
  i: number,
): boolean {
  let at = start;
  let stop = end;
  while (at < stop && isSpace(bytes[at])) at++;
  while (at < stop && isSpace(bytes[stop - 1])) stop--;
  const isNegative = bytes[at] === MINUS && at < stop;
  if (isNegative) at++;
  if (at === stop) return false;
  const most = isNegative ? 2 ** 31 : 2 ** 31 - 1;
  let value = 0;
  for (; at < stop; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return false;
    value = 10 * value + digit;
    if (value > most) return false;
  }
  out[i] = isNegative ? -value : value;
  return true;
}

/** Writes the int64 between two places to the words `2 * i` (the low one) and `2 * i + 1`. False where there is none. */
export function readInt64(
  bytes: Uint8Array,
  start: number,
  end: number,
  words: Int32Array,
  i: number,
): boolean {
  let at = start;
  let stop = end;
  while (at < stop && isSpace(bytes[at])) at++;
  while (at < stop && isSpace(bytes[stop - 1])) stop--;
  const isNegative = bytes[at] === MINUS && at < stop;
  if (isNegative) at++;
  if (at === stop) return false;
  let low = 0;
  let high = 0;
  for (; at < stop; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return false;
    low = 10 * low + digit;
    if (low >= TWO_32 || high > 0) {
      const carry = Math.floor(low / TWO_32);
      low -= carry * TWO_32;
      high = 10 * high + carry;
      if (high > TWO_31 || (high === TWO_31 && !(isNegative && low === 0))) return false;
    }
  }
  if (isNegative) {
    // The two's complement.
    high = low === 0 ? -high : -high - 1;
    low = -low;
  }
  words[2 * i] = low;
  words[2 * i + 1] = high;
  return true;
}

const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;

/** Writes the float64 between two places to `out[i]`. False where there is none. */
export function readFloat64(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Float64Array,
  i: number,
): boolean {
  const value = shortDecimal(bytes, start, end);
  if (!Number.isNaN(value)) {
    out[i] = value;
    return true;
  }
  return readText(bytes, start, end, out, i, 'float64');
}

/** Writes the float32 between two places to `out[i]`. False where there is none. */
export function readFloat32(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Float32Array,
  i: number,
): boolean {
  const value = shortDecimal(bytes, start, end);
  // By way of the nearest float64 the nearest float32 is found, unless that stands between two of them.
  if (value === 0 || (Math.abs(value) > LEAST_NORMAL && !isMidpoint(value))) {
    out[i] = value;
    return true;
  }
  return readText(bytes, start, end, out, i, 'float32');
}

function readText(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Float32Array | Float64Array,
  i: number,
  dtype: 'float32' | 'float64',
): boolean {
  const value = parseNumber(bytes.subarray(start, end), dtype);
  if (value === undefined) return false;
  out[i] = value as number;
  return true;
}

/** The least float32 of full precision. */
const LEAST_NORMAL = 2 ** -126;

const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Int32Array(DOUBLE.buffer);

/** True where the 29 bits that a float32 has less are half of its last one. */
function isMidpoint(value: number): boolean {
  DOUBLE[0] = value;
  return (DOUBLE_WORDS[0]! & 0x1fffffff) === 0x10000000;
}

/** Powers of ten that are float64 exactly. */
const POWERS = Float64Array.from({length: 23}, (_, i) => Number(`1e${i}`));

/** Digits of integers that all are float64 exactly. */
const MOST_DIGITS = 15;

/** More bytes than this TensorFlow does not take for a number. */
const MOST_BYTES = 31;

/** The number that a decimal of a few digits is nearest to; NaN for whatever else. */
function shortDecimal(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > MOST_BYTES) return Number.NaN;
  let at = start;
  const sign = bytes[at]!;
  const isSigned = sign === MINUS || sign === PLUS;
  if (isSigned && at < end) at++;
  let mantissa = 0;
  let digits = 0;
  let pointAt = -1;
  let firstDigit = -1;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (firstDigit < 0) firstDigit = at;
      mantissa = 10 * mantissa + digit;
      if (mantissa > 0) digits++;
    } else if (bytes[at] === POINT && pointAt < 0) {
      pointAt = at;
    } else {
      break;
    }
  }
  if (firstDigit < 0 || digits > MOST_DIGITS) return Number.NaN;
  let exponent = pointAt < 0 ? 0 : pointAt + 1 - at;
  if (at < end) {
    if ((bytes[at]! | LETTER_CASE) !== LOWER_E) return Number.NaN;
    const power = shortExponent(bytes, at + 1, end);
    if (Number.isNaN(power)) return power;
    exponent += power;
  }
  if (exponent < -22 || exponent > 22) return Number.NaN;
  const value = exponent < 0 ? mantissa / POWERS[-exponent]! : mantissa * POWERS[exponent]!;
  return sign === MINUS ? -value : value;
}

function shortExponent(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const sign = bytes[at];
  if (at < end && (sign === MINUS || sign === PLUS)) at++;
  if (at === end || end - at > 3) return Number.NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = 10 * value + digit;
  }
  return sign === MINUS ? -value : value;
}
