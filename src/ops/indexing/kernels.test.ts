import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {Value} from '../../tensors/value.js';
import {runKernel, testOpFamily, useBackend} from '../testing/op_cases.js';
import {indexing} from './kernels.js';

testOpFamily('indexing', indexing);

function gather(params: Value, indices: readonly number[]): Value {
  const operands = [params, Value.vector('int64', indices), Value.scalar('int32', 0)];
  return runKernel({op: 'GatherV2', attrs: {}}, indexing, operands)[0]!;
}

describe('a gather', () => {
  it('from a large table in host memory uploads nothing', async () => {
    await useBackend('wasm');
    const width = 64;
    const table = Float32Array.from({length: 100_000 * width}, (_, i) => i);
    const bytes = tf.memory().numBytes;
    const rows = gather(Value.host('float32', [100_000, width], table), [99_999, 0]);
    expect(rows.onDevice).toBe(false);
    expect([...rows.numeric().slice(width - 1, width + 1)]).toEqual([table.at(-1), 0]);
    expect(tf.memory().numBytes).toBe(bytes);
  });

  it('of more rows than the table has uploads the table instead', async () => {
    await useBackend('cpu');
    const table = Value.host('float32', [40, 64], new Float32Array(40 * 64));
    const onDevice = tf.tidy(
      () =>
        gather(
          table,
          Array.from({length: 100}, (_, i) => i % 40),
        ).onDevice,
    );
    expect(onDevice).toBe(true);
  });

  it('of objects copies the references', () => {
    const objects = [{kind: 'a'}, {kind: 'b'}];
    const picked = gather(Value.host('resource', [2], objects), [1, 1, 0]);
    expect(picked.hostData()).toEqual([objects[1], objects[1], objects[0]]);
  });
});
