/** Checks reductions, scans, rankings and counts against TensorFlow. */

import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {CallError} from '../../errors.js';
import {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily, useBackend} from '../testing/op_cases.js';
import {reduction} from './kernels.js';

testOpFamily('reduction', reduction);

describe.each(['cpu', 'wasm'])('bins of many numbers, with the %s backend', (backend) => {
  beforeAll(() => useBackend(backend));

  const size = 70_000;
  /** Where there is more than 0, and what. */
  const count = (numbers: readonly number[], weights: readonly number[], binary: boolean) => {
    let found: [at: number, sum: number][] = [];
    tf.tidy(() => {
      const attrs = {binary_output: {type: 'bool', value: binary}} as never;
      const [counts] = runKernel({op: 'DenseBincount', attrs}, reduction, [
        Value.host('int32', [2, 3], Int32Array.from(numbers)),
        Value.scalar('int32', size),
        Value.host('float32', weights.length === 0 ? [0] : [2, 3], Float32Array.from(weights)),
      ]);
      expect([counts!.dtype, counts!.shape]).toEqual(['float32', [2, size]]);
      found = [...(counts!.numeric() as Float32Array).entries()].filter(([, each]) => each !== 0);
    });
    return found;
  };

  it('are counted row by row', () => {
    expect(count([5, 5, size - 1, 0, 5, size], [], false)).toEqual([
      [5, 2],
      [size - 1, 1],
      [size, 1],
      [size + 5, 1],
    ]);
    expect(count([5, 5, size - 1, 0, 5, size], [], true).map(([, each]) => each)).toEqual([1, 1, 1, 1]);
    expect(count([5, 5, 7, 5, 5, 7], [0.5, 0.25, -1, 2, 3, 4], false)).toEqual([
      [5, 0.75],
      [7, -1],
      [size + 5, 5],
      [size + 7, 4],
    ]);
  });

  it('none is that of a negative number', () => {
    const before = tf.memory().numTensors;
    expect(() => count([1, 2, 3, -4, 5, 6], [], false)).toThrowWithMessage(CallError, 'negative number -4');
    expect(tf.memory().numTensors).toBe(before);
  });
});
