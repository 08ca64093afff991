import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {CallError} from '../errors.js';
import {localDirectory} from '../platform/node.js';
import {quietCpuBackend} from '../platform/tfjs_backend.js';
import type {ExactTensor} from './boundary.js';
import {loadModel} from './load.js';
import type {CallableObject, LoadedObject} from './loaded_object.js';
import type {RestoredFunction} from './restored_function.js';

const load = (name: string, options = {}) =>
  loadModel(
    localDirectory(fileURLToPath(new URL(`../../fixtures/models/${name}`, import.meta.url))),
    options,
  ) as Promise<CallableObject>;

const models: LoadedObject[] = [];

async function model(name: string): Promise<CallableObject> {
  const loaded = await load(name);
  models.push(loaded);
  return loaded;
}

beforeAll(quietCpuBackend);
afterAll(() => {
  for (const each of models) each.dispose();
});

/** Values of a result; the result is disposed. */
function values(result: unknown): unknown {
  const tensor = result as tf.Tensor;
  const array = tensor.arraySync();
  tensor.dispose();
  return array;
}

describe('calling a restored function', () => {
  it('takes tensors, typed arrays, nested arrays and numbers', async () => {
    const mul = await model('mymul');
    const x = tf.tensor([10, 20]);
    expect(values(mul(x))).toEqual([20, 40]);
    x.dispose();
    expect(values(mul(Float32Array.of(1, 2)))).toEqual([2, 4]);
    expect(
      values(
        mul([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toEqual([
      [2, 4],
      [6, 8],
    ]);
    expect(values(mul(1.5))).toBe(3);
    expect(values(mul([]))).toEqual([]);
    expect(values(mul({x: [5]}))).toEqual([10]);
    expect(values(mul.invoke([], {x: [5]}))).toEqual([10]);
  });

  it('shows what was passed and every option where nothing fits', async () => {
    const mul = await model('mymul');
    expect(() => mul('text')).toThrow(CallError);
    expect(() => mul('text')).toThrow(/Got:\n {2}Positional arguments \(1 total\):\n {4}\* "text"/);
    expect(() => mul('text')).toThrow(
      /Option 1:\n.*\n {4}\* TensorSpec\(shape=<unknown>, dtype=tf\.float32, name='x'\)/,
    );
    expect(() => mul([[1, 2], [3]])).toThrow(CallError);
    expect(() => mul()).toThrow(/missing the arguments: x/);
    expect(() => mul(1, 2)).toThrow(/takes 1 positional arguments/);
    expect(() => mul.invoke([1], {y: 2})).toThrow(/no argument 'y'/);
    expect(() => mul.invoke([1], {x: 2})).toThrow(/two values for the argument 'x'/);
  });

  it('compares Python values by number, also those beyond 2^53', async () => {
    const {times} = (await model('equal_literals')) as unknown as {times: RestoredFunction};
    expect(values(times([1, 2], 2n ** 60n))).toEqual([2 ** 60, 2 ** 61]);
    expect(values(times([1, 2], 2 ** 60))).toEqual([2 ** 60, 2 ** 61]);
    expect(values(times([1, 2], 1n))).toEqual([1, 2]);
    expect(() => times([1, 2], 2n ** 60n + 1n)).toThrow(CallError);
    expect(() => times([1, 2], '1')).toThrow(CallError);
  });

  it('leaves the tensors it was given alone', async () => {
    const mul = await model('mymul');
    const x = tf.tensor([1]);
    values(mul(x));
    expect(Array.from(x.dataSync())).toEqual([1]);
    x.dispose();
  });
});

describe('dtypes at the border', () => {
  it('narrow to what tfjs has, or stay exact where asked', async () => {
    const {echo} = (await model('every_dtype')) as unknown as {echo: Record<string, RestoredFunction>};
    const small = echo.int64!([1, -2]) as tf.Tensor;
    expect(small.dtype).toBe('int32');
    expect(values(small)).toEqual([1, -2]);
    const large = [2n ** 62n, -1n];
    expect((echo.int64!.invoke([large], {}, {exact: true}) as ExactTensor).data).toEqual(
      BigInt64Array.from(large),
    );
    expect(() => echo.int64!(large)).toThrow(/does not fit int32.*exact: true/);
    const half = echo.float16!.invoke([[1 / 3]], {}, {exact: true}) as ExactTensor;
    expect(Array.from(half.data as Float32Array)).toEqual([0.333251953125]);
    const double = echo.float64!.invoke([[1 / 3]], {}, {exact: true}) as ExactTensor;
    expect(Array.from(double.data as Float64Array)).toEqual([1 / 3]);
    const bytes = Uint8Array.of(0xff, 0xfe, 0);
    const text = echo.string!.invoke([[bytes, 'größe']], {}, {exact: true}) as ExactTensor;
    expect(text.data).toEqual([bytes, new TextEncoder().encode('größe')]);
  });

  it('refuse values that the expected dtype cannot hold', async () => {
    const {echo} = (await model('every_dtype')) as unknown as {echo: Record<string, RestoredFunction>};
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
    const {signatures} = await model('mymul');
    const {serving_default: serve} = signatures;
    expect(values(serve!([4]).output_0)).toEqual([8]);
    expect(values(serve!({x: [4]}).output_0)).toEqual([8]);
    expect(() => serve!({})).toThrow(/needs the input 'x'.*x: float32/);
    expect(() => serve!({x: [1], z: [1]})).toThrow(/no input 'z'/);
    expect(() => serve!({x: ['text']})).toThrow(/'x'.*must be float32.*got \["text"\]/);
    expect(serve!.inputs.x).toMatchObject({name: 'x', dtype: 'float32', shape: null});
  });
});

describe('a loaded object', () => {
  it('can be awaited, though it has an attribute named `then`', async () => {
    const loaded = await model('sub_objects');
    expect(await Promise.resolve(loaded)).toBe(loaded);
    expect(loaded.get('then')).toBeDefined();
  });

  it('lists the tags that exist when none fits', async () => {
    await expect(load('mymul', {tags: ['train']})).rejects.toThrow(
      /no graph with the tags \[train\]; it has: \[serve\]/,
    );
  });

  it('is found by its tags as text, as a list and as a set', async () => {
    for (const tags of ['serve', ['serve'], new Set(['serve'])]) {
      const mul = await load('mymul', {tags});
      expect(values(mul(3))).toBe(6);
      mul.dispose();
    }
    await expect(load('mymul', {tags: 'train'})).rejects.toThrow(/no graph with the tags \[train\]/);
    await expect(load('mymul', {tags: new Set(['serve', 'gpu'])})).rejects.toThrow(/the tags \[serve, gpu\]/);
  });

  it('shows its variables as tf.Variables that gradients find', async () => {
    const mul = await model('mymul');
    const {grads} = tf.tidy(() => tf.variableGrads(() => tf.sum(mul([3, 4]) as tf.Tensor) as tf.Scalar));
    const names = Object.keys(grads);
    expect(names).toEqual(mul.trainableVariables.map(({name}) => name));
    expect(values(grads[names[0]!])).toBe(7);
  });

  it('computes with what a variable was assigned', async () => {
    const mul = await model('mymul');
    tf.tidy(() => mul.trainableVariables[0]!.assign(tf.scalar(3)));
    expect(values(mul([2]))).toEqual([6]);
    const [loss] = mul.regularizationLosses;
    expect(values(loss!())).toBeCloseTo(0.009, 6);
  });
});
