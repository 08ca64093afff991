import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {useBackend} from '../ops/testing/op_cases.js';

/** 0, 1, 2, ... */
function counting(shape: number[], dtype: 'float32' | 'int32' = 'float32'): tf.Tensor {
  return tf.reshape(tf.range(0, tf.util.sizeFromShape(shape), 1, dtype), shape);
}

describe.each(['cpu', 'wasm'])('movement kernels of the %s backend', (backend) => {
  beforeAll(() => useBackend(backend));

  const values = (make: () => tf.Tensor) =>
    tf.tidy(() => {
      const tensor = make();
      return {shape: tensor.shape, data: Array.from(tensor.dataSync())};
    });

  it('slice and split', () => {
    const x = () => counting([2, 3, 2]);
    expect(values(() => tf.slice(x(), [0, 1, 0], [2, -1, 1]))).toEqual({
      shape: [2, 2, 1],
      data: [2, 4, 8, 10],
    });
    expect(values(() => tf.split(x(), [1, 2], 1)[1]!)).toEqual({
      shape: [2, 2, 2],
      data: [2, 3, 4, 5, 8, 9, 10, 11],
    });
    expect(values(() => tf.split(x(), 2, -1)[0]!).data).toEqual([0, 2, 4, 6, 8, 10]);
  });

  it('join, along any axis, nothing among the parts', () => {
    const [x, y] = [() => counting([2, 1, 2]), () => counting([2, 2, 2])];
    expect(values(() => tf.concat([x(), y()], 1))).toEqual({
      shape: [2, 3, 2],
      data: [0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 6, 7],
    });
    expect(values(() => tf.concat([y(), counting([2, 2, 1])], -1)).data).toEqual([
      ...[0, 1, 0, 2, 3, 1, 4, 5, 2, 6, 7, 3],
    ]);
    expect(values(() => tf.concat([x(), tf.zeros([2, 0, 2]), x()], 1)).shape).toEqual([2, 2, 2]);
    expect(values(() => tf.concat([tf.zeros([0, 2]), tf.zeros([0, 2])], 0)).shape).toEqual([0, 2]);
    expect(values(() => tf.concat([tf.tensor1d([true], 'bool'), tf.tensor1d([false], 'bool')])).data).toEqual(
      [1, 0],
    );
    expect(values(() => tf.concat([tf.tensor1d(['a']), tf.tensor1d(['b'])])).data).toEqual(['a', 'b']);
    const wide = counting([3, 100]);
    const joined = tf.concat([wide, wide], 1);
    expect(joined.shape).toEqual([3, 200]);
    expect([99, 100, 199, 200].map((at) => joined.dataSync()[at])).toEqual([99, 0, 99, 100]);
    tf.dispose([wide, joined]);
  });

  it('reverse and transpose', () => {
    expect(values(() => tf.reverse(counting([2, 3]), [0, -1])).data).toEqual([5, 4, 3, 2, 1, 0]);
    expect(values(() => tf.reverse(tf.tensor1d([true, false, false], 'bool'))).data).toEqual([0, 0, 1]);
    expect(values(() => tf.transpose(counting([2, 3]))).data).toEqual([0, 3, 1, 4, 2, 5]);
    expect(values(() => tf.transpose(counting([2, 2, 2]), [1, 2, 0])).data).toEqual([0, 4, 1, 5, 2, 6, 3, 7]);
  });

  it('transpose more axes than there are loops for', () => {
    const perm = [4, 1, 0, 3, 2];
    const shape = [2, 3, 2, 1, 4];
    const {shape: turned, data} = values(() => tf.transpose(counting(shape), perm));
    expect(turned).toEqual([4, 3, 2, 1, 2]);
    // Element [d, b, a, 0, c] is [a, b, c, 0, d] of what was counted.
    for (let at = 0; at < data.length; at++) {
      const [c, a, b, d] = [at % 2, Math.floor(at / 2) % 2, Math.floor(at / 4) % 3, Math.floor(at / 12)];
      expect(data[at]).toBe(((a * 3 + b) * 2 + c) * 4 + d);
    }
    expect(values(() => tf.transpose(counting(shape, 'int32'), perm)).data).toEqual(data);
    expect(values(() => tf.transpose(tf.zeros([2, 0, 1, 1, 3]), perm)).shape).toEqual([3, 0, 2, 1, 1]);
  });

  it('pad and tile', () => {
    const padding: [number, number][] = [
      [1, 0],
      [0, 1],
    ];
    expect(values(() => tf.pad(counting([1, 2]), padding, 7)).data).toEqual([7, 7, 7, 0, 1, 7]);
    expect(values(() => tf.tile(counting([2, 1], 'int32'), [2, 2])).data).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  it('gather, in batches too', () => {
    const x = () => counting([2, 3]);
    const indices = () => tf.tensor2d([2, 0, 1, 1], [2, 2], 'int32');
    expect(values(() => tf.gather(x(), indices(), 1)).data).toEqual([2, 0, 1, 1, 5, 3, 4, 4]);
    expect(values(() => tf.gather(x(), indices(), 1, 1))).toEqual({shape: [2, 2], data: [2, 0, 4, 4]});
    expect(values(() => tf.gatherND(x(), tf.tensor2d([1, 2, 0, 1], [2, 2], 'int32'))).data).toEqual([5, 1]);
    expect(() => tf.tidy(() => tf.gather(x(), tf.tensor1d([3], 'int32'), 1))).toThrowWithMessage(Error, '3');
  });

  it('strings, which the original kernels move', () => {
    const x = () => tf.tensor1d(['a', 'b', 'c']);
    expect(values(() => tf.slice(x(), [1], [2])).data).toEqual(['b', 'c']);
  });

  it('large tensors, when the backend has to grow', () => {
    const x = tf.ones([1000, 1000]);
    const total = tf.tidy(() => tf.sum(tf.tile(tf.reverse(x), [8, 1])).dataSync()[0]);
    x.dispose();
    expect(total).toBe(8_000_000);
  });
});
