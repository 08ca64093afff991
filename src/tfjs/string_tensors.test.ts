/** String tensors over packed strings, on each backend. */

import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it, vi} from 'vitest';
import {PackedStrings} from '../host/strings.js';
import {stringsOf, stringTensor} from './string_tensors.js';

describe.each(['cpu', 'wasm'])('string tensors, with %s active', (backend) => {
  beforeAll(() => tf.setBackend(backend));
  afterAll(() => tf.setBackend('cpu'));

  const strings = () => PackedStrings.of([Uint8Array.of(0xc3, 0xa4), Uint8Array.of(0xff), new Uint8Array()]);

  it('give the strings back that they were made of, and make no arrays of bytes before they are read', () => {
    const made = strings();
    const unpack = vi.spyOn(made, 'toArray');
    const tensor = stringTensor(made, [3]);
    expect(stringsOf(tensor)).toBe(made);
    expect([tensor.shape, tensor.dtype]).toEqual([[3], 'string']);
    expect(unpack).not.toHaveBeenCalled();
    expect(tensor.dataSync()[0]).toBe('ä');
    expect(unpack).toHaveBeenCalledTimes(1);
    tensor.dispose();
  });

  it('are taken by kernels of tfjs', async () => {
    const tensor = stringTensor(strings(), [3]);
    const [copy, reshaped] = [tf.clone(tensor), tf.reshape(tensor, [3, 1])];
    expect((await copy.data())[0]).toBe('ä');
    expect(stringsOf(reshaped).toArray()).toEqual(strings().toArray());
    tf.dispose([tensor, copy, reshaped]);
  });

  it('are counted as those of tfjs are, and freed with the scope in which they were made', () => {
    const count = () => {
      const {numTensors, numDataBuffers, numBytes} = tf.memory();
      return {numTensors, numDataBuffers, numBytes};
    };
    const before = count();
    tf.tidy(() => {
      stringTensor(strings(), [3]);
      expect(count()).toEqual({
        numTensors: before.numTensors + 1,
        numDataBuffers: before.numDataBuffers + 1,
        numBytes: before.numBytes + 3,
      });
    });
    expect(count()).toEqual(before);
  });
});
