import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {afterEach, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {completeBackend} from './backend_kernels.js';
import {quietCpuBackend} from './cpu_backend.js';

const MISSING = tf
  .getKernelsForBackend('cpu')
  .map((kernel) => kernel.kernelName)
  .filter((name) => tf.getKernel(name, 'wasm') === undefined);

describe('completeBackend', () => {
  beforeAll(async () => {
    await quietCpuBackend();
    await tf.setBackend('wasm');
    completeBackend('wasm');
  });
  let before: [number, number, number, number];
  const count = (): [number, number, number, number] => [
    tf.memory().numTensors,
    tf.memory().numDataBuffers,
    tf.findBackend('cpu').numDataIds(),
    tf.findBackend('wasm').numDataIds(),
  ];
  beforeEach(() => {
    before = count();
  });
  afterEach(() => expect(count(), 'tensors, buffers, data on cpu, data on wasm').toEqual(before));

  it('gives wasm every kernel the cpu backend has, once', () => {
    expect(MISSING).toContain('FFT');
    const names = tf.getKernelsForBackend('wasm').map((kernel) => kernel.kernelName);
    for (const {kernelName} of tf.getKernelsForBackend('cpu')) expect(names).toContain(kernelName);
    const first = tf.getKernel('FFT', 'wasm');
    completeBackend('wasm');
    expect(tf.getKernel('FFT', 'wasm')).toBe(first);
  });

  it('leaves alone a backend that has no kernels', () => {
    completeBackend('nothing');
    expect(tf.getKernelsForBackend('nothing')).toEqual([]);
  });

  it('differentiates a convolution', () => {
    tf.tidy(() => {
      const x = tf.ones<tf.Rank.R4>([1, 3, 3, 1]);
      const w = tf.ones<tf.Rank.R4>([2, 2, 1, 1]);
      const dw = tf.grad((f) => tf.sum(tf.conv2d(x, f as tf.Tensor4D, 1, 'valid')))(w);
      expect(dw.dataSync()).toEqual(new Float32Array([4, 4, 4, 4]));
    });
  });

  it('finds negative maxima', () => {
    tf.tidy(() => {
      const x = tf.fill([1, 2, 2, 2, 1], -3) as tf.Tensor5D;
      expect([...tf.maxPool3d(x, 2, 1, 'valid').dataSync()]).toEqual([-3]);
      const dx = tf.grad((t) => tf.sum(tf.maxPool(t as tf.Tensor4D, 2, 1, 'valid')))(
        tf.fill([1, 2, 2, 1], -3),
      );
      expect([...dx.dataSync()]).toEqual([1, 0, 0, 0]);
    });
  });

  it('runs a kernel with a list of inputs and one with several outputs', () => {
    tf.tidy(() => {
      expect(tf.einsum('ij,jk->ik', tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])).dataSync()[0]).toBe(11);
      const [values, splits] = tf.engine().runKernel('RaggedRange', {
        starts: tf.tensor1d([0, 5], 'int32'),
        limits: tf.tensor1d([2, 6], 'int32'),
        deltas: tf.tensor1d([1, 1], 'int32'),
      } as unknown as tf.NamedTensorMap) as unknown as tf.Tensor[];
      expect([...values!.dataSync(), ...splits!.dataSync()]).toEqual([0, 2, 3, 0, 1, 5]);
    });
  });

  it('takes and gives strings', () => {
    tf.tidy(() => {
      const out = tf.string.staticRegexReplace(tf.tensor1d(['abc', 'xbz']), 'b', '--');
      expect(out.dataSync()).toEqual(['a--c', 'x--z'] as unknown as Float32Array);
    });
  });

  it('computes with complex tensors', () => {
    tf.tidy(() => {
      const z = tf.complex(tf.tensor1d([1, 2]), tf.tensor1d([3, -4]));
      expect([...z.dataSync()]).toEqual([1, 3, 2, -4]);
      expect([...tf.real(z).dataSync(), ...tf.imag(z).dataSync()]).toEqual([1, 2, 3, -4]);
      expect([...tf.abs(z).dataSync()][1]).toBeCloseTo(Math.sqrt(20), 6);
      const sum = tf.add(z, tf.cast(tf.tensor1d([10, 20]), 'complex64'));
      expect([...sum.dataSync()]).toEqual([11, 3, 22, -4]);
      expect([...tf.concat([z, tf.zerosLike(z)]).dataSync()]).toEqual([1, 3, 2, -4, 0, 0, 0, 0]);
      expect([...tf.mul(z.clone(), z).dataSync()]).toEqual([-8, 6, -12, -16]);
      expect([...tf.irfft(tf.rfft(tf.tensor1d([1, 2, 3, 4]))).dataSync()].map(Math.round)).toEqual([
        1, 2, 3, 4,
      ]);
    });
  });

  it('keeps complex tensors usable across a change of backend', async () => {
    const z = tf.complex([1], [2]);
    await tf.setBackend('cpu');
    const doubled = tf.add(z, z);
    expect([...doubled.dataSync()]).toEqual([2, 4]);
    await tf.setBackend('wasm');
    const real = tf.real(doubled);
    expect([...real.dataSync()]).toEqual([2]);
    tf.dispose([z, doubled, real]);
  });
});
