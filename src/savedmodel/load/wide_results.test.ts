/** Results beyond what tfjs holds, among others that are wanted. */

import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import {TensorSpec} from '../../graph/tensor_spec.js';
import {quietCpuBackend} from '../../tfjs/cpu_backend.js';
import {func} from '../../trace/func.js';
import type {ExactTensor} from '../boundary.js';
import type {SparseTensor} from '../composites.js';
import {loadFixture} from '../testing/fixtures.js';
import type {CallableObject} from './loaded_object.js';
import type {RestoredFunction} from './restored_function.js';

type Embedding = {readonly emb: tf.Tensor; readonly id: tf.Tensor};

let model: CallableObject & Record<string, RestoredFunction>;
const call = (x: unknown = [[1, 2]]) => model(x) as unknown as Embedding;

const WHY = /is int64 and 9007199254740993 does not fit int32.*\{exact: true\}/;

beforeAll(async () => {
  await quietCpuBackend();
  model = await loadFixture('wide_integers');
});
afterAll(() => model.dispose());

describe('an int64 beyond int32 beside the wanted result', () => {
  it('is in nobody’s way', () => {
    const {emb} = call();
    expect(emb.arraySync()).toEqual([[1, 4]]);
    emb.dispose();
    const [first] = model.several!([[1, 2]]) as tf.Tensor[];
    expect(first!.arraySync()).toEqual([[1, 4]]);
    first!.dispose();
    const {grads} = tf.variableGrads(() => tf.sum(call().emb) as tf.Scalar);
    expect(Object.values(grads).map((each) => each.arraySync())).toEqual([[1, 2]]);
    tf.dispose(grads);
  });

  it('is an error for who reads it', async () => {
    const {id} = call();
    expect({shape: id.shape, dtype: id.dtype, isTensor: id instanceof tf.Tensor}).toEqual({
      shape: [2],
      dtype: 'int32',
      isTensor: true,
    });
    for (const read of [
      () => id.dataSync(),
      () => id.arraySync(),
      () => id.toString(),
      () => tf.add(id, 1),
      () => tf.clone(id),
      () => tf.cast(id, 'float32'),
    ]) {
      expect(read).toThrowWithMessage(CallError, WHY);
    }
    await expect(id.data()).rejects.toThrowWithMessage(CallError, WHY);
    id.dispose();
    expect(() => id.dataSync()).toThrowWithMessage(Error, 'disposed');
  });

  it('alone is an error of the call', () => {
    expect(() => model.next_id!([2n ** 40n])).toThrowWithMessage(CallError, /does not fit int32/);
  });

  it('leaves nothing behind', () => {
    call().emb.dispose();
    const before = tf.memory().numTensors;
    tf.dispose(call() as unknown as tf.TensorContainer);
    expect(tf.memory().numTensors).toBe(before);
    const kept = tf.tidy(() => call() as unknown as Record<string, tf.Tensor>);
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose(kept);
    const emb = tf.tidy(() => call().emb);
    expect(emb.arraySync()).toEqual([[1, 4]]);
    emb.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is listed with the others', () => {
    tf.tidy(() => {
      const result = call();
      expect(Object.keys({...result}).sort()).toEqual(['emb', 'id']);
      const shapes = Object.entries(result).map(([name, {shape}]) => [name, shape]);
      expect(Object.fromEntries(shapes)).toEqual({emb: [1, 2], id: [2]});
      expect(Object.keys(JSON.parse(JSON.stringify(result)) as object).sort()).toEqual(['emb', 'id']);
    });
  });

  it('can be passed on as it is', () => {
    const {emb, id} = call();
    const next = model.next_id!.invoke([id], {}, {exact: true}) as ExactTensor;
    expect(next.data).toEqual(BigInt64Array.of(2n ** 53n + 2n, 0n));
    expect(() => model([[1, 2]], id)).toThrow(CallError);
    emb.dispose();
  });

  it('is part of sparse tensors', () => {
    const {values, denseShape} = model.crossed!(2n ** 62n) as SparseTensor;
    expect(values.arraySync()).toEqual([1]);
    expect(() => denseShape.dataSync()).toThrowWithMessage(
      CallError,
      /4611686018427387904 does not fit int32/,
    );
    tf.dispose([values, denseShape]);
  });

  it('is in nobody’s way while a function is traced', () => {
    const traced = func((x: tf.Tensor) => call(x).emb);
    const {outputs} = traced.getConcreteFunction(new TensorSpec([null, 2], 'float32'));
    expect(outputs).toMatchObject({kind: 'tensor', dtype: 'float32', shape: [null, 2]});
  });
});
