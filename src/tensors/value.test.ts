import {CallError} from '../errors.js';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {useBackend} from '../ops/testing/op_cases.js';
import {asOnFarBackend} from '../tfjs/data.js';
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
