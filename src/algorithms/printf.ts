/**
 * Numbers as C's `printf` writes them: exact decimal digits, ties to even.
 *
 * JavaScript's `toFixed` and `toExponential` round ties away from zero and stop at 100 digits or 1e21.
 *
 * @module
 */

/** One conversion: `%[flags][width][.precision]letter`. */
export interface Conversion {
  readonly letter: 'd' | 'u' | 'f' | 'e' | 'g';
  /** Any of `-`, `+`, space, `0`, `#`. */
  readonly flags?: string;
  readonly width?: number;
  readonly precision?: number;
}

/** `number` (an integer for `d` and `u`) as `printf` writes it. */
export function printf(number: number | bigint, conversion: Conversion): string {
  const {letter, flags = '', width = 0, precision} = conversion;
  const value = Number(number);
  const negative = value < 0 || Object.is(value, -0);
  const plus = letter === 'u' ? '' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const sign = negative ? '-' : plus;
  const finite = typeof number === 'bigint' || Number.isFinite(number);
  let digits: string;
  if (!finite) digits = Number.isNaN(value) ? 'nan' : 'inf';
  else if (letter === 'd' || letter === 'u') digits = String(number).replace('-', '');
  else digits = FORMAT[letter](Math.abs(value), precision ?? 6, flags.includes('#'));
  const missing = width - sign.length - digits.length;
  if (missing <= 0) return sign + digits;
  if (flags.includes('-')) return sign + digits + ' '.repeat(missing);
  if (flags.includes('0') && finite) return sign + '0'.repeat(missing) + digits;
  return ' '.repeat(missing) + sign + digits;
}

const FORMAT = {f: fixed, e: scientific, g: general} as const;

/**
 * A float32 or float64 in the fewest digits of 6 or 9 (15 or 17) that give it back: TensorFlow's `FloatToBuffer` and
 * `DoubleToBuffer`, which `StrCat` uses.
 */
export function shortestFloat(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'nan';
  const [few, many] = single ? [6, 9] : [15, 17];
  const text = printf(value, {letter: 'g', precision: few});
  const parsed = single ? Math.fround(Number(text)) : Number(text);
  return parsed === value || !Number.isFinite(value) ? text : printf(value, {letter: 'g', precision: many});
}

/** A non-negative number as 0.d1d2d3... times a power of ten, exactly; zero has no digits. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

function exactDecimal(value: number): Decimal {
  if (value === 0) return {digits: '', exponent: 0};
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const power = Math.max(biased, 1) - 1075;
  // m * 2^-k is m * 5^k / 10^k.
  const whole = power >= 0 ? mantissa << BigInt(power) : mantissa * 5n ** BigInt(-power);
  const digits = String(whole);
  return {digits, exponent: digits.length + Math.min(0, power)};
}

/** The first `count` digits (none when negative), rounded half to even. */
function roundDecimal({digits, exponent}: Decimal, count: number): Decimal {
  if (count >= digits.length) return {digits: digits.padEnd(count, '0'), exponent};
  if (count < 0) return {digits: '', exponent};
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const tie = rest[0] === '5' && /^50*$/.test(rest);
  const up = tie ? Number(kept.at(-1) ?? '0') % 2 === 1 : rest[0]! >= '5';
  if (!up) return {digits: kept, exponent};
  const next = String(BigInt(kept || '0') + 1n).padStart(count, '0');
  return {digits: next.slice(0, Math.max(count, 1)), exponent: exponent + (next.length - count)};
}

function fixed(value: number, precision: number, alternate: boolean): string {
  const decimal = exactDecimal(value);
  const {digits, exponent} = roundDecimal(decimal, decimal.exponent + precision);
  const whole = exponent > 0 ? digits.slice(0, exponent).padEnd(exponent, '0') : '0';
  const fraction = (exponent > 0 ? digits.slice(exponent) : '0'.repeat(-exponent) + digits)
    .padEnd(precision, '0')
    .slice(0, precision);
  return precision > 0 || alternate ? `${whole}.${fraction}` : whole;
}

function scientific(value: number, precision: number, alternate: boolean): string {
  const {digits, exponent} = roundDecimal(exactDecimal(value), precision + 1);
  const power = value === 0 ? 0 : exponent - 1;
  const point = precision > 0 || alternate ? '.' : '';
  const sign = power < 0 ? '-' : '+';
  return `${digits[0]}${point}${digits.slice(1)}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

function general(value: number, precision: number, alternate: boolean): string {
  const significant = Math.max(1, precision);
  const rounded = roundDecimal(exactDecimal(value), significant);
  const power = value === 0 ? 0 : rounded.exponent - 1;
  const inFixed = power >= -4 && power < significant;
  const text = inFixed
    ? fixed(value, significant - 1 - power, alternate)
    : scientific(value, significant - 1, alternate);
  return alternate
    ? text
    : text.replace(/(\.\d*?)0*(e|$)/, (_, fraction: string, end: string) =>
        fraction === '.' ? end : fraction + end,
      );
}
