/**
 * Numbers in text, as TensorFlow reads them (`tsl/platform/numbers.cc`): surrounding white space is allowed, anything
 * else after the number is not.
 *
 * @module
 */

import {toLatin1} from './bytes.js';

/** dtypes that text is read as. */
export type NumberDType = 'float32' | 'float64' | 'int32' | 'int64';

const INT_RANGE = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/** True for dtypes that text is read as. */
export function isNumberDType(dtype: string): dtype is NumberDType {
  return dtype === 'float32' || dtype === 'float64' || dtype in INT_RANGE;
}

/** The number that `bytes` spell, undefined where they spell none of that dtype. */
export function parseNumber(bytes: Uint8Array, dtype: NumberDType): number | bigint | undefined {
  const text = toLatin1(bytes);
  switch (dtype) {
    case 'int64':
      return parseInteger(text, 'int64');
    case 'int32': {
      const value = parseInteger(text, 'int32');
      return value === undefined ? undefined : Number(value);
    }
    default:
      return parseFloating(text, dtype);
  }
}

function parseInteger(text: string, dtype: keyof typeof INT_RANGE): bigint | undefined {
  const match = /^[\t-\r ]*(-?\d+)[\t-\r ]*$/.exec(text);
  if (match === null) return undefined;
  const value = BigInt(match[1]!);
  const [least, most] = INT_RANGE[dtype];
  return value >= least && value <= most ? value : undefined;
}

/** What a float's text may take: TensorFlow's buffer for numbers. */
const MAX_FLOAT_TEXT = 31;

const FLOAT_TEXT =
  /^[\t-\r ]*([+-]?)(?:(inf)|(nan)|(0x[0-9a-f]+)|((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))[\t-\r ]*$/i;

function parseFloating(text: string, dtype: 'float32' | 'float64'): number | undefined {
  if (text.length === 0 || text.length > MAX_FLOAT_TEXT) return undefined;
  // Nothing but space is zero: the converter's value of an empty number.
  if (/^[\t-\r ]+$/.test(text)) return 0;
  const match = FLOAT_TEXT.exec(text);
  if (match === null) return undefined;
  const [, sign, infinite, nan, hex, decimal] = match;
  const magnitude = infinite
    ? Number.POSITIVE_INFINITY
    : nan
      ? Number.NaN
      : hex
        ? Number(hex)
        : dtype === 'float32'
          ? roundToSingle(decimal!)
          : Number(decimal);
  return sign === '-' ? -magnitude : magnitude;
}

/** The float32 nearest to a decimal. By way of the nearest float64 it can be the wrong neighbour of a midpoint. */
function roundToSingle(decimal: string): number {
  const double = Number(decimal);
  const single = Math.fround(double);
  if (single === double || !Number.isFinite(single)) return single;
  const other = neighbour(single, double > single);
  if (double - single !== other - double) return single;
  const side = compareDecimal(decimal, double);
  if (side === 0) return single;
  return side > 0 === double > single ? other : single;
}

/** The next float32 above or below. */
function neighbour(single: number, above: boolean): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, single);
  view.setInt32(0, view.getInt32(0) + (above ? 1 : -1));
  return view.getFloat32(0);
}

/** Sign of the exact difference between a decimal and a float64. */
function compareDecimal(decimal: string, double: number): number {
  const [mantissa, power = '0'] = decimal.toLowerCase().split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?];
  const exponent = Number(power) - fraction.length;
  const digits = BigInt(whole + fraction);
  // The float64 as an integer times 2^-1074.
  let scaled = double;
  let shift = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift++;
  }
  const left = digits * 10n ** BigInt(Math.max(0, exponent)) * 2n ** BigInt(shift);
  const right = BigInt(scaled) * 10n ** BigInt(Math.max(0, -exponent));
  return left > right ? 1 : left < right ? -1 : 0;
}
