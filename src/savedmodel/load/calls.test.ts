import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import type {ExactTensor} from '../boundary.js';
import {loadFixture} from '../testing/fixtures.js';
import {heldFixture, valuesOf} from '../testing/held_models.js';
import type {RestoredFunction} from './restored_function.js';

beforeAll(quietCpuBackend);

describe('calling a restored function', () => {
  it('takes tensors, typed arrays, nested arrays and numbers', async () => {
    const mul = await heldFixture('mymul');
    const x = tf.tensor([10, 20]);
    expect(valuesOf(mul(x))).toEqual([20, 40]);
    x.dispose();
    expect(valuesOf(mul(Float32Array.of(1, 2)))).toEqual([2, 4]);
    expect(
      valuesOf(
        mul([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toEqual([
      [2, 4],
      [6, 8],
    ]);
    expect(valuesOf(mul(1.5))).toBe(3);
    expect(valuesOf(mul([]))).toEqual([]);
    expect(valuesOf(mul({x: [5]}))).toEqual([10]);
    expect(valuesOf(mul.invoke([], {x: [5]}))).toEqual([10]);
  });

  it('shows what was passed and every option where nothing fits', async () => {
    const mul = await heldFixture('mymul');
    expect(() => mul('text')).toThrowWithMessage(
      CallError,
      /Got:\n {2}Positional arguments \(1 total\):\n {4}\* "text"/,
    );
    expect(() => mul('text')).toThrowWithMessage(
      CallError,
      /Option 1:\n.*\n {4}\* TensorSpec\(shape=<unknown>, dtype=tf\.float32, name='x'\)/,
    );
    expect(() => mul([[1, 2], [3]])).toThrow(CallError);
    expect(() => mul()).toThrowWithMessage(CallError, /missing the arguments: x/);
    expect(() => mul(1, 2)).toThrowWithMessage(CallError, /takes 1 positional arguments/);
    expect(() => mul.invoke([1], {y: 2})).toThrowWithMessage(CallError, /no argument 'y'/);
    expect(() => mul.invoke([1], {x: 2})).toThrowWithMessage(CallError, /two values for the argument 'x'/);
  });

  it('compares Python values by number, also those beyond 2^53', async () => {
    const {times} = await heldFixture<{times: RestoredFunction}>('equal_literals');
    expect(valuesOf(times([1, 2], 2n ** 60n))).toEqual([2 ** 60, 2 ** 61]);
    expect(valuesOf(times([1, 2], 2 ** 60))).toEqual([2 ** 60, 2 ** 61]);
    expect(valuesOf(times([1, 2], 1n))).toEqual([1, 2]);
    expect(() => times([1, 2], 2n ** 60n + 1n)).toThrow(CallError);
    expect(() => times([1, 2], '1')).toThrow(CallError);
  });

  it('leaves the tensors it was given alone', async () => {
    const mul = await heldFixture('mymul');
    const x = tf.tensor([1]);
    valuesOf(mul(x));
    expect(Array.from(x.dataSync())).toEqual([1]);
    x.dispose();
  });
});

describe('dtypes at the border', () => {
  it('narrow to what tfjs has, or stay exact where asked', async () => {
    const {echo} = await heldFixture<{echo: Record<string, RestoredFunction>}>('every_dtype');
    const small = echo.int64!([1, -2]) as tf.Tensor;
    expect(small.dtype).toBe('int32');
    expect(valuesOf(small)).toEqual([1, -2]);
    const large = [2n ** 62n, -1n];
    expect((echo.int64!.invoke([large], {}, {exact: true}) as ExactTensor).data).toEqual(
      BigInt64Array.from(large),
    );
    expect(() => echo.int64!(large)).toThrowWithMessage(CallError, /does not fit int32.*exact: true/);
    const half = echo.float16!.invoke([[1 / 3]], {}, {exact: true}) as ExactTensor;
    expect(Array.from(half.data as Float32Array)).toEqual([0.333251953125]);
    const double = echo.float64!.invoke([[1 / 3]], {}, {exact: true}) as ExactTensor;
    expect(Array.from(double.data as Float64Array)).toEqual([1 / 3]);
    const bytes = Uint8Array.of(0xff, 0xfe, 0);
    const text = echo.string!.invoke([[bytes, 'größe']], {}, {exact: true}) as ExactTensor;
    expect(text.data).toEqual([bytes, new TextEncoder().encode('größe')]);
  });

  it('refuse values that the expected dtype cannot hold', async () => {
    const {echo} = await heldFixture<{echo: Record<string, RestoredFunction>}>('every_dtype');
    expect(() => echo.uint8!([256])).toThrow(CallError);
    expect(() => echo.uint8!([-1])).toThrow(CallError);
    expect(() => echo.int32!([1.5])).toThrow(CallError);
    expect(() => echo.bool!([1])).toThrow(CallError);
    const negative = tf.tensor([-1], [1], 'int32');
    expect(() => echo.uint32!(negative)).toThrow(CallError);
    negative.dispose();
  });
});

describe('signatures', () => {
  it('name the input that is missing, unknown, or of the wrong kind', async () => {
    const {signatures} = await heldFixture('mymul');
    const {serving_default: serve} = signatures;
    expect(valuesOf(serve!([4]).output_0)).toEqual([8]);
    expect(valuesOf(serve!({x: [4]}).output_0)).toEqual([8]);
    expect(() => serve!({})).toThrowWithMessage(CallError, /needs the input 'x'.*x: float32/);
    expect(() => serve!({x: [1], z: [1]})).toThrowWithMessage(CallError, /no input 'z'/);
    expect(() => serve!({x: ['text']})).toThrowWithMessage(CallError, /'x'.*must be float32.*got \["text"\]/);
    expect(serve!.inputs.x).toMatchObject({name: 'x', dtype: 'float32', shape: null});
  });
});

describe('a loaded object', () => {
  it('can be awaited, though it has an attribute named `then`', async () => {
    const loaded = await heldFixture('sub_objects');
    expect(await Promise.resolve(loaded)).toBe(loaded);
    expect(loaded.get('then')).toBeDefined();
  });

  it('lists the tags that exist when none fits', async () => {
    await expect(loadFixture('mymul', {tags: ['train']})).rejects.toThrowWithMessage(
      CallError,
      /no graph with the tags \[train\]; it has: \[serve\]/,
    );
  });

  it('is found by its tags as text, as a list and as a set', async () => {
    for (const tags of ['serve', ['serve'], new Set(['serve'])]) {
      const mul = await loadFixture('mymul', {tags});
      expect(valuesOf(mul(3))).toBe(6);
      mul.dispose();
    }
    await expect(loadFixture('mymul', {tags: 'train'})).rejects.toThrowWithMessage(
      CallError,
      /no graph with the tags \[train\]/,
    );
    await expect(loadFixture('mymul', {tags: new Set(['serve', 'gpu'])})).rejects.toThrowWithMessage(
      CallError,
      /the tags \[serve, gpu\]/,
    );
  });

  it('shows its variables as tf.Variables that gradients find', async () => {
    const mul = await heldFixture('mymul');
    const {grads} = tf.tidy(() => tf.variableGrads(() => tf.sum(mul([3, 4]) as tf.Tensor) as tf.Scalar));
    const names = Object.keys(grads);
    expect(names).toEqual(mul.trainableVariables.map(({name}) => name));
    expect(valuesOf(grads[names[0]!])).toBe(7);
  });

  it('computes with what a variable was assigned', async () => {
    const mul = await heldFixture('mymul');
    tf.tidy(() => mul.trainableVariables[0]!.assign(tf.scalar(3)));
    expect(valuesOf(mul([2]))).toEqual([6]);
    const [loss] = mul.regularizationLosses;
    expect(valuesOf(loss!())).toBeCloseTo(0.009, 6);
  });
});
