/**
 * Checks every kernel of the wasm backend that is replaced, and those that the replacements call, against tfjs's own cpu
 * kernels: over sizes around the limits of blocks, of XNNPACK's stack and of 16 bits, along every axis, of nothing, and of
 * what is no number.
 */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {sizeOf} from '../host/tensor.js';
import {completeBackend} from './backend_kernels.js';
import {quietCpuBackend} from './cpu_backend.js';
import {FIRST_MAXIMUM_GRAD} from './maximum_kernel.js';

/** The kernels as tfjs has them: taken before any is replaced. */
const CPU = new Map(tf.getKernelsForBackend('cpu').map((kernel) => [kernel.kernelName, kernel.kernelFunc]));

type DType = 'float32' | 'int32' | 'bool';

interface Operand {
  readonly shape: number[];
  readonly dtype: DType;
  readonly values: tf.TypedArray;
}

type Operands = Readonly<Record<string, Operand>>;

interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: Float64Array;
}

const SIZES = [0, 1, 2, 3, 7, 8, 9, 255, 256, 257, 4096, 4097, 8193, 16_383, 16_384, 16_385, 65_536];
const MILLION = 1_000_003;

/** Sizes for kernels that have no blocks. */
const FEW_SIZES = [0, 1, 2, 7, 255, 16_385];

/** All pairs of sizes that are not too large for the time that a test may take. */
const pairs = (most: number, sizes = SIZES): [number, number][] =>
  sizes.flatMap((a) => sizes.map((b): [number, number] => [a, b])).filter(([a, b]) => a * b <= most);

/** Numbers in [1, 2), or whole ones below `bound`, in no order. */
function operand(shape: number[], dtype: DType = 'float32', bound = 1000): Operand {
  const make = {float32: Float32Array, int32: Int32Array, bool: Uint8Array}[dtype];
  const values = new make(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    const number = (i * 7919) % bound;
    values[i] = dtype === 'float32' ? 1 + number / bound : dtype === 'int32' ? number : number % 2;
  }
  return {shape, dtype, values};
}

/** {@link operand} with some elements that are no numbers, or infinite. */
function oddOperand(shape: number[]): Operand {
  const out = operand(shape);
  const odd = [Number.NaN, -Infinity, Infinity, -Infinity];
  const step = Math.floor(out.values.length / 5) + 1;
  for (let i = 0, k = shape[0] ?? 0; i < out.values.length; i += step) out.values[i] = odd[k++ % 4]!;
  return out;
}

function run(
  backendName: string,
  kernelFunc: tf.KernelFunc,
  operands: Operands,
  attrs: tf.NamedAttrMap,
): Result[] {
  const backend = tf.findBackend(backendName);
  const inputs = Object.fromEntries(
    Object.entries(operands).map(([name, {shape, dtype, values}]) => {
      const dataId = backend.write(values, shape, dtype) as object;
      return [name, {dataId, shape, dtype, rank: shape.length}];
    }),
  );
  const outputs = [kernelFunc({inputs, attrs, backend})].flat();
  const results = outputs.map(({dataId, shape, dtype}) => {
    // tfjs's cpu kernels leave plain arrays of booleans.
    return {shape, dtype, values: Float64Array.from(backend.readSync(dataId) as Float32Array)};
  });
  for (const {dataId} of [...outputs, ...Object.values(inputs)]) backend.disposeData(dataId);
  return results;
}

/** Checks a kernel, each element within `tolerance` times the larger of 1 and itself. */
function check(kernelName: string, operands: Operands, attrs: object, tolerance = 0): void {
  const expected = run('cpu', CPU.get(kernelName)!, operands, attrs as tf.NamedAttrMap);
  compare(kernelName, operands, attrs, expected, tolerance);
}

function compare(
  kernelName: string,
  operands: Operands,
  attrs: object,
  expected: readonly Result[],
  tolerance: number,
): void {
  const {kernelFunc} = tf.getKernel(kernelName, 'wasm')!;
  const found = run('wasm', kernelFunc, operands, attrs as tf.NamedAttrMap);
  const shapes = Object.entries(operands).map(([name, {shape}]) => `${name} [${shape}]`);
  const what = `${kernelName} of ${shapes}, ${JSON.stringify(attrs)}`;
  expect(
    found.map(({shape, dtype}) => ({shape, dtype})),
    what,
  ).toEqual(expected.map(({shape, dtype}) => ({shape, dtype})));
  found.forEach(({values}, k) => {
    const right = expected[k]!.values;
    const at = values.findIndex((value, i) => {
      const wanted = right[i]!;
      if (Object.is(value, wanted) || value === wanted) return false;
      return (
        !Number.isFinite(wanted) || !(Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted)))
      );
    });
    if (at >= 0) expect.fail(`${what}: element ${at} is ${values[at]}, expected ${right[at]}`);
  });
}

const AXES = [[0], [1], [0, 1]];
const FLAGS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;
/** Left and right matrices of a batch. */
const BATCHES = [
  [1, 1],
  [2, 2],
  [2, 1],
  [1, 2],
] as const;

describe('kernels of the wasm backend agree with those of the cpu backend', () => {
  const data = () => [tf.findBackend('wasm').numDataIds(), tf.findBackend('cpu').numDataIds()];
  let before: number[] = [];
  beforeAll(async () => {
    await quietCpuBackend();
    await tf.setBackend('wasm');
    completeBackend('wasm');
    before = data();
  });
  afterEach(() => expect(data()).toEqual(before));

  it('Sum', () => {
    for (const shape of [...pairs(20_000), [8, 65_536], [16_385, 8], [MILLION, 1], [8, 16_640]]) {
      for (const axis of AXES) check('Sum', {x: operand(shape)}, {axis, keepDims: false}, 4e-6);
    }
    for (const shape of pairs(2_500)) {
      for (const axis of AXES) check('Sum', {x: oddOperand(shape)}, {axis, keepDims: true}, 4e-6);
    }
    for (const x of [operand([300, 8], 'int32'), oddOperand([8, 16_385]), oddOperand([16_385, 8])]) {
      for (const axis of AXES) check('Sum', {x}, {axis, keepDims: false}, 4e-6);
    }
  });

  it('Mean', () => {
    for (const shape of [...pairs(2_500), [8, 16_385], [16_385, 8]].filter((each) => sizeOf(each) > 0)) {
      for (const axis of AXES) {
        check('Mean', {x: operand(shape)}, {axis, keepDims: false}, 4e-6);
        check('Mean', {x: oddOperand(shape)}, {axis, keepDims: true}, 4e-6);
      }
    }
  });

  it('Sum and Mean over any axes', () => {
    for (const shape of [
      [2, 7, 8, 255],
      [2, 8, 16_385],
      [8, 2, 8193],
      [1, 1, 7, 1, 5],
      [2, 2, 2, 2, 2, 2, 2],
    ]) {
      for (let set = 0; set < 1 << shape.length; set++) {
        const axis = shape.flatMap((_, k) => ((set >> k) & 1 ? [k] : []));
        check('Sum', {x: operand(shape)}, {axis, keepDims: true}, 4e-6);
        if (shape.length > 3) check('Mean', {x: operand(shape)}, {axis, keepDims: false}, 4e-6);
      }
    }
  });

  it('AvgPool', () => {
    const windows = [
      {height: 8, width: 1, attrs: {filterSize: [8, 1], strides: [8, 1], pad: 'valid'}},
      {height: 12, width: 1, attrs: {filterSize: [10, 1], strides: 1, pad: 'valid'}},
      {height: 3, width: 3, attrs: {filterSize: 3, strides: 1, pad: 'same'}},
      {height: 3, width: 2, attrs: {filterSize: [3, 2], strides: 1, pad: 'valid'}},
      {height: 3, width: 3, attrs: {filterSize: 1, strides: 2, pad: 'valid'}},
    ];
    for (const {height, width, attrs} of windows) {
      for (const channels of SIZES.filter((size) => size <= 16_385)) {
        check('AvgPool', {x: operand([1, height, width, channels])}, attrs, 2e-6);
      }
      check('AvgPool', {x: operand([0, height, width, 2])}, attrs, 2e-6);
      check('AvgPool', {x: oddOperand([2, height, width, 3])}, attrs, 2e-6);
    }
  });

  it('FirstMaximumGrad, where no two elements are equal', () => {
    const [size, stride, output] = [3, 2, 2];
    const axis = {input: 5, size, stride, output, before: 0, after: 0, dilation: 1};
    for (const channels of [1, 2, 255]) {
      const x = operand([1, 5, 5, channels], 'float32', 999_983);
      const dy = operand([1, output, output, channels]);
      const attrs = {filterSize: size, strides: stride, pad: 'valid'};
      const y = run('cpu', CPU.get('MaxPool')!, {x}, attrs)[0]!;
      const output4 = {...x, shape: [...y.shape], values: Float32Array.from(y.values)};
      const expected = run('cpu', CPU.get('MaxPoolGrad')!, {dy, input: x, output: output4}, attrs);
      compare(FIRST_MAXIMUM_GRAD, {dy, x}, {plane: [axis, axis]}, expected, 1e-6);
    }
  });

  it('FusedBatchNorm', () => {
    for (const channels of SIZES) {
      const [mean, variance, offset] = [1, 2, 3].map((bound) => operand([channels], 'float32', 100 * bound));
      const attrs = {varianceEpsilon: 1e-3};
      for (const x of [operand([1, 1, 2, channels]), oddOperand([2, 1, 1, channels])]) {
        check('FusedBatchNorm', {x, mean: mean!, variance: variance!}, attrs, 2e-6);
        check(
          'FusedBatchNorm',
          {x, mean: mean!, variance: variance!, offset: offset!, scale: offset!},
          attrs,
          2e-6,
        );
      }
    }
    const full = operand([2, 3, 4, 5]);
    check('FusedBatchNorm', {x: full, mean: full, variance: full}, {varianceEpsilon: 1e-3}, 2e-6);
  });

  it('BatchMatMul', () => {
    const sizes = [0, 1, 2, 8, 33, 256, 16_385];
    const products = sizes.flatMap((rows) => pairs(20_000, sizes).map((pair) => [rows, ...pair] as const));
    const work = (product: readonly number[]) => sizeOf(product.map((size) => Math.max(1, size)));
    for (const product of products.filter((each) => work(each) <= 70_000)) {
      const [rows, inner, columns] = product;
      for (const [transposeA, transposeB] of FLAGS) {
        for (const [left, right] of work(product) < 10_000 ? BATCHES : [[1, 1]]) {
          const a = operand(transposeA ? [left!, inner, rows] : [left!, rows, inner]);
          const b = operand(transposeB ? [right!, columns, inner] : [right!, inner, columns]);
          check('BatchMatMul', {a, b}, {transposeA, transposeB}, 1e-4);
        }
      }
    }
    const attrs = {transposeA: true, transposeB: false};
    check('BatchMatMul', {a: oddOperand([1, 256, 33]), b: operand([1, 256, 33])}, attrs, 1e-4);
    check('BatchMatMul', {a: operand([0, 256, 33]), b: operand([0, 256, 33])}, attrs);
  });

  it('Slice, StridedSlice, SplitV', () => {
    const whole = {beginMask: 3, endMask: 3, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0};
    for (const shape of pairs(17_000, FEW_SIZES)) {
      const x = operand(shape);
      const [a, b] = shape;
      const half = [a >> 1, b >> 1] as const;
      check('Slice', {x}, {begin: half, size: [a - half[0], b - half[1]]});
      check('Slice', {x}, {begin: [0, half[1]], size: [a, 0]});
      for (const strides of [
        [2, 3],
        [-1, 1],
        [1, -2],
      ]) {
        check('StridedSlice', {x}, {...whole, begin: [0, 0], end: [0, 0], strides});
      }
      check('SplitV', {x}, {numOrSizeSplits: [half[1], -1], axis: 1});
      if (a % 2 === 0) check('SplitV', {x}, {numOrSizeSplits: 2, axis: 0});
    }
    const x = operand([2, 3, 2, 3, 2, 3, 2], 'int32');
    check('Slice', {x}, {begin: [1, 1, 0, 1, 1, 0, 1], size: [1, 2, 2, 1, 1, 3, 1]});
    check('SplitV', {x}, {numOrSizeSplits: 3, axis: 5});
  });

  it('Reverse, Tile, GatherV2', () => {
    for (const dtype of ['float32', 'bool'] as const) {
      for (const shape of pairs(17_000, FEW_SIZES)) {
        const x = operand(shape, dtype);
        for (const dims of [[], ...AXES]) check('Reverse', {x}, {dims});
        for (const reps of [
          [2, 1],
          [1, 3],
          [0, 1],
        ])
          check('Tile', {x}, {reps});
        for (const axis of [0, 1]) {
          if (shape[axis] === 0) continue;
          for (const count of [0, 1, 7]) {
            check('GatherV2', {x, indices: operand([count], 'int32', shape[axis])}, {axis, batchDims: 0});
          }
        }
      }
    }
    const x = operand([2, 3, 2, 3, 2, 3, 2]);
    check('Reverse', {x}, {dims: [0, 2, 6]});
    check('Tile', {x}, {reps: [2, 1, 1, 2, 1, 1, 3]});
    check('GatherV2', {x, indices: operand([2, 3, 4], 'int32', 2)}, {axis: 2, batchDims: 2});
  });

  it('Identity, Cast', () => {
    for (const from of ['float32', 'int32', 'bool'] as const) {
      for (const size of [...FEW_SIZES, 65_536]) {
        check('Identity', {x: operand([size], from)}, {});
        for (const dtype of ['float32', 'int32', 'bool']) check('Cast', {x: operand([size], from)}, {dtype});
      }
    }
    // 256 has an empty lowest byte, 0.5 no whole part.
    const whole: Operand = {shape: [4], dtype: 'int32', values: Int32Array.of(256, -1, 0, 2 ** 30)};
    const odd: Operand = {shape: [5], dtype: 'float32', values: Float32Array.of(0.5, -0, Number.NaN, 256, 0)};
    for (const x of [whole, odd, oddOperand([7])]) {
      check('Cast', {x}, {dtype: 'bool'});
      check('Cast', {x}, {dtype: 'int32'});
    }
  });
});
