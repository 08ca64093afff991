/**
 * The floating point types narrower than float32, and their exact conversion to and from it: round to nearest,
 * ties to even, as Eigen and ml_dtypes do in TensorFlow.
 *
 * @module
 */

/** The types this file knows; all of them are kept as float32 in host storage. */
export type SmallFloat = 'float16' | 'bfloat16' | 'float8_e5m2' | 'float8_e4m3fn';

interface Layout {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  /** Pattern of a magnitude too large to represent: infinity, or NaN in a type that has no infinity. */
  readonly overflow: number;
  readonly nan: number;
}

/** `e4m3fn` is "finite only": its largest pattern is NaN and the one below it is the number 448. */
const LAYOUTS: Readonly<Record<SmallFloat, Layout>> = {
  float16: {exponentBits: 5, mantissaBits: 10, overflow: 0x7c00, nan: 0x7e00},
  bfloat16: {exponentBits: 8, mantissaBits: 7, overflow: 0x7f80, nan: 0x7fc0},
  float8_e5m2: {exponentBits: 5, mantissaBits: 2, overflow: 0x7c, nan: 0x7e},
  float8_e4m3fn: {exponentBits: 4, mantissaBits: 3, overflow: 0x7f, nan: 0x7f},
};

const FLOAT32_MANTISSA_BITS = 23;
const FLOAT32_BIAS = 127;
const FLOAT32_INFINITY = 0x7f800000;
const FLOAT32_NAN = 0x7fc00000;
/** Adding and then subtracting this rounds a smaller non-negative double to an integer, ties to even. */
const ROUND_TO_INTEGER = 2 ** 52;

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** True for a dtype whose host storage is a wider float32. */
export function isSmallFloat(dtype: string): dtype is SmallFloat {
  return dtype in LAYOUTS;
}

const wideBits = new Map<SmallFloat, Uint32Array>();

/** The float32 bits of every pattern of `type`. */
function wideBitsOf(type: SmallFloat): Uint32Array {
  let table = wideBits.get(type);
  if (table === undefined) {
    const {exponentBits, mantissaBits} = LAYOUTS[type];
    table = new Uint32Array(2 ** (1 + exponentBits + mantissaBits));
    for (let pattern = 0; pattern < table.length; pattern++) table[pattern] = widenPattern(type, pattern);
    wideBits.set(type, table);
  }
  return table;
}

function widenPattern(type: SmallFloat, pattern: number): number {
  const {exponentBits, mantissaBits, overflow, nan} = LAYOUTS[type];
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = pattern >>> (exponentBits + mantissaBits);
  const magnitude = pattern & (2 ** (exponentBits + mantissaBits) - 1);
  const exponent = magnitude >>> mantissaBits;
  const mantissa = magnitude & (2 ** mantissaBits - 1);
  let wide: number;
  if (magnitude > overflow || magnitude === nan) {
    wide = FLOAT32_NAN;
  } else if (magnitude === overflow) {
    wide = FLOAT32_INFINITY;
  } else if (exponent === 0) {
    scratch[0] = mantissa * 2 ** (1 - bias - mantissaBits);
    wide = scratchBits[0]!;
  } else {
    wide =
      ((exponent - bias + FLOAT32_BIAS) << FLOAT32_MANTISSA_BITS) |
      (mantissa << (FLOAT32_MANTISSA_BITS - mantissaBits));
  }
  return ((sign << 31) | wide) >>> 0;
}

/**
 * Writes the float32 value of each pattern of `source` to `target`.
 *
 * Goes from front to back, so `source` may be the tail of `target`'s own memory.
 */
export function widen(type: SmallFloat, source: Uint8Array | Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  if (type === 'bfloat16') {
    for (let i = 0; i < bits.length; i++) bits[i] = source[i]! << 16;
    return;
  }
  const table = wideBitsOf(type);
  for (let i = 0; i < bits.length; i++) bits[i] = table[source[i]!]!;
}

/** Writes the pattern nearest to each value of `source` to `target`. */
export function narrow(type: SmallFloat, source: Float32Array, target: Uint8Array | Uint16Array): void {
  const {exponentBits, mantissaBits, overflow, nan} = LAYOUTS[type];
  const bias = 2 ** (exponentBits - 1) - 1;
  const signShift = 31 - exponentBits - mantissaBits;
  const dropped = FLOAT32_MANTISSA_BITS - mantissaBits;
  const half = 2 ** (dropped - 1) - 1;
  const rebias = (FLOAT32_BIAS - bias) << mantissaBits;
  const smallestNormal = (FLOAT32_BIAS - bias + 1) << FLOAT32_MANTISSA_BITS;
  const perUnit = 2 ** (bias - 1 + mantissaBits);
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const magnitude = word & 0x7fffffff;
    let pattern: number;
    if (magnitude > FLOAT32_INFINITY) {
      pattern = nan;
    } else if (magnitude < smallestNormal) {
      pattern = Math.abs(source[i]!) * perUnit + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
    } else {
      const rounded = (magnitude + half + ((magnitude >>> dropped) & 1)) >>> dropped;
      pattern = Math.min(rounded - rebias, overflow);
    }
    target[i] = ((word >>> 31) << (31 - signShift)) | pattern;
  }
}

/** `x`, first rounded to float32 as TensorFlow does, rounded to the nearest float16. */
export function roundToFloat16(x: number): number {
  scratch[0] = x;
  const word = scratchBits[0]!;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x38800000) {
    // Normal in float16 (at least 2^-14), infinite or NaN.
    if (magnitude > FLOAT32_INFINITY) return Number.NaN;
    if (magnitude >= 0x477ff000) return x < 0 ? -Infinity : Infinity; // 65520: half way past the largest
    scratchBits[0] = (word + 0xfff + ((word >>> 13) & 1)) & ~0x1fff;
    return scratch[0]!;
  }
  const rounded = (Math.abs(scratch[0]!) * 2 ** 24 + ROUND_TO_INTEGER - ROUND_TO_INTEGER) * 2 ** -24;
  return word >>> 31 ? -rounded : rounded;
}

/** `x`, first rounded to float32 as TensorFlow does, rounded to the nearest bfloat16. */
export function roundToBfloat16(x: number): number {
  if (Number.isNaN(x)) return x;
  scratch[0] = x;
  const word = scratchBits[0]!;
  scratchBits[0] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
  return scratch[0]!;
}

/** Rounds every element of `values` to the nearest value of `type`, in place; returns `values`. */
export function roundInPlace(type: SmallFloat, values: Float32Array): Float32Array {
  const bytes = LAYOUTS[type].exponentBits + LAYOUTS[type].mantissaBits < 8 ? 1 : 2;
  const patterns = bytes === 1 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  narrow(type, values, patterns);
  widen(type, patterns, values);
  return values;
}
