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
