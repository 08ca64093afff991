import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {CallError} from '../errors.js';
import type {DType} from '../host/dtypes.js';
import type {PartialShape} from '../host/shape.js';
import {quietCpuBackend} from '../tfjs/cpu_backend.js';
import {
  expectedImageChannels,
  expectedImageSize,
  expectedImages,
  type PrepareImagesOptions,
  prepareImages,
} from './image.js';
import type {RestoredFunction} from './load/restored_function.js';
import type {Signature} from './load/signature.js';
import {loadFixture} from './testing/fixtures.js';

/** What stands for a model with these inputs. */
function taking(inputs: Readonly<Record<string, PartialShape>>, dtype: DType = 'float32'): Signature {
  const specs = Object.entries(inputs).map(([name, shape]) => [name, {name, dtype, shape}]);
  return {inputs: Object.fromEntries(specs)} as Signature;
}

const anySize = (channels: number | null = 3, dtype?: DType) =>
  taking({images: [null, null, null, channels]}, dtype);

beforeAll(quietCpuBackend);

describe('what a model expects', () => {
  it('is read off its call, its signatures, its functions, and a layer around it', async () => {
    const model = await loadFixture('hub_image_feature_vector');
    const expected = {height: 16, width: 16, channels: 3, dtype: 'float32'};
    const {serving_default: signature} = model.signatures;
    const call = model.get('__call__') as RestoredFunction;
    for (const each of [model, signature!, call, {resolvedObject: model}]) {
      expect(expectedImages(each)).toEqual(expected);
    }
    expect(expectedImages(model, {signature: 'serving_default'})).toEqual(expected);
    expect(expectedImageSize(model)).toEqual([16, 16]);
    expect(expectedImageChannels(model)).toBe(3);
    model.dispose();
  });

  it('prefers the conventional name, and a name that is asked for', () => {
    const model = taking({masks: [null, 5, 5, 1], images: [null, 8, 9, 3]});
    expect(expectedImageSize(model)).toEqual([8, 9]);
    expect(expectedImageSize(model, {inputName: 'masks'})).toEqual([5, 5]);
  });

  it('is an error where there is nothing to expect', async () => {
    expect(() => expectedImages(taking({x: [null, 4]}))).toThrowWithMessage(
      CallError,
      /no input that takes images/,
    );
    expect(() => expectedImages(taking({x: null}))).toThrow(CallError);
    expect(() => expectedImages(anySize(), {inputName: 'left'})).toThrowWithMessage(
      CallError,
      /no input 'left'/,
    );
    expect(() => expectedImages(taking({a: [1, 2, 2, 3], b: [1, 2, 2, 3]}))).toThrowWithMessage(
      CallError,
      /several inputs .*'a', 'b'.*inputName/,
    );
    expect(() => expectedImages({resolvedObject: () => 0})).toThrowWithMessage(CallError, /does not tell/);
    expect(() => expectedImageSize(anySize())).toThrowWithMessage(CallError, /any size/);
    expect(() => expectedImageChannels(anySize(null))).toThrowWithMessage(
      CallError,
      /any number of channels/,
    );
    const model = await loadFixture('mymul');
    expect(() => expectedImages(model)).toThrowWithMessage(CallError, /no input that takes images/);
    expect(() => expectedImages(model, {signature: 'image'})).toThrowWithMessage(
      CallError,
      /no signature 'image'.*serving_default/,
    );
    model.dispose();
  });
});

describe('preparing images', () => {
  /** Three rows of five RGB pixels. */
  const VALUES = Array.from({length: 45}, (_, i) => (i * 37) % 256);
  let before: number;
  let image: tf.Tensor3D;
  beforeEach(() => {
    before = tf.memory().numTensors;
    image = tf.tensor3d(VALUES, [3, 5, 3], 'int32');
  });
  afterEach(() => {
    image.dispose();
    expect(tf.memory().numTensors, 'tensors left').toBe(before);
  });

  /** Shape, dtype and values of what is made. */
  function prepare(...args: Parameters<typeof prepareImages>) {
    const made = prepareImages(...args);
    const {shape, dtype} = made;
    const values = Array.from(made.dataSync());
    made.dispose();
    return {shape, dtype, values};
  }

  function expectClose(actual: readonly number[], expected: readonly number[]) {
    expect(actual.length).toBe(expected.length);
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
  }

  // From `tf.image.resize(image / 255, [4, 2])`, and with `antialias=True`.
  const RESIZED = [
    0.3264706, 0.4715686, 0.6166667, 0.4107843, 0.5558823, 0.45, 0.4318628, 0.5769608, 0.7220588, 0.5161765,
    0.5044118, 0.5553921, 0.5583333, 0.7034314, 0.5661765, 0.5485294, 0.5367647, 0.6818627, 0.6637255,
    0.8088235, 0.2009804, 0.4970588, 0.6421568, 0.7872549,
  ];
  const ANTIALIASED = [
    0.3896613, 0.3065954, 0.4516934, 0.5757576, 0.4926916, 0.3183601, 0.352451, 0.4119875, 0.5570856,
    0.5385472, 0.3984403, 0.4237522, 0.3933601, 0.5384581, 0.5295455, 0.4596702, 0.4051248, 0.5331105,
    0.4987522, 0.6438503, 0.3782532, 0.3654189, 0.5105169, 0.6099822,
  ];

  it('resizes and scales as TensorFlow does', () => {
    const model = taking({images: [null, 4, 2, 3]});
    const {shape, dtype, values} = prepare(image, model);
    expect({shape, dtype}).toEqual({shape: [1, 4, 2, 3], dtype: 'float32'});
    expectClose(values, RESIZED);
    expectClose(prepare(image, model, {antialias: true}).values, ANTIALIASED);
  });

  it('takes batches, lists and decoded pixels', () => {
    const model = anySize();
    const size = [4, 2] as const;
    const data = Uint8ClampedArray.from(VALUES);
    const rgba = Uint8ClampedArray.from({length: 60}, (_, i) =>
      i % 4 === 3 ? 9 : VALUES[(i >> 2) * 3 + (i % 4)]!,
    );
    const batch = tf.tidy(() => tf.stack([image, image]));
    const wide = Uint16Array.from(VALUES, (value) => value * 257);
    for (const [source, count] of [
      [batch, 2],
      [[image, image, image], 3],
      [{data, width: 5, height: 3}, 1],
      [{data: rgba, width: 5, height: 3}, 1],
      [{data: wide, width: 5, height: 3}, 1],
      [[{data, width: 5, height: 3}, image], 2],
      // As sharp has it.
      [{data, info: {width: 5, height: 3, channels: 3}}, 1],
    ] as const) {
      const {shape, values} = prepare(source, model, {size});
      expect(shape).toEqual([count, 4, 2, 3]);
      for (let i = 0; i < count; i++) expectClose(values.slice(24 * i, 24 * i + 24), RESIZED);
    }
    batch.dispose();
  });

  it('gives a model as many channels as it takes', () => {
    const size = [3, 5] as const;
    const grey = prepare(image, anySize(1), {size});
    expect(grey.shape).toEqual([1, 3, 5, 1]);
    // From `tf.image.rgb_to_grayscale`.
    expectClose(grey.values.slice(0, 5), [0.1182549, 0.5535055, 0.2850071, 0.4201855, 0.740989]);
    const dot = {data: [51], width: 1, height: 1};
    expectClose(prepare(dot, anySize(3), {size: [1, 1]}).values, [0.2, 0.2, 0.2]);
    expectClose(prepare({...dot, data: [51, 0]}, anySize(1), {size: [1, 1]}).values, [0.2]);
    expectClose(prepare({...dot, data: [51, 0]}, anySize(null), {size: [1, 1]}).values, [0.2, 0]);
    expect(() => prepare(dot, anySize(5), {size: [1, 1]})).toThrowWithMessage(
      CallError,
      /5 channels.*given 1/,
    );
  });

  it('scales from and to any range, and gives integers to a model of integers', () => {
    const pixels = {data: [0, 51, 255], width: 1, height: 1};
    const values = (options: PrepareImagesOptions, model = anySize()) =>
      prepare(pixels, model, {size: [1, 1], ...options}).values;
    expectClose(values({to: [-1, 1]}), [-1, -0.6, 1]);
    expectClose(values({from: [0, 51]}), [0, 1, 5]);
    const bytes = prepare(pixels, anySize(3, 'uint8'), {size: [1, 1]});
    expect(bytes).toEqual({shape: [1, 1, 1, 3], dtype: 'int32', values: [0, 51, 255]});
    expect(() => values({from: [3, 3]})).toThrowWithMessage(CallError, /cannot range from 3 to 3/);
  });

  it('crops from the middle when asked to keep proportions', () => {
    // Of five columns, the two in the middle once three rows become three, and one is left over.
    const {values} = prepare(image, anySize(), {size: [3, 2], fit: 'crop'});
    const column = (row: number, at: number) => VALUES.slice((row * 5 + at) * 3, (row * 5 + at) * 3 + 3);
    const expected = [0, 1, 2].flatMap((row) => [...column(row, 1), ...column(row, 2)]);
    expectClose(
      values,
      expected.map((value) => value / 255),
    );
  });

  it('says what does not fit', () => {
    expect(() => prepare(image, anySize())).toThrowWithMessage(CallError, /any size: say which as size/);
    expect(() => prepare(image, taking({x: [null, 8, 8, 3]}), {size: [8, 9]})).toThrowWithMessage(
      CallError,
      /\(8, 8\), not \(8, 9\)/,
    );
    expect(() => prepare(image, anySize(), {size: [0, 2]})).toThrow(CallError);
    expect(() => prepare([], anySize(), {size: [2, 2]})).toThrowWithMessage(CallError, /no images/);
    const flat = tf.zeros([3, 5]);
    const empty = tf.zeros([0, 5, 3]);
    const text = tf.tensor(['a'], [1, 1, 1]);
    for (const [tensor, message] of [
      [flat, /\(height, width, channels\)/],
      [empty, /no pixels/],
      [text, /must be numbers, not string/],
    ] as const) {
      expect(() => prepare(tensor, anySize(), {size: [2, 2]})).toThrowWithMessage(CallError, message);
      tensor.dispose();
    }
    const broken = {data: [1, 2, 3], width: 2, height: 1};
    expect(() => prepare(broken, anySize(), {size: [2, 2]})).toThrowWithMessage(
      CallError,
      /3 values are no 2x1 image/,
    );
    const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
    for (const [bytes, message] of [
      [jpeg, /^the bytes of a JPEG are no image .* sharp/],
      [jpeg.buffer, /^the bytes of a JPEG/],
      [Uint8Array.of(0x89, 0x50, 0x4e, 0x47), /^the bytes of a PNG/],
      [Float32Array.of(1, 2), /^numbers by themselves are no image/],
      [undefined, /^an image is a tensor, or pixels/],
      [{width: 1, height: 1}, /^an image is a tensor, or pixels/],
      [[1, 2, 3], /^an image is a tensor, or pixels/],
    ] as const) {
      expect(() => prepare(bytes as never, anySize(), {size: [2, 2]})).toThrowWithMessage(CallError, message);
    }
  });

  it('feeds a loaded model', async () => {
    const model = await loadFixture<(images: tf.Tensor) => tf.Tensor>('hub_image_classification');
    const logits = tf.tidy(() => model(prepareImages(image, model)));
    expect(logits.shape).toEqual([1, 5]);
    logits.dispose();
    model.dispose();
  });
});
