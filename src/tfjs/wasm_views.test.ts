import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {CallError} from '../errors.js';
import {completeBackend} from './backend_kernels.js';
import {quietCpuBackend} from './cpu_backend.js';
import {isOnHostBackend, onHostBackend} from './host_backend.js';
import {filledInHeap, heapView} from './wasm_views.js';

beforeAll(async () => {
  await quietCpuBackend();
  await tf.setBackend('wasm');
  completeBackend('wasm');
});

afterAll(() => expect(tf.memory().numTensors).toBe(0));

it('copies tensors that come from the cpu backend while the wasm heap grows for them', () => {
  // 40 MB each: more than the heap has room for, several times over.
  const size = 1e7;
  const tensors = [1, 2, 3, 4].map((value) =>
    onHostBackend(() => tf.tensor(new Float32Array(size).fill(value))),
  );
  tensors.forEach((tensor, i) => {
    const copy = tf.clone(tensor);
    expect(copy.dataSync()[size - 1]).toBe(i + 1);
    tf.dispose([copy, tensor]);
  });
});

describe('a view of the heap', () => {
  it('is the memory of the tensor, of its dtype', () => {
    const [floats, integers] = [tf.tensor([1, 2, 3]), tf.tensor([4, 5], [2], 'int32')];
    expect(heapView(floats)).toEqual(Float32Array.of(1, 2, 3));
    expect(heapView(integers)).toEqual(Int32Array.of(4, 5));
    expect(heapView(floats)!.buffer).toBe(heapView(integers)!.buffer);
    tf.dispose([floats, integers]);
  });

  it('is none of what another backend has, and brings nothing here', () => {
    const elsewhere = onHostBackend(() => tf.tensor([1, 2, 3]));
    expect(heapView(elsewhere)).toBeUndefined();
    expect(isOnHostBackend(elsewhere)).toBe(true);
    elsewhere.dispose();
  });
});

describe('a tensor that is filled in the heap', () => {
  it('has what was written there, and zeros', () => {
    // Memory that was something else before.
    tf.ones([3, 4]).dispose();
    const tensor = filledInHeap([3, 4], (elements) => elements.set([1, 2], 5))!;
    expect([tensor.dtype, tensor.shape]).toEqual(['float32', [3, 4]]);
    expect([...tensor.dataSync()]).toEqual([0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0]);
    const doubled = tf.mul(tensor, 2);
    expect([...doubled.dataSync()]).toEqual([0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 0, 0]);
    tf.dispose([tensor, doubled]);
  });

  it('is none where another backend computes, or where filling fails', () => {
    expect(onHostBackend(() => filledInHeap([2], () => {}))).toBeUndefined();
    const failing = () => {
      throw new CallError('no');
    };
    expect(() => filledInHeap([2], failing)).toThrowWithMessage(CallError, 'no');
    expect(tf.memory().numTensors).toBe(0);
  });
});
