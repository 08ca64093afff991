import {createHash} from 'node:crypto';
import {describe, expect, test} from 'vitest';
import {bytesOf} from '../host/tensor_bytes.js';
import {
  narrow,
  roundInPlace,
  roundToBfloat16,
  roundToFloat16,
  type SmallFloat,
  widen,
} from './small_floats.js';

/**
 * SHA-256 of what TensorFlow 2.15's `tf.cast` gives (and ml_dtypes 0.3, which agrees): `widened` of the float32 bits
 * of every pattern in order, `narrowed` of the patterns of the float32 numbers listed by `edgeCases`; little-endian,
 * every NaN replaced by the one given here, and by 0x7fc00000 in float32.
 */
const TENSORFLOW: Record<SmallFloat, {nan: number; nans: number; widened: string; narrowed: string}> = {
  float16: {
    nan: 0x7e00,
    nans: 2046,
    widened: '385ff5fe69182797cda5f1827e20cf423f4416bc9246f27d0eec27cac9039259',
    narrowed: 'fbb15b544964881833a8fc634275eaa6868b29cca591413ba3aa933dc5f7a6a9',
  },
  bfloat16: {
    nan: 0x7fc0,
    nans: 254,
    widened: 'f12e27efe34841dfd6391497b86f389096b03a376586e1d9691bba0a8de3980a',
    narrowed: 'a8926330c7d47eb2083bde29affc8bd8df02c20f5a2b017ea321fc2a0ceee5a7',
  },
  float8_e5m2: {
    nan: 0x7e,
    nans: 6,
    widened: '229a94c5f728edf2259da970a0e1dfb45cc1d69cce2b30e37659f3212ec4b8b9',
    narrowed: '7cfbd95ff6c7c73728045c48bb2aed0f2927f0110e2e504cb5f82253397e8a59',
  },
  float8_e4m3fn: {
    nan: 0x7f,
    nans: 2,
    widened: '422eccfaa21e72a6b26855bb10cdcfead6c1ce3262ecd813c99d8cbf9677f2e2',
    narrowed: 'f8762b0121166bdf7aa5b9fe7251782ace349c0879463f9352df53f95e0f365c',
  },
};

const CASES = Object.entries(TENSORFLOW) as [SmallFloat, (typeof TENSORFLOW)[SmallFloat]][];
const FLOAT32_NAN = 0x7fc00000;

/** Float32 numbers with every upper half, and lower halves on, just below and just above ties of each type. */
function edgeCases(): Float32Array {
  const low = [0, 1, 0x0fff, 0x1000, 0x1001, 0x2fff, 0x3000, 0x3001, 0x7fff, 0x8000, 0x8001, 0xffff];
  const bits = new Uint32Array(65536 * low.length);
  for (let i = 0; i < bits.length; i++) bits[i] = (Math.floor(i / low.length) << 16) | low[i % low.length]!;
  return new Float32Array(bits.buffer);
}

function everyPattern(type: SmallFloat): Uint8Array | Uint16Array {
  return type.startsWith('float8')
    ? Uint8Array.from({length: 256}, (_, i) => i)
    : Uint16Array.from({length: 65536}, (_, i) => i);
}

function widenAll(type: SmallFloat, patterns: Uint8Array | Uint16Array): Float32Array {
  const wide = new Float32Array(patterns.length);
  widen(type, patterns, wide);
  return wide;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.each(CASES)('%s', (type, expected) => {
  test('widens every pattern as TensorFlow does', () => {
    const wide = widenAll(type, everyPattern(type));
    expect(wide.filter(Number.isNaN)).toHaveLength(expected.nans);
    const bits = new Uint32Array(wide.buffer).map((word, i) => (Number.isNaN(wide[i]!) ? FLOAT32_NAN : word));
    expect(sha256(bytesOf(bits))).toBe(expected.widened);
  });

  test('rounds ties, subnormals, overflow and NaN as TensorFlow does', () => {
    const source = edgeCases();
    const patterns =
      everyPattern(type).length === 256 ? new Uint8Array(source.length) : new Uint16Array(source.length);
    narrow(type, source, patterns);
    const wide = widenAll(type, patterns);
    const bits = patterns.map((pattern, i) => (Number.isNaN(wide[i]!) ? expected.nan : pattern));
    expect(sha256(bytesOf(bits))).toBe(expected.narrowed);
  });

  test('every pattern survives being widened and narrowed', () => {
    const patterns = everyPattern(type);
    const wide = widenAll(type, patterns);
    const back = patterns.slice();
    narrow(type, wide, back);
    expect(back.filter((pattern, i) => pattern !== patterns[i] && !Number.isNaN(wide[i]!))).toHaveLength(0);
  });

  test('widens in place from the tail of the wider memory', () => {
    const patterns = everyPattern(type);
    const memory = new Float32Array(patterns.length);
    const bytes = bytesOf(memory);
    const tail = bytes.subarray(bytes.length - patterns.byteLength);
    tail.set(bytesOf(patterns));
    widen(type, type.startsWith('float8') ? tail : new Uint16Array(tail.buffer, tail.byteOffset), memory);
    expect(memory).toEqual(widenAll(type, patterns));
  });
});

describe.each([
  ['float16', roundToFloat16],
  ['bfloat16', roundToBfloat16],
] as const)('rounding a number to %s', (type, round) => {
  test('agrees with narrowing and widening', () => {
    const source = edgeCases();
    const rounded = source.map(round);
    const wrong = roundInPlace(type, source.slice()).filter((value, i) => !Object.is(value, rounded[i]));
    expect(wrong).toHaveLength(0);
  });

  test('keeps the sign of zero and of what underflows to it', () => {
    expect(round(-0)).toBe(-0);
    expect(round(-1e-45)).toBe(-0);
    expect(round(1e-46)).toBe(0);
  });
});

test('float16 overflows from the middle between its largest number and the next power of two', () => {
  expect(roundToFloat16(65519.996)).toBe(65504);
  expect(roundToFloat16(65520)).toBe(Infinity);
  expect(roundToFloat16(-65520)).toBe(-Infinity);
});
