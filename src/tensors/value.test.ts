import {CallError} from '../errors.js';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {RowIndices} from '../host/row_indices.js';
import {useBackend} from '../ops/testing/op_cases.js';
import {asOnFarBackend} from '../tfjs/data.js';
import {concat, slice, transpose} from './movement.js';
import {preferHost, Value} from './value.js';

describe.each(['cpu', 'wasm'])('where to compute, with the %s backend', (backend) => {
  beforeAll(() => useBackend(backend));

  const onDevice = (size: number) => Value.device(tf.zeros([size]));
  const onHost = (size: number) => Value.host('float32', [size], new Float32Array(size));

  it('is the host for few elements, wherever they were born', () => {
    tf.tidy(() => {
      expect(preferHost(onHost(1024))).toBe(true);
      expect(preferHost(onHost(1025))).toBe(false);
      expect(preferHost(onDevice(256))).toBe(true);
      expect(preferHost(onDevice(257))).toBe(false);
      expect(preferHost(onDevice(3), onHost(1024))).toBe(true);
      expect(preferHost(onDevice(3), onHost(1025))).toBe(false);
    });
  });

  it('is the backend while a tape records, and for those whose memory JavaScript does not see', () => {
    tf.tidy(() => {
      const found: boolean[] = [];
      tf.grad((x: tf.Tensor) => {
        found.push(preferHost(Value.device(x)), preferHost(onHost(3)));
        return tf.sum(x) as tf.Tensor;
      })(tf.tensor1d([1, 2]));
      expect(found).toEqual([false, true]);
      expect(asOnFarBackend(() => preferHost(onDevice(3)))).toBe(false);
    });
  });

  it('is the backend for the parts of complex numbers', () => {
    tf.tidy(() => {
      expect(preferHost(Value.complex(tf.zeros([2]), tf.zeros([2])))).toBe(false);
    });
  });
});

it.each([
  ['int64', [-(2n ** 31n), 2n ** 31n - 1n, -1n, 0n], [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n, -(2n ** 63n)]],
  ['uint64', [0n, 2n ** 31n - 1n], [2n ** 31n, 2n ** 32n, 2n ** 64n - 1n]],
] as const)('%s becomes int32 where it fits, and else is refused by name', (dtype, fits, wide) => {
  const arrayOf = (...numbers: readonly bigint[]) =>
    dtype === 'int64' ? BigInt64Array.from(numbers) : BigUint64Array.from(numbers);
  const tensor = Value.host(dtype, [fits.length], arrayOf(...fits)).tensor();
  expect([...tensor.dataSync()]).toEqual(fits.map(Number));
  tensor.dispose();
  for (const number of wide) {
    const value = Value.host(dtype, [3], arrayOf(1n, number, 0n));
    expect(() => value.tensor()).toThrowWithMessage(CallError, `${number} does not fit int32`);
    expect(value.numeric()[1]).toBe(number);
  }
});

it('numbers beyond 2^53 are no indices', () => {
  expect(Value.host('int64', [2], BigInt64Array.of(2n ** 53n - 1n, -5n)).numbers()).toEqual([
    2 ** 53 - 1,
    -5,
  ]);
  for (const wide of [2n ** 53n, -(2n ** 53n), 2n ** 62n]) {
    const value = Value.host('int64', [1], BigInt64Array.of(wide));
    expect(() => value.numbers()).toThrowWithMessage(CallError, `${wide} does not fit where an index`);
  }
});

describe('int64 held as int32', () => {
  const numbers = [-(2 ** 31), -1, 0, 2 ** 31 - 1];
  const value = () => Value.narrow([2, 2], Int32Array.from(numbers));

  it('is int64 to whoever reads it', () => {
    const {dtype, size} = value();
    expect([dtype, size]).toEqual(['int64', 4]);
    expect(value().numeric()).toEqual(BigInt64Array.from(numbers, BigInt));
    expect(value().numbers()).toEqual(numbers);
    expect(value().reshape([4]).numeric()).toEqual(BigInt64Array.from(numbers, BigInt));
    const tensor = value().tensor();
    expect([tensor.dtype, tensor.shape]).toEqual(['int32', [2, 2]]);
    expect([...tensor.dataSync()]).toEqual(numbers);
    tensor.dispose();
  });

  it('stays so when it is moved, together with few others that fit', () => {
    const one = Value.host('int64', [2, 1], BigInt64Array.of(5n, -6n));
    const joined = concat([value(), one], 1);
    expect(joined.narrow).toEqual(Int32Array.of(-(2 ** 31), -1, 5, 0, 2 ** 31 - 1, -6));
    expect(transpose(joined, [1, 0]).numbers()).toEqual([-(2 ** 31), 0, -1, 2 ** 31 - 1, 5, -6]);
    const wide = Value.host('int64', [2, 1], BigInt64Array.of(5n, 2n ** 31n));
    expect(concat([value(), wide], 1).narrow).toBeUndefined();
    expect(concat([value(), wide], 1).numeric()).toEqual(
      BigInt64Array.of(-(2n ** 31n), -1n, 5n, 0n, 2n ** 31n - 1n, 2n ** 31n),
    );
  });

  it('of other dtypes there is none', () => {
    expect(Value.host('int32', [1], Int32Array.of(1)).narrow).toBeUndefined();
    expect(Value.host('uint64', [1], BigUint64Array.of(1n)).narrow).toBeUndefined();
  });
});

it('indices of elements in rows are those of a sparse matrix, whole or by column', () => {
  // Rows of 2, 0, 3 and 0 elements.
  const value = () => Value.rowIndices(new RowIndices(Int32Array.of(0, 2, 2, 5, 5)));
  const all = [0, 0, 0, 1, 2, 0, 2, 1, 2, 2];
  expect([value().dtype, value().shape]).toEqual(['int64', [5, 2]]);
  expect(value().numeric()).toEqual(BigInt64Array.from(all, BigInt));
  expect(value().numbers()).toEqual(all);
  expect(value().reshape([10]).numbers()).toEqual(all);
  expect(slice(value(), [0, 0], [5, 1]).numbers()).toEqual([0, 0, 2, 2, 2]);
  expect(slice(value(), [0, 1], [5, 1]).numbers()).toEqual([0, 1, 0, 1, 2]);
  expect(slice(value(), [1, 1], [2, 1]).numbers()).toEqual([1, 0]);
  expect(slice(value(), [0, 0], [5, 2]).numbers()).toEqual(all);
  expect(new RowIndices(Int32Array.of(0, 2, 2, 5, 5)).widest).toBe(3);
  const none = Value.rowIndices(new RowIndices(Int32Array.of(0)));
  expect([none.shape, none.numbers()]).toEqual([[0, 2], []]);
});
